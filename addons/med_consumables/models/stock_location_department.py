from odoo import api, fields, models


class StockLocation(models.Model):
    """Whose place it is, kept on the place: views of stock join it."""

    _inherit = "stock.location"

    med_shelf_of_ids = fields.One2many(
        "med.department", "stock_location_id", string="Shelf Of"
    )
    med_department_id = fields.Many2one(
        "med.department",
        string="Department",
        compute="_compute_med_department_id",
        store=True,
        recursive=True,
        index="btree_not_null",
        help="The department whose shelf this place is, or is part of.",
    )

    @api.depends(
        "med_shelf_of_ids.active", "location_id.med_department_id", "parent_path"
    )
    def _compute_med_department_id(self):
        for location in self:
            location.med_department_id = (
                location.med_shelf_of_ids[:1] or location.location_id.med_department_id
            )
