from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import tagged

from .common import ConsumablesCase


@tagged("post_install", "-at_install")
class TestConsignment(ConsumablesCase):
    """A supplier's three stents lie on the shelf; each costs 8,000 when it is used."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.supplier = cls.env["res.partner"].create({"name": "Stent Supplier"})
        cls.stent = cls._product(
            "Stent",
            med_value_class="high",
            standard_price=0.0,
            seller_ids=[
                Command.create({"partner_id": cls.supplier.id, "price": 8000.0})
            ],
            supplier_taxes_id=False,
        )
        cls.lot = cls._lot("L1", product=cls.stent)
        cls._consigned(3, cls.lot)

    @classmethod
    def _consigned(cls, quantity, lot):
        cls.env["stock.quant"]._update_available_quantity(
            cls.stent,
            cls.icu.stock_location_id,
            quantity,
            lot_id=lot,
            owner_id=cls.supplier,
        )

    def _used(self, quantity=1, key="1", **values):
        line = self._use(quantity, key, product_id=self.stent.id, **values)
        self._post()
        return line

    def _on_shelf(self, owner):
        quants = self.env["stock.quant"].search(
            [
                ("product_id", "=", self.stent.id),
                ("location_id", "=", self.icu.stock_location_id.id),
                ("owner_id", "=", owner and owner.id),
            ]
        )
        return sum(quants.mapped("quantity"))

    def _settlements(self):
        return self.env["med.consignment.settlement"].search(
            [("product_id", "=", self.stent.id)]
        )

    def test_consigned_stock_has_no_value_of_ours(self):
        quant = self.env["stock.quant"].search([("lot_id", "=", self.lot.id)])
        self.assertEqual(quant.value, 0)

    def test_use_buys_the_piece_at_the_agreed_price(self):
        line = self._used(lot_name="L1")
        self.assertEqual(line.state, "posted")
        self.assertEqual(line.value, 8000.0)
        order = self._settlements().order_id
        self.assertEqual(order.state, "purchase")
        self.assertTrue(order.med_settles_use)
        self.assertEqual(order.order_line.qty_received, 1)
        self.assertEqual(order.amount_untaxed, 8000.0)

    def test_one_piece_of_the_supplier_is_gone_and_none_of_ours_is_left(self):
        self._used(lot_name="L1")
        self.assertEqual(self._on_shelf(self.supplier), 2)
        self.assertEqual(self._on_shelf(False), 0)

    def test_the_cost_centre_bears_the_price_once(self):
        self._used(lot_name="L1")
        lines = self.env["account.analytic.line"].search(
            [(self.plan._column_name(), "=", self.icu.analytic_account_id.id)]
        )
        self.assertEqual(sum(lines.mapped("amount")), -8000.0)

    def test_own_pieces_are_used_first(self):
        self._stock(1, self._lot("OWN", product=self.stent), product=self.stent)
        self._used(2)
        self.assertEqual(self._settlements().quantity, 1)
        self.assertEqual(self._on_shelf(self.supplier), 2)
        self.assertEqual(self._on_shelf(False), 0)

    def test_two_uses_of_a_batch_are_one_order(self):
        self._use(1, "1", product_id=self.stent.id)
        self._use(1, "2", product_id=self.stent.id)
        self._post()
        settlements = self._settlements()
        self.assertEqual(len(settlements), 2)
        self.assertEqual(len(settlements.order_id), 1)
        self.assertEqual(self._on_shelf(self.supplier), 1)

    def test_more_than_there_is_buys_nothing(self):
        line = self._used(4)
        self.assertEqual(line.incident_code, "no_stock")
        self.assertFalse(self._settlements())
        self.assertEqual(self._on_shelf(self.supplier), 3)

    def test_a_price_in_foreign_money_is_paid_in_it(self):
        foreign = self.env["res.currency"].create(
            {
                "name": "XMD",
                "symbol": "M",
                "rate_ids": [Command.create({"name": "2020-01-01", "rate": 0.125})],
            }
        )
        self.stent.seller_ids.write({"price": 1000.0, "currency_id": foreign.id})
        line = self._used(lot_name="L1")
        order = self._settlements().order_id
        self.assertEqual((order.currency_id, order.amount_untaxed), (foreign, 1000.0))
        self.assertEqual(self._settlements().currency_id, foreign)
        self.assertEqual(line.value, 8000.0)

    def test_two_currencies_of_one_supplier_are_two_orders(self):
        foreign = self.env["res.currency"].create(
            {
                "name": "XMD",
                "symbol": "M",
                "rate_ids": [Command.create({"name": "2020-01-01", "rate": 0.125})],
            }
        )
        wire = self._product(
            "Wire",
            standard_price=0.0,
            supplier_taxes_id=False,
            seller_ids=[
                Command.create(
                    {
                        "partner_id": self.supplier.id,
                        "price": 10.0,
                        "currency_id": foreign.id,
                    }
                )
            ],
        )
        self.env["stock.quant"]._update_available_quantity(
            wire,
            self.icu.stock_location_id,
            1,
            lot_id=self._lot("W1", product=wire),
            owner_id=self.supplier,
        )
        stent = self._use(1, "1", product_id=self.stent.id)
        wire_line = self._use(1, "2", product_id=wire.id)
        self._post()
        self.assertEqual((stent.value, wire_line.value), (8000.0, 80.0))
        orders = self.env["purchase.order"].search(
            [("partner_id", "=", self.supplier.id)]
        )
        self.assertEqual(orders.currency_id, foreign | self.company.currency_id, orders)

    def test_what_was_used_is_bought_whatever_the_catalogue_says(self):
        self.company.med_catalogue_policy = "block"
        line = self._used(lot_name="L1")
        self.assertEqual(line.state, "posted", line.incident_text)
        order = self._settlements().order_id
        self.assertIn("catalogue", "".join(order.message_ids.mapped("body")))

    def test_a_client_does_not_pass_the_gates_by_saying_that_it_was_used(self):
        self.company.med_catalogue_policy = "block"
        self.company.med_certificate_order = "block"
        buyer = self._user(
            "buyer_", "med_consumables.group_storekeeper,purchase.group_purchase_user"
        )
        order = (
            self.env["purchase.order"]
            .with_user(buyer)
            .with_context(med_recorded_use=True)
            .create(
                {
                    "partner_id": self.supplier.id,
                    "med_settles_use": True,
                    "order_line": [Command.create({"product_id": self.stent.id})],
                }
            )
        )
        with self.assertRaisesRegex(UserError, "catalogue"):
            order.button_confirm()
        self.company.med_catalogue_policy = "off"
        self.stent.med_management_class = "3"
        with self.assertRaisesRegex(UserError, "certificates"):
            order.button_confirm()

    def test_without_a_price_the_use_waits_and_says_so(self):
        self.stent.seller_ids.unlink()
        line = self._used()
        self.assertEqual(line.state, "incident")
        self.assertIn("price", line.incident_text)
        self.stent.seller_ids = [
            Command.create({"partner_id": self.supplier.id, "price": 7500.0})
        ]
        line.action_retry()
        self.assertEqual((line.state, line.value), ("posted", 7500.0))

    def test_a_lot_on_hold_is_settled_all_the_same(self):
        self.lot.med_hold = True
        line = self._used(lot_name="L1")
        self.assertEqual(line.state, "posted")
        self.assertEqual(line.incident_code, "unusable_lot")

    def test_a_return_gives_the_very_lot_back_to_the_supplier(self):
        line = self._used(lot_name="L1")
        back = self._use(
            1, "back", product_id=self.stent.id, kind="return", reversal_of_id=line.id
        )
        self._post()
        self.assertEqual(back.state, "posted")
        self.assertEqual(self._on_shelf(self.supplier), 3)
        self.assertEqual(self._on_shelf(False), 0)
        settlement = self._settlements()
        self.assertEqual(settlement.reversed_quantity, 1)
        self.assertEqual(settlement.amount, 0)
        self.assertEqual(settlement.order_line_id.qty_received, 0)

    def test_half_of_it_comes_back(self):
        line = self._used(2, lot_name="L1")
        self._use(
            1, "back", product_id=self.stent.id, kind="return", reversal_of_id=line.id
        )
        self._post()
        self.assertEqual(self._settlements().amount, 8000.0)
        self.assertEqual(self._on_shelf(self.supplier), 2)

    def test_a_price_per_box_settles_pieces(self):
        box = self.env["uom.uom"].create(
            {
                "name": "box of 10",
                "relative_factor": 10,
                "relative_uom_id": self.stent.uom_id.id,
            }
        )
        self.stent.seller_ids.write({"product_uom_id": box.id, "price": 70000.0})
        self.assertEqual(self._used().value, 7000.0)

    def test_wards_do_not_see_what_suppliers_are_paid(self):
        self._used()
        nurse = self._user("c_nurse", "med_consumables.group_ward_user", self.icu)
        with self.assertRaises(AccessError):
            self._settlements().with_user(nurse).read(["amount"])

    def test_store_and_audit_read_and_nobody_writes(self):
        self._used()
        for role in ("storekeeper", "auditor", "administrator"):
            user = self._user(f"c_{role}", f"med_consumables.group_{role}")
            settlement = self._settlements().with_user(user)
            self.assertEqual(settlement.read(["amount"])[0]["amount"], 8000.0)
            with self.assertRaises(AccessError):
                settlement.write({"quantity": 5})
