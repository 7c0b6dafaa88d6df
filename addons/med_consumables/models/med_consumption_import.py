from odoo import fields, models


class MedConsumption(models.Model):
    """A historical line knows the import that it came with."""

    _inherit = "med.consumption"

    import_id = fields.Many2one(
        "med.import", readonly=True, index="btree_not_null", ondelete="restrict"
    )
