from odoo import fields, models
from odoo.exceptions import UserError

from .med_his_message_life import OPEN


class MedHisMessageDesk(models.Model):
    """What the exceptions desk does with messages, beside trying them again."""

    _inherit = "med.his.message"

    ignored_reason = fields.Char(
        readonly=True, help="Why a person has left this message out."
    )

    def _leave_out(self, reason):
        """Give these messages up: none of ours, or recorded otherwise."""
        self._check_operator()
        settled = self.filtered(lambda message: message.state not in OPEN)
        if settled:
            raise UserError(
                self.env._(
                    "%(message)s is settled already; only what waits for a person can "
                    "be left out.",
                    message=settled[0].display_name,
                )
            )
        self._log_event("leave_out", reason)
        # An operator may not write messages by hand; this action alone moves them.
        self.sudo().write({"state": "ignored", "ignored_reason": reason})

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
