import random
import time

from psycopg2 import InterfaceError, OperationalError
from psycopg2.errors import UniqueViolation

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY as LOCKED
from odoo.tools import SQL

from ..core.backoff import wait_after
from ..core.lane import LANES
from .med_his_message_process import BATCH, BATCH_BYTES
from .outcome import unexpected, waits

#: What fails for a passing reason that lies in the messages which are worked beside.
BUSY = (*LOCKED, UniqueViolation)
#: What is of the server, such as a missing key or a database that is away: then no
#: message is to blame, and the job fails.
OF_THE_SERVER = (UserError, OperationalError, InterfaceError, OSError)
#: How many lanes one worker takes at once; the others are left to other workers.
LANES_AT_ONCE = 16
#: More waiting than this, and the jobs of the other workers are called as well.
CALL_HELPERS = 2 * BATCH
HELPERS = ("ir_cron_process_2", "ir_cron_process_3", "ir_cron_process_4")
COLLISIONS = 20
#: So often the same row of another worker is believed, that was a little faster.
RACES_LOST = 3
BREATH_SECONDS = 0.05
SWEEP = 1000


class MedHisMessageQueue(models.Model):
    """Who works what: lanes are taken, batches are committed, failures are tried again.

    Any number of jobs may run side by side. Each locks some lanes (SKIP LOCKED) for one
    transaction and works their messages in order. What fails is narrowed down to the
    message that meets it. For a passing reason that one waits, longer each time, and
    whatever shares no key with it goes on; for a fault of ours it is a dead letter.
    """

    _inherit = "med.his.message"

    # Taking

    def _take(self, limit):
        """Lock and return up to ``limit`` messages that are due, in order of arrival;
        not more than ``BATCH_BYTES`` of them, but one at least.

        They are of ``self``, or any. Lanes that somebody else works are left to them.
        """
        self.flush_model(["state", "blocked_by_id", "next_try_at", "lane"])
        lanes = self._take_lanes()
        if not lanes:
            return self.browse()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT m.id FROM med_his_message m
                 WHERE %s AND m.id = ANY(ARRAY(
                       SELECT id FROM (
                              SELECT id, sum(size) OVER (ORDER BY id) - size AS before
                                FROM (SELECT m.id, m.size FROM med_his_message m
                                       WHERE m.lane = ANY(%s) AND %s
                                    ORDER BY m.id LIMIT %s) due) summed
                        WHERE before < %s))
              ORDER BY m.id FOR NO KEY UPDATE
                """,
                self._due(),
                lanes,
                self._due(),
                limit,
                BATCH_BYTES,
            )
        )
        return self.browse(id_ for (id_,) in rows)

    def _take_lanes(self):
        """Lanes with due messages, the longest waiting first, locked until commit.

        This must come first in a transaction: then what another worker has finished
        before is seen as finished.
        """
        oldest = SQL(
            "(SELECT min(m.id) FROM med_his_message m WHERE m.lane = l.number AND %s)",
            self._due(),
        )
        rows = self.env.execute_query(
            SQL(
                "SELECT l.number FROM med_his_lane l WHERE %s IS NOT NULL"
                " ORDER BY %s LIMIT %s FOR UPDATE SKIP LOCKED",
                oldest,
                oldest,
                LANES if self else LANES_AT_ONCE,
            )
        )
        return [number for (number,) in rows]

    def _due(self):
        """What waits for nothing but a worker.

        A next try far beyond the longest wait was set by a clock that was wrong.
        """
        now = fields.Datetime.now()
        return SQL(
            "m.state = 'received' AND m.blocked_by_id IS NULL"
            " AND (m.next_try_at IS NULL OR m.next_try_at <= %s"
            "      OR m.next_try_at > %s + interval '1 day') AND %s",
            now,
            now,
            SQL("m.id = ANY(%s)", self.ids) if self else SQL("TRUE"),
        )

    # The jobs

    @api.model
    def _cron_process(self):
        """Work until nothing is due, batch by batch, each committed."""
        cron = self.env["ir.cron"]
        waiting = self._waiting_count()
        if waiting > CALL_HELPERS:
            self._call_helpers()
        cron._commit_progress(remaining=waiting)
        collisions = 0
        while True:
            try:
                messages = self.sudo()._take(BATCH)
            except BUSY:
                # Another worker finished these lanes while we looked.
                self.env.cr.rollback()
                collisions += 1
                if collisions > COLLISIONS:
                    raise
                self._breathe()
                continue
            if not messages:
                break
            if not self._work_committed(messages):
                break
            # A worker's memory does not grow with what it has done.
            self.env.invalidate_all()

    def _waiting_count(self):
        [(count,)] = self.env.execute_query(
            SQL("SELECT count(*) FROM med_his_message m WHERE %s", self._due())
        )
        return count

    @api.model
    def _call_helpers(self):
        for name in HELPERS:
            # The jobs belong to the system, whoever has work for them.
            self.env.ref(f"med_his_connector.{name}").sudo()._trigger()

    def _breathe(self):
        """Two that got in each other's way do not come back in step."""
        time.sleep(BREATH_SECONDS * (0.5 + random.random()))  # noqa: S311  no secret

    def _work_committed(self, messages):
        """Work a batch; where that fails, find out for which message.

        Returns the seconds that are left to the job.
        """
        try:
            messages._work()
            return self.env["ir.cron"]._commit_progress(len(messages))
        except Exception as error:
            if isinstance(error, OF_THE_SERVER) and not isinstance(error, BUSY):
                raise
            self.env.cr.rollback()
            self.env.invalidate_all()
            return self._work_apart(messages.ids, error)

    def _work_apart(self, ids, error):
        """Work each half by itself, in order; one that is left alone is put off."""
        left = self.env["ir.cron"]._commit_progress()
        middle = len(ids) // 2
        for part in filter(None, (ids[:middle], ids[middle:])):
            self._breathe()
            try:
                # The lanes went with the transaction: others may have them by now.
                messages = self.sudo().browse(part)._take(len(part))
                if messages and len(ids) > 1:
                    left = self._work_committed(messages)
                elif messages:
                    left = messages._put_off(error)
            except BUSY:
                # Somebody else has them: they come to whoever looks next.
                self.env.cr.rollback()
        return left

    def _put_off(self, error):
        """One message failed by itself; returns the seconds that are left."""
        if isinstance(error, UniqueViolation) and self.attempts >= RACES_LOST:
            model = self._model_of_table(error.diag.table_name)
            reason = str(model._sql_error_to_message(error))
            self._write_outcomes({self: waits("refused", text=reason).outcome})
        elif isinstance(error, BUSY):
            self._postpone(error)
        else:
            self._write_outcomes({self: unexpected(self, error)})
        return self.env["ir.cron"]._commit_progress(1)

    @api.model
    def _model_of_table(self, name):
        """Of the model whose table it is, which has words for its constraints."""
        own = (
            model._name for model in self.env.registry.values() if model._table == name
        )
        return self.env[next(own, "base")]

    def _postpone(self, error):
        """Try it again later, or give it up where it was tried often enough."""
        self.ensure_one()
        channel, attempts = self.channel_id, self.attempts + 1
        given_up = attempts >= channel.max_attempts
        now = fields.Datetime.now()
        drawn = random.random()  # noqa: S311  spreads retries, no secret
        wait = wait_after(attempts, channel._longest_wait(), drawn)
        self.write(
            {
                "state": "dead" if given_up else "received",
                "attempts": attempts,
                "first_tried_at": self.first_tried_at or now,
                "processed_at": now,
                "next_try_at": False if given_up else now + wait,
                "error_code": "transient",
                "error_text": type(error).__name__,
            }
        )
        if not given_up:
            self._hold_its_keys()
            self._trigger_processing(at=now + wait)

    def _hold_its_keys(self):
        """Whoever shares a key with this message waits behind it."""
        if keys := self._own_keys(self.channel_id):
            self.env["med.his.hold"]._put({self.id: keys})

    @api.model
    def _cron_sweep(self):
        """Look at what waits by itself: parked returns whose time is up, or whose
        charge came by another way; messages that wait behind a settled one."""
        due = self.sudo().search(
            [("state", "=", "parked"), ("parked_until", "<=", fields.Datetime.now())],
            limit=SWEEP,
        )
        (due | self._parked_with_charge())._queue_again(("parked",))
        stale = self.sudo().search(
            [
                ("state", "=", "received"),
                ("blocked_by_id", "!=", False),
                ("blocked_by_id.state", "not in", ("received", "exception")),
            ],
            limit=SWEEP,
        )
        stale.blocked_by_id._release()

    @api.model
    def _parked_with_charge(self):
        """Charge and return were worked at one moment and did not see each other."""
        self.env["med.consumption"].flush_model(["external_key", "source"])
        rows = self.env.execute_query(
            SQL(
                "SELECT m.id FROM med_his_message m"
                " JOIN med_his_channel c ON c.id = m.channel_id"
                " JOIN med_consumption l ON l.company_id = m.company_id"
                "  AND l.source = 'his:' || c.code AND l.external_key = m.cause_code"
                " WHERE m.state = 'parked' ORDER BY m.id LIMIT %s",
                SWEEP,
            )
        )
        return self.sudo().browse(id_ for (id_,) in rows)
