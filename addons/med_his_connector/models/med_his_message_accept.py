import base64
from datetime import UTC
from uuid import uuid4

from psycopg2 import sql
from psycopg2.extras import execute_values

from odoo import api, fields, models

from ..core.inbox import judge, judge_refused, judge_same_id

#: How much of a field's text a column keeps; keys and hashes are whole.
COLUMN_CHARS = 200


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

        One statement stores a batch of new messages; only what turns out to be known
        already costs a second look.
        """
        now = fields.Datetime.now()
        answers, taken = {}, {}
        pending = {
            number: self._judge(arrival, now) for number, arrival in enumerate(arrivals)
        }
        # Twice at most: a message whose id is taken by another content is kept under
        # a key that has its own content's hash in it.
        while pending:
            self._store(arrivals, pending, taken, now)
            pending = self._settle(arrivals, pending, taken, answers, now)
        return [answers[number] for number in range(len(arrivals))]

    @api.model
    def _judge(self, arrival, now):
        receiver, local = arrival.receiver, self._local(arrival, now)
        if arrival.verdict:
            return arrival.verdict
        if arrival.refused:
            return judge_refused(arrival.refused, _own_id(), local)
        return judge(arrival.content, receiver, _own_id(), local)

    @api.model
    def _local(self, arrival, now):
        return now.replace(tzinfo=UTC).astimezone(arrival.receiver.zone)

    @api.model
    def _store(self, arrivals, pending, taken, now):
        """Insert what is new. ``taken`` gets ``(hash, answer)`` of each key's owner."""
        rows = {}
        for number, verdict in pending.items():
            key = arrivals[number].receiver.channel_id, verdict.key
            if key not in rows and key not in taken:
                rows[key] = self._row(arrivals[number], verdict, now)
                taken[key] = verdict.sha256, verdict.answer.content
        known = rows.keys() - self._insert(list(rows.values()))
        if known:
            taken.update(self._owners(known))

    @api.model
    def _settle(self, arrivals, pending, taken, answers, now):
        """Give answers; returns what must be kept under another key."""
        again = {}
        for number, verdict in pending.items():
            arrival = arrivals[number]
            sha256, answer = taken[arrival.receiver.channel_id, verdict.key]
            if sha256 == verdict.sha256:
                answers[number] = answer
            else:
                local = self._local(arrival, now)
                again[number] = judge_same_id(verdict, _own_id(), local)
        return again

    @api.model
    def _owners(self, keys):
        """``{(channel id, key): (hash, answer)}`` of messages that are stored."""
        self.env.cr.execute(
            "SELECT channel_id, message_key, sha256, answer FROM med_his_message"
            " WHERE (channel_id, message_key) IN %s",
            [tuple(keys)],
        )
        return {
            (channel_id, key): (sha256, base64.b64decode(answer or b""))
            for channel_id, key, sha256, answer in self.env.cr.fetchall()
        }

    @api.model
    def _row(self, arrival, verdict, now):
        labels, error = verdict.labels, verdict.error
        sealed = None
        if verdict.content:
            ring = self._keyring()
            sealed = base64.b64encode(ring.seal(verdict.content, verdict.sha256))
        return {
            "channel_id": arrival.receiver.channel_id,
            "company_id": arrival.receiver.company_id,
            "received_at": now,
            "message_key": verdict.key,
            "lane": verdict.lane,
            "control_id": _column(labels.control_id),
            "sender_application": _column(labels.application),
            "sender_facility": _column(labels.facility),
            "message_type": _column(labels.message_type),
            "processing_id": _column(labels.processing_id),
            "version": _column(labels.version),
            "codec": verdict.codec or None,
            "peer": arrival.peer,
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
            "line_count": 0,
            "skipped_count": 0,
            "repeated_count": 0,
            "create_uid": self.env.uid,
            "write_uid": self.env.uid,
            "create_date": now,
            "write_date": now,
        }

    @api.model
    def _insert(self, rows):
        """Insert in one statement; the keys that were new."""
        if not rows:
            return set()
        statement = sql.SQL(
            "INSERT INTO med_his_message ({}) VALUES %s"
            " ON CONFLICT (channel_id, message_key) DO NOTHING"
            " RETURNING channel_id, message_key"
        ).format(sql.SQL(", ").join(map(sql.Identifier, rows[0])))
        values = [tuple(row.values()) for row in rows]
        # Not through Odoo's cursor, which would print the values of a failed statement.
        cursor = self.env.cr._obj
        new = execute_values(
            cursor, statement, values, page_size=len(values), fetch=True
        )
        self.invalidate_model()
        return set(new)


def _own_id():
    return uuid4().hex[:20]  # MSH-10 of the answer; 20 characters fit any version


def _column(text):
    return text[:COLUMN_CHARS] or None
