import logging
import random
from datetime import UTC

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL
from odoo.tools.translate import LazyTranslate

from ..core.backoff import wait_after
from ..core.outbound import Unwritable
from ..gateway.client import LineDown, NoAnswer, NotAtWork, Rejected, words_of
from .error_words import in_words
from .med_his_channel_kind import OUTBOUND
from .med_his_channel_outbound import LATEST

_logger = logging.getLogger(__name__)
_lt = LazyTranslate(__name__)

#: HL7 table 0357, what ERR-3 says.
ERRORS = {
    "100": _lt("segments in a wrong order"),
    "101": _lt("a required field is missing"),
    "102": _lt("a field of a wrong type"),
    "103": _lt("a code that it does not know"),
    "200": _lt("a kind of message that it does not take"),
    "201": _lt("an event that it does not take"),
    "202": _lt("not the mode that it works in: production, training or test"),
    "203": _lt("a version that it does not take"),
    "204": _lt("it does not know the visit, the item or the number"),
    "205": _lt("it has this number already"),
    "206": _lt("its record is locked"),
    "207": _lt("an error inside the receiving system"),
}


class MedHisOutboundSend(models.Model):
    """Sending what waits, each message until it is acknowledged, refused or given up.

    A receiver that is not there is no fault of a message: all wait, however long, and
    one of them at a time tries the line (``_note_down`` of the channel).
    """

    _inherit = "med.his.outbound"

    @api.model
    def _cron_send(self):
        cron, now = self.env["ir.cron"], fields.Datetime.now()
        ready = [("transport", "in", OUTBOUND)]
        # A clock that was put back must not stop the sending.
        ready += ["|", "|", ("probe_at", "=", False), ("probe_at", "<=", now)]
        ready += [("probe_at", ">", now + LATEST)]
        channels = self.env["med.his.channel"].search(ready)
        due = [("state", "=", "waiting"), ("channel_id", "in", channels.ids)]
        due += ["|", ("next_try_at", "=", False), ("next_try_at", "<=", now)]
        cron._commit_progress(remaining=self.search_count(due))
        left = [
            self._send_all(each, lambda: cron._commit_progress(1)) for each in channels
        ]
        if all(left):
            # What is left waits for its next try, for its line or for a person.
            cron._commit_progress(remaining=0)

    @api.model
    def _send_all(self, channel, commit):
        """Send what is due, one after the other, each outcome committed.

        Returns the seconds that are left to the job.
        """
        # What stands in the way is kept in the words of those who read it.
        own = self.with_context(lang=channel.company_id.partner_id.lang)
        left = 1
        try:
            client = channel.with_env(own.env)._client()
        except UserError as error:
            # Its certificate's key cannot be opened: other channels have their own.
            channel._note_down(str(error))
            return commit()
        except Exception as error:  # noqa: BLE001  one channel must not stop others
            _logger.error("channel %s: %s", channel.code, type(error).__name__)
            channel._note_down(own._no_connection(words_of(error)))
            return commit()
        try:
            while message := own._take_next(channel):
                reached = message._send_by(client)
                left = commit()
                if not left or not reached:
                    break
        finally:
            client.close()
        return left

    @api.model
    def _take_next(self, channel):
        """The next message that is due and behind none of its key; locked."""
        self.flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT o.id FROM med_his_outbound o
                 WHERE o.channel_id = %s AND o.state = 'waiting'
                   AND (o.next_try_at IS NULL OR o.next_try_at <= %s)
                   AND NOT EXISTS (
                       SELECT 1 FROM med_his_outbound e
                        WHERE e.channel_id = o.channel_id
                          AND e.order_key = o.order_key AND e.id < o.id
                          AND e.state IN ('waiting', 'dead'))
              ORDER BY o.next_try_at NULLS FIRST, o.id
                 LIMIT 1 FOR UPDATE SKIP LOCKED
                """,
                channel.id,
                fields.Datetime.now(),
            )
        )
        return self.browse(row[0] for row in rows)

    def _send_by(self, client):
        """Send it and write down what came of it; whether the receiver was there."""
        self.ensure_one()
        channel, now = self.channel_id, fields.Datetime.now()
        try:
            content = self._content(now.replace(tzinfo=UTC))
        except Unwritable as error:
            self._bury(self._cannot_write(error))
            return True
        except Exception as error:  # noqa: BLE001  one message must not stop others
            _logger.error("outbound message %s: %s", self.id, type(error).__name__)
            self._bury(type(error).__name__)
            return True
        if not content:
            self._bury(self.env._("The visit of this use is not known (any more)."))
            return True
        try:
            answer = client.send(content, self._told_by(), channel.charset)
        except LineDown as error:
            self._wait_for_line(error)
            return False
        self.answer_code = answer.code
        if answer.fate == "rejected" and channel.reject_means == "wait":
            self._wait_for_line(Rejected(self._in_words(answer)))
            return False
        channel._note_up()
        if answer.fate == "taken":
            self.write(
                {
                    "state": "sent",
                    "sent_at": now,
                    "problem": False,
                    "attempts": self.attempts + 1,
                }
            )
        elif answer.fate in ("wrong", "rejected"):
            why = self._in_words(answer)
            self._bury(self.env._("The receiver refused it: %(why)s", why=why))
        else:
            why = self._in_words(answer)
            self._postpone(
                self.env._("The receiver could not take it: %(why)s", why=why)
            )
        return True

    def _in_words(self, answer):
        """The receiver's code, and what it stands for; never its own words."""
        reason = answer.reason or answer.code
        code = reason.partition(" ")[0]
        words = ERRORS.get(code) if answer.code in ("AE", "AR", "CE", "CR") else None
        if not words:
            return in_words(self.env, reason)
        return f"{reason} ({self.env._(words)})"

    def _cannot_write(self, error):
        return self.env._(
            "%(place)s has a sign that the character set %(charset)s of the channel "
            "does not have, and a code with another sign would be another code. Choose "
            "a character set that has it, such as UTF-8, or map the code; then send "
            "this again.",
            place=error.place,
            charset=error.codec,
        )

    def _wait_for_line(self, error):
        """Nobody answers. Others go before this one when the line is tried again."""
        channel = self.channel_id
        why = in_words(self.env, str(error))
        problem = self._no_connection(str(error))
        if isinstance(error, (Rejected, NotAtWork)):
            problem = self.env._("The receiver takes nothing now: %(why)s", why=why)
        # Whoever was there until it got this message may have fallen over it.
        is_suspect = isinstance(error, NoAnswer) and not channel.down_since
        channel._note_down(problem)
        if is_suspect:
            self._postpone(problem)
        else:
            self.write({"problem": problem, "next_try_at": channel.probe_at})
        self._trigger_sending(at=channel.probe_at)

    @api.model
    def _no_connection(self, why):
        why = in_words(self.env, why)
        return self.env._("No connection: %(why)s", why=why)

    def _postpone(self, problem):
        """Try it again, later each time; too often, and somebody must look."""
        channel, attempts = self.channel_id, self.attempts + 1
        if attempts >= channel.max_attempts:
            self._bury(problem)
            return
        drawn = random.random()  # noqa: S311  spreads retries, no secret
        next_try_at = fields.Datetime.now() + wait_after(
            attempts, channel._longest_wait(), drawn
        )
        self.write(
            {"attempts": attempts, "next_try_at": next_try_at, "problem": problem}
        )
        self._trigger_sending(at=next_try_at)

    def _bury(self, problem):
        self.write(
            {
                "state": "dead",
                "attempts": self.attempts + 1,
                "next_try_at": False,
                "problem": problem,
            }
        )
