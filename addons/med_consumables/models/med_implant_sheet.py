from odoo import models
from odoo.tools import groupby


class MedConsumption(models.Model):
    """What the implant record sheet (植入物使用登记表) says, from the ledger."""

    _inherit = "med.consumption"

    def action_print_implant_sheets(self):
        return self.env.ref("med_consumables.report_implant_sheet").report_action(self)

    def action_look_up_visits(self):
        """Ask the officer for the reason, then name whose visits these were."""
        return self.env["med.vault.access"]._ask_about(self)

    def _implant_sheets(self, visits=None):
        """Sheets of one department, day and visit each, with a row per piece.

        ``visits`` is ``{ledger line: Visit}`` of an officer's look-up, else the numbers
        stay blank, to be filled in by hand.
        """
        visits = visits or {}
        lines = self.filtered(lambda line: line.kind == "use").sorted(
            lambda line: (
                line.department_id.code,
                line.company_id._med_day(line.event_time),
                line.encounter_token or "",
                line.id,
            )
        )
        sheets = []
        for (department, day, _token), own in groupby(
            lines,
            key=lambda line: (
                line.department_id,
                line.company_id._med_day(line.event_time),
                line.encounter_token or line.id,
            ),
        ):
            own = self.browse(line.id for line in own)
            sheets.append(
                {
                    "department": department,
                    "day": day,
                    "company": own.company_id[:1],
                    "visit": next(filter(None, map(visits.get, own)), None),
                    "rows": [row for line in own for row in line._implant_rows(day)],
                }
            )
        return sheets

    def _implant_rows(self, day):
        """One dict a lot of this line; a line that names a lot unknown here has one."""
        self.ensure_one()
        parts = [(part.lot_id, part.quantity) for part in self.allocation_ids]
        parts = parts or [(self.lot_id, self.quantity)]
        return [
            {
                "product": self.product_id,
                "quantity": quantity,
                "unit": self.uom_id,
                "lot": lot,
                "lot_name": lot.name or self.serial or self.lot_name or "",
                "expiry": lot._med_expiry_day(),
                "certificate": self.product_id._med_registration(day),
                "udi": (lot or self.env["stock.lot"])._med_udi_text(self.product_id),
            }
            for lot, quantity in parts
        ]
