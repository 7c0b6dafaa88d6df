import base64
import random
from datetime import UTC
from functools import lru_cache

from odoo import api, fields, models

from ..core.inbox import apart, judge, judge_refused, judge_same_id
from ..core.inbox_row import BEGINNING, COLUMNS, array_of, row_of, stored_bytes


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
            kind = apart(arrival)
            if kind:
                answers += self._accept_plain(plain)
                plain = []
                answers.append(getattr(self, f"_accept_{kind}")(arrival))
            else:
                plain.append(arrival)
        return answers + self._accept_plain(plain)

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
    def _seal(self, rows):
        """Encrypt what came. All at once, for a system call is a turn given away."""
        rows = [row for row in rows if row["raw"]]
        if not rows:
            return
        contents = [(row["raw"], row["sha256"]) for row in rows]
        sealed = self._keyring().seal_all(contents)
        for row, content in zip(rows, sealed, strict=True):
            row["raw"] = stored_bytes(content)

    @api.model
    def _row(self, arrival, verdict, now):
        values = row_of(arrival, verdict)
        names = (name for name, _type in COLUMNS)
        return {
            **dict(zip(names, values, strict=True)),
            **BEGINNING,
            "received_at": now,
            "batch_id": arrival.batch_id,
        }

    @api.model
    def _insert(self, rows):
        """Insert in one statement, sealed; the keys that were new."""
        if not rows:
            return set()
        self._seal(rows)
        columns, values = [], []
        for name, first in rows[0].items():
            column = [row[name] for row in rows]
            same = all(value == first for value in column)
            if same and first is None:
                continue
            columns.append((name, self._fields[name].column_type[0], same))
            values.append(first if same else array_of(column))
        # Not through Odoo's cursor, which would print the values of a failed statement.
        cursor = self.env.cr._obj
        cursor.execute(_insert_statement(tuple(columns)), values)
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


def own_id():
    """MSH-10 of an answer; 20 characters fit any version. It must be unique, not
    secret, and ``os.urandom`` costs a system call.
    """
    return f"{random.getrandbits(80):020x}"  # noqa: S311
