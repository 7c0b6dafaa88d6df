from datetime import UTC
from functools import partial

from odoo import api, fields, models
from odoo.addons.med_consumables.core import udi

from ..core import adt, mfn, oms, oru, siu
from ..core.charges import open_message, read_message
from .hold import keys_of_appointment, keys_of_wanted, master_key
from .kind import Kind, stuck_for_now
from .outcome import Outcome, Settled, ignored

#: Which method makes something of each master file's entries.
MASTERS = {
    "item_master": "_apply_items",
    "site_master": "_apply_items",
    "charge_master": "_apply_crosswalk",
    "lot_master": "_apply_lots",
}


class MedHisMessageKinds(models.Model):
    """What each kind of HL7 v2 message does, beside charges.

    Schedules become cases, visits their state, masters proposals and code maps, tests
    the reagents on their card, requisitions requisitions. Each message is worked whole
    or not at all; what a person must mend waits, as with charges.
    """

    _inherit = "med.his.message"

    error_code = fields.Selection(
        selection_add=[
            ("unknown_procedure", "Procedure unknown"),
            ("procedure_missing", "No procedure named"),
            ("inactive_item", "Item no longer in use"),
            ("not_stocked", "Item is not kept in stock"),
            ("kit_item", "A pack, not an item"),
            ("crosswalk", "Charge stands for another item"),
            ("no_card", "No preference card in force"),
            ("udi", "UDI cannot be read"),
            ("udi_conflict", "UDI and fields disagree"),
            ("xml", "Envelope is no well-formed XML"),
            ("doctype", "Envelope declares a document type"),
        ]
    )

    @api.model
    def _readers(self):
        readers = super()._readers()
        readers |= {"RAS^O01": "_process_charges", "OMS^O05": "_process_supply"}
        readers |= dict.fromkeys(siu.TYPES, "_process_schedule")
        readers |= dict.fromkeys(adt.TYPES, "_process_census")
        readers |= dict.fromkeys(oru.TYPES, "_process_tests")
        return readers | dict.fromkeys(mfn.TYPES, "_process_masters")

    @api.model
    def _reader_of(self, message_type):
        """Masters of a site's own have too many types to list."""
        if mfn.family_of(message_type or ""):
            return "_process_masters"
        return super()._reader_of(message_type)

    @api.model
    def _barriers(self):
        # A crosswalk changes what the charges after it stand for.
        return super()._barriers() | {"_process_masters"}

    @api.model
    def _process_supply(self, channel, messages, outcomes):
        """OMS: a cabinet's transactions are charges, the rest are requisitions."""
        cabinets = messages.browse()
        for message in messages:
            try:
                cabinets |= message if message._is_cabinet(channel) else cabinets
            except Exception as error:  # noqa: BLE001  it is said by who reads it
                outcomes[message] = self._outcome_of(message, error)
        if cabinets:
            self._process_charges(channel, cabinets, outcomes)
        others = messages.filtered(lambda message: message not in outcomes)
        self._process_each(channel, others, outcomes, self._kind_requisition(channel))

    def _is_cabinet(self, channel):
        return oms.is_cabinet(self._envelope(channel))

    @api.model
    def _process_schedule(self, channel, messages, outcomes):
        self._process_cases(channel, messages, outcomes, self._kind_schedule(channel))

    @api.model
    def _process_census(self, channel, messages, outcomes):
        kind = self._kind_said(channel, "_apply_census")
        self._process_each(channel, messages, outcomes, kind)

    @api.model
    def _process_tests(self, channel, messages, outcomes):
        kind = self._kind_said(channel, "_apply_tests")
        self._process_each(channel, messages, outcomes, kind)

    @api.model
    def _process_masters(self, channel, messages, outcomes):
        kind = self._kind_master(channel)
        self._process_each(channel, messages, outcomes, kind)
        # Whoever waited while the database was busy does not wait for a person.
        stuck = [each.id for each in messages if outcomes[each].state == "exception"]
        messages.browse(stuck)._release()

    # ---- The kinds -------------------------------------------------------------------

    def _kind_of(self, channel, reader):
        makers = {
            "_process_schedule": self._kind_schedule,
            "_process_masters": self._kind_master,
            "_process_census": lambda own: self._kind_said(own, "_apply_census"),
            "_process_tests": lambda own: self._kind_said(own, "_apply_tests"),
        }
        if reader == "_process_supply" and not self._is_cabinet(channel):
            return self._kind_requisition(channel)
        maker = makers.get(reader)
        return maker(channel) if maker else super()._kind_of(channel, reader)

    @api.model
    def _kind_schedule(self, channel):
        keys = partial(keys_of_appointment, channel)
        return self._kind_said(channel, "_apply_appointment", keys=keys)

    @api.model
    def _kind_requisition(self, channel):
        return self._kind_said(
            channel,
            "_apply_requisition",
            keys=partial(keys_of_wanted, channel),
            behind=frozenset({master_key(channel)}),
        )

    @api.model
    def _kind_said(self, channel, method, **order):
        """``method(channel, message, values)`` acts on what a message says, and gives
        an ``Outcome``, or how many records it has touched."""
        profile = channel._profile()
        # What a model objects to is kept in the words of those who read it.
        model = self.with_context(lang=channel.company_id.partner_id.lang)

        def read(message):
            envelope = message._envelope(channel)
            values = read_message(envelope, message.message_key, _now(), profile)
            if not values:
                raise ignored("no_effect")
            return values

        def apply(message, values):
            return _outcome(getattr(model, method)(channel, message, values))

        return Kind(read, apply, **order)

    @api.model
    def _kind_master(self, channel):
        profile = channel._profile()

        def read(message):
            family = mfn.family_of(message.message_type)
            key = message.message_key
            envelope = message._envelope(channel)
            context = open_message(envelope, family, mfn, key, _now(), profile)
            if family == "site_master" and not context.is_mapped("item"):
                raise ignored("not_ours")
            return family, mfn.read(context)

        def apply(message, said):
            family, values = said
            return _outcome(getattr(self, MASTERS[family])(channel, message, values))

        key = {master_key(channel)}
        return Kind(read, apply, keys=lambda _values: key, stuck=stuck_for_now)


class MedHisChannel(models.Model):
    _inherit = "med.his.channel"

    def _read_udi(self, text, today):
        """What a device's label says, by the reader that scans use."""
        return udi.parse(text, today)


def _outcome(result):
    """A count of touched records as an outcome; nothing touched is no effect."""
    if isinstance(result, Outcome):
        return result
    if not result:
        raise Settled("ignored", "no_effect")
    return Outcome("processed", made_count=int(result))


def _now():
    return fields.Datetime.now().replace(tzinfo=UTC)
