import json

from odoo import api, fields, models

#: A text message has 70 Chinese characters a part: three parts at most.
TEXT_LENGTH = 210
#: So many alerts are said in full in one message; nobody reads further.
LISTED = 20


class MedAlertDelivery(models.Model):
    """What a message says: an allow list of an alert's own words and figures.

    Nothing of a visit or patient is within its reach: an alert knows an item, a
    place and a lot.
    """

    _inherit = "med.alert.delivery"

    def _spoken(self):
        """These rows in the language and by the clock of their receiver."""
        lang = self.user_id[:1].lang or self.channel_id.lang
        lang = lang or self.company_id[:1].partner_id.lang or self.env.lang
        clock = self.user_id[:1].tz or self.company_id[:1]._med_time_zone().key
        return self.with_context(lang=lang, tz=clock)

    def _subject(self):
        """One line: how bad, what, where."""
        self.ensure_one()
        if self.event == "test":
            return self.env._(
                "Test of the channel %(channel)s", channel=self.channel_id.name
            )
        alert = self.alert_id
        if self.event == "end":
            return self.env._("Ended: %(alert)s", alert=alert.name)
        severities = dict(alert._fields["severity"]._description_selection(self.env))
        return f"[{severities[alert.severity]}] {alert.name}"

    def _body(self):
        """The subject's reason in plain text."""
        self.ensure_one()
        if self.event == "test":
            return self.env._(
                "If you can read this, alerts of the consumables suite arrive here."
            )
        return self.alert_id.explanation or ""

    def _glance(self, count):
        """For a pop-up, read in passing: the figure and what to do, or the worst."""
        self.ensure_one()
        if count > 1:
            return self._subject()
        if self.event == "test":
            return self._body()
        words = (self.alert_id.figures, self.alert_id.next_step)
        return " · ".join(word for word in words if word)

    def _link(self):
        self.ensure_one()
        alert = self.alert_id
        return f"{alert.get_base_url()}/odoo/med.alert/{alert.id}" if alert else ""

    def _headline(self):
        """The subject of these rows together."""
        if len(self) == 1:
            return self._subject()
        return self.env._("%(count)s alerts wait for you", count=len(self))

    def _worst_first(self):
        # "critical" comes first in the alphabet, too.
        return self.sorted(lambda row: (row.alert_id.severity or "", row.id))

    def _paragraphs(self, listed=LISTED):
        """Plain text of these rows together; of ``listed`` alerts in full."""
        if len(self) == 1:
            return [part for part in (self._body(), self._link()) if part]
        said = [
            "\n".join((row._subject(), row._body(), row._link()))
            for row in self._worst_first()[:listed]
        ]
        return said + self._say_more(listed)

    def _say_more(self, listed):
        more = len(self) - listed
        return [self.env._("And %(count)s more.", count=more)] if more > 0 else []

    def _within(self, room):
        """All of it as plain text of at most ``room`` bytes; what is worst stays."""
        for listed in range(min(len(self), LISTED), 0, -1):
            text = "\n".join([self._headline(), *self._paragraphs(listed)])
            if len(text.encode()) <= room:
                return text
        return text.encode()[: room - len("…".encode())].decode(errors="ignore") + "…"

    def _short(self):
        """For a text message: the subject and the begin of the reason."""
        if len(self) > 1:
            order = self._worst_first()[:LISTED]
            words = [self._headline(), *(row._subject() for row in order)]
        else:
            words = [self._subject(), self._body()]
        text = "\n".join(word for word in words if word)
        return text if len(text) <= TEXT_LENGTH else text[: TEXT_LENGTH - 1] + "…"

    def _payload(self):
        """What a webhook gets, as JSON; quantities in the unit named."""
        self.ensure_one()
        alert = self.alert_id
        content = {
            "id": self.uuid,
            "event": self.event,
            "subject": self._subject(),
            "text": self._body(),
        }
        if alert:
            content["alert"] = {
                "id": alert.id,
                "rule": alert.rule_id.name,
                "kind": alert.kind,
                "severity": alert.severity,
                "state": alert.state,
                "product": alert.product_id.display_name or None,
                "product_code": alert.product_id.default_code or None,
                "department": alert.department_id.name or None,
                "location": alert.location_id.display_name or None,
                "lot": alert.lot_id.name or None,
                "measured": alert.measured,
                "threshold": alert.threshold,
                "unit": alert.unit_name or None,
                "opened_at": self._as_iso(alert.opened_at),
                "resolved_at": self._as_iso(alert.resolved_at),
                "url": self._link(),
            }
        return json.dumps(content, ensure_ascii=False).encode()

    @api.model
    def _as_iso(self, moment):
        return f"{fields.Datetime.to_datetime(moment).isoformat()}Z" if moment else None
