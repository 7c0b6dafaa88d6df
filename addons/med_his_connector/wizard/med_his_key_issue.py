from odoo import api, fields, models


class MedHisKeyIssue(models.TransientModel):
    """Issue a key and show it once: it is kept nowhere, not even here."""

    _name = "med.his.key.issue"
    _description = "Issue a Key"

    channel_id = fields.Many2one("med.his.channel", required=True)
    name = fields.Char(string="Held By", required=True, default="HIS")
    days = fields.Integer(string="Valid For (days)", default=365, required=True)
    replaces = fields.Boolean(
        string="Replaces the Others",
        help="The keys that hold now end after the days of overlap.",
    )
    overlap_days = fields.Integer(string="Overlap (days)", default=14)
    secret = fields.Char(
        string="Key", store=False, readonly=True, compute="_compute_secret"
    )

    @api.depends_context("his_new_key")
    def _compute_secret(self):
        for issue in self:
            issue.secret = self.env.context.get("his_new_key", "")

    def action_issue(self):
        self.ensure_one()
        overlap = self.overlap_days if self.replaces else None
        secret = self.env["med.his.key"]._issue(
            self.channel_id, self.name, self.days, overlap
        )
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("The New Key"),
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "target": "new",
            "context": {"his_new_key": secret},
        }
