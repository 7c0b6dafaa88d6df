from markupsafe import Markup

from odoo import fields, models
from odoo.exceptions import AccessError, UserError

from .field_labels import labels_of
from .spoken_to import spoken_to


class MedMasterChange(models.Model):
    """The steps of a change: asked for, withdrawn, approved, refused."""

    _inherit = "med.master.change"

    def action_ask(self):
        self.check_access("write")
        for change in self:
            change._check_state("draft")
            value = change._item()._med_understand(change.field_name, change.new_value)
            if change._is_current(value):
                raise UserError(
                    self.env._(
                        "%(field)s of %(item)s is %(value)s already.",
                        field=change._field_label(),
                        item=change.product_tmpl_id.display_name,
                        value=change.old_value or "—",
                    )
                )
            # On behalf of whoever asks: only the buttons move the state.
            change.sudo().write(
                {
                    "state": "asked",
                    "old_value": change._item()._med_say(change.field_name),
                    "requester_id": self.env.uid,
                    "asked_at": fields.Datetime.now(),
                    "lang": self.env.lang,
                }
            )
            change._tell_owner()
        return True

    def action_withdraw(self):
        self.check_access("write")
        for change in self:
            change._check_state("asked")
            if self.env.user not in change._authors():
                raise UserError(
                    self.env._(
                        "Only who asked for %(change)s withdraws it.",
                        change=change.name,
                    )
                )
        self._settle("draft")
        return True

    def action_approve(self):
        """Apply the change; never by who asked for it."""
        for change in self:
            change._check_may_decide()
            item = change._item().sudo()  # on behalf of the owner, who agrees here
            value = item._med_understand(change.field_name, change.new_value)
            was = item._med_say(change.field_name)
            if was != (change.old_value or ""):
                raise UserError(
                    self.env._(
                        "%(field)s of %(item)s has become %(now)s since "
                        "%(change)s was asked for. Refuse it, or have it asked anew.",
                        field=change._field_label(),
                        item=item.display_name,
                        now=was or "—",
                        change=change.name,
                    )
                )
            item.write({change.field_name: value})
            item.message_post(
                body=Markup("%s<br/>%s → <b>%s</b>")
                % (
                    self.env._(
                        "%(field)s changed by %(change)s, asked for by %(person)s",
                        field=change._field_label(),
                        change=change.name,
                        person=change.requester_id.name,
                    ),
                    was or "—",
                    item._med_say(change.field_name) or "—",
                )
            )
        self._settle("approved")
        return True

    def action_refuse(self):
        for change in self:
            change._check_may_decide()
            if not (change.refusal or "").strip():
                raise UserError(
                    self.env._(
                        "Write under Why Refused what %(person)s should know, then "
                        "refuse %(change)s.",
                        person=change.requester_id.name,
                        change=change.name,
                    )
                )
        self._settle("refused")
        return True

    def _settle(self, state):
        decided = state in ("approved", "refused")
        # See action_ask.
        self.sudo().write(
            {
                "state": state,
                "decided_by_id": self.env.uid if decided else False,
                "decided_at": fields.Datetime.now() if decided else False,
            }
        )
        self.sudo().activity_unlink(["mail.mail_activity_data_todo"])

    def _check_state(self, state):
        if self.state != state:
            labels = dict(self._fields["state"]._description_selection(self.env))
            raise UserError(
                self.env._(
                    "%(change)s is %(state)s; this step is not open to it.",
                    change=self.name,
                    state=labels[self.state],
                )
            )

    def _check_may_decide(self):
        self.ensure_one()
        self.check_access("write")
        self._check_state("asked")
        if self.env.user in self._authors():
            raise UserError(
                self.env._(
                    "You asked for %(change)s yourself; somebody else must decide on "
                    "it.",
                    change=self.name,
                )
            )
        if not self.env.su and not self.product_tmpl_id._med_is_owner():
            raise AccessError(
                self.env._(
                    "%(owner)s or an administrator decides on changes of %(item)s.",
                    owner=self.sudo().owner_id.name or self.env._("The data owner"),
                    item=self.product_tmpl_id.display_name,
                )
            )

    def _is_current(self, value):
        now = self._item()[self.field_name]
        return (now.id if hasattr(now, "ids") else now) == value

    def _field_label(self):
        return labels_of(self.product_tmpl_id, [self.field_name])

    def _tell_owner(self):
        owner = self.sudo().owner_id
        if owner and owner not in self._authors():
            self.sudo().activity_schedule(
                "mail.mail_activity_data_todo",
                summary=spoken_to(self, owner).env._("Decide on the change of an item"),
                user_id=owner.id,
            )
