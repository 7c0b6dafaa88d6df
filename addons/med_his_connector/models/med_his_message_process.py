from collections import defaultdict
from dataclasses import astuple
from datetime import UTC

from psycopg2 import OperationalError

from odoo import api, fields, models
from odoo.addons.med_consumables.core.sealing import SealError
from odoo.exceptions import UserError
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

from ..core.charges import fate_of_type, read_charges
from ..core.errors import Hl7Error
from ..core.hl7_message import read_envelope
from .outcome import Outcome, Settled, Work, ignored, unexpected, waits

BATCH = 200
COLLISIONS = 5


class MedHisMessageProcess(models.Model):
    """From kept messages to ledger lines, in batches: read, map, record."""

    _inherit = "med.his.message"

    @api.model
    def _cron_process(self):
        cron = self.env["ir.cron"]
        cron._commit_progress(remaining=self.search_count([("state", "=", "received")]))
        collisions = 0
        while True:
            try:
                done = self._process()
            except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
                # Somebody pressed Retry on one of them meanwhile.
                self.env.cr.rollback()
                collisions += 1
                if collisions > COLLISIONS:
                    raise
                continue
            if not done or not cron._commit_progress(len(done)):
                break

    def _process(self, limit=BATCH):
        """Process waiting messages (of ``self``, or any); returns those it took.

        Messages are taken in the order of their arrival. Another process that works at
        the same time takes other ones.
        """
        # On behalf of the sender: it is the message that reports the use.
        messages = self.sudo()._take(limit)
        outcomes = {}
        for channel, own in messages.grouped("channel_id").items():
            works = own._read_all(channel._profile(), outcomes)
            # What the ledger objects to is kept in the words of those who read it.
            language = channel.company_id.partner_id.lang
            model = messages.browse().with_context(lang=language)
            works = model._map_all(channel, works, outcomes)
            model._record_all(channel, works, outcomes)
        messages._write_outcomes(outcomes)
        return messages

    def _take(self, limit):
        among = "AND id = ANY(%(ids)s)" if self else ""
        self.flush_model(["state"])
        self.env.cr.execute(
            "SELECT id FROM med_his_message WHERE state = 'received' "  # noqa: S608
            f"{among} ORDER BY id LIMIT %(limit)s FOR UPDATE SKIP LOCKED",
            {"ids": self.ids, "limit": limit},
        )
        return self.browse(row[0] for row in self.env.cr.fetchall())

    def _read_all(self, profile, outcomes):
        works = []
        for message in self:
            try:
                works.append(message._read(profile))
            except Settled as settled:
                outcomes[message] = settled.outcome
            except Hl7Error as error:
                place, cause = error.position, error.value
                settled = waits(error.code, place, error.text, cause)
                outcomes[message] = settled.outcome
            except SealError as error:
                outcomes[message] = waits("unseal", text=str(error)).outcome
            except (UserError, OperationalError):
                raise  # of the server, such as a missing key, and not of this message
            except Exception as error:  # noqa: BLE001
                outcomes[message] = unexpected(message, error)
        return works

    def _read(self, profile):
        """What the message says, or the error or outcome of one that says nothing."""
        self.ensure_one()
        fate = fate_of_type(self.message_type or "")
        if fate == "ignore":
            raise ignored("not_ours")
        if fate == "unsupported":
            raise waits("message_type", "MSH-9")
        self._check_processing_id()
        envelope = read_envelope(self._content() or b"", self.channel_id.charset)
        now = fields.Datetime.now().replace(tzinfo=UTC)
        reading = read_charges(envelope, self.message_key, now, profile)
        if not reading.charges:
            raise ignored("no_effect", len(reading.skipped))
        return Work(self, reading.charges, len(reading.skipped))

    def _check_processing_id(self):
        """Only production messages are posted, except on a channel made for tests."""
        if self.processing_id == "P" or self.channel_id.test_mode:
            return
        if not self.processing_id:
            raise waits("processing_id", "MSH-11")
        raise ignored("test_message")

    def _write_outcomes(self, outcomes):
        """Write what became of each; messages of equal outcome in one statement."""
        groups = defaultdict(list)
        for message in self:
            groups[astuple(outcomes[message]), message.attempts].append(message.id)
        names = Outcome.__dataclass_fields__
        for (values, attempts), ids in groups.items():
            self.browse(ids).write(
                {
                    **dict(zip(names, values, strict=True)),
                    "attempts": attempts + 1,
                    "processed_at": fields.Datetime.now(),
                }
            )
