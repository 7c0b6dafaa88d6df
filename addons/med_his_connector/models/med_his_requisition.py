from collections import Counter

from odoo import api, fields, models
from odoo.fields import Command

from .outcome import Outcome, waits


class MedRequisitionLine(models.Model):
    _inherit = "med.requisition.line"

    his_message_id = fields.Many2one(
        "med.his.message",
        string="Message",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
    )
    his_line_key = fields.Char(
        readonly=True, copy=False, index="btree_not_null", help="Theirs of this line."
    )


class MedHisMessage(models.Model):
    _inherit = "med.his.message"

    @api.model
    def _apply_requisition(self, channel, message, wanted):
        """OMS: what another system asks of the store, as a requisition to approve."""
        maps = self._maps_of(channel, wanted)
        known = self.env["med.requisition.line"].search(
            [
                ("his_line_key", "in", [each.line_key for each in wanted]),
                ("requisition_id.company_id", "=", channel.company_id.id),
            ]
        )
        known = {line.his_line_key: line for line in known}
        fresh, repeated = [], 0
        for each in wanted:
            if each.cancelled:
                self._cancel_wanted(channel, message, each, known.get(each.line_key))
            elif each.line_key in known:
                repeated += 1
            elif each.quantity:
                values = self._wanted_values(channel, message, each, **maps)
                fresh += [values] if values else []
        self._ask(channel, message, fresh)
        self._wake(channel, [values["his_line_key"] for values in fresh])
        return Outcome("processed", made_count=len(fresh), repeated_count=repeated)

    @api.model
    def _ask(self, channel, message, fresh):
        """One requisition a department; of an item that is asked for twice the second
        line stands in another one, so that each can be cancelled by itself."""
        number, lines = Counter(), {}
        for values in fresh:
            department = values.pop("department_id")
            number[department, values["product_id"]] += 1
            nth = number[department, values["product_id"]]
            lines.setdefault((department, nth), []).append(values)
        for (department, _nth), own in lines.items():
            requisition = self.env["med.requisition"].create(
                {
                    "department_id": department,
                    "note": self.env._(
                        "Asked for by %(channel)s, message %(message)s.",
                        channel=channel.name,
                        message=message.control_id or message.sha256[:12],
                    ),
                    "line_ids": [Command.create(values) for values in own],
                }
            )
            requisition.action_ask()

    @api.model
    def _maps_of(self, channel, wanted):
        Code = self.env["med.his.code"]
        codes = {code for each in wanted for code in (each.item_code, *each.alternates)}
        items = Code._match_items(channel, codes)
        return {
            "items": items,
            "problems": Code._item_problems(channel, codes, items),
            "departments": Code._match_departments(
                channel, {each.department_code for each in wanted} - {""}
            ),
            "units": Code._match_units(channel, {each.uom for each in wanted} - {""}),
        }

    @api.model
    def _wanted_values(
        self, channel, message, each, items, problems, departments, units
    ):
        item = self._match_item(each, items, problems)
        department = self._match_department(channel, each, departments)
        if item.ignored or department.ignored:
            return None
        product = self.env["product.product"].browse(item.id)
        if not product.is_storable:
            raise waits("not_stocked", each.position, cause=each.item_code)
        return {
            "department_id": department.id,
            "product_id": product.id,
            "asked_qty": self._quantity(each, item, product, units),
            "his_message_id": message.id,
            "his_line_key": each.line_key,
        }

    @api.model
    def _cancel_wanted(self, channel, message, each, line):
        """A line that is not issued yet is asked for no more. One that is not here yet
        may come, as the charge of a return."""
        if not line:
            raise message._park(channel._parked_until(), each.position, each.line_key)
        requisition = line.requisition_id
        if requisition.state not in ("draft", "asked"):
            raise waits(
                "refused",
                each.position,
                self.env._(
                    "%(requisition)s is under way; cancel it there.",
                    requisition=requisition.name,
                ),
            )
        line.approved_qty = 0.0
        if not any(requisition.line_ids.mapped("approved_qty")):
            requisition._cancel(self.env._("Cancelled by the system that asked."))
