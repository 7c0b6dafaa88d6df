from markupsafe import Markup

from odoo import models
from odoo.tools import plaintext2html

from ..core.outcome import SENT, Outcome
from .med_alert_delivery_text import LISTED

#: Of a mail; white is read well on each of them.
COLORS = {"critical": "#b02a37", "warning": "#a45b00", "watch": "#0b6e8a"}


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
                "message": spoken._worst_first()[:1]._glance(len(spoken)),
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
                "body_html": spoken._mail(),
                "email_to": address,
                "email_from": self.company_id[:1].email_formatted
                or self.env.user.email_formatted,
                "message_id": f"<{self[:1].uuid}@{self.env.cr.dbname}.med-alerts>",
                "auto_delete": False,
            }
        )
        mail.send()
        outcome = SENT
        if mail.state != "sent":
            reason = spoken._word_mail_failure(mail)
            # Without a type of its own it is the server that failed, not the mail.
            outcome = Outcome("again", reason, silent=not mail.failure_type)
        mail.unlink()
        return outcome, address

    def _word_mail_failure(self, mail):
        said = " ".join((mail.failure_reason or mail.failure_type or "").split())
        if mail.failure_type:
            return self.env._(
                "The mail server did not take the mail for %(person)s (%(said)s).",
                person=self.user_id.name,
                said=said,
            )
        return self.env._(
            "The mail server cannot be reached (%(said)s). Check it in Settings, "
            "Outgoing Mail Servers.",
            said=said,
        )

    def _html(self):
        return Markup("").join(plaintext2html(text) for text in self._paragraphs())

    def _mail(self):
        """The mail as a page: what is worst on top, each with its link."""
        rows = self._worst_first()[:LISTED]
        return self.env["ir.qweb"]._render(
            "med_alerts.delivery_mail",
            {
                "alone": len(self) == 1,
                "headline": self._headline(),
                "mine": f"{self[:1].get_base_url()}/odoo/my-med-alerts",
                "parts": [row._mail_part() for row in rows],
                "more": self._say_more(LISTED),
                "footer": self.env._(
                    "Sent by the consumables suite of %(company)s. How often you get "
                    "such mails is set in your preferences in Odoo, at Alert Messages.",
                    company=self.company_id[:1].name,
                ),
            },
        )

    def _mail_part(self):
        self.ensure_one()
        alert = self.alert_id
        severities = dict(alert._fields["severity"]._description_selection(self.env))
        return {
            "severity": severities.get(alert.severity),
            "color": COLORS.get(alert.severity, COLORS["watch"]),
            "title": alert.name or self._subject(),
            "text": self._body(),
            "next_step": self.event == "call" and alert.next_step,
            "link": self._link(),
        }
