from datetime import timedelta

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command

from ..models import med_forecast_use, med_special_need_switch
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
        self.assertEqual(self.orderpoint.med_locked_until, self.today)
        with freeze_time(fields.Datetime.now() + timedelta(days=1)):
            self.orderpoint.invalidate_recordset(["med_locked"])
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
        with self.assertRaisesRegex(ValidationError, "that day is over"):
            self.orderpoint.write(
                {"med_locked_until": self.yesterday, "med_lock_reason": "Trial"}
            )

    def test_levels_that_no_hospital_has_are_refused(self):
        for levels in ((-1, 5), (0, 1e12)):
            with self.assertRaisesRegex(ValidationError, "from zero to"):
                self.orderpoint.write(
                    {"product_min_qty": levels[0], "product_max_qty": levels[1]}
                )

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

    def test_the_first_of_equal_policies_counts(self):
        first = self._policy(ved="E", service_level=0.95, sequence=1)
        self._policy(ved="E", service_level=0.9, sequence=2)
        self.gloves.med_ved = "E"
        self.assertEqual(self._propose().policy_id, first)

    def test_policies_and_needs_of_many_rules_are_looked_up_by_sets(self):
        """Their queries do not grow with the rules, nor reads with rules x policies."""
        rules = self.env["stock.warehouse.orderpoint"].union(
            *(self._orderpoint(self._product(f"Item {n}")) for n in range(12))
        )
        for number in range(6):
            self._policy(categ_id=self.gloves.categ_id.id, ved="VED"[number % 3])
            self._need(kind="reserve", quantity=3, department_ids=self.icu.ids)
        places = self.env["med.department"]._department_of_locations(rules.location_id)
        days = dict.fromkeys(rules, 8)

        def queries(some):
            self.env.invalidate_all()
            start = self.env.cr.sql_log_count
            self.env["med.service.policy"]._policies_of(some, places)
            needs = self.env["med.special.need"]._needs_of(
                some, places, self.today, days
            )
            self.assertEqual(needs[some[0]].held, 3)
            return self.env.cr.sql_log_count - start

        queries(rules)
        self.assertLessEqual(queries(rules), queries(rules[:2]) + 1)

    # --- what is not worth a look ------------------------------------------------

    def test_a_small_change_is_not_proposed_until_small_ones_add_up(self):
        self._propose().action_publish()
        low, top = self.orderpoint.product_min_qty, self.orderpoint.product_max_qty
        self.orderpoint.write({"product_min_qty": low - 1, "product_max_qty": top - 1})
        self.assertFalse(self._propose())
        self.orderpoint.product_max_qty = top * 0.9
        self.assertTrue(self._propose())
        self.orderpoint.product_max_qty = top - 1
        self.company.med_smallest_change = 0
        self.assertTrue(self._propose(), "every change, where that is wanted")

    def test_more_of_a_vital_item_is_always_proposed(self):
        self.gloves.med_ved = "V"
        self._propose().action_publish()
        low = self.orderpoint.product_min_qty
        self.orderpoint.product_min_qty = low + 1
        self.assertFalse(self._propose(), "a little less is not")
        self.orderpoint.product_min_qty = low - 1
        self.assertTrue(self._propose())

    def test_about_what_was_refused_is_not_proposed_again(self):
        proposal = self._propose()
        proposal.action_reject()
        self.assertFalse(self._propose())
        proposal.sudo().reorder_point += 1
        self.assertFalse(self._propose())
        proposal.sudo().reorder_point += 30
        self.assertTrue(self._propose())

    def test_a_problem_stays_as_it_is_and_refused_it_is_not_told_again(self):
        rule = self._orderpoint(self._product("Nobody sells it", seller_ids=[]))
        rule = self._orderpoint(rule.product_id, self.store)
        problem = self._propose(rule)
        self.assertEqual(problem.problem, "no_supplier")
        self.assertEqual(self._propose(rule), problem)
        self.assertTrue(problem.exists())
        problem.action_reject()
        self.assertFalse(self._propose(rule))

    def test_what_holds_is_found_without_reading_all_history(self):
        first = self._propose()
        first.action_publish()
        second = first.sudo().copy(
            {"state": "published", "published_at": first.published_at}
        )
        model = self.env["med.reorder.proposal"]
        self.assertEqual(
            model._published_last(self.orderpoint), {self.orderpoint.id: second}
        )

    def test_old_decisions_are_forgotten_except_for_the_last(self):
        model = self.env["med.reorder.proposal"]
        old, last = self.env["med.reorder.proposal"], None
        for _night in range(3):
            last = self._propose()
            last.action_publish()
            old |= last
            self.orderpoint.product_max_qty += 500
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE med_reorder_proposal"
            " SET write_date = write_date - interval '3 years' WHERE id = ANY(%s)",
            [old.ids],
        )
        self.assertEqual(model._gc_history(), (2, False))
        self.assertEqual(old.exists(), last)

    def test_days_that_nothing_reads_are_forgotten(self):
        model = self.env["med.demand.day"]
        common = {
            "product_id": self.gloves.id,
            "location_id": self.er.stock_location_id.id,
            "company_id": self.company.id,
        }
        ages = {"ancient": 1200, "empty": 800, "used": 801, "late": 100}
        days = {
            name: model.create(
                {
                    **common,
                    "date": self.today - timedelta(days=age),
                    "used": 3 if name in ("ancient", "used") else 0,
                    "dependent": 0,
                    "unserved": 0,
                    "credited": 0,
                    "stockout": True,
                }
            )
            for name, age in ages.items()
        }
        model._gc_days()
        left = {name for name, day in days.items() if day.exists()}
        self.assertEqual(left, {"used", "late"})

    # --- by itself ---------------------------------------------------------------

    def _any_coverage_will_do(self):
        """Half a year of tests is few: one miss more makes the forecast a weak one."""
        self.patch(med_forecast_use, "LEAST_COVERAGE", 0.0)

    def _night(self):
        with self.enter_registry_test_mode():
            self.env.ref("med_replenishment.ir_cron_propose").method_direct_trigger()

    def test_small_changes_are_published_by_themselves_where_wanted(self):
        self._any_coverage_will_do()
        self.company.med_smallest_change = 0
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
        self._any_coverage_will_do()
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
        self._any_coverage_will_do()
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
        self._any_coverage_will_do()
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
        before = self._propose().read(["reorder_point", "order_up_to", "safety_stock"])
        self._need(kind="reserve", quantity=200, product_ids=self.gloves.ids)
        after = self._propose()
        self.assertEqual(after.minimum_held, 200)
        # What is used until an order comes is taken from above it.
        for name in ("reorder_point", "order_up_to"):
            self.assertEqual(after[name], before[0][name] + 200)
        self.assertAlmostEqual(
            after.safety_stock, before[0]["safety_stock"] + 200, delta=1
        )

    def test_a_reserve_of_a_shelf_is_there_for_no_other(self):
        store = self._orderpoint(department=self.store)
        self._propose().action_publish()
        before = self._propose(store).held_on_shelves
        self._need(
            kind="reserve",
            quantity=5000,
            product_ids=self.gloves.ids,
            department_ids=self.icu.ids,
        )
        self._propose().action_publish()
        self.assertAlmostEqual(self._propose(store).held_on_shelves, before, delta=1)

    def test_a_reserve_that_does_not_fit_is_told(self):
        self.orderpoint.med_storage_limit = 150
        self._need(kind="reserve", quantity=200, product_ids=self.gloves.ids)
        proposal = self._propose()
        self.assertEqual(proposal.problem, "no_room")
        self.assertEqual((proposal.reorder_point, proposal.order_up_to), (1, 2))
        self.assertIn("there is room for 150", proposal.explanation)

    def test_a_reserve_of_what_was_never_used_is_held_alone(self):
        kits = self._product("Disaster kits")
        self._need(kind="reserve", quantity=40, product_ids=kits.ids)
        rule = self._orderpoint(kits)
        proposal = self._propose(rule)
        self.assertFalse(proposal.problem)
        self.assertAlmostEqual(proposal.reorder_point, 40, delta=1)
        self.assertLess(proposal.order_up_to, 45)
        self.assertEqual(rule.med_daily_forecast, 0)

    def test_what_was_never_used_is_used_by_nobody(self):
        """The usual use of its category is no forecast of it, for alerts to read."""
        new = self._product("New device", categ_id=self.gloves.categ_id.id)
        rule = self._orderpoint(new)
        self.assertEqual(self._propose(rule).problem, "no_history")
        self.assertEqual(rule.med_daily_forecast, 0)
        self.assertTrue(rule.med_forecast_weak)

    # --- what takes the place of another -----------------------------------------

    def test_a_successor_begins_with_the_history_of_what_is_gone(self):
        before = self._propose()
        heir = self._product("New gloves")
        heir.product_tmpl_id.med_predecessor_id = self.gloves
        rule = self._orderpoint(heir)
        alone = self._propose(rule)
        top = alone.order_up_to
        self.assertFalse(alone.problem)
        self.assertEqual(alone.forecast_basis, "inherited")
        self.assertAlmostEqual(alone.daily_mean, before.daily_mean, places=2)
        self.orderpoint.active = False
        self.gloves.active = False
        gone = self._propose(rule)
        self.assertEqual(gone.forecast_basis, "inherited")
        self.assertEqual(gone.order_up_to, top)

    def test_a_successor_is_itself_from_its_first_use_on(self):
        heir = self._product("New gloves")
        heir.product_tmpl_id.med_predecessor_id = self.gloves
        self._use_daily(60, 20, product_id=heir.id)
        self._refresh()
        rule = self._orderpoint(heir)
        daily, unseen, inherited = self.env["med.reorder.proposal"]._history(
            rule, self.yesterday
        )
        self.assertTrue(inherited.all())
        self.assertEqual(daily[0, -20:].tolist(), [60] * 20)
        self.assertLess(daily[0, -182:-20].mean(), 12)
        self.assertFalse(unseen[0, -180:].any())

    # --- what is not free to be proposed -----------------------------------------

    def test_the_forecast_of_a_locked_rule_goes_on(self):
        self._propose()
        self.orderpoint.write(
            {"med_locked_until": self.today, "med_lock_reason": "Tender"}
        )
        self.orderpoint.med_daily_forecast = 99
        self.env.flush_all()
        self.assertFalse(self._propose())
        self.assertAlmostEqual(self.orderpoint.med_daily_forecast, 10, delta=1)

    def test_the_forecast_of_a_rule_with_approved_levels_goes_on(self):
        proposal = self._propose()
        proposal.action_approve()
        self.orderpoint.med_daily_forecast = 99
        self.env.flush_all()
        self.assertFalse(self._propose())
        self.assertEqual(proposal.state, "approved")
        self.assertAlmostEqual(self.orderpoint.med_daily_forecast, 10, delta=1)

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
        need.action_switch_on()
        self.assertTrue(need.switched_on)
        proposal = self.env["med.reorder.proposal"].search(
            [("orderpoint_id", "=", self.orderpoint.id), ("state", "=", "proposed")]
        )
        self.assertAlmostEqual(proposal.daily_mean, 2.5 * before, places=2)
        self.assertIn("Need", proposal.need_names)
        need.action_switch_off()
        self.assertFalse(need.switched_on)

    def test_who_presses_twice_has_thrown_the_switch_once(self):
        need = self._need(kind="epidemic", factor=2.5)
        need.action_switch_on()
        need.action_switch_on()
        self.assertTrue(need.switched_on)
        need.action_switch_off()
        need.action_switch_off()
        self.assertFalse(need.switched_on)

    def test_levels_of_many_rules_are_computed_by_a_job(self):
        self.patch(med_special_need_switch, "AT_ONCE", 1)
        self.patch(med_special_need_switch, "BATCH", 1)
        self._orderpoint(department=self.store)
        need = self._need(kind="epidemic", factor=2.5)
        proposals = self.env["med.reorder.proposal"].search(
            [("company_id", "=", self.company.id)]
        )
        self.assertFalse(proposals)
        action = need.action_switch_on()
        self.assertEqual(action["tag"], "display_notification")
        self.assertTrue(need.levels_wanted)
        with self.enter_registry_test_mode():
            self.env.ref("med_replenishment.ir_cron_switch").method_direct_trigger()
        self.env.invalidate_all()
        self.assertFalse(need.levels_wanted)
        proposals = proposals.search([("company_id", "=", self.company.id)])
        self.assertEqual(len(proposals), 2)
        self.assertEqual(set(proposals.mapped("need_factor")), {2.5})
        told = need.message_ids.filtered(lambda m: "2 proposals" in (m.body or ""))
        self.assertIn(self.env.user.partner_id, told.partner_ids)

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
        days = {"date_from": self.today, "date_to": self.today + timedelta(days=9)}
        for words, values in (
            ("changes nothing", {"kind": "campaign", **days}),
            ("changes nothing", {"kind": "epidemic"}),
            ("multiply", {"kind": "epidemic", "factor": 130}),
            ("so much", {"kind": "reserve", "quantity": 1e12}),
            (
                "less than a year",
                {
                    "kind": "campaign",
                    "factor": 2,
                    "yearly": True,
                    "date_from": self.today,
                    "date_to": self.today + timedelta(days=365),
                },
            ),
        ):
            with self.assertRaisesRegex(ValidationError, words):
                self._need(**values)
        with self.assertRaisesRegex(UserError, "Only an epidemic"):
            self._need(kind="reserve", quantity=3).action_switch_on()

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
        _cases, past, _coming = self.env["med.reorder.proposal"]._known_use(
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
        _cases, past, _coming = self.env["med.reorder.proposal"]._known_use(
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
