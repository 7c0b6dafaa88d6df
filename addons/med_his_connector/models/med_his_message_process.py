from collections import defaultdict
from dataclasses import astuple
from datetime import UTC

from odoo import api, fields, models
from odoo.addons.med_consumables.core.sealing import SealError
from odoo.exceptions import UserError

from ..core.charges import fate_of_type, read_charges
from ..core.errors import Hl7Error
from ..core.hl7_message import read_envelope
from .hold import Gate, keys_of_charges, master_key
from .outcome import (
    PASSING,
    Outcome,
    Settled,
    Work,
    behind,
    ignored,
    unexpected,
    waits,
)

BATCH = 1000
#: Nor more bytes, however few messages they are: what is read of them is many times it.
BATCH_BYTES = 8 * 1024 * 1024


class MedHisMessageProcess(models.Model):
    """From kept messages to what they say: read, map, record, in batches.

    One kind of message has one reader (``_readers``); the readers of other kinds stand
    in files of their own and are added there. All of a batch is one transaction.
    """

    _inherit = "med.his.message"

    @api.model
    def _readers(self):
        """``{message type: name of the method}`` that makes something of messages.

        ``method(channel, messages, outcomes)`` gets messages of one channel in the
        order of their arrival and sets ``outcomes[message]`` (an ``Outcome``) for each.
        ``_process_each`` is for kinds that are worked one by one. The type must also be
        known to ``core.charges.fate_of_type``, or its sender is refused.
        """
        return {
            "DFT^P03": "_process_charges",
            "DFT^P11": "_process_charges",
            "RAS^O17": "_process_charges",
            "INU^U05": "_process_charges",
        }

    @api.model
    def _barriers(self):
        """Readers after which others read differently, such as of item masters: no
        message overtakes one of these."""
        return set()

    def _process(self, limit=BATCH):
        """Process waiting messages (of ``self``, or any); returns those it took."""
        messages = self.sudo()._take(limit)
        messages._work()
        return messages

    def _work(self):
        """Process these messages, which are taken; all in this transaction."""
        outcomes = {}
        # On behalf of the sender: it is the message that reports the use.
        for channel, own in self.sudo().grouped("channel_id").items():
            for reader, messages in own._by_reader():
                getattr(own.browse(), reader)(channel, messages, outcomes)
        self.sudo()._write_outcomes(outcomes)

    def _by_reader(self):
        """``[(reader, messages)]``; each reader once, but for what is between barriers.

        Messages of different kinds do not depend on each other's order, except on what
        a barrier changes.
        """
        readers, barriers = self._readers(), self._barriers()
        parts, number, before = defaultdict(list), 0, False
        for message in self:
            kind = message.message_type
            reader = readers.get(kind) or self._reader_of(kind)
            number += (reader in barriers) != before
            before = reader in barriers
            parts[number, reader].append(message.id)
        in_order = sorted(parts.items(), key=lambda part: part[0][0])
        return [(reader, self.browse(ids)) for (_number, reader), ids in in_order]

    @api.model
    def _reader_of(self, message_type):
        """The reader of a type that ``_readers`` does not list by its name."""
        return "_process_others"

    @api.model
    def _process_others(self, channel, messages, outcomes):
        """Known and not used here, or of no type that anybody reads."""
        for message in messages:
            fate = fate_of_type(message.message_type or "")
            unsupported = fate == "unsupported"
            settled = waits("message_type", "MSH-9") if unsupported else None
            outcomes[message] = (settled or ignored("not_ours")).outcome

    @api.model
    def _process_charges(self, channel, messages, outcomes):
        works = messages._read_all(channel._profile(), outcomes)
        # What the ledger objects to is kept in the words of those who read it.
        language = channel.company_id.partner_id.lang
        model = messages.browse().with_context(lang=language)
        ring = model._keyring()
        keys = {
            work.message: keys_of_charges(ring, channel, work.charges) for work in works
        }
        gate = Gate(self.env, keys, behind={master_key(channel)})
        works = model._map_all(channel, works, outcomes, gate)
        model._record_all(channel, works, outcomes, gate)
        gate.keep(outcomes)

    @api.model
    def _process_each(self, channel, messages, outcomes, kind):
        """Messages of one ``Kind`` one by one, each whole or not at all.

        What reads or applies them may raise ``Settled``, ``Hl7Error`` or, to apply,
        ``UserError``; what is passing (the database is busy) goes through to whoever
        runs the batch. Returns ``{message: what it says}``.
        """
        said = {}
        for message in messages:
            try:
                said[message] = message._read_as(kind)
            except (UserError, *PASSING):
                raise  # of the server, such as a missing key, and not of this message
            except Exception as error:  # noqa: BLE001  one message must not stop others
                outcomes[message] = self._outcome_of(message, error)
        keys = {message: kind.keys(values) for message, values in said.items()}
        gate = Gate(self.env, keys, behind=kind.behind)
        for message, values in said.items():
            if blocker := gate.blocker(message):
                outcomes[message] = behind(blocker)
            else:
                outcomes[message] = self._apply(kind, message, values)
            if kind.stuck(outcomes[message]):
                gate.shut(message)
        gate.keep({each: outcomes[each] for each in said if kind.stuck(outcomes[each])})
        return said

    @api.model
    def _apply(self, kind, message, values):
        try:
            with self.env.cr.savepoint():
                return kind.apply(message, values)
        except PASSING:
            raise
        except Exception as error:  # noqa: BLE001  one message must not stop others
            return self._outcome_of(message, error)

    def _read_as(self, kind):
        self._check_processing_id()
        return kind.read(self)

    def _own_keys(self, channel):
        """What others must not overtake this message by; nothing where it cannot be
        read, which is said when its turn comes."""
        self.ensure_one()
        message_type = self.message_type or ""
        reader = self._readers().get(message_type) or self._reader_of(message_type)
        try:
            if kind := self._kind_of(channel, reader):
                return kind.keys(self._read_as(kind))
            charges = self._read(channel._profile()).charges
        except (UserError, *PASSING):
            raise
        except Exception:  # noqa: BLE001
            return set()
        return keys_of_charges(self._keyring(), channel, charges)

    def _kind_of(self, channel, reader):
        """The ``Kind`` of a message that is worked by itself; None of a charge."""
        return

    @api.model
    def _outcome_of(self, message, error):
        """What becomes of a message whose processing raised ``error``."""
        if isinstance(error, Settled):
            return error.outcome
        if isinstance(error, Hl7Error):
            place, cause = error.position, error.value
            return waits(error.code, place, error.text, cause).outcome
        if isinstance(error, SealError):
            return waits("unseal", text=str(error)).outcome
        if isinstance(error, UserError):
            return waits("refused", text=str(error)).outcome
        return unexpected(message, error)

    def _read_all(self, profile, outcomes):
        works = []
        for message in self:
            try:
                works.append(message._read(profile))
            except (UserError, *PASSING):
                raise  # of the server, such as a missing key, and not of this message
            except Exception as error:  # noqa: BLE001
                outcomes[message] = self._outcome_of(message, error)
        return works

    def _read(self, profile):
        """What the message says, or the error or outcome of one that says nothing."""
        self.ensure_one()
        self._check_processing_id()
        envelope = self._envelope(self.channel_id)
        now = fields.Datetime.now().replace(tzinfo=UTC)
        reading = read_charges(envelope, self.message_key, now, profile)
        if not reading.charges and not reading.remaining:
            raise ignored("no_effect", len(reading.skipped))
        skipped = len(reading.skipped)
        return Work(self, reading.charges, skipped, remaining=reading.remaining)

    def _envelope(self, channel):
        self.ensure_one()
        content = self._content()
        if content is None:
            raise waits("purged")
        return read_envelope(content, channel.charset)

    def _check_processing_id(self):
        """Only production messages are posted, except on a channel made for tests."""
        if self.processing_id == "P" or self.channel_id.test_mode:
            return
        if not self.processing_id:
            raise waits("processing_id", "MSH-11")
        raise ignored("test_message")

    def _write_outcomes(self, outcomes):
        """Write what became of each; messages of equal outcome in one statement."""
        now = fields.Datetime.now()
        groups = defaultdict(list)
        for message in self:
            tried = message.attempts, message.first_tried_at or now
            groups[(astuple(outcomes[message]), *tried)].append(message.id)
        names = Outcome.__dataclass_fields__
        for (values, attempts, first_tried_at), ids in groups.items():
            outcome = dict(zip(names, values, strict=True))
            waiting = outcome["state"] == "received"  # behind another one
            self.browse(ids).write(
                {
                    **outcome,
                    "attempts": attempts if waiting else attempts + 1,
                    "first_tried_at": first_tried_at,
                    "next_try_at": False,
                    "processed_at": now,
                }
            )
