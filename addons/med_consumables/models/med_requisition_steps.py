from odoo import fields, models
from odoo.exceptions import UserError


class MedRequisition(models.Model):
    """What people do with a request: ask, approve, refuse, cancel, ask anew."""

    _inherit = "med.requisition"

    def action_ask(self):
        self.check_access("write")
        self._lock()
        self._check_state("draft")
        for requisition in self:
            requisition.line_ids._check_asked(requisition)
            for line in requisition.line_ids:
                line.sudo().approved_qty = line.asked_qty  # see _advance
        self._advance(
            state="asked", asked_by_id=self.env.uid, asked_at=fields.Datetime.now()
        )
        self._tell_who_decides()
        return True

    def action_approve(self):
        self.check_access("write")
        self._lock()
        self._check_state("asked")
        self._check_may_approve()
        for requisition in self:
            if not any(requisition.line_ids.mapped("approved_qty")):
                raise UserError(
                    self.env._(
                        "Nothing of %(requisition)s is approved. "
                        "Enter a quantity, or refuse it and say why.",
                        requisition=requisition.name,
                    )
                )
        self._advance(
            state="approved",
            approved_by_id=self.env.uid,
            approved_at=fields.Datetime.now(),
        )
        self.activity_unlink(["mail.mail_activity_data_todo"])
        self._make_transfers()
        return True

    def action_redraft(self):
        """Undo: ask again what was refused, cancelled or asked by mistake."""
        self.check_access("write")
        self._lock()
        self._check_state("asked", "refused", "cancelled")
        if self.line_ids.filtered("issued_qty"):
            raise UserError(
                self.env._("A part was issued already; copy the request instead.")
            )
        self.activity_unlink(["mail.mail_activity_data_todo"])
        self._advance(state="draft", closing_reason=False)
        return True

    def _refuse(self, reason):
        self.check_access("write")
        self._lock()
        self._check_state("asked")
        self._check_may_approve()
        self.activity_unlink(["mail.mail_activity_data_todo"])
        self._advance(state="refused", closing_reason=reason)

    def _cancel(self, reason):
        """Stop what has not gone out; what was issued stays issued."""
        self.check_access("write")
        self._lock()
        self._check_state("draft", "asked", "approved", "partial")
        self.activity_unlink(["mail.mail_activity_data_todo"])
        self._advance(closing_reason=reason)
        waiting = self.filtered(lambda r: r.state in ("draft", "asked"))
        waiting._advance(state="cancelled")
        (self - waiting)._cancel_transfers()

    def _check_state(self, *allowed):
        states = dict(self._fields["state"]._description_selection(self.env))
        for requisition in self:
            if requisition.state not in allowed:
                raise UserError(
                    self.env._(
                        "%(requisition)s is in the state “%(state)s”; this cannot be "
                        "done any more. Open it again to see what others have done.",
                        requisition=requisition.name,
                        state=states[requisition.state],
                    )
                )

    def _lock(self):
        """Two people who decide at once: the second waits for neither and is told."""
        if len(self.try_lock_for_update(allow_referencing=True)) < len(self):
            raise UserError(
                self.env._(
                    "Somebody else is working on this request at this moment. "
                    "Open it again in a few seconds."
                )
            )
        self.invalidate_recordset(["state"])

    def _advance(self, **values):
        """Write what only buttons write, for the person whose right was checked."""
        self.sudo().write(values)
