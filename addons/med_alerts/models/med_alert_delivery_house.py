from markupsafe import Markup

from odoo import models
from odoo.tools import plaintext2html

from ..core.outcome import SENT


class MedAlertDelivery(models.Model):
    """Ways that stay in Odoo or use its own mail server: pop-up, inbox, e-mail."""

    _inherit = "med.alert.delivery"

    def _send_popup(self):
        """A notification on the screens that the person has open at this moment."""
        spoken = self._spoken()
        self.user_id._bus_send(
            "med_alerts/alert",
            {
                "title": spoken._headline(),
                "message": spoken[:1]._body() if len(spoken) == 1 else "",
                "severity": min(self.alert_id.mapped("severity"), default="watch"),
                "alert_ids": self.alert_id.ids,
            },
        )
        return SENT, False

    def _send_inbox(self):
        """A message in the inbox, or by e-mail where the person has chosen that."""
        spoken = self._spoken()
        partner = self.user_id.partner_id
        target = spoken.alert_id if len(self) == 1 and self.alert_id else partner
        target.message_notify(
            partner_ids=partner.ids,
            subject=spoken._headline(),
            body=spoken._html(),
        )
        return SENT, False

    def _send_email(self):
        """A mail through Odoo's own outgoing server, under the id of the delivery."""
        spoken = self._spoken()
        address = self.user_id.email_formatted
        if not self.user_id.email:
            return self._failed(
                spoken.env._(
                    "%(person)s has no e-mail address. Enter it on the person's form.",
                    person=self.user_id.name,
                ),
                later=False,
            )
        mail = self.env["mail.mail"].create(
            {
                "subject": spoken._headline(),
                "body_html": spoken._html(),
                "email_to": address,
                "email_from": self.company_id[:1].email_formatted
                or self.env.user.email_formatted,
                "message_id": f"<{self[:1].uuid}@{self.env.cr.dbname}.med-alerts>",
                "auto_delete": False,
            }
        )
        mail.send()
        if mail.state != "sent":
            reason = mail.failure_reason or mail.failure_type or mail.state
            mail.unlink()
            return self._failed(reason)[0], address
        mail.unlink()
        return SENT, address

    def _html(self):
        return Markup("").join(plaintext2html(text) for text in self._paragraphs())
