from odoo import api, fields, models

from ..core.incident import worst


class MedConsumption(models.Model):
    """Trouble with a line is somebody's task: one incident a line, see med.incident."""

    _inherit = "med.consumption"

    incident_id = fields.Many2one(
        "med.incident", readonly=True, copy=False, index="btree_not_null"
    )

    @api.model
    def _record(self, vals_list):
        lines = super()._record(vals_list)
        # A lot that was named can be judged now; posting may be an hour away.
        lines.filtered(
            lambda line: (
                (line.lot_name or line.serial)
                and line.state == "recorded"
                and not line.incident_id
            )
        )._follow_up()
        return lines

    def _set_outcome(self, **outcome):
        result = super()._set_outcome(**outcome)
        if outcome.get("state") in ("posted", "incident"):
            self._follow_up()
        return result

    def _follow_up(self):
        """Open, change or close the incidents of lines whose outcome is known."""
        faults = self._lot_faults()
        kinds = {}
        for line in self:
            books = line.incident_code if line.state == "incident" else None
            kinds[line] = worst((books, faults.get(line), line._missing_lot()))
        in_order = self.filtered(
            lambda line: line.incident_code == "unusable_lot" and line not in faults
        )
        if in_order:  # good when it was used, or thrown away because it was not
            in_order.write({"incident_code": False})
        self.env["med.incident"]._follow(kinds)

    def _lot_faults(self):
        """``{line: kind}`` of lines whose lot nobody should have got, at their time."""
        named = self.filtered(
            lambda line: line.state != "posted" and line.kind == "use"
        )
        lots = {line: lot for line, lot in named._reported_lots().items() if lot}
        flagged = self.filtered(
            lambda line: (
                line.state == "posted"
                and line.kind == "use"
                and line.incident_code == "unusable_lot"
            )
        )
        for line in flagged:
            lots[line] = line.allocation_ids.lot_id
        faults = {
            line: worst(lot._med_fault(line.event_time) for lot in used)
            for line, used in lots.items()
        }
        return {line: kind for line, kind in faults.items() if kind}

    def _missing_lot(self):
        """Whether a lot had to be named and was not, by the company's policy."""
        self.ensure_one()
        product = self.product_id
        asked = {
            "never": False,
            "implant": product.med_implant,
            "high": product.med_implant or product.med_value_class == "high",
            "always": True,
        }[self.company_id.med_missing_lot]
        named = self.lot_name or self.serial or product.tracking == "none"
        return "missing_lot" if asked and self.kind == "use" and not named else None
