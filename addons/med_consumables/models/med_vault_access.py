from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools.misc import clean_context

from ..core.sealing import SealError

#: How long the reader sees what they asked for.
READING_TIME = timedelta(minutes=15)


class MedVaultAccess(models.Model):
    """A privacy officer learned whose visits these were: who, when, why, which lines.

    It lasts for good and can be neither changed nor deleted. The numbers themselves are
    never stored here: they are opened for their reader for a short time.
    """

    _name = "med.vault.access"
    _description = "Look-up of Visits"
    _order = "id desc"
    _rec_name = "reason"

    company_id = fields.Many2one("res.company", required=True, readonly=True)
    user_id = fields.Many2one("res.users", string="Officer", readonly=True)
    read_at = fields.Datetime(string="When", readonly=True)
    reason = fields.Char(required=True)
    recall_id = fields.Many2one("med.recall", readonly=True, ondelete="restrict")
    consumption_ids = fields.Many2many(
        "med.consumption", string="Lines of Use", readonly=True
    )
    line_count = fields.Integer(
        string="Lines", readonly=True, help="Lines of use that were looked up."
    )
    known_count = fields.Integer(
        string="Visits Known",
        readonly=True,
        help="Lines whose visit the vault knows. The others were recorded without one.",
    )
    is_open = fields.Boolean(compute="_compute_is_open")
    content = fields.Html(compute="_compute_content", sanitize=False)

    @api.depends_context("uid")
    def _compute_is_open(self):
        for access in self:
            access.is_open = access._may_be_seen()

    @api.depends_context("uid")
    def _compute_content(self):
        for access in self:
            access.content = access.is_open and self.env["ir.qweb"]._render(
                "med_consumables.vault_visits", {"rows": access._rows()}
            )

    @api.model_create_multi
    def create(self, vals_list):
        """Nobody looks up in another's name; what is looked up follows the question."""
        if not self.env.su:
            self._check_officer()
        rows = []
        for vals in vals_list:
            if not (vals.get("reason") or "").strip():
                raise UserError(
                    self.env._("Say why you need to know whose visits these were.")
                )
            lines = self._lines_asked_for(vals)
            rows.append(
                {
                    "reason": vals["reason"],
                    "recall_id": vals.get("recall_id"),
                    "user_id": self.env.uid,
                    "consumption_ids": [fields.Command.set(lines.ids)],
                    "line_count": len(lines),
                    "known_count": len(self.env["med.vault"]._entries_of(lines)),
                    **self._opening(lines),
                }
            )
        # What a client proposes as default values neither opens nor consents.
        # pylint: disable-next=context-overridden
        plain = self.with_context(clean_context(self.env.context))
        return super(MedVaultAccess, plain).create(rows).with_env(self.env)

    def write(self, vals):
        raise AccessError(
            self.env._("Who looked up which visits, and why, stays on record.")
        )

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise AccessError(
            self.env._("Who looked up which visits, and why, stays on record.")
        )

    @api.model
    def _opening(self, lines):
        """How a look-up of these lines begins: it is open at once."""
        company = lines.company_id[:1] or self.env.company
        return {"company_id": company.id, "read_at": fields.Datetime.now()}

    def action_show(self):
        """The record is made when this button is pressed; then it shows the visits."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Visits"),
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "target": "new",
        }

    def action_print_sheets(self):
        """Implant record sheets with visit and record number; printed, never stored."""
        self.ensure_one()
        if not self._may_be_seen():
            raise UserError(
                self.env._(
                    "This look-up has ended. Look the visits up again to print them."
                )
            )
        return self.env.ref("med_consumables.report_implant_visits").report_action(self)

    @api.model
    def _ask_about(self, lines):
        """The form in which an officer says why, for these lines of the ledger."""
        self._check_officer()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Whose Visits Were These?"),
            "res_model": self._name,
            "view_mode": "form",
            "target": "new",
            "context": {"default_consumption_ids": [fields.Command.set(lines.ids)]},
        }

    @api.model
    def _lines_asked_for(self, vals):
        """The used lines of the recall, else those that were named."""
        if recall_id := vals.get("recall_id"):
            recall = self.env["med.recall"].browse(recall_id)
            recall.check_access("read")
            return recall._lines_of_use()
        ids = [
            line_id
            for command in vals.get("consumption_ids") or ()
            for line_id in (command[2] if command[0] == 6 else command[1:2])
        ]
        lines = self.env["med.consumption"].browse(ids).exists()
        # Which lines the vault keeps an officer may know, whosever use it was.
        kept = self.env["med.vault"].search([("consumption_id", "in", lines.ids)])
        (lines - kept.consumption_id).check_access("read")
        return lines

    def _check_officer(self):
        if not self.env.user.has_group("med_consumables.group_privacy_officer"):
            raise AccessError(
                self.env._("Only a privacy officer looks up whose visits these were.")
            )

    def _may_be_seen(self):
        self.ensure_one()
        return bool(
            self.id
            and self.user_id == self.env.user
            and self.read_at
            and self.read_at > fields.Datetime.now() - READING_TIME
            and self.env.user.has_group("med_consumables.group_privacy_officer")
        )

    def _rows(self):
        """What the reader sees: ``[(ledger line, Visit or None)]``, oldest first."""
        visits = self._opened()
        # The officer asked for these lines, and may learn what else they say.
        lines = self.sudo().consumption_ids.sorted("event_time")
        return [(line, visits.get(line)) for line in lines]

    def _opened(self):
        """``{ledger line: Visit}`` of this look-up, for its reader and its time."""
        self.ensure_one()
        if not self._may_be_seen():
            return {}
        Vault = self.env["med.vault"]
        try:
            return Vault._visits_of(self.sudo().consumption_ids)  # see _rows
        except SealError as error:
            raise UserError(
                self.env._(
                    "The vault cannot be opened: %(why)s.\n"
                    "Put the missing key back into the key file, from its backup.",
                    why=str(error),
                )
            )
