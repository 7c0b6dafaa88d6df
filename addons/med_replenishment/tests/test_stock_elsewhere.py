from datetime import timedelta

from odoo import fields
from odoo.exceptions import UserError

from .common import ReplenishmentCase


class TestStockElsewhere(ReplenishmentCase):
    """Classes, dead stock, and transfers before purchases."""

    def _stock(self, quantity, department=None, product=None, days=300):
        product = product or self.gloves
        place = (department or self.icu).stock_location_id
        self.env["stock.quant"]._update_available_quantity(
            product,
            place,
            quantity,
            in_date=fields.Datetime.now() - timedelta(days=days),
        )

    def _dead(self):
        self.env["med.dead.stock"]._look(self.company)
        return self.env["med.dead.stock"].search([("company_id", "=", self.company.id)])

    # --- classes -----------------------------------------------------------------

    def test_items_are_classed_by_how_they_are_used(self):
        drains, unused = self._product("Drains"), self._product("Unused")
        self._use_about(10, 360)
        for ago in (300, 200):
            self._use(40, self.today - timedelta(days=ago), product_id=drains.id)
        self._refresh()
        self.env["med.item.class"].with_company(self.company)._classify(self.company)
        rows = {
            row.product_id: row
            for row in self.env["med.item.class"].search(
                [("company_id", "=", self.company.id)]
            )
        }
        self.assertEqual((rows[self.gloves].xyz, rows[self.gloves].fsn), ("X", "F"))
        self.assertEqual((rows[drains].xyz, rows[drains].fsn), ("Z", "S"))
        self.assertEqual((rows[unused].xyz, rows[unused].fsn), (False, "N"))
        self.assertEqual(self.gloves.med_xyz, "X")
        self.assertEqual(rows[drains].last_use, self.today - timedelta(days=200))
        self.assertAlmostEqual(rows[drains].year_use, 80)

    def test_a_month_is_made_once_and_again(self):
        for _time in range(2):
            self.env["med.item.class"]._classify(self.company)
        rows = self.env["med.item.class"].search(
            [("company_id", "=", self.company.id), ("product_id", "=", self.gloves.id)]
        )
        self.assertEqual(len(rows), 1)

    # --- dead stock --------------------------------------------------------------

    def test_what_lies_unused_goes_to_who_uses_it(self):
        self._stock(30)
        self._use_daily(2, 60, department_id=self.er.id)
        self._refresh()
        row = self._dead()
        self.assertEqual((row.proposal, row.receiver_id), ("transfer", self.er))
        self.assertEqual((row.quantity, row.value), (30, 75))
        self.assertIn(self.er.name, row.explanation)
        row.action_carry_out()
        self.assertEqual(row.state, "done")
        transfer = self.env["med.transfer.proposal"].search(
            [("product_id", "=", self.gloves.id)]
        )
        self.assertEqual((transfer.giver_id, transfer.receiver_id), (self.icu, self.er))
        self.env["med.transfer.proposal"]._propose(self.company)
        self.assertEqual(
            self.env["med.transfer.proposal"].search(
                [("product_id", "=", self.gloves.id)]
            ),
            transfer,
            "the night leaves what was asked for, and offers nothing twice",
        )
        transfer.action_accept()
        self.assertEqual(transfer.state, "accepted")

    def test_what_the_night_proposed_already_is_not_proposed_twice(self):
        self._stock(30)
        self._use_daily(2, 60, department_id=self.er.id)
        self._refresh()
        row = self._dead()
        row.action_carry_out()
        first = row.transfer_id
        first.asked_for = False
        self.env.flush_all()
        again = row.copy({"state": "open"})
        again.action_carry_out()
        proposals = self.env["med.transfer.proposal"].search(
            [("product_id", "=", self.gloves.id)]
        )
        self.assertEqual((proposals, again.transfer_id), (first, first))
        self.assertTrue(first.asked_for)
        self.assertEqual(again.action_view_transfer()["res_id"], first.id)
        self.assertIn("Redistribution", again.message_ids[:1].body)

    def test_what_nobody_would_use_in_time_is_not_passed_on(self):
        self._stock(30)
        self._stock(200, self.er)
        self._use_daily(2, 60, department_id=self.er.id)
        self._refresh()
        rows = self._dead().filtered(lambda row: row.department_id == self.icu)
        self.assertEqual(rows.proposal, "return", "ER holds what it uses itself")

    def test_what_nobody_uses_goes_back_or_is_stopped(self):
        self._stock(30)
        orphan = self._product("Orphan", seller_ids=[])
        self._stock(10, product=orphan)
        rule = self._orderpoint(orphan, product_min_qty=2, product_max_qty=9)
        rows = {row.product_id: row for row in self._dead()}
        self.assertEqual(rows[self.gloves].proposal, "return")
        self.assertEqual(rows[self.gloves].partner_id, self.vendor)
        self.assertEqual(rows[orphan].proposal, "stop")
        rows[orphan].action_carry_out()
        self.assertEqual((rule.product_min_qty, rule.product_max_qty), (0, 0))
        rows[self.gloves].action_carry_out()
        self.assertTrue(self.gloves.product_tmpl_id.activity_ids)

    def test_young_used_vital_and_reserved_stock_is_not_dead(self):
        self._stock(30, days=20)
        used = self._product("Used")
        self._stock(30, product=used)
        self._use(1, product_id=used.id)
        vital = self._product("Vital", med_ved="V")
        self._stock(30, product=vital)
        reserve = self._product("Reserve")
        self._stock(30, product=reserve)
        self._orderpoint(reserve)
        self.env["med.special.need"].create(
            {
                "name": "Disaster store",
                "kind": "reserve",
                "quantity": 30,
                "company_id": self.company.id,
                "product_ids": [fields.Command.set(reserve.ids)],
            }
        )
        self._refresh()
        self.assertFalse(self._dead())

    def test_what_is_kept_has_a_reason_and_is_not_asked_again(self):
        self._stock(30)
        row = self._dead()
        with self.assertRaisesRegex(UserError, "why it is kept"):
            row.action_keep()
        row.note = "For the trial in spring"
        row.action_keep()
        self.assertEqual(self._dead(), row)

    # --- transfer first ----------------------------------------------------------

    def _store_rule(self, **values):
        return self._orderpoint(
            department=self.store,
            trigger="auto",
            product_min_qty=50,
            product_max_qty=100,
            **values,
        )

    def test_excess_of_a_ward_is_offered_to_a_store_that_would_buy(self):
        rule = self._store_rule()
        self.assertEqual(rule.qty_to_order, 100)
        self._stock(400)
        self.company.med_redistribution = True
        self._use_daily(1, 60)
        self._refresh()
        self.env["med.transfer.proposal"]._propose(self.company)
        offer = self.env["med.transfer.proposal"].search(
            [("receiver_id", "=", self.store.id)]
        )
        self.assertEqual((offer.giver_id, offer.quantity), (self.icu, 100))
        self.env.flush_all()
        self.assertEqual(rule.med_transfer_qty, 100)
        self.assertEqual(rule.qty_to_order, 0, "nothing is bought while it is offered")
        offer._decline("We need it")
        self.assertEqual(rule.qty_to_order, 100)

    def test_a_purchase_does_not_wait_for_ever(self):
        rule = self._store_rule()
        self._stock(400)
        self.company.med_redistribution = True
        self.env["med.transfer.proposal"]._propose(self.company)
        self.assertEqual(rule.qty_to_order, 0)
        self.company.med_transfer_first_days = 0
        rule._med_order_anew()
        self.assertEqual(rule.qty_to_order, 100)

    def test_a_night_later_the_purchase_waits_no_longer(self):
        rule = self._store_rule()
        self._stock(400)
        for _night in range(2):
            self.env["med.transfer.proposal"]._propose(self.company)
            offer = self.env["med.transfer.proposal"].search(
                [("receiver_id", "=", self.store.id)]
            )
            offer.proposed_on -= timedelta(days=1)
        self.env["med.transfer.proposal"]._propose(self.company)
        rule._med_order_anew()
        self.assertEqual(rule.qty_to_order, 100)

    def test_rare_large_lines_are_known_from_a_year_of_demand(self):
        drains = self._product("Drains")
        for ago in (200, 150, 100):
            day = self.today - timedelta(days=ago)
            self._use(60, day, product_id=drains.id, department_id=self.er.id)
        self._refresh()
        lumps = drains._med_use_lumps(self.er)
        self.assertAlmostEqual(lumps[drains.id, self.er.id], 60 - 180 / 200)

    def test_a_mere_proposal_is_not_on_the_way(self):
        rule = self._store_rule()
        self._stock(400)
        self.company.med_redistribution = True
        self.env["med.transfer.proposal"]._propose(self.company)
        self.assertEqual(rule._med_on_the_way()[rule], 0)

    def test_a_ward_keeps_what_it_uses(self):
        self._store_rule()
        self._use_daily(5, 90)
        self._refresh()
        self._stock(400)
        self.company.med_redistribution = True
        self.env["med.transfer.proposal"]._propose(self.company)
        self.assertFalse(
            self.env["med.transfer.proposal"].search(
                [("receiver_id", "=", self.store.id)]
            )
        )
