from odoo import api, fields, models


class MedHisAmountChange(models.Model):
    """A line of use for which another system says later that it charges otherwise.

    The first amount stays on the line as it was reported; the last one holds. Each
    message changes a line once, so replaying it changes nothing.
    """

    _name = "med.his.amount.change"
    _description = "Changed Amount of a Charge"
    _order = "id"
    _rec_name = "consumption_id"

    consumption_id = fields.Many2one(
        "med.consumption",
        string="Recorded Line",
        required=True,
        readonly=True,
        ondelete="restrict",
    )
    message_id = fields.Many2one(
        "med.his.message", required=True, readonly=True, index=True, ondelete="restrict"
    )
    company_id = fields.Many2one(related="consumption_id.company_id", store=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    before = fields.Monetary(readonly=True)
    after = fields.Monetary(readonly=True)

    _message_uniq = models.Constraint(
        "unique(consumption_id, message_id)", "A message changes an amount once."
    )

    @api.model
    def _keep(self, rows):
        """Write down each change, and on the line what is charged now."""
        for change in self.create(rows):
            change.consumption_id.charged_now = change.after
