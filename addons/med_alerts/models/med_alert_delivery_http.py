import json
import time
from dataclasses import replace
from urllib.parse import urlsplit

import requests

from odoo import models

from ..core import signature
from ..core.outcome import Outcome, of_robot, of_status
from ..core.phone_number import WrongNumber, mobile

#: Seconds to wait for the connection and for each part of the answer.
TIMEOUT = 10
ANSWER_LENGTH = 200
#: So long may the text of a message to a group robot be; by their documentation.
WECOM_BYTES = 2048
DINGTALK_BYTES = 20_000


def _whose(url):
    """Whose an address is: all of it that may be told, for its rest may be secret."""
    try:
        return urlsplit(url).netloc.rpartition("@")[2]
    except ValueError:
        return ""


class MedAlertDelivery(models.Model):
    """Ways over HTTP: text message gateways, group robots, signed webhooks."""

    _inherit = "med.alert.delivery"

    def _send_sms(self):
        """A text by the gateway of the hospital: JSON with number, text and id.

        Extension point: an addon for another gateway adds a kind of channel or
        overrides ``_post_sms``.
        """
        spoken = self._spoken()
        person = self.user_id
        region = self.company_id[:1].country_id.code or "CN"
        try:
            number = mobile(person.partner_id.phone, region)
        except WrongNumber as error:
            return self._failed(spoken._word_wrong_number(error.reason), later=False)
        return self._post_sms(number, spoken._short()), number

    def _post_sms(self, number, text):
        body = {"id": self[:1].uuid, "to": number, "text": text}
        headers = {}
        if secret := self.channel_id._secret():
            headers["Authorization"] = f"Bearer {secret}"
        outcome, _answer = self._post(json.dumps(body).encode(), headers=headers)
        return outcome

    def _send_wecom(self):
        """Source: WeCom developer centre, configuring group robots."""
        return self._send_to_robot(self.channel_id._whole_url(), WECOM_BYTES)

    def _send_dingtalk(self):
        """Source: DingTalk open platform, custom robots."""
        url = self.channel_id._whole_url()
        if secret := self.channel_id._secret():
            now = int(time.time() * 1000)
            signed = signature.of_dingtalk(secret, now)
            url = f"{url}{'&' if '?' in url else '?'}{signed}"
        return self._send_to_robot(url, DINGTALK_BYTES)

    def _send_to_robot(self, url, room):
        text = self._spoken()._within(room)
        body = json.dumps({"msgtype": "text", "text": {"content": text}})
        outcome, answer = self._post(body.encode(), url=url)
        if outcome.state == "sent":
            outcome = self._worded(of_robot(answer), url)
        return outcome, False

    def _send_webhook(self):
        """One alert a message; the receiver knows a repeat by ``X-Med-Delivery``."""
        body = self._spoken()._payload()
        headers = {
            "X-Med-Delivery": self.uuid,
            "X-Med-Signature": signature.of_webhook(
                self.channel_id._secret(), int(time.time()), body
            ),
        }
        outcome, _answer = self._post(body, headers=headers)
        return outcome, False

    def _post(self, body, url=None, headers=None):
        """Post JSON to the channel; what became of it, and the answer's JSON if any.

        The address may hold a secret: it is in no error.
        """
        headers = {"Content-Type": "application/json; charset=utf-8", **(headers or {})}
        url = url or self.channel_id._whole_url()
        try:
            answer = requests.post(
                url,
                data=body,
                headers=headers,
                timeout=TIMEOUT,
                allow_redirects=False,
            )
        except requests.RequestException as error:
            reason = self._spoken()._word_no_answer(error, url)
            return Outcome("again", reason, silent=True), None
        outcome = of_status(answer.status_code, answer.text[:ANSWER_LENGTH])
        outcome = self._worded(outcome, url)
        try:
            return outcome, answer.json()
        except ValueError:
            return outcome, None

    def _worded(self, outcome, url):
        """``outcome`` with a reason that says what is to be done."""
        if outcome.state == "sent":
            return outcome
        spoken = self._spoken()
        said = outcome.reason or spoken.env._("its answer holds no errcode")
        if outcome.state == "again":
            reason = spoken.env._(
                "%(whose)s cannot take the message at the moment (%(said)s).",
                whose=_whose(url),
                said=said,
            )
        else:
            reason = spoken.env._(
                "%(whose)s refuses the message (%(said)s). Check the address and the "
                "secret of the channel, then send again.",
                whose=_whose(url),
                said=said,
            )
        return replace(outcome, reason=reason)

    def _word_no_answer(self, error, url):
        """What is to be done; of the address no more than whose it is."""
        whose = _whose(url)
        if isinstance(error, requests.exceptions.SSLError):
            return self.env._(
                "The certificate of %(whose)s is not trusted. Have it renewed, or its "
                "authority made known to this server.",
                whose=whose,
            )
        if isinstance(error, requests.Timeout):
            return self.env._(
                "%(whose)s did not answer within %(seconds)s seconds. Look whether it "
                "runs.",
                whose=whose,
                seconds=TIMEOUT,
            )
        if isinstance(error, requests.ConnectionError):
            return self.env._(
                "Nobody answers at %(whose)s. Look whether the address is right, the "
                "other system runs and the network lets this server through.",
                whose=whose,
            )
        return self.env._(
            "The address of the channel cannot be used (%(error)s). Enter it anew.",
            error=type(error).__name__,
        )

    def _word_wrong_number(self, reason):
        reasons = {
            "missing": self.env._("There is no number."),
            "unreadable": self.env._("It is not a telephone number."),
            "too_short": self.env._("It is too short."),
            "too_long": self.env._("It is too long."),
            "unassigned": self.env._("There is no such number."),
            "not_mobile": self.env._("It is not a mobile number."),
        }
        return self.env._(
            "The telephone number of %(person)s cannot get a text: %(reason)s "
            "Correct it on the person's contact, then try again.",
            person=self.user_id.name,
            reason=reasons[reason],
        )
