from odoo.fields import Command

from .common import ConsumablesCase


class RequisitionCase(ConsumablesCase):
    """A store with gloves, a ward with a manager who approves, and a second ward."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        group = "med_consumables.group_"
        cls.nurse = cls._user("nurse", group + "ward_user", [cls.icu])
        cls.head = cls._user("head", group + "ward_manager", [cls.icu])
        cls.er_nurse = cls._user("er_nurse", group + "ward_user", [cls.er])
        cls.er_head = cls._user("er_head", group + "ward_manager", [cls.er])
        cls.storekeeper = cls._user("storekeeper", group + "storekeeper")
        cls.auditor = cls._user("auditor", group + "auditor")
        cls.icu.manager_id = cls.head
        cls.er.manager_id = cls.er_head
        cls.warehouse = cls.icu.warehouse_id
        cls.masks = cls._product("Masks")
        cls.late = cls._lot("LATE", days=300)
        cls.soon = cls._lot("SOON", days=30)
        cls._in_store(10, cls.late)
        cls._in_store(10, cls.soon)

    @classmethod
    def _in_store(cls, quantity, lot, product=None):
        cls.env["stock.quant"]._update_available_quantity(
            product or cls.gloves, cls.warehouse.lot_stock_id, quantity, lot_id=lot
        )

    def _draft(self, quantity=12, user=None, product=None, **values):
        return (
            self.env["med.requisition"]
            .with_user(user or self.nurse)
            .create(
                {
                    "department_id": self.icu.id,
                    "line_ids": [
                        Command.create(
                            {
                                "product_id": (product or self.gloves).id,
                                "asked_qty": quantity,
                            }
                        )
                    ],
                    **values,
                }
            )
        )

    def _asked(self, quantity=12, **values):
        requisition = self._draft(quantity, **values)
        requisition.action_ask()
        return requisition

    def _approved(self, quantity=12, approved=None, **values):
        requisition = self._asked(quantity, **values).with_user(self.head)
        if approved is not None:
            requisition.line_ids.approved_qty = approved
        requisition.action_approve()
        return requisition

    def _issue(self, requisition, quantity=None, backorder=True):
        """The store validates the transfer, of ``quantity`` where not all."""
        picking = requisition.with_user(self.storekeeper).picking_ids.filtered(
            lambda p: p.state not in ("done", "cancel")
        )
        if quantity is not None:
            picking.move_ids.quantity = quantity
        picking.move_ids.picked = True
        picking.with_context(
            skip_backorder=True,
            picking_ids_not_to_backorder=[] if backorder else picking.ids,
        ).button_validate()
        return picking

    def _issued(self, quantity=12, **values):
        requisition = self._approved(quantity, **values)
        self._issue(requisition)
        return requisition

    def _wizard(self, model, requisition, user=None, **values):
        return (
            self.env[model]
            .with_user(user or self.nurse)
            .with_context(default_requisition_id=requisition.id)
            .create(values)
        )

    def _receive(self, requisition, arrived=None, user=None, **values):
        receipt = self._wizard("med.requisition.receipt", requisition, user, **values)
        if arrived is not None:
            receipt.line_ids.arrived_qty = arrived
        return receipt.action_confirm()

    def _reason(self, requisition, question, user, reason="Asked twice"):
        return (
            self.env["med.requisition.reason"]
            .with_user(user)
            .create(
                {
                    "requisition_ids": [Command.set(requisition.ids)],
                    "question": question,
                    "reason": reason,
                }
            )
            .action_confirm()
        )
