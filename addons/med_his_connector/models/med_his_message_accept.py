import base64
from dataclasses import dataclass, field
from datetime import UTC
from uuid import uuid4
from zoneinfo import ZoneInfo

from psycopg2 import sql
from psycopg2.extras import execute_values

from odoo import api, fields, models

from ..core.framing import Refused
from ..core.inbox import judge, judge_refused, judge_same_id

#: How much of a field's text a column keeps; keys and hashes are whole.
COLUMN_CHARS = 200


@dataclass(frozen=True, slots=True)
class Arrival:
    """What a connection brought: a message, or bytes that were refused as one."""

    channel_id: int
    peer: str
    content: bytes = field(default=b"", repr=False)
    refused: Refused | None = None


class MedHisMessageAccept(models.Model):
    """Keeping what arrives, exactly once."""

    _inherit = "med.his.message"

    @api.model
    def _accept(self, arrivals):
        """Store arrivals and return the answer to each, in order: bytes, or b''.

        The caller commits, and only then sends the answers. What was received before is
        not stored again: its stored answer is given again, byte for byte. Where a
        concurrent gateway stores the same message the database refuses one of the two
        (serialization failure), and the caller tries again.
        """
        now = fields.Datetime.now()
        channels = self.env["med.his.channel"].browse(
            {arrival.channel_id for arrival in arrivals}
        )
        channels.fetch(["charset", "tz", "company_id"])
        verdicts = [
            self._judge(arrival, channels.browse(arrival.channel_id), now)
            for arrival in arrivals
        ]
        known = self._known_answers(arrivals, verdicts)
        rows, answers = [], []
        for arrival, verdict in zip(arrivals, verdicts, strict=True):
            channel = channels.browse(arrival.channel_id)
            settled, answer = self._settle(known, channel, verdict, now)
            answers.append(answer)
            if settled:
                rows.append(self._row(channel, settled, now, arrival.peer))
        self._insert(rows)
        return answers

    @api.model
    def _judge(self, arrival, channel, now):
        local = self._local(channel, now)
        if arrival.refused:
            return judge_refused(arrival.refused, _own_id(), local)
        return judge(arrival.content, channel.charset, _own_id(), local)

    @api.model
    def _local(self, channel, now):
        return now.replace(tzinfo=UTC).astimezone(ZoneInfo(channel.tz))

    @api.model
    def _known_answers(self, arrivals, verdicts):
        """``{(channel id, key): (hash, answer)}`` of what was received before."""
        keys = {
            key
            for verdict in verdicts
            for key in (verdict.key, f"{verdict.key}|sha256:{verdict.sha256}")
        }
        channel_ids = {arrival.channel_id for arrival in arrivals}
        self.env.cr.execute(
            "SELECT channel_id, message_key, sha256, answer FROM med_his_message"
            " WHERE channel_id = ANY(%s) AND message_key = ANY(%s)",
            [list(channel_ids), list(keys)],
        )
        return {
            (channel_id, key): (sha256, base64.b64decode(answer or b""))
            for channel_id, key, sha256, answer in self.env.cr.fetchall()
        }

    @api.model
    def _settle(self, known, channel, verdict, now):
        """``(verdict to store, or None if it is stored already; the answer)``."""
        for candidate in self._candidates(channel, verdict, now):
            sha256, answer = known.get((channel.id, candidate.key), (None, None))
            if sha256 == candidate.sha256:
                return None, answer
            if sha256 is None:
                answer = candidate.answer.content
                known[channel.id, candidate.key] = candidate.sha256, answer
                return candidate, answer
        raise AssertionError("a key with the content's hash belongs to that content")

    @api.model
    def _candidates(self, channel, verdict, now):
        """The verdict; and, where its id is taken by another content, the other one."""
        yield verdict
        yield judge_same_id(verdict, _own_id(), self._local(channel, now))

    @api.model
    def _row(self, channel, verdict, now, peer):
        header, error = verdict.header, verdict.error
        sealed = None
        if verdict.content:
            ring = self._keyring()
            sealed = base64.b64encode(ring.seal(verdict.content, verdict.sha256))
        return {
            "channel_id": channel.id,
            "company_id": channel.company_id.id,
            "received_at": now,
            "message_key": verdict.key,
            "control_id": _column(header.control_id),
            "sender_application": _column(header.raw(3)),
            "sender_facility": _column(header.raw(4)),
            "message_type": _column(header.message_type),
            "processing_id": _column(header.processing_id),
            "version": _column(header.version),
            "codec": verdict.codec or None,
            "peer": peer,
            "sha256": verdict.sha256,
            "size": verdict.size,
            "raw": sealed,
            "answer": base64.b64encode(verdict.answer.content) or None,
            "answer_code": verdict.answer.code or None,
            "state": verdict.state,
            "error_code": error.code if error else None,
            "error_position": error.position if error else None,
            "error_text": error.text if error else None,
            "attempts": 0,
            "create_uid": self.env.uid,
            "write_uid": self.env.uid,
            "create_date": now,
            "write_date": now,
        }

    @api.model
    def _insert(self, rows):
        """One statement for the whole batch: senders wait for it."""
        if not rows:
            return
        statement = sql.SQL("INSERT INTO med_his_message ({}) VALUES %s").format(
            sql.SQL(", ").join(map(sql.Identifier, rows[0]))
        )
        values = [tuple(row.values()) for row in rows]
        # Not through Odoo's cursor, which would print the values of a failed statement.
        cursor = self.env.cr._obj
        execute_values(cursor, statement, values, page_size=len(values))
        self.invalidate_model()


def _own_id():
    return uuid4().hex[:20]  # MSH-10 of the answer; 20 characters fit any version


def _column(text):
    return text[:COLUMN_CHARS] or None
