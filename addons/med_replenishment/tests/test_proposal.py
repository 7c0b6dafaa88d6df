from datetime import timedelta
from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.sql_db import Cursor

from .common import ReplenishmentCase


class TestProposal(ReplenishmentCase):
    """About ten a day for 26 weeks."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._use_about(10, 182)
        cls._refresh()
        cls.orderpoint = cls._orderpoint(product_min_qty=1, product_max_qty=2)

    def _propose(self, orderpoints=None):
        return self.env["med.reorder.proposal"]._propose(orderpoints or self.orderpoint)

    def test_a_department_waits_for_its_store(self):
        proposal = self._propose()
        self.assertAlmostEqual(proposal.daily_mean, 10, delta=1)
        self.assertEqual((proposal.lead_days, proposal.lead_sigma), (1, 0))
        self.assertEqual(proposal.interval_days, 8)
        self.assertAlmostEqual(proposal.interval_mean, 8 * proposal.daily_mean, delta=8)
        self.assertGreater(proposal.reorder_point, 10)
        self.assertGreater(proposal.order_up_to, proposal.reorder_point)

    def test_a_store_waits_for_its_vendor(self):
        ward = self._propose()
        store = self._propose(self._orderpoint(department=self.store))
        self.assertEqual((store.lead_days, store.lead_sigma), (4, 1))
        self.assertEqual(store.interval_days, 11)
        self.assertGreater(store.interval_high, store.interval_mean)
        self.assertGreater(store.reorder_point, ward.reorder_point + 20)

    def test_the_forecast_bears_its_tested_error(self):
        proposal = self._propose()
        self.assertIn(proposal.forecast_method, ("smoothed", "mean", "blend"))
        self.assertGreaterEqual(proposal.backtest_count, 5)
        self.assertLess(proposal.wape, 0.25)
        self.assertEqual(proposal.history_until, self.yesterday)
        self.assertEqual(proposal.history_days, 182)

    def test_what_has_no_cost_or_a_weak_forecast_waits_for_a_person(self):
        self.company.write(
            {
                "med_auto_publish": True,
                "med_auto_change": 1000,
                "med_auto_value": 1000000,
                "med_auto_error": 100,
            }
        )
        proposal = self._propose()
        self.orderpoint.med_forecast_weak = False
        self.assertTrue(proposal._is_within_policy())
        self.orderpoint.med_forecast_weak = True
        self.assertFalse(proposal._is_within_policy())
        self.gloves.with_company(self.company).standard_price = 0
        proposal = self._propose()
        self.orderpoint.med_forecast_weak = False
        self.assertEqual(proposal.value_change, 0)
        self.assertFalse(proposal._is_within_policy())

    def test_the_day_of_publishing_is_a_day_of_the_hospital(self):
        proposal = self._propose()
        proposal.action_publish()
        proposal.published_at = self._moment(self.today, 7)
        self.orderpoint.invalidate_recordset(["med_last_published"])
        self.assertEqual(self.orderpoint.med_last_published, self.today)

    def test_the_rule_keeps_the_errors_of_its_forecast(self):
        """Also where nothing is proposed, and on the screen of the rule."""
        drains = self._lumpy_product()
        rules = self.orderpoint | self._orderpoint(drains)
        proposals = self.env["med.reorder.proposal"]._propose(rules)
        for proposal in proposals:
            rule = proposal.orderpoint_id
            self.assertEqual(rule.med_backtest_count, proposal.backtest_count)
            for name in ("wape", "bias", "coverage"):
                self.assertAlmostEqual(rule[f"med_{name}"], proposal[name], places=4)
        even, lumpy = (
            proposals.filtered(lambda p, item=item: p.product_id == item).wape
            for item in (self.gloves, drains)
        )
        self.assertLess(even, lumpy)
        proposals.action_publish()
        self.company.med_auto_error = (even + lumpy) / 2
        self.assertFalse(self.env["med.reorder.proposal"]._propose(rules))
        self.assertGreater(self.orderpoint.med_wape, 0)
        weak = self.env["stock.warehouse.orderpoint"].search(
            [("id", "in", rules.ids), ("med_forecast_weak", "=", True)]
        )
        self.assertIn(drains, weak.product_id)
        self.assertGreater(self.orderpoint.med_coverage, 0.85)
        self.assertEqual(weak.product_id, drains)
        # Whoever allows more, sees fewer.
        self.company.med_auto_error = 100
        weak._med_keep_forecast(
            [
                {
                    "forecast_basis": "own",
                    "daily_mean": 1,
                    "announced_daily": 0,
                    "backtest_count": 20,
                    "wape": 1.4,
                    "bias": 0.1,
                    "coverage": 0.95,
                    "weak_data": False,
                }
            ]
        )
        self.assertFalse(weak.med_forecast_weak)
        self.assertEqual(weak.med_wape, 1.4)

    def test_today_and_the_future_are_not_read(self):
        honest = self._propose()
        figures = honest.read(["daily_mean", "daily_sigma", "wape", "reorder_point"])
        for ahead in (0, 1, 30, 300):
            self._use(100000, self.today + timedelta(days=ahead))
        self._refresh()
        poisoned = self._propose()
        self.assertEqual(
            poisoned.read(["daily_mean", "daily_sigma", "wape", "reorder_point"])[0]
            | {"id": 0},
            figures[0] | {"id": 0},
        )

    def test_a_vital_item_is_safer_than_a_desirable_one(self):
        drains = self._lumpy_product()
        store = self._orderpoint(drains, department=self.store)
        held = {}
        self._learn_anew()
        for ved in ("E", "V", "D"):  # at the prices that were found at first
            drains.med_ved = ved
            proposal = self._propose(store)
            held[ved] = proposal.fill_expected
        self.assertGreater(held["V"], held["D"])
        self.assertGreaterEqual(held["V"], held["E"])
        self.assertGreaterEqual(held["E"], held["D"])

    def test_orders_are_whole_packs_of_the_vendor(self):
        box = self.env["uom.uom"].create(
            {
                "name": "Box of 50",
                "relative_factor": 50,
                "relative_uom_id": self.gloves.uom_id.id,
            }
        )
        self.gloves.seller_ids.product_uom_id = box
        proposal = self._propose(self._orderpoint(department=self.store))
        self.assertEqual(proposal.pack, 50)

    def test_little_history_is_flagged(self):
        masks = self._product("Masks")
        self._use_daily(5, 21, product_id=masks.id)
        self._refresh()
        proposal = self._propose(self._orderpoint(masks))
        self.assertTrue(proposal.weak_data)
        self.assertEqual(proposal.forecast_basis, "new")
        self.assertFalse(proposal._is_within_policy())

    def test_days_out_of_stock_are_not_zero_demand(self):
        gauze = self._product("Gauze")
        place = self.icu.stock_location_id
        days = [self.today - timedelta(days=ago) for ago in range(1, 141)]
        self.env["med.consumption"]._record(
            [
                self._report(7, day, product_id=gauze.id)
                for day in days
                if day.weekday() < 4
            ]
        )
        self._refresh()
        self.env["med.demand.day"].create(
            [
                {
                    "product_id": gauze.id,
                    "location_id": place.id,
                    "company_id": self.company.id,
                    "date": day,
                    "stockout": True,
                }
                for day in days
                if day.weekday() >= 4
            ]
        )
        proposal = self._propose(self._orderpoint(gauze))
        self.assertGreater(proposal.daily_mean, 6)

    def test_without_history_or_vendor_nothing_is_proposed_and_the_reason_said(self):
        unused = self._propose(self._orderpoint(self._product("Unused")))
        self.assertEqual(unused.problem, "no_history")
        orphan = self._product("Orphan", seller_ids=[])
        unsold = self._propose(self._orderpoint(orphan, self.store))
        self.assertEqual(unsold.problem, "no_supplier")
        for proposal in unused | unsold:
            self.assertEqual(proposal.reorder_point, proposal.current_min)
            with self.assertRaisesRegex(UserError, "nothing could be computed"):
                proposal.action_publish()

    def test_the_value_of_the_change_is_at_cost(self):
        proposal = self._propose()
        self.assertEqual(proposal.value_change, (proposal.order_up_to - 2) * 2.5)

    def test_publishing_writes_both_levels_of_all_rules_in_one_statement(self):
        proposals = self._propose(
            self.orderpoint | self._orderpoint(department=self.store)
        )
        self.assertEqual(len(proposals), 2)
        self.env.flush_all()
        with patch.object(
            type(self.env.cr), "execute", autospec=True, side_effect=Cursor.execute
        ) as execute:
            proposals.action_publish()
        levels = [
            call.args[1].code
            for call in execute.call_args_list
            if "SET product_min_qty" in getattr(call.args[1], "code", "")
        ]
        self.assertEqual(len(levels), 1)
        proposal = proposals.filtered(lambda p: p.orderpoint_id == self.orderpoint)
        self.assertEqual(self.orderpoint.product_min_qty, proposal.reorder_point)
        self.assertEqual(self.orderpoint.product_max_qty, proposal.order_up_to)
        self.assertEqual(proposal.state, "published")
        self.assertEqual(proposal.decided_by_id, self.env.user)
        self.assertEqual((proposal.current_min, proposal.current_max), (1, 2))

    def test_nothing_changes_before_it_is_published(self):
        proposal = self._propose()
        proposal.action_approve()
        self.assertEqual(self.orderpoint.product_max_qty, 2)

    def test_many_are_approved_and_published_at_once(self):
        others = self._orderpoint(department=self.er) | self._orderpoint(
            department=self.store
        )
        self._use_daily(3, 100, department_id=self.er.id)
        self._refresh()
        proposals = self._propose(self.orderpoint | others)
        self.assertEqual(len(proposals), 3)
        proposals.action_publish()
        self.assertEqual(set(proposals.mapped("state")), {"published"})
        for proposal in proposals:
            rule = proposal.orderpoint_id
            self.assertEqual(rule.product_min_qty, proposal.reorder_point)

    def test_a_rule_changed_by_hand_meanwhile_is_not_overwritten(self):
        proposal = self._propose()
        self.orderpoint.product_max_qty = 50
        with self.assertRaisesRegex(UserError, "changed after their proposal"):
            proposal.action_publish()
        self.assertEqual(self.orderpoint.product_max_qty, 50)

        proposal.action_approve()
        self.env["med.reorder.proposal"]._publish_approved()
        self.assertEqual((proposal.state, proposal.rejection), ("rejected", "changed"))
        self.assertEqual(self.orderpoint.product_max_qty, 50)

    def test_an_undecided_proposal_is_replaced_and_an_approved_one_is_left(self):
        first = self._propose()
        second = self._propose()
        self.assertFalse(first.exists())
        second.action_approve()
        self.assertFalse(self._propose())
        self.assertEqual(second.state, "approved")

    def test_what_holds_already_is_not_proposed(self):
        self._propose().action_publish()
        self.assertFalse(self._propose())

    def test_what_was_rejected_is_not_proposed_again(self):
        self._propose().action_reject()
        self.assertFalse(self._propose())
        self.company.med_internal_lead_days = 5
        self.assertTrue(self._propose())

    def test_the_explanation_bears_every_input_in_the_readers_language(self):
        self.env["res.lang"]._activate_lang("zh_CN")
        proposal = self._propose(self._orderpoint(department=self.store))
        english = proposal.with_context(lang="en_US").explanation
        chinese = proposal.with_context(lang="zh_CN").explanation
        figures = [
            f"{proposal[name]:g}"
            for name in (
                "history_days",
                "backtest_count",
                "lead_days",
                "interval_days",
                "interval_high",
                "reorder_point",
                "order_up_to",
                "review_days",
            )
        ]
        for figure in figures:
            self.assertIn(figure, english)
            self.assertIn(figure, chinese)
        self.assertIn("safety stock", english)
        self.assertIn("安全库存", chinese)

    def test_the_night_refreshes_publishes_and_proposes(self):
        approved = self._propose()
        approved.action_approve()
        self._use(10, department_id=self.er.id)
        with self.enter_registry_test_mode():
            self.env.ref("med_replenishment.ir_cron_propose").method_direct_trigger()
        self.assertEqual(approved.state, "published")
        self.assertEqual(self._demand(place=self.er.stock_location_id), (10, 0))

    def test_a_planner_may_compute_now(self):
        action = self.orderpoint.action_med_propose()
        found = self.env["med.reorder.proposal"].search(action["domain"])
        self.assertEqual(found.state, "proposed")
        self.assertEqual(self.orderpoint.med_proposal_count, 1)

    def test_twenty_reorder_rules_cost_no_more_queries_than_one(self):
        products = [self._product(f"Item {number}") for number in range(20)]
        for product in products:
            self._use_daily(2, 30, product_id=product.id)
        self._refresh()
        orderpoints = self.orderpoint.browse(
            self._orderpoint(product).id for product in products
        ) | self.orderpoint.browse(
            self._orderpoint(product, self.store).id for product in products
        )

        def queries(some):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self._propose(some)
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        one = queries(orderpoints[:1] | orderpoints[20:21])
        many = queries(orderpoints)
        self.assertLessEqual(many, one + 5)
