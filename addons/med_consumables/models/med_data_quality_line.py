from odoo import fields, models

from .med_data_fault import KINDS


class MedDataQualityLine(models.Model):
    """One kind of fault within a figure."""

    _name = "med.data.quality.line"
    _description = "Data Quality by Kind of Fault"
    _order = "quality_id, weight desc, kind"

    quality_id = fields.Many2one(
        "med.data.quality", required=True, index=True, readonly=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="quality_id.company_id", store=True)
    day = fields.Date(related="quality_id.day", store=True)
    scope = fields.Selection(related="quality_id.scope", store=True)
    kind = fields.Selection(KINDS, required=True, readonly=True)
    checked = fields.Integer(string="Looked At", readonly=True)
    faulty = fields.Integer(string="Faults", readonly=True)
    weight = fields.Integer(readonly=True)
    share = fields.Float(string="In Order (%)", readonly=True, aggregator="avg")

    def action_view_faults(self):
        self.ensure_one()
        action = self.quality_id.action_view_faults()
        action["domain"] = [*action["domain"], ("kind", "=", self.kind)]
        action["context"] = {}
        return action
