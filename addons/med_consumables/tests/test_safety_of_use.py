from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import ConsumablesCase


@tagged("post_install", "-at_install")
class TestSafetyOfUse(ConsumablesCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.good = cls._lot("GOOD", 300)
        cls.old = cls._lot("OLD", -1)
        cls.storekeeper = cls._user("storekeeper", "med_consumables.group_storekeeper")
        cls.administrator = cls._user(
            "administrator", "med_consumables.group_administrator"
        )

    def _transfer(self, lot, destination):
        return self._picking(2, self.icu.stock_location_id, destination, lot)

    def test_an_expired_lot_is_not_issued_by_any_path(self):
        self._stock(5, self.old)
        transfer = self._transfer(self.old, self.er.stock_location_id)
        with self.assertRaisesRegex(UserError, "OLD"):
            transfer.with_user(self.storekeeper).with_context(
                skip_expired=True
            ).button_validate()
        with self.assertRaisesRegex(UserError, "OLD"):
            transfer.move_ids._action_done()

    def test_a_lot_on_hold_is_neither_reserved_nor_issued(self):
        held = self._lot("HELD", 10)
        self._stock(5, held)
        self._stock(5, self.good)
        held.med_hold = True
        move = self.env["stock.move"].create(
            {
                "product_id": self.gloves.id,
                "product_uom": self.gloves.uom_id.id,
                "product_uom_qty": 7,
                "location_id": self.icu.stock_location_id.id,
                "location_dest_id": self.er.stock_location_id.id,
            }
        )
        move._action_confirm()
        move._action_assign()
        self.assertEqual(move.move_line_ids.lot_id, self.good)
        self.assertEqual(move.quantity, 5)
        with self.assertRaisesRegex(UserError, "HELD"):
            self._transfer(held, self.er.stock_location_id).move_ids._action_done()

    def test_a_lot_on_hold_is_not_available(self):
        self._stock(5, self.good)
        self.good.med_hold = True
        quant = self.env["stock.quant"].search([("lot_id", "=", self.good.id)])
        self.assertEqual(quant.available_quantity, 0)
        self.assertEqual(quant.quantity, 5)

    def test_the_ways_out_of_use_stay_open(self):
        quarantine = self.env["stock.location"].create(
            {
                "name": "Quarantine",
                "location_id": self.icu.warehouse_id.view_location_id.id,
                "med_quarantine": True,
            }
        )
        self._stock(6, self.old)
        for destination in (
            quarantine,
            self.env.ref("stock.stock_location_suppliers"),
            self.env["stock.location"].search([("usage", "=", "inventory")], limit=1),
        ):
            transfer = self._transfer(self.old, destination)
            transfer.move_ids._action_done()
            self.assertEqual(transfer.state, "done")

    def test_expired_goods_are_not_received(self):
        supplier = self.env.ref("stock.stock_location_suppliers")
        move = self.env["stock.move"].create(
            {
                "product_id": self.gloves.id,
                "product_uom": self.gloves.uom_id.id,
                "product_uom_qty": 2,
                "location_id": supplier.id,
                "location_dest_id": self.icu.stock_location_id.id,
                "picking_type_id": self.icu.warehouse_id.in_type_id.id,
                "picked": True,
                "move_line_ids": [
                    (
                        0,
                        0,
                        {
                            "product_id": self.gloves.id,
                            "lot_name": "LATE",
                            "expiration_date": "2020-01-01",
                            "quantity": 2,
                            "location_id": supplier.id,
                            "location_dest_id": self.icu.stock_location_id.id,
                            "picked": True,
                        },
                    )
                ],
            }
        )
        with self.assertRaisesRegex(UserError, "LATE"):
            move._action_done()

    def test_a_use_that_took_place_is_always_recorded(self):
        held = self._lot("HELD", 10)
        self._stock(5, held)
        held.med_hold = True
        line = self._use(2)
        self._post()
        self.assertEqual((line.state, line.incident_code), ("posted", "unusable_lot"))
        self.assertEqual(line.lot_id, held)

    def test_an_administrator_gives_a_reason_and_the_lot_moves(self):
        self._stock(5, self.old)
        transfer = self._transfer(self.old, self.er.stock_location_id)
        with self.assertRaises(AccessError):
            transfer.with_user(self.storekeeper).med_override_reason = "I want to"
        transfer.with_user(self.administrator).med_override_reason = "Training dummies"
        transfer.move_ids._action_done()
        self.assertEqual(transfer.state, "done")
