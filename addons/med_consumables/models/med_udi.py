from odoo import fields, models


class MedUdi(models.Model):
    """One device identifier (UDI-DI): a product in one pack, as its label names it."""

    _name = "med.udi"
    _description = "Device Identifier"
    _rec_name = "di"
    _order = "product_id, base_units"

    di = fields.Char(string="Device Identifier", required=True, index=True)
    product_id = fields.Many2one(
        "product.product", string="Item", required=True, index=True, ondelete="cascade"
    )
    agency = fields.Selection(
        [
            ("gs1", "GS1"),
            ("hibc", "HIBC"),
            ("iccbba", "ICCBBA (ISBT 128)"),
            ("ma", "MA (ZIIOT)"),
            ("ahm", "AHM (Ali Health)"),
            ("hospital", "Hospital"),
        ],
        string="Issuing Agency",
        required=True,
        default="gs1",
    )
    pack_level = fields.Selection(
        [("unit", "Unit"), ("inner", "Inner pack"), ("case", "Shipping case")],
        required=True,
        default="unit",
    )
    base_units = fields.Float(
        string="Units in the Pack",
        digits="Product Unit",
        required=True,
        default=1.0,
        help="How many of the product's own unit one such pack holds.",
    )

    _di_uniq = models.Constraint(
        "unique(di)", "This device identifier is already known."
    )
    _base_units_positive = models.Constraint(
        "CHECK(base_units > 0)", "A pack holds at least a part of a unit."
    )
