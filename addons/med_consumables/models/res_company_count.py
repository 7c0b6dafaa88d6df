from odoo import fields, models

from ..core.count import CLASSES


class ResCompany(models.Model):
    """How often items are counted and how exact a count must be, by ABC class."""

    _inherit = "res.company"

    med_count_days_a = fields.Integer(string="Count A Every", default=30, required=True)
    med_count_days_b = fields.Integer(string="Count B Every", default=90, required=True)
    med_count_days_c = fields.Integer(
        string="Count C Every", default=180, required=True
    )
    med_count_tolerance_a = fields.Float(string="Tolerance of A", default=0.0)
    med_count_tolerance_b = fields.Float(string="Tolerance of B", default=1.0)
    med_count_tolerance_c = fields.Float(string="Tolerance of C", default=2.0)
    med_daily_check = fields.Boolean(
        string="Check High-Value Pieces Daily",
        default=True,
        help="Every morning a sheet is made for each department that holds high-value "
        "items or implants.",
    )

    _med_count_days_positive = models.Constraint(
        "CHECK(med_count_days_a > 0 AND med_count_days_b > 0 AND med_count_days_c > 0)",
        "The days between two counts must be more than zero.",
    )

    def _med_count_days(self):
        self.ensure_one()
        return {name: self[f"med_count_days_{name.lower()}"] for name in CLASSES}

    def _med_count_tolerance(self, product):
        """In percent of what is expected; no high-value piece may be missing."""
        self.ensure_one()
        if product.med_value_class == "high" or product.med_implant:
            return 0.0
        name = product.med_abc if product.med_abc in CLASSES else "C"
        return self[f"med_count_tolerance_{name.lower()}"]
