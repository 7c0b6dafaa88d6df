from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import new_test_user

from .common import ReplenishmentCase


class TestLeadTime(ReplenishmentCase):
    def _order(self, days, vendor=None, draft_days=0, promised=4, product=None):
        """An order sent ``days`` ago, promised for ``promised`` days after."""
        now = fields.Datetime.now()
        order = self.env["purchase.order"].create(
            {
                "partner_id": (vendor or self.vendor).id,
                "company_id": self.company.id,
                "date_order": now - timedelta(days=days + draft_days),
                "order_line": [
                    Command.create(
                        {
                            "product_id": (product or self.gloves).id,
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

    def _receive(self, days, *args, **kwargs):
        """An order sent ``days`` before it was received, today."""
        order = self._order(days, *args, **kwargs)
        for move in order.picking_ids.move_ids:
            move.quantity = move.product_uom_qty
            move.picked = True
        order.picking_ids._action_done()
        return order

    def _supply(self):
        if not hasattr(self, "rule"):
            self.rule = self._orderpoint(department=self.store)
        return self.rule._med_supplies()[self.rule]

    def test_without_receipts_the_promise_holds(self):
        supply = self._supply()
        self.assertEqual((supply.lead.mean, supply.receipts), (4, 0))

    def test_days_to_purchase_of_the_company_are_added(self):
        self.company.days_to_purchase = 3
        self.assertEqual(self._supply().promised, 7)

    def test_receipts_move_the_lead_time_from_the_promise(self):
        for days in (10, 14):
            self._receive(days)
        supply = self._supply()
        self.assertEqual(supply.receipts, 2)
        # The vendor keeps promises at (4 * 1 + 2 * 12 / 4) / 6 = 1.667, so 6.667 is
        # expected, and counts as four receipts: (4 * 6.667 + 2 * 12) / 6.
        self.assertAlmostEqual(supply.lead.mean, (4 * 4 * 10 / 6 + 24) / 6, places=3)
        self.assertGreater(supply.lead.deviation, 1)

    def test_the_time_before_the_approval_is_not_the_vendors(self):
        self._receive(4, draft_days=30)
        self.assertAlmostEqual(self._supply().lead.mean, 4, places=3)

    def test_another_vendors_receipts_do_not_count(self):
        self._receive(40, vendor=self.env["res.partner"].create({"name": "Other"}))
        self.assertEqual(self._supply().receipts, 0)

    def test_goods_sent_back_are_no_receipt(self):
        order = self._receive(10)
        wizard = (
            self.env["stock.return.picking"]
            .with_context(active_id=order.picking_ids.id, active_model="stock.picking")
            .create({})
        )
        wizard.product_return_moves.quantity = 5
        back = wizard._create_return()
        back.move_ids.write({"quantity": 5, "picked": True})
        back._action_done()
        self.assertEqual(self._supply().receipts, 1)

    def test_the_vendors_smallest_order_is_taken_over(self):
        self.gloves.seller_ids.min_qty = 30
        self.assertEqual(self._supply().least, 30)

    def test_lead_time_counts_from_the_day_the_vendor_got_the_order(self):
        order = self._receive(12)
        order.med_sent_at = fields.Datetime.now() - timedelta(days=4)
        self.assertAlmostEqual(self._supply().lead.mean, 4, places=2)

    def test_another_item_of_a_vendor_who_is_late_is_expected_later(self):
        other = self._product("Masks")
        for _number in range(4):
            self._receive(8, product=other)
        supply = self._supply()
        self.assertEqual(supply.receipts, 0)
        # Twice as long as promised four times, and once as the prior: 1.5 times.
        self.assertAlmostEqual(supply.supplier_ratio, 2.0, places=3)
        self.assertAlmostEqual(supply.lead.mean, 6.0, places=3)

    def test_an_open_order_that_is_late_moves_the_rule_today(self):
        orderpoint = self._orderpoint(department=self.store)

        def planned():
            return orderpoint._med_supplies()[orderpoint]

        before = planned().lead.mean
        self._order(1)
        self.assertAlmostEqual(planned().lead.mean, before, places=3)
        self._order(20)
        supply = planned()
        self.assertEqual(supply.open_late, 1)
        self.assertGreater(supply.lead.mean, before + 2)

    def test_a_rest_that_nobody_will_send_does_not_move_the_rule(self):
        for _number in range(4):
            self._receive(4)
        before = self._supply().lead.mean
        order = self._order(300)
        order.picking_ids.move_ids.write({"quantity": 4, "picked": True})
        order.picking_ids._action_done()
        rest = order.picking_ids.filtered(lambda picking: picking.state != "done")
        order.picking_ids.move_ids.date = fields.Datetime.now() - timedelta(days=296)
        self.assertGreater(self._supply().lead.mean, before + 20)
        rest.action_cancel()
        supply = self._supply()
        self.assertEqual(supply.open_late, 0)
        self.assertAlmostEqual(supply.lead.mean, before, places=2)
        row = self._performance(self.gloves)
        self.assertEqual((row.open_late, row.worst_delay), (0, 0))
        # What did not come still is a promise that was not kept.
        self.assertAlmostEqual(row.in_full, 4 / 5, places=4)

    def test_freight_is_no_delivery(self):
        freight = self.env["product.product"].create(
            {"name": "Freight", "type": "service"}
        )
        order = self._order(9)
        order.button_unlock()
        order.order_line = [
            Command.create(
                {"product_id": freight.id, "product_qty": 1, "price_unit": 50}
            )
        ]
        order.order_line.med_promised_at = fields.Datetime.now() - timedelta(days=5)
        order.picking_ids.move_ids.write({"quantity": 5, "picked": True})
        order.picking_ids._action_done()
        whole = self._performance()
        self.assertEqual((whole.lines, whole.open_late), (1, 0))
        self.assertFalse(self._performance(freight))

    def test_the_firm_is_measured_whichever_contact_was_written_to(self):
        contact = self.env["res.partner"].create(
            {"name": "Ms. Li", "parent_id": self.vendor.id}
        )
        for days in (10, 14):
            self._receive(days, vendor=contact)
        self.assertEqual(self._supply().receipts, 2)
        self._receive(12)
        self.assertEqual(self._performance(self.gloves).receipts, 3)
        self.gloves.seller_ids.partner_id = contact
        self.assertEqual(self._supply().receipts, 3)

    def test_the_lead_time_ends_in_the_store_not_at_the_dock(self):
        self.warehouse.reception_steps = "three_steps"
        order = self._receive(7)
        moves = order.picking_ids.move_ids
        moves.date -= timedelta(days=3)
        self.env.flush_all()
        # On the dock after four days; in the store it is not usable yet.
        self.assertEqual(self._supply().receipts, 0)
        self.assertEqual(self._performance(self.gloves).otif, 1)
        while moves := moves.move_dest_ids:
            moves.write({"quantity": 5, "picked": True})
            moves.picking_id._action_done()
        supply = self._supply()
        self.assertEqual(supply.receipts, 1)
        self.assertAlmostEqual(self._performance(self.gloves).lead_mean, 7, places=2)
        self.assertEqual(self._performance(self.gloves).otif, 1)

    def test_what_waits_in_front_of_the_store_is_out_still(self):
        self.warehouse.reception_steps = "two_steps"
        order = self._receive(30)
        order.picking_ids.move_ids.date -= timedelta(days=26)
        self.assertEqual(self._supply().open_late, 1)

    def test_the_promised_day_is_a_day_of_the_hospital(self):
        # 07:00 in Shanghai is 23:00 of the day before in Greenwich.
        promised = self._moment(self.yesterday, 7)
        for hour, otif in ((10, 1), (23, 1)):
            order = self._receive(4)
            order.order_line.med_promised_at = promised
            order.picking_ids.move_ids.date = self._moment(self.yesterday, hour)
            self.assertEqual(self._performance(self.gloves).otif, otif)
        order.picking_ids.move_ids.date = self._moment(self.today, 1)
        row = self._performance(self.gloves)
        self.assertEqual(row.otif, 0.5)
        line = self.env["med.supply.line"].search([("order_id", "=", order.id)])
        self.assertEqual(line.days_late, 1)

    def test_late_is_late_for_every_figure_at_the_same_moment(self):
        order = self._order(4)
        order.order_line.med_promised_at = self._moment(self.today, 0)
        row = self._performance(self.gloves)
        self.assertEqual((row.open_late, row.lines_due), (0, 0))
        order.order_line.med_promised_at = self._moment(self.yesterday, 23)
        row = self._performance(self.gloves)
        self.assertEqual((row.open_late, row.lines_due), (1, 1))
        self.assertEqual(row.worst_delay, 1)

    def test_a_night_measures_suppliers_once(self):
        self._receive(10)
        self._order(20)
        live = self._supply()
        self.env["med.supplier.performance"]._refresh()
        measured = []
        model = type(self.env["med.supplier.performance"])
        native = model._measured

        def note(this, *args, **kwargs):
            measured.append(args)
            return native(this, *args, **kwargs)

        self.patch(model, "_measured", note)
        rule = self.rule.with_context(med_nightly_run=True)
        night = rule._med_supplies()[rule]
        self.assertFalse(measured)
        self.assertEqual(night.receipts, live.receipts)
        self.assertEqual(night.open_late, live.open_late)
        self.assertAlmostEqual(night.lead.mean, live.lead.mean, places=3)
        self.assertAlmostEqual(night.lead.deviation, live.lead.deviation, places=3)

    def test_receipts_from_before_the_opening_count(self):
        self.env["med.history"].create(
            {
                "company_id": self.company.id,
                "kind": "receipt",
                "partner_id": self.vendor.id,
                "product_id": self.gloves.id,
                "uom_id": self.gloves.uom_id.id,
                "quantity": 5,
                "event_time": fields.Datetime.now() - timedelta(days=50),
                "ordered_on": self.today - timedelta(days=62),
                "lead_days": 12,
                "source": "test",
                "external_key": "receipt 1",
            }
        )
        supply = self._supply()
        self.assertEqual(supply.receipts, 1)
        self.assertAlmostEqual(supply.lead.mean, (4 * 4 + 12) / 5, places=3)

    def _performance(self, product=None):
        self.env.flush_all()
        self.env["med.supplier.performance"]._refresh()
        return self.env["med.supplier.performance"].search(
            [
                ("partner_id", "=", self.vendor.id),
                ("product_id", "=", product.id if product else False),
            ]
        )

    def test_on_time_and_in_full_is_measured_on_the_first_promise(self):
        self._receive(4)
        late = self._receive(9)
        # Agreeing on a later date afterwards makes nobody punctual.
        late.order_line.date_planned = fields.Datetime.now() + timedelta(days=9)
        self._order(20)
        self._order(1)  # not due yet
        row = self._performance(self.gloves)
        self.assertEqual((row.lines, row.lines_due), (4, 3))
        self.assertAlmostEqual(row.otif, 1 / 3, places=4)
        self.assertAlmostEqual(row.in_full, 2 / 3, places=4)
        self.assertAlmostEqual(row.on_time, 1 / 3, places=4)
        self.assertAlmostEqual(row.fill, 1 / 3, places=4)
        self.assertEqual(row.open_late, 1)
        self.assertAlmostEqual(row.worst_delay, 16, places=1)
        whole = self._performance()
        self.assertTrue(whole.whole)
        self.assertEqual(whole.lines_due, 3)

    def test_a_day_of_grace_and_a_share_are_the_companys_choice(self):
        self._receive(5)
        self.assertEqual(self._performance(self.gloves).otif, 0)
        self.company.med_otif_grace_days = 1
        self.assertEqual(self._performance(self.gloves).otif, 1)

    def test_a_vendor_that_gets_slower_is_seen(self):
        for days in (4, 4, 5, 4):
            order = self._receive(days)
            past = timedelta(days=200)
            order.med_sent_at -= past
            order.date_approve -= past
            order.order_line.med_promised_at -= past
            order.picking_ids.move_ids.date -= past
        self.assertFalse(self._performance(self.gloves).worsening)
        for days in (9, 10, 9, 11):
            self._receive(days)
        row = self._performance(self.gloves)
        self.assertEqual(row.worsening, "lead")
        self.assertAlmostEqual(row.before_lead, 4.25, delta=0.1)
        self.assertAlmostEqual(row.recent_lead, 9.75, delta=0.1)

    def test_price_stability_needs_three_orders(self):
        for price in (10, 12):
            self._receive(4).order_line.price_unit = price
        self.assertEqual(self._performance(self.gloves).price_spread, 0)
        self._receive(4).order_line.price_unit = 14
        row = self._performance(self.gloves)
        self.assertAlmostEqual(row.price_mean, 12, places=2)
        self.assertAlmostEqual(row.price_spread, 2 / 12, places=4)

    def test_without_a_day_of_its_own_an_order_is_sent_when_it_is_approved(self):
        order = self._receive(10)
        order.med_sent_at = False
        supply = self._supply()
        self.assertEqual(supply.receipts, 1)
        self.assertGreater(supply.lead.mean, 4)

    def test_nobody_enters_what_was_promised(self):
        buyer = new_test_user(
            self.env,
            "t_buyer",
            groups="purchase.group_purchase_user",
            company_id=self.company.id,
            company_ids=[(6, 0, self.company.ids)],
        )
        order = self._order(20)
        line = order.order_line.with_user(buyer)
        promised = line.med_promised_at
        now = fields.Datetime.now()
        with self.assertRaises(AccessError):
            line.med_promised_at = now
        with self.assertRaises(AccessError):
            order.with_user(buyer).order_line = [
                Command.update(line.id, {"med_promised_at": now})
            ]
        self.assertEqual(line.med_promised_at, promised)
        line.date_planned = now + timedelta(days=3)
        self.assertEqual(line.med_promised_at, promised)

    def test_goods_that_came_before_the_order_was_sent_say_nothing(self):
        order = self._receive(4)
        order.med_sent_at = fields.Datetime.now() + timedelta(days=30)
        supply = self._supply()
        self.assertEqual((supply.receipts, supply.lead.mean), (0, 4))
