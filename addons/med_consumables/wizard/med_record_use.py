from uuid import uuid4

from odoo import api, fields, models
from odoo.exceptions import UserError


class MedRecordUse(models.TransientModel):
    """What did your department use? One answer becomes lines of the ledger."""

    _name = "med.record.use"
    _description = "Record Use"

    department_id = fields.Many2one(
        "med.department",
        required=True,
        default=lambda self: self.env.user.med_department_ids[:1],
    )
    kind = fields.Selection(
        [("use", "Use"), ("return", "Return"), ("waste", "Waste")],
        required=True,
        default="use",
    )
    event_time = fields.Datetime(
        string="When", required=True, default=fields.Datetime.now
    )
    note = fields.Char()
    # The same question answered twice (a double click) must not count twice.
    token = fields.Char(required=True, default=lambda self: str(uuid4()))
    line_ids = fields.One2many("med.record.use.line", "wizard_id", string="Items")

    def action_record(self):
        self.ensure_one()
        self._check_answer()
        # Nobody may write the ledger by hand; this question is the door to it, and
        # _check_answer has seen to it that the department is the person's own.
        lines = (
            self.env["med.consumption"]
            .sudo()
            ._record(
                [
                    {
                        "department_id": self.department_id.id,
                        "product_id": line.product_id.id,
                        "quantity": line.quantity,
                        "kind": self.kind,
                        "event_time": self.event_time,
                        "source": "manual",
                        "external_key": f"{self.token}/{position}",
                        "lot_name": line.lot_id.name,
                        "note": self.note,
                    }
                    for position, line in enumerate(self.line_ids, start=1)
                ]
            )
        )
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "med_consumables.med_consumption_action"
        )
        action["domain"] = [("id", "in", lines.ids)]
        action["context"] = {}
        return action

    def _check_answer(self):
        if not self.line_ids:
            raise UserError(self.env._("Name at least one item that was used."))
        if self.event_time > fields.Datetime.now():
            raise UserError(
                self.env._("A use cannot lie in the future; correct the time.")
            )
        for named in (self.line_ids.product_id, self.line_ids.lot_id):
            named.check_access("read")
        if self.env.user.has_group("med_consumables.group_storekeeper"):
            self.department_id.check_access("read")  # of their companies
            return
        own = self.env["med.department"].search(
            [("id", "child_of", self.env.user.med_department_ids.ids)]
        )
        if self.department_id not in own:
            raise UserError(
                self.env._(
                    "You do not work for %(department)s. "
                    "Choose one of your own departments.",
                    department=self.department_id.display_name,
                )
            )


class MedRecordUseLine(models.TransientModel):
    """One item of the answer."""

    _name = "med.record.use.line"
    _description = "Record Use: Item"

    wizard_id = fields.Many2one("med.record.use", required=True, ondelete="cascade")
    product_id = fields.Many2one(
        "product.product",
        string="Item",
        required=True,
        domain="[('med_consumable', '=', True)]",
    )
    quantity = fields.Float(digits="Product Unit", required=True, default=1.0)
    uom_id = fields.Many2one(related="product_id.uom_id")
    lot_id = fields.Many2one(
        "stock.lot",
        string="Lot",
        domain="[('product_id', '=', product_id)]",
        help="Left empty, the lot that expires first is taken.",
    )

    @api.constrains("quantity")
    def _check_quantity(self):
        for line in self:
            if line.product_id.uom_id.compare(line.quantity, 0) <= 0:
                raise UserError(
                    self.env._(
                        "The quantity of %(product)s must be more than zero.",
                        product=line.product_id.display_name,
                    )
                )
