from datetime import timedelta

from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command

from .common import ReplenishmentCase


class TestPlanning(ReplenishmentCase):
    """Locks, policies, clinical needs, publishing by itself, rolling back."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._use_about(10, 182)
        cls._refresh()
        cls.orderpoint = cls._orderpoint(product_min_qty=1, product_max_qty=2)

    def _propose(self, orderpoints=None):
        return self.env["med.reorder.proposal"]._propose(orderpoints or self.orderpoint)

    def _policy(self, **values):
        return self.env["med.service.policy"].create(
            {"name": "Policy", "company_id": self.company.id, **values}
        )

    def _need(self, **values):
        return self.env["med.special.need"].create(
            {"name": "Need", "company_id": self.company.id, **values}
        )

    # --- locks -------------------------------------------------------------------

    def test_a_locked_rule_is_left_alone_until_the_day_is_over(self):
        first = self._propose()
        self.orderpoint.write(
            {"med_locked_until": self.today, "med_lock_reason": "Trial of a new item"}
        )
        self.assertFalse(self._propose())
        self.assertFalse(first.exists())
        self.orderpoint.med_locked_until = self.yesterday
        self.assertTrue(self._propose())

    def test_a_lock_stops_publishing_too(self):
        proposal = self._propose()
        proposal.action_approve()
        self.orderpoint.write(
            {"med_locked_until": self.today, "med_lock_reason": "Trial"}
        )
        with self.assertRaisesRegex(UserError, "Trial"):
            proposal.action_publish()
        self.env["med.reorder.proposal"]._publish_approved()
        self.assertEqual((proposal.state, proposal.rejection), ("rejected", "locked"))
        self.assertEqual(self.orderpoint.product_max_qty, 2)

    def test_a_lock_needs_a_reason_and_can_be_lifted(self):
        with self.assertRaisesRegex(ValidationError, "why"):
            self.orderpoint.med_locked_until = self.today
        self.orderpoint.write(
            {"med_locked_until": self.today, "med_lock_reason": "Trial"}
        )
        locked = self.env["stock.warehouse.orderpoint"].search(
            [("med_locked", "=", True)]
        )
        self.assertIn(self.orderpoint, locked)
        self.orderpoint.action_med_unlock()
        self.assertFalse(self.orderpoint.med_locked)

    # --- policies ----------------------------------------------------------------

    def test_the_closest_policy_counts(self):
        self.gloves.med_ved = "E"
        self.gloves.product_tmpl_id.med_abc = "A"
        self._policy(ved="E", service_level=0.95)
        both = self._policy(ved="E", abc="A", service_level=0.96)
        self.assertEqual(self._propose().policy_id, both)
        ward = self._policy(department_id=self.icu.id, service_level=0.98)
        proposal = self._propose()
        self.assertEqual(proposal.policy_id, ward)
        self.assertEqual(proposal.service_level, 0.98)
        item = self._policy(product_id=self.gloves.id, service_level=0.995)
        self.assertEqual(self._propose().policy_id, item)

    def test_another_class_department_or_company_has_no_policy_here(self):
        self._policy(ved="V")
        self._policy(department_id=self.er.id)
        other = self.env["res.company"].create({"name": "Other hospital"})
        self._policy(company_id=other.id)
        self.assertFalse(self._propose().policy_id)

    def test_more_service_serves_more(self):
        drains = self._lumpy_product()
        store = self._orderpoint(drains, department=self.store)
        low = self._policy(product_id=drains.id, service_level=0.8)
        less = self._propose(store).fill_expected
        low.service_level = 0.999
        self.assertGreater(self._propose(store).fill_expected, less)

    def test_a_policy_may_order_at_its_own_rhythm(self):
        before = self._propose().reorder_point
        self._policy(product_id=self.gloves.id, review_days=28, service_level=0.97)
        after = self._propose()
        self.assertEqual((after.review_days, after.interval_days), (28, 29))
        self.assertGreater(after.reorder_point, before + 100)

    # --- by itself ---------------------------------------------------------------

    def _night(self):
        with self.enter_registry_test_mode():
            self.env.ref("med_replenishment.ir_cron_propose").method_direct_trigger()

    def test_small_changes_are_published_by_themselves_where_wanted(self):
        self._propose().action_publish()
        levels = self.orderpoint.product_min_qty, self.orderpoint.product_max_qty
        self.orderpoint.write(
            {"product_min_qty": levels[0] - 1, "product_max_qty": levels[1] - 1}
        )
        self.company.med_auto_error = 1.0
        self._night()
        waiting = self.env["med.reorder.proposal"].search(
            [("orderpoint_id", "=", self.orderpoint.id), ("state", "=", "proposed")]
        )
        self.assertTrue(waiting)
        self.company.med_auto_publish = True
        self._night()
        self.assertEqual(
            (self.orderpoint.product_min_qty, self.orderpoint.product_max_qty), levels
        )
        done = self.env["med.reorder.proposal"].search(
            [("orderpoint_id", "=", self.orderpoint.id), ("auto", "=", True)]
        )
        self.assertEqual(done.state, "published")
        self.assertFalse(done.decided_by_id)

    def test_large_or_costly_or_uncertain_changes_wait_for_a_person(self):
        self.company.med_auto_publish = True
        self.company.med_auto_error = 1.0
        proposal = self._propose()
        self.assertFalse(proposal._is_within_policy())
        self.company.med_auto_change = 1000
        self.assertTrue(proposal._is_within_policy())
        self.company.med_auto_value = 10
        self.assertFalse(proposal._is_within_policy())
        self.company.med_auto_value = 10000
        self.company.med_auto_error = 0.0
        self.assertFalse(proposal._is_within_policy())
        self.company.med_auto_error = 1.0
        self.assertTrue(proposal._is_within_policy())
        self._policy(product_id=self.gloves.id, auto_publish="never")
        self.assertFalse(self._propose()._is_within_policy())

    def test_less_stock_is_as_large_a_change_as_more(self):
        self._propose().action_publish()
        self.orderpoint.product_max_qty += 5000
        self.company.write(
            {
                "med_auto_publish": True,
                "med_auto_error": 1.0,
                "med_auto_change": 1000,
                "med_auto_value": 1000,
            }
        )
        proposal = self._propose()
        self.assertLess(proposal.value_change, -1000)
        self.assertFalse(proposal._is_within_policy())
        self.company.med_auto_value = 100000
        self.assertTrue(proposal._is_within_policy())

    def test_what_could_not_be_tested_waits_for_a_person(self):
        self.company.write(
            {"med_auto_publish": True, "med_auto_error": 1.0, "med_auto_change": 1000}
        )
        proposal = self._propose()
        self.assertTrue(proposal._is_within_policy())
        proposal.sudo().backtest_count = 0
        self.assertFalse(proposal._is_within_policy())

    # --- rolling back ------------------------------------------------------------

    def test_rolling_back_writes_what_held_before_and_is_remembered(self):
        proposal = self._propose()
        proposal.action_publish()
        self.assertGreater(self.orderpoint.product_max_qty, 2)
        proposal.action_roll_back()
        self.assertEqual(
            (self.orderpoint.product_min_qty, self.orderpoint.product_max_qty), (1, 2)
        )
        self.assertEqual(proposal.state, "rolled_back")
        self.assertEqual(proposal.rolled_back_by_id, self.env.user)
        self.assertFalse(self._propose(), "the same figures are not proposed again")

    def test_the_safety_stock_goes_back_with_the_levels(self):
        first = self._propose()
        first.action_publish()
        safety = self.orderpoint.med_safety_stock
        self.assertEqual(safety, first.safety_stock)
        self.company.med_internal_lead_days = 9
        second = self._propose()
        self.assertNotEqual(second.safety_stock, safety)
        second.action_publish()
        second.action_roll_back()
        self.assertEqual(self.orderpoint.product_min_qty, first.reorder_point)
        self.assertEqual(self.orderpoint.med_safety_stock, safety)
        first.action_roll_back()
        self.assertEqual(self.orderpoint.med_safety_stock, 0, "set by hand")

    def test_locked_levels_are_not_rolled_back(self):
        proposal = self._propose()
        proposal.action_publish()
        self.orderpoint.write(
            {"med_locked_until": self.today, "med_lock_reason": "Trial"}
        )
        with self.assertRaisesRegex(UserError, "are locked"):
            proposal.action_roll_back()
        self.assertEqual(proposal.state, "published")

    def test_a_later_change_is_not_rolled_back(self):
        proposal = self._propose()
        proposal.action_publish()
        self.orderpoint.product_max_qty += 50
        with self.assertRaisesRegex(UserError, "changed since"):
            proposal.action_roll_back()

    # --- reasons -----------------------------------------------------------------

    def test_a_proposal_says_what_moved(self):
        first = self._propose()
        self.assertEqual(first.reason, "first")
        first.action_publish()
        self._need(
            kind="campaign",
            factor=2,
            date_from=self.today,
            date_to=self.today + timedelta(days=60),
        )
        self.assertEqual(self._propose().reason, "need")
        self.orderpoint.product_max_qty += 7
        self.assertEqual(self._propose().reason, "hand")

    # --- clinical needs ----------------------------------------------------------

    def test_a_reserve_always_lies_there(self):
        self.assertLess(self._propose().reorder_point, 200)
        self._need(kind="reserve", quantity=200, product_ids=self.gloves.ids)
        after = self._propose()
        self.assertEqual((after.reorder_point, after.minimum_held), (200, 200))
        self.assertGreater(after.order_up_to, 200)

    def test_a_campaign_counts_by_the_days_it_covers(self):
        before = self._propose().daily_mean
        need = self._need(
            kind="campaign",
            factor=3,
            date_from=self.today,
            date_to=self.today + timedelta(days=60),
            department_ids=self.icu.ids,
        )
        self.assertAlmostEqual(self._propose().daily_mean, 3 * before, places=2)
        # One of the eight days until the next order but one.
        need.date_to = self.today
        self.assertAlmostEqual(
            self._propose().daily_mean, before * (1 + 2 / 8), places=2
        )
        need.write(
            {"date_from": self.yesterday - timedelta(days=9), "date_to": self.yesterday}
        )
        self.assertAlmostEqual(self._propose().daily_mean, before, places=2)

    def test_a_season_comes_every_year(self):
        begin = self.today - timedelta(days=370)
        need = self._need(
            kind="campaign",
            factor=2,
            date_from=begin,
            date_to=begin + timedelta(days=30),
        )
        self.assertFalse(need.holds_now)
        need.yearly = True
        self.assertTrue(need.holds_now)

    def test_an_epidemic_is_a_switch_that_computes_at_once(self):
        before = self._propose().daily_mean
        need = self._need(
            kind="epidemic", factor=2.5, product_ids=[Command.set(self.gloves.ids)]
        )
        self.assertAlmostEqual(self._propose().daily_mean, before, places=2)
        need.action_switch()
        self.assertTrue(need.switched_on)
        proposal = self.env["med.reorder.proposal"].search(
            [("orderpoint_id", "=", self.orderpoint.id), ("state", "=", "proposed")]
        )
        self.assertAlmostEqual(proposal.daily_mean, 2.5 * before, places=2)
        self.assertIn("Need", proposal.need_names)
        need.action_switch()
        self.assertFalse(need.switched_on)

    def test_other_items_and_departments_are_not_touched(self):
        self._need(kind="reserve", quantity=500, department_ids=self.er.ids)
        self._need(kind="reserve", quantity=500, product_ids=self._product("Masks").ids)
        self.assertLess(self._propose().reorder_point, 500)

    def test_what_does_not_fit_is_not_proposed(self):
        self.orderpoint.med_storage_limit = 40
        proposal = self._propose()
        self.assertEqual(proposal.order_up_to, 40)
        self.assertLessEqual(proposal.reorder_point, 40)

    def test_a_need_must_make_sense(self):
        with self.assertRaisesRegex(ValidationError, "give both"):
            self._need(kind="campaign")
        with self.assertRaisesRegex(ValidationError, "how much"):
            self._need(kind="reserve")
        with self.assertRaisesRegex(UserError, "Only an epidemic"):
            self._need(kind="reserve", quantity=3).action_switch()

    # --- what is announced -------------------------------------------------------

    def test_planned_use_is_on_top_of_the_forecast(self):
        before = self._propose().read(["reorder_point", "order_up_to"])[0]
        self.env["med.planned.use"].create(
            {
                "department_id": self.icu.id,
                "product_id": self.gloves.id,
                "date": self.today + timedelta(days=3),
                "quantity": 60,
            }
        )
        after = self._propose()
        self.assertEqual(after.known_use, 60)
        self.assertEqual(after.reorder_point, before["reorder_point"] + 60)
        self.assertEqual(after.order_up_to, before["order_up_to"] + 60)
        self.assertIn("60", after.explanation)

    def test_planned_use_beyond_the_next_orders_does_not_count_yet(self):
        self.env["med.planned.use"].create(
            {
                "department_id": self.icu.id,
                "product_id": self.gloves.id,
                "date": self.today + timedelta(days=40),
                "quantity": 60,
            }
        )
        self.assertEqual(self._propose().known_use, 0)

    def test_the_store_plans_for_its_departments(self):
        self.env["med.planned.use"].create(
            {
                "department_id": self.icu.id,
                "product_id": self.gloves.id,
                "date": self.today + timedelta(days=3),
                "quantity": 60,
            }
        )
        store = self._propose(self._orderpoint(department=self.store))
        self.assertEqual(store.known_use, 60)

    def test_what_was_announced_is_taken_out_of_the_past(self):
        self.env["med.planned.use"].create(
            {
                "department_id": self.icu.id,
                "product_id": self.gloves.id,
                "date": self.today - timedelta(days=5),
                "quantity": 4,
                "state": "done",
            }
        )
        past, _coming = self.env["med.reorder.proposal"]._known_use(
            self.orderpoint, self.yesterday
        )
        self.assertEqual(past[0, -5], 4)
        self.assertEqual(past.sum(), 4)

    def test_each_case_of_one_day_is_taken_out_of_the_past(self):
        self.env["med.planned.use"].create(
            [
                {
                    "department_id": self.icu.id,
                    "product_id": self.gloves.id,
                    "date": self.today - timedelta(days=5),
                    "quantity": 1,
                    "state": "done",
                }
                for _case in range(8)
            ]
        )
        past, _coming = self.env["med.reorder.proposal"]._known_use(
            self.orderpoint, self.yesterday
        )
        self.assertEqual((past[0, -5], past.sum()), (8, 8))

    # --- two echelons ------------------------------------------------------------

    def test_safety_stock_of_the_shelves_is_not_held_again_in_the_store(self):
        store = self._orderpoint(department=self.store)
        alone = self._propose(store)
        alone_point, alone_safety = alone.reorder_point, alone.safety_stock
        ward = self._propose()
        ward.action_publish()
        together = self._propose(store)
        shared = min(ward.safety_stock, alone_safety / 2)
        self.assertGreater(shared, 0)
        self.assertAlmostEqual(together.held_on_shelves, shared, places=1)
        self.assertAlmostEqual(together.reorder_point, alone_point - shared, delta=1)
        self.assertIn("not held again", together.explanation)
