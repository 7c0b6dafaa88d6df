from datetime import UTC

from psycopg2 import OperationalError

from odoo import api, models

from ..core.fhir.schedule import read_appointment
from ..core.json_text import read_json
from .outcome import ignored, waits


class MedHisFhirCase(models.Model):
    """An Appointment of FHIR becomes a case, as one of SIU does."""

    _inherit = "med.his.message"

    @api.model
    def _readers(self):
        return {**super()._readers(), "Appointment": "_process_fhir_appointments"}

    @api.model
    def _process_fhir_appointments(self, channel, messages, outcomes):
        profile = channel._profile()
        # What a model objects to is kept in the words of those who read it.
        model = self.with_context(lang=channel.company_id.partner_id.lang)
        for message in messages:
            try:
                content = message._content()
                if content is None:
                    raise waits("purged")
                received = message.received_at.replace(tzinfo=UTC)
                case = read_appointment(read_json(content), received, profile)
                if not case:
                    raise ignored("no_effect")
                with self.env.cr.savepoint():
                    outcomes[message] = model._apply_appointment(channel, message, case)
            except OperationalError:
                raise
            except Exception as error:  # noqa: BLE001  one must not stop the others
                outcomes[message] = self._outcome_of(message, error)
