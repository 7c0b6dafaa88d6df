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
        fresh, repeated = {}, 0
        for each in wanted:
            if each.cancelled:
                self._cancel_wanted(each, known.get(each.line_key))
            elif each.line_key in known:
                repeated += 1
            elif each.quantity:
                values = self._wanted_values(channel, message, each, **maps)
                if values:
                    department = values.pop("department_id")
                    fresh.setdefault(department, []).append(values)
        for department, lines in fresh.items():
            requisition = self.env["med.requisition"].create(
                {
                    "department_id": department,
                    "note": self.env._(
                        "Asked for by %(channel)s, message %(message)s.",
                        channel=channel.name,
                        message=message.control_id or message.sha256[:12],
                    ),
                    "line_ids": [Command.create(values) for values in lines],
                }
            )
            requisition.action_ask()
        count = sum(map(len, fresh.values()))
        return Outcome("processed", made_count=count, repeated_count=repeated)

    @api.model
    def _maps_of(self, channel, wanted):
        Code = self.env["med.his.code"]
        codes = {code for each in wanted for code in (each.item_code, *each.alternates)}
        return {
            "items": Code._match_items(channel, codes),
            "departments": Code._match_departments(
                channel, {each.department_code for each in wanted} - {""}
            ),
            "units": Code._match_units(channel, {each.uom for each in wanted} - {""}),
        }

    @api.model
    def _wanted_values(self, channel, message, each, items, departments, units):
        item = self._match_item(each, items)
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
    def _cancel_wanted(self, each, line):
        """A line that is not issued yet is asked for no more."""
        if not line:
            raise waits("original_unknown", each.position, cause=each.line_key)
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
