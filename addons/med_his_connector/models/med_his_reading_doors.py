from odoo import models
from odoo.addons.med_consumables.core.sealing import SealError

from ..core.json_text import read_json
from ..core.leaves import seen
from .error_words import in_words
from .med_his_message_doors import LINE_TYPES


class MedHisReading(models.Model):
    """Reading what came in as JSON: the same rules, place by place."""

    _inherit = "med.his.reading"

    def _open(self):
        message = self.message_id
        if message.message_type not in (*LINE_TYPES, "Appointment"):
            return super()._open()
        try:
            raw = message._content()
        except SealError as error:
            why = in_words(self.env, str(error))
            return self.env._("The content cannot be opened: %(why)s.", why=why)
        if raw is None:
            return self.env._("The content of this message is not kept.")
        found = read_json(raw)
        return "\n".join(
            f"{place}: {text}" for place, text, _kept in seen(found, found)
        )
