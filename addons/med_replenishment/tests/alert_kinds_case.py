from datetime import timedelta

from odoo import fields
from odoo.fields import Command

from .common import ReplenishmentCase


class AlertKindsCase(ReplenishmentCase):
    """Orders that are late, suppliers that get slower and cases that were done."""

    def _rule(self, name):
        return self.env.ref(f"med_replenishment.alert_rule_{name}")

    def _cases_done(self, count, product, each=2):
        """One case a day was done, whose card foresees ``each`` of the product."""
        procedure = self.env["med.procedure"].create(
            {"name": "Stent", "code": "T-ST", "company_id": self.company.id}
        )
        cases = self.env["med.case"].create(
            [
                {
                    "procedure_id": procedure.id,
                    "department_id": self.icu.id,
                    "start": self._moment(self.today - timedelta(days=ago)),
                    "company_id": self.company.id,
                }
                for ago in range(1, count + 1)
            ]
        )
        self.env["med.planned.use"].create(
            [
                {"case_id": case.id, "product_id": product.id, "quantity": each}
                for case in cases
            ]
        )
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE med_planned_use SET state = 'done' WHERE case_id = ANY(%s)",
            [cases.ids],
        )
        self.env.invalidate_all()

    def _order(self, days, promised=4):
        now = fields.Datetime.now()
        order = self.env["purchase.order"].create(
            {
                "partner_id": self.vendor.id,
                "company_id": self.company.id,
                "order_line": [
                    Command.create(
                        {
                            "product_id": self.gloves.id,
                            "product_qty": 5,
                            "price_unit": 1,
                            "date_planned": now + timedelta(days=promised - days),
                        }
                    )
                ],
            }
        )
        order.button_confirm()
        order.date_approve = order.med_sent_at = now - timedelta(days=days)
        return order

    def _got_slower(self):
        """The vendor took four days before and takes twelve of late."""

        def receive(days, ago):
            order = self._order(days)
            order.picking_ids.move_ids.write({"quantity": 5, "picked": True})
            order.picking_ids._action_done()
            shift = timedelta(days=ago)
            order.med_sent_at -= shift
            order.date_approve -= shift
            order.order_line.med_promised_at -= shift
            order.picking_ids.move_ids.date -= shift

        for number in range(6):
            receive(4 + number % 2, 200)
        for number in range(6):
            receive(12 + number % 2, 0)
        self.env.flush_all()
        self.env["med.supplier.performance"]._refresh()
