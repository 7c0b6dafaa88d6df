from datetime import timedelta

from odoo import fields
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tools import mute_logger

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

    def _classify(self, company=None):
        company = company or self.company
        self.env["med.item.class"].with_company(company)._classify(company)

    def test_a_new_item_that_is_used_evenly_is_steady(self):
        for ago in range(1, 71):
            self._use(3, self.today - timedelta(days=ago))
        self._refresh()
        self._classify()
        row = self.env["med.item.class"].search([("product_id", "=", self.gloves.id)])
        self.assertEqual((row.xyz, row.year_use), ("X", 210))
        self.assertAlmostEqual(row.variation, 0, places=2)

    def test_an_old_item_that_is_rarely_used_is_not_steady(self):
        self._use(40, self.today - timedelta(days=500))
        for ago in (60, 67, 74):
            self._use(40, self.today - timedelta(days=ago))
        self._refresh()
        self._classify()
        self.assertEqual(self.gloves.with_company(self.company).med_xyz, "Z")

    def test_after_three_weeks_nobody_knows_whether_it_is_steady(self):
        for ago in range(1, 22):
            self._use(3, self.today - timedelta(days=ago))
        self._refresh()
        self._classify()
        self.assertFalse(self.gloves.with_company(self.company).med_xyz)

    def test_each_size_has_its_own_class_and_the_item_that_of_the_largest(self):
        attribute = self.env["product.attribute"].create({"name": "Size"})
        sizes = self.env["product.attribute.value"].create(
            [{"name": name, "attribute_id": attribute.id} for name in ("M", "XL")]
        )
        item = self.env["product.template"].create(
            {
                "name": "Gloves of many sizes",
                "is_storable": True,
                "med_consumable": True,
                "attribute_line_ids": [
                    Command.create(
                        {
                            "attribute_id": attribute.id,
                            "value_ids": [Command.set(sizes.ids)],
                        }
                    )
                ],
            }
        )
        used, unused = item.product_variant_ids
        used.with_company(self.company).standard_price = 2
        self._use_about(10, 360, product_id=used.id)
        self._refresh()
        self._classify()
        ours = self.company
        self.assertEqual(used.with_company(ours).med_xyz, "X")
        self.assertEqual(used.with_company(ours).med_fsn, "F")
        self.assertEqual(unused.with_company(ours).med_fsn, "N")
        item = item.with_company(ours)
        self.assertEqual((item.med_xyz, item.med_fsn), ("X", "F"))
        found = item.search([("med_fsn", "=", "N"), ("id", "=", item.id)])
        self.assertEqual(found, item, "one of its sizes does not move")

    def test_another_hospital_does_not_class_our_items(self):
        self._use_about(10, 360)
        self._refresh()
        self._classify()
        other = self.env["res.company"].create({"name": "Other hospital"})
        self._classify(other)
        self.assertEqual(self.gloves.with_company(self.company).med_fsn, "F")
        self.assertEqual(self.gloves.with_company(other).med_fsn, "N")
        policy = self.env["med.service.policy"].create(
            {"name": "Steady", "xyz": "X", "company_id": self.company.id}
        )
        rule = self._orderpoint()
        found = policy._policies_of(rule, {rule.location_id.id: self.icu})
        self.assertEqual(found[rule], policy)

    @mute_logger("odoo.addons.med_replenishment.models.med_item_class")
    def test_what_the_month_lacks_is_tried_again_the_next_night(self):
        self.env["res.company"].search([]).write(
            {"med_classified_on": self.today, "med_dead_looked_on": self.today}
        )
        other = self.env["res.company"].create({"name": "Next"})
        (self.company | other).write(
            {"med_classified_on": False, "med_dead_looked_on": False}
        )
        failed = []
        model = type(self.env["med.item.class"])
        native = model._classify

        def classify(this, company):
            if company.id == self.company.id and not failed:
                failed.append(company)
                raise ValueError("as if the server had failed")
            return native(this, company)

        self.patch(model, "_classify", classify)
        self._job()
        self.assertFalse(self.company.med_classified_on)
        self.assertTrue(self.company.med_dead_looked_on)
        self.assertTrue(other.med_classified_on)
        self._job()
        self.assertTrue(self.company.med_classified_on)

    def _job(self):
        with self.enter_registry_test_mode():
            job = self.env.ref("med_replenishment.ir_cron_classify")
            job.method_direct_trigger()
        self.env.invalidate_all()

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

    def test_levels_that_are_locked_are_not_set_to_zero(self):
        orphan = self._product("Orphan", seller_ids=[])
        self._stock(10, product=orphan)
        rule = self._orderpoint(orphan, product_min_qty=2, product_max_qty=9)
        rule.write({"med_locked_until": self.today, "med_lock_reason": "A trial"})
        row = self._dead()
        with self.assertRaisesRegex(UserError, "locked"):
            row.action_carry_out()
        self.assertEqual((row.state, rule.product_max_qty), ("open", 9))

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

    def test_what_lies_in_a_bin_is_used_from_its_store(self):
        bins = self.env["stock.location"].create(
            [
                {"name": name, "location_id": self.warehouse.lot_stock_id.id}
                for name in ("A-01", "A-02")
            ]
        )
        still = self._product("Still")
        for place, product in ((bins[0], self.gloves), *((b, still) for b in bins)):
            self.env["stock.quant"]._update_available_quantity(
                product,
                place,
                20,
                in_date=fields.Datetime.now() - timedelta(days=300),
            )
        self._use_daily(2, 60)
        self._refresh()
        row = self._dead()
        self.assertEqual(row.product_id, still, "gloves leave the store every day")
        self.assertEqual(row.location_id, self.warehouse.lot_stock_id)
        self.assertEqual(row.quantity, 40)

    def test_a_stop_without_a_rule_is_refused(self):
        orphan = self._product("Orphan", seller_ids=[])
        self._stock(10, product=orphan)
        row = self._dead()
        self.assertEqual(row.proposal, "stop")
        with self.assertRaisesRegex(UserError, "nothing to stop"):
            row.action_carry_out()
        self.assertEqual(row.state, "open")

    def test_a_stop_respects_a_lock_and_can_be_rolled_back(self):
        orphan = self._product("Orphan", seller_ids=[])
        self._stock(10, product=orphan)
        rule = self._orderpoint(orphan, product_min_qty=2, product_max_qty=9)
        rule.write(
            {"med_locked_until": self.today, "med_lock_reason": "until the tender"}
        )
        row = self._dead()
        with self.assertRaisesRegex(UserError, "tender"):
            row.action_carry_out()
        rule.action_med_unlock()
        row.action_carry_out()
        self.assertEqual((rule.product_min_qty, rule.product_max_qty), (0, 0))
        proposal = rule.med_proposal_ids
        self.assertEqual((proposal.state, proposal.reason), ("published", "stop"))
        proposal.action_roll_back()
        self.assertEqual((rule.product_min_qty, rule.product_max_qty), (2, 9))

    def test_a_note_on_what_is_open_still_is_kept(self):
        self._stock(30)
        gone = self._product("Gone")
        self._stock(5, product=gone)
        rows = self._dead()
        row = rows.filtered(lambda row: row.product_id == self.gloves)
        row.note = "Asked the vendor on Monday"
        self.env["stock.quant"].search([("product_id", "=", gone.id)]).quantity = 0
        self._stock(7, days=299)
        self.assertEqual(self._dead(), row)
        self.assertEqual((row.quantity, row.note), (37, "Asked the vendor on Monday"))

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
