from odoo import api, fields, models
from odoo.exceptions import UserError

from .error_words import in_words
from .med_his_message_life import OPEN


class MedHisMessageDesk(models.Model):
    """What the exceptions desk does with messages, beside trying them again."""

    _inherit = "med.his.message"

    error_place = fields.Char(
        string="Place",
        compute="_compute_error_words",
        help="Segment and field, such as FT1[2]-10.",
    )
    error_detail = fields.Char(string="Detail", compute="_compute_error_words")
    ignored_reason = fields.Char(
        readonly=True, help="Why a person has left this message out."
    )

    @api.depends("error_position", "error_text")
    @api.depends_context("lang")
    def _compute_error_words(self):
        for message in self:
            message.error_place = in_words(self.env, message.error_position)
            message.error_detail = in_words(self.env, message.error_text)

    def action_ignore(self):
        """Ask why these messages are none of ours, then leave them out."""
        self._check_operator()
        self._check_open()
        wizard = self.env["med.his.ignore"].create({"message_ids": self.ids})
        return wizard._get_records_action(
            target="new", name=self.env._("Leave Messages Out")
        )

    def action_dry_run(self):
        """What would become of these messages now; nothing is recorded."""
        self._check_operator()
        trial = self.env["med.his.trial"]._of(self.sorted("id"))
        return trial._get_records_action(target="new", name=self.env._("Dry Run"))

    def _leave_out(self, reason):
        """Give these messages up: none of ours, or recorded otherwise."""
        self._check_operator()
        self._check_open()
        self._log_event("leave_out", reason)
        # An operator may not write messages by hand; this action alone moves them.
        self.sudo().write({"state": "ignored", "ignored_reason": reason})

    def _check_open(self):
        settled = self.filtered(lambda message: message.state not in OPEN)
        if settled:
            raise UserError(
                self.env._(
                    "%(message)s is settled already; only what waits for a person can "
                    "be left out.",
                    message=settled[0].display_name,
                )
            )

    def _try_out(self):
        """What would become of these messages now: ``{id: values}``.

        They are worked in a transaction of its own that is taken back, so nothing of
        it lasts: no line, no state, no job, no message to anybody.
        """
        self._check_operator()
        names = ["state", "error_code", "cause_code", "error_text", "line_count"]
        with self.env.registry.cursor() as cr:
            messages = self.with_env(self.env(cr=cr)).sudo()
            try:
                messages.write({"state": "received", "next_try_at": False})
                messages._work()
                return {row.pop("id"): row for row in messages.read(names, load=None)}
            finally:
                messages.env.invalidate_all(flush=False)
                cr.rollback()
