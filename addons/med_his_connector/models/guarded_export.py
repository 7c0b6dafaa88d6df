from odoo import models

from ..core.csv_safe import guarded


class MedHisGuardedExport(models.AbstractModel):
    """What others wrote leaves as text: no spreadsheet runs a code of a sender.

    Odoo's own export guards ``=``, ``+`` and ``-``, and in CSV alone.
    """

    _name = "med.his.guarded.export"
    _description = "Export Without Formulas"

    def export_data(self, fields_to_export):
        found = super().export_data(fields_to_export)
        for row in found.get("datas", ()):
            row[:] = [guarded(cell) if isinstance(cell, str) else cell for cell in row]
        return found
