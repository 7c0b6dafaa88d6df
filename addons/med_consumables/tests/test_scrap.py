from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import ConsumablesCase


@tagged("post_install", "-at_install")
class TestScrap(ConsumablesCase):
    def setUp(self):
        super().setUp()
        self.lot = self._lot("A")
        self._stock(100, self.lot)
        self.reason = self.env.ref("med_consumables.scrap_reason_damaged")
        self.keeper = self._user("sc_keeper", "med_consumables.group_storekeeper")

    def _scrap(self, quantity=4, **values):
        scrap = (
            self.env["stock.scrap"]
            .with_user(self.keeper)
            .create(
                {
                    "product_id": self.gloves.id,
                    "lot_id": self.lot.id,
                    "scrap_qty": quantity,
                    "location_id": self.icu.stock_location_id.id,
                    "scrap_reason_tag_ids": self.reason.ids,
                    **values,
                }
            )
        )
        scrap.action_validate()
        return scrap

    def _line(self, scrap):
        return self.env["med.consumption"].search(
            [
                ("source", "=", "scrap"),
                ("external_key", "=", f"{scrap.name}/{scrap.id}"),
            ]
        )

    def _cost(self, department):
        return sum(
            self.env["account.analytic.line"]
            .search([("med_department_id", "=", department.id)])
            .mapped("amount")
        )

    def test_a_scrap_is_in_the_ledger_with_its_reason_and_moves_stock_once(self):
        scrap = self._scrap()
        line = self._line(scrap)
        self.assertEqual((line.kind, line.state, line.quantity), ("waste", "posted", 4))
        self.assertEqual(line.note, self.reason.name)
        self.assertEqual((line.lot_id, line.lot_name), (self.lot, "A"))
        self.assertEqual(line.allocation_ids.move_line_id, scrap.move_ids.move_line_ids)
        self._post()
        self.assertEqual(self._on_hand(), 96)

    def test_its_cost_is_borne_once_by_the_department_of_the_shelf(self):
        line = self._line(self._scrap())
        self._post()
        self.assertEqual(line.value, 10.0)
        self.assertEqual(self._cost(self.icu), -10.0)
        analytic = self.env["account.analytic.line"].search(
            [("med_department_id", "=", self.icu.id)]
        )
        self.assertEqual(len(analytic), 1)
        column = self.plan._column_name()
        self.assertEqual(analytic[column], self.icu.analytic_account_id)

    def test_another_department_may_be_answerable(self):
        scrap = self._scrap(med_department_id=self.er.id)
        self.assertEqual((self._cost(self.icu), self._cost(self.er)), (0, -10.0))
        self.assertEqual(self._line(scrap).department_id, self.er)

    def test_a_box_counts_in_pieces(self):
        box = self.env["uom.uom"].create(
            {
                "name": "Box of 10",
                "relative_factor": 10,
                "relative_uom_id": self.gloves.uom_id.id,
            }
        )
        self.gloves.uom_ids = box
        line = self._line(self._scrap(2, product_uom_id=box.id))
        self.assertEqual((line.quantity, line.value), (20, 50.0))
        self.assertEqual(self._on_hand(), 80)

    def test_a_consumable_is_not_scrapped_without_a_reason(self):
        with self.assertRaisesRegex(UserError, "reason of scrap"):
            self._scrap(scrap_reason_tag_ids=False)
        self.assertEqual(self._on_hand(), 100)

    def test_other_goods_are_scrapped_as_ever(self):
        chair = self.env["product.product"].create(
            {"name": "Chair", "is_storable": True}
        )
        self.env["stock.quant"]._update_available_quantity(
            chair, self.icu.stock_location_id, 3
        )
        scrap = self._scrap(
            1, product_id=chair.id, lot_id=False, scrap_reason_tag_ids=False
        )
        self.assertEqual(scrap.state, "done")
        self.assertFalse(self._line(scrap))

    def test_use_that_waits_is_posted_before_the_scrap(self):
        use = self._use(3)
        self._scrap()
        self.assertEqual(use.state, "posted")

    def test_the_scrap_cannot_be_edited_behind_the_ledger(self):
        scrap = self._scrap()
        with self.assertRaisesRegex(UserError, "cannot be"):
            scrap.move_ids.move_line_ids.sudo().quantity = 9
