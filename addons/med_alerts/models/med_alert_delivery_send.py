import logging
from datetime import timedelta

from psycopg2 import OperationalError

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..core.outcome import FIRST_PAUSE, Outcome, pause

_logger = logging.getLogger(__name__)
#: How many rows one look at the outbox takes.
BATCH = 500
#: Ways on which nobody outside is waited for.
IN_HOUSE = ("popup", "inbox")


class MedAlertDelivery(models.Model):
    """Taking out of the outbox: send what is due, and say what became of it.

    ``_send_<kind of channel>()`` sends rows of one channel and one receiver; it
    returns an ``Outcome`` and the address that was used.
    """

    _inherit = "med.alert.delivery"

    @api.model
    def _cron_deliver(self):
        """Send what is due; each message, or digest, in a transaction of its own.

        Where nobody answers on one channel, its other messages wait with the first,
        and those of other channels leave.
        """
        cron, silent = self.env["ir.cron"], {}
        due = self.search(
            [("state", "=", "waiting"), ("next_try", "<=", fields.Datetime.now())],
            order="next_try, id",
            limit=BATCH,
        )
        cron._commit_progress(remaining=len(due))
        for parcel in due._parcels():
            try:
                parcel = parcel._take()
            except OperationalError:
                # Another process has sent it since this one began to look.
                self.env.cr.rollback()
                continue
            channel = parcel.channel_id
            if channel in silent:
                parcel._wait_for_answer(silent[channel])
            elif parcel:
                outcome = parcel._send_or_set_aside()
                if outcome.silent:
                    silent[channel] = outcome.reason
            if not cron._commit_progress(max(len(parcel), 1)):
                break
        self._trigger_next()

    @api.model
    def _trigger_next(self):
        """Wake up when the next message is due."""
        following = self.search(
            [("state", "=", "waiting")], order="next_try, id", limit=1
        )
        if following:
            self.env.ref("med_alerts.ir_cron_deliver")._trigger(following.next_try)

    def _send_or_set_aside(self):
        """Send; a defect of one message does not hold up those behind it."""
        try:
            with self.env.cr.savepoint():
                return self._send()
        except Exception as error:  # whatever it is, the others must leave
            _logger.exception("alert delivery %s could not be sent", self.ids)
            reason = self.env._(
                "The message could not be made (%(error)s). The log of the server says "
                "why; it is tried again.",
                error=type(error).__name__,
            )
            outcome = Outcome("again", reason)
            self._settle(outcome, False)
            return outcome

    def _wait_for_answer(self, reason):
        """Nobody answers there at the moment: not one of their attempts is spent."""
        later = fields.Datetime.now() + timedelta(seconds=FIRST_PAUSE)
        self.write({"next_try": later, "last_error": reason})

    def _parcels(self):
        """What leaves together: each message by itself, digests by receiver.

        What stays in the house is first: it waits for nobody's answer.
        """
        digests = self.filtered("in_digest")
        parcels = list(self - digests)
        receivers = digests.grouped(lambda row: (row.channel_id, row.user_id))
        parcels += [self._whole_digest(*receiver) for receiver in receivers]
        return sorted(parcels, key=lambda rows: rows.channel_id.kind not in IN_HOUSE)

    @api.model
    def _whole_digest(self, channel, person):
        """All that is due for this receiver, also beyond the batch at hand."""
        return self.search(
            [
                ("state", "=", "waiting"),
                ("in_digest", "=", True),
                ("next_try", "<=", fields.Datetime.now()),
                ("channel_id", "=", channel.id),
                ("user_id", "=", person.id),
            ]
        )

    def _take(self):
        """Those of these rows that wait and that nobody else is sending."""
        query = SQL(
            "SELECT id FROM med_alert_delivery"
            " WHERE id = ANY(%s) AND state = 'waiting' FOR UPDATE SKIP LOCKED",
            self.ids,
        )
        taken = self.browse([row[0] for row in self.env.execute_query(query)])
        taken.invalidate_recordset()
        return taken

    def _send(self):
        """Send these rows, of one channel and one receiver, as one message.

        Returns what became of it.
        """
        stale = self.filtered(lambda row: row.event == "call" and row._is_over())
        stale.write({"state": "cancelled"})
        rows = self - stale
        channel = rows.channel_id
        if not channel.active:  # or nothing is left
            rows.write({"state": "cancelled"})
            return Outcome("cancelled")
        try:
            outcome, address = getattr(rows, f"_send_{channel.kind}")()
        except UserError as error:
            # The key file is not there, say: it is tried again when it is.
            outcome, address = rows._failed(str(error))
        rows._settle(outcome, address)
        return outcome

    def _is_over(self):
        self.ensure_one()
        alert = self.alert_id
        return alert.state in ("resolved", "in_work") or bool(alert.head_id)

    def _settle(self, outcome, address):
        """Say what became of these rows, which were sent as one message."""
        now = fields.Datetime.now()
        for before, rows in self.grouped("attempts").items():
            attempts = before + 1
            values = {"attempts": attempts, "address": address}
            most = rows.channel_id[:1].max_attempts
            if outcome.state == "sent":
                values |= {"state": "sent", "sent_at": now, "last_error": False}
            elif outcome.state == "never" or attempts >= most:
                values |= {"state": "dead", "last_error": outcome.reason}
            else:
                wait = timedelta(seconds=pause(attempts, (rows[0].id % 100) / 100))
                values |= {"next_try": now + wait, "last_error": outcome.reason}
            rows.write(values)

    @api.model
    def _failed(self, reason, later=True):
        return Outcome("again" if later else "never", reason), False
