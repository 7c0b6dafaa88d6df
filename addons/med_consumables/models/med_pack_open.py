from odoo import fields, models
from odoo.exceptions import UserError


class MedPack(models.Model):
    """Opening a pack uses all that is in it; an opening by mistake is undone."""

    _inherit = "med.pack"

    consumption_count = fields.Integer(compute="_compute_consumption_count")

    def _compute_consumption_count(self):
        for pack in self:
            pack.consumption_count = len(pack._recorded())

    def action_open(self):
        """Record the use of the contents, for the department that has the pack."""
        self._open()
        return True

    def action_undo_open(self):
        """Give back what the last opening recorded; the pack is closed again."""
        self.check_access("read")
        self._check_own()
        self._lock()
        self._check_state("consumed")
        for pack in self:
            lines = pack._recorded_by_opening()
            # Opening recorded it for this person; undoing it gives the same back.
            lines.env["med.consumption"].sudo()._record(
                [
                    {
                        **pack._report_of(line.lot_name, line.serial),
                        "product_id": line.product_id.id,
                        "quantity": line.quantity,
                        "kind": "return",
                        "event_time": fields.Datetime.now(),
                        "external_key": f"{line.external_key}/undo",
                        "reversal_of_id": line.id,
                        "encounter_token": line.encounter_token,
                    }
                    for line in lines
                ]
            )
        # Only buttons move a pack; a ward may move its own.
        self.sudo().write(
            {"state": "issued", "opened_at": False, "opened_by_id": False}
        )
        return True

    def action_view_consumption(self):
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "med_consumables.med_consumption_action"
        )
        action["domain"] = [("id", "in", self._recorded().ids)]
        action["context"] = {}
        return action

    def _open(self, event_time=None, **reported):
        """Record the use of each content line; returns the lines of the ledger.

        ``reported`` are further reported fields, as the token of the visit. The key of
        a line is the pack's label and its position.
        """
        self.check_access("read")
        self._check_own()
        self._lock()
        self._check_state("issued")
        event_time = event_time or fields.Datetime.now()
        # Rights were checked above; wards write neither packs nor the ledger by hand.
        packs = self.sudo()
        for pack in packs:
            pack.openings += 1
        lines = (
            self.env["med.consumption"]
            .sudo()
            ._record(
                [
                    {
                        **reported,
                        **pack._report_of(*content._lot_as_reported()),
                        "product_id": content.product_id.id,
                        "quantity": content.quantity,
                        "kind": "use",
                        "event_time": event_time,
                        "external_key": pack._report_key(content),
                    }
                    for pack in packs
                    for content in pack.line_ids
                ]
            )
        )
        packs.write(
            {
                "state": "consumed",
                "opened_at": event_time,
                "opened_by_id": self.env.uid,
            }
        )
        return lines

    def _report_of(self, lot_name, serial):
        return {
            "department_id": self.department_id.id,
            "source": "pack",
            "lot_name": lot_name,
            "serial": serial,
            "note": self.template_id.name,
        }

    def _report_key(self, content, opening=None):
        opening = opening or self.openings
        suffix = f"/{opening}" if opening > 1 else ""
        return f"{self.name}/{content.id}{suffix}"

    def _recorded_by_opening(self):
        keys = [self._report_key(content) for content in self.line_ids]
        return self.env["med.consumption"].search(
            [
                ("source", "=", "pack"),
                ("company_id", "=", self.company_id.id),
                ("external_key", "in", keys),
            ]
        )

    def _recorded(self):
        """All that openings of these packs recorded, what was undone included."""
        keys = [
            key + undone
            for pack in self
            for content in pack.line_ids
            for opening in range(1, pack.openings + 1)
            for key in [pack._report_key(content, opening)]
            for undone in ("", "/undo")
        ]
        return self.env["med.consumption"].search(
            [
                ("source", "=", "pack"),
                ("company_id", "in", self.company_id.ids),
                ("external_key", "in", keys),
            ]
        )

    def _check_own(self):
        if self.env.su or self.env.user.has_group("med_consumables.group_storekeeper"):
            return
        others = self.department_id - self.department_id._filtered_own()
        if others:
            raise UserError(
                self.env._(
                    "This pack belongs to %(department)s, where you do not work.",
                    department=others[:1].display_name,
                )
            )


class MedPackLine(models.Model):
    _inherit = "med.pack.line"

    def _lot_as_reported(self):
        """``(lot name, serial)``: a serial where pieces are tracked one by one."""
        name = self.lot_id.name
        if self.product_id.tracking == "serial":
            return False, name
        return name, False
