from odoo import api, fields, models
from odoo.exceptions import UserError


class MedAuditEntry(models.Model):
    """Who changed what on masters, rights and policies: one field of one record.

    Entries are only added, also by the superuser's code; nobody changes or deletes one.
    """

    _name = "med.audit.entry"
    _description = "Audit Entry"
    _order = "id desc"
    _rec_name = "record_name"

    company_id = fields.Many2one("res.company", readonly=True)
    user_id = fields.Many2one(
        "res.users", string="Who", required=True, readonly=True, index=True
    )
    full_rights = fields.Boolean(
        readonly=True,
        help="Changed by a program with full rights, on behalf of this person.",
    )
    action = fields.Selection(
        [
            ("create", "Created"),
            ("write", "Changed"),
            ("unlink", "Deleted"),
            ("verify", "Ledger verified"),
            ("close", "Period closed"),
            ("reopen", "Period opened again"),
            ("purge", "Visits forgotten"),
            ("rotate", "Vault sealed anew"),
        ],
        required=True,
        readonly=True,
    )
    subject = fields.Selection(
        [("master", "Master data"), ("right", "Rights"), ("policy", "Policy")],
        readonly=True,
    )
    model = fields.Char(readonly=True, index=True)
    model_name = fields.Char(string="Kind of Record", compute="_compute_model_name")
    res_id = fields.Many2oneReference(
        string="Record", model_field="model", readonly=True
    )
    record_name = fields.Char(string="Name", readonly=True)
    field_name = fields.Char(string="Technical Field", readonly=True)
    field_label = fields.Char(string="Field", compute="_compute_field_label")
    old_value = fields.Text(
        string="Before", readonly=True, help="Of a list only what was taken away."
    )
    new_value = fields.Text(
        string="After", readonly=True, help="Of a list only what was added."
    )

    _record_idx = models.Index("(model, res_id)")
    _date_idx = models.Index("(create_date)")

    @api.depends("model")
    @api.depends_context("lang")
    def _compute_model_name(self):
        for entry in self:
            known = entry.model in self.env
            entry.model_name = (
                self.env["ir.model"]._get(entry.model).sudo().name if known else False
            )

    @api.depends("model", "field_name")
    @api.depends_context("lang")
    def _compute_field_label(self):
        for entry in self:
            field = (
                self.env[entry.model]._fields.get(entry.field_name)
                if entry.model in self.env
                else None
            )
            entry.field_label = (
                field._description_string(self.env) if field else entry.field_name
            )

    def write(self, vals):
        raise UserError(self.env._("An entry of the audit trail is never changed."))

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("An entry of the audit trail is never deleted."))

    def action_open_record(self):
        self.ensure_one()
        if (
            self.model not in self.env
            or not self.env[self.model].browse(self.res_id or 0).exists()
        ):
            raise UserError(self.env._("This record does not exist any more."))
        return {
            "type": "ir.actions.act_window",
            "res_model": self.model,
            "res_id": self.res_id,
            "view_mode": "form",
        }

    @api.model
    def _log(self, rows):
        """Add entries; whoever changes a record writes its trail, and nobody else."""
        about = {"user_id": self.env.uid, "full_rights": self.env.su}
        self.sudo().create([{**about, **row} for row in rows])

    @api.model
    def _log_event(self, action, record_name, new_value, old_value=None):
        """Something that is no change of one field: a check, a closing."""
        self._log(
            [
                {
                    "action": action,
                    "subject": "policy",
                    "company_id": self.env.company.id,
                    "record_name": record_name,
                    "old_value": old_value,
                    "new_value": new_value,
                }
            ]
        )
