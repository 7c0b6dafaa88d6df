import base64
import os
from datetime import UTC
from functools import lru_cache

from odoo import api, fields, models

from ..core.batch import is_batch
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

        One statement stores all new messages; only what turns out to be known already
        costs a second look. Batches, and messages that are numbered, go one by one.
        """
        answers, plain = [], []
        for arrival in arrivals:
            apart = self._apart(arrival)
            if apart:
                answers += self._accept_plain(plain)
                plain = []
                answers.append(getattr(self, apart)(arrival))
            else:
                plain.append(arrival)
        return answers + self._accept_plain(plain)

    @api.model
    def _apart(self, arrival):
        """The method that accepts this arrival by itself, if there is one."""
        if arrival.verdict or not arrival.content:
            return None
        if is_batch(arrival.content):
            return "_accept_batch"
        return "_accept_numbered" if arrival.receiver.sequence else None

    @api.model
    def _accept_plain(self, arrivals):
        if not arrivals:
            return []
        now = fields.Datetime.now()
        answers, taken = {}, {}
        zones = {arrival.receiver.zone for arrival in arrivals}
        local = {zone: now.replace(tzinfo=UTC).astimezone(zone) for zone in zones}
        pending = {
            number: self._judge(arrival, local[arrival.receiver.zone])
            for number, arrival in enumerate(arrivals)
        }
        # Twice at most: a message whose id is taken by another content is kept under
        # a key that has its own content's hash in it.
        while pending:
            self._store(arrivals, pending, taken, now)
            pending = self._settle(arrivals, pending, taken, answers, now)
        return [answers[number] for number in range(len(arrivals))]

    @api.model
    def _judge(self, arrival, local):
        """``local`` is now, in the channel's time zone."""
        if arrival.verdict:
            return arrival.verdict
        if arrival.refused:
            return judge_refused(arrival.refused, own_id(), local)
        return judge(arrival.content, arrival.receiver, own_id(), local)

    @api.model
    def _local(self, arrival, now):
        return now.replace(tzinfo=UTC).astimezone(arrival.receiver.zone)

    @api.model
    def _store(self, arrivals, pending, taken, now):
        """Insert what is new. ``taken`` gets ``(hash, answer)`` of each key's owner."""
        rows, ring = {}, self._keyring()
        for number, verdict in pending.items():
            key = arrivals[number].receiver.channel_id, verdict.key
            if key not in rows and key not in taken:
                rows[key] = self._row(arrivals[number], verdict, now, ring)
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
                again[number] = judge_same_id(verdict, own_id(), local)
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
    def _row(self, arrival, verdict, now, ring):
        labels, error = verdict.labels, verdict.error
        sealed = None
        if verdict.content:
            sealed = _text(ring.seal(verdict.content, verdict.sha256))
        return {
            "channel_id": arrival.receiver.channel_id,
            "company_id": arrival.receiver.company_id,
            "received_at": now,
            "message_key": verdict.key,
            "lane": verdict.lane,
            "batch_id": arrival.batch_id,
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
            "answer": _text(verdict.answer.content) or None,
            "answer_code": verdict.answer.code or None,
            "state": verdict.state,
            "error_code": error.code if error else None,
            "error_position": error.position if error else None,
            "error_text": error.text if error else None,
            "attempts": 0,
            "line_count": 0,
            "skipped_count": 0,
            "repeated_count": 0,
        }

    @api.model
    def _insert(self, rows):
        """Insert in one statement; the keys that were new."""
        if not rows:
            return set()
        columns, values = [], []
        for name in rows[0]:
            column = [row[name] for row in rows]
            same = all(value == column[0] for value in column)
            columns.append((name, self._fields[name].column_type[0], same))
            values.append(column[0] if same else _array(column))
        statement = _insert_statement(tuple(columns))
        # Not through Odoo's cursor, which would print the values of a failed statement.
        cursor = self.env.cr._obj
        cursor.execute(statement, values)
        new = cursor.fetchall()
        if self.env.transaction.field_data:  # a gateway's transaction has read nothing
            self.invalidate_model()
        return set(new)


@lru_cache(maxsize=256)
def _insert_statement(columns):
    """One INSERT for any number of rows; ``columns`` are ``(name, type, is equal in all
    rows)``. What is equal comes once; what differs comes as one array a column."""
    names = ", ".join(f'"{name}"' for name, _type, _same in columns)
    values = ", ".join(
        f"%s::{type_}" if same else f"unnest(%s::{type_}[])"
        for _name, type_, same in columns
    )
    return (
        f"INSERT INTO med_his_message ({names}) SELECT {values}"  # noqa: S608  ours
        " ON CONFLICT (channel_id, message_key) DO NOTHING"
        " RETURNING channel_id, message_key"
    )


def _array(values):
    """An array as PostgreSQL writes it: one text is read much faster than many."""
    return "{" + ",".join(map(_element, values)) + "}"


def _element(value):
    if value is None:
        return "NULL"
    text = str(value)
    if "\\" in text or '"' in text:
        text = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'


def own_id():
    return os.urandom(10).hex()  # MSH-10 of the answer; 20 characters fit any version


def _text(content):
    """Base64 as text: PostgreSQL reads it as the same bytes, and it is shorter there
    than bytes written in hexadecimal."""
    return base64.b64encode(content).decode()


def _column(text):
    return text[:COLUMN_CHARS] or None
