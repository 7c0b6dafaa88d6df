from datetime import UTC

from odoo import api, fields, models
from odoo.addons.med_consumables.core import udi

from ..core import adt, mfn, oms, oru, siu
from ..core.charges import open_message, read_message
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
            ("quantity_remaining", "Remaining quantity differs"),
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
        self._process_kind(channel, others, outcomes, "_apply_requisition")

    def _is_cabinet(self, channel):
        return oms.is_cabinet(self._envelope(channel))

    @api.model
    def _process_schedule(self, channel, messages, outcomes):
        self._process_kind(channel, messages, outcomes, "_apply_appointment")

    @api.model
    def _process_census(self, channel, messages, outcomes):
        self._process_kind(channel, messages, outcomes, "_apply_census")

    @api.model
    def _process_tests(self, channel, messages, outcomes):
        self._process_kind(channel, messages, outcomes, "_apply_tests")

    @api.model
    def _process_masters(self, channel, messages, outcomes):
        profile = channel._profile()

        def apply(message, envelope):
            family = mfn.family_of(message.message_type)
            context = open_message(
                envelope, family, mfn, message.message_key, _now(), profile
            )
            if family == "site_master" and not context.is_mapped("item"):
                raise ignored("not_ours")
            method = getattr(self, MASTERS[family])
            return _outcome(method(channel, message, mfn.read(context)))

        self._process_each(channel, messages, outcomes, apply)

    @api.model
    def _process_kind(self, channel, messages, outcomes, method):
        """Read each message, and let ``method`` act on what it says.

        ``method(channel, message, values)`` gives an ``Outcome``, or how many records
        it has touched.
        """
        profile = channel._profile()
        # What a model objects to is kept in the words of those who read it.
        model = self.with_context(lang=channel.company_id.partner_id.lang)

        def apply(message, envelope):
            values = read_message(envelope, message.message_key, _now(), profile)
            if not values:
                raise ignored("no_effect")
            return _outcome(getattr(model, method)(channel, message, values))

        self._process_each(channel, messages, outcomes, apply)


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
