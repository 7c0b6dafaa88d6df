from datetime import UTC
from functools import partial

from odoo import api, models

from ..core.fhir.schedule import read_appointment
from ..core.json_text import read_json
from .hold import keys_of_appointment
from .kind import Kind
from .outcome import ignored, waits


class MedHisFhirCase(models.Model):
    """An Appointment of FHIR becomes a case, as one of SIU does."""

    _inherit = "med.his.message"

    @api.model
    def _readers(self):
        return {**super()._readers(), "Appointment": "_process_fhir_appointments"}

    @api.model
    def _process_fhir_appointments(self, channel, messages, outcomes):
        self._process_cases(channel, messages, outcomes, self._kind_fhir_case(channel))

    def _kind_of(self, channel, reader):
        if reader == "_process_fhir_appointments":
            return self._kind_fhir_case(channel)
        return super()._kind_of(channel, reader)

    @api.model
    def _kind_fhir_case(self, channel):
        profile = channel._profile()
        # What a model objects to is kept in the words of those who read it.
        model = self.with_context(lang=channel.company_id.partner_id.lang)

        def read(message):
            content = message._content()
            if content is None:
                raise waits("purged")
            received = message.received_at.replace(tzinfo=UTC)
            case = read_appointment(read_json(content), received, profile)
            if not case:
                raise ignored("no_effect")
            return case

        apply = partial(model._apply_appointment, channel)
        return Kind(read, apply, keys=partial(keys_of_appointment, channel))
