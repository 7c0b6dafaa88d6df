from datetime import timedelta

import numpy as np

from odoo.tests import BaseCase

from ..core.announced import share_told, taken_up
from ..core.business_case import OURS, business_case
from ..core.fill_target import Target
from ..core.panel import Demand, Rules, Supply
from .common import ReplenishmentCase


class TestAnnouncedInThePast(BaseCase):
    """What a past day's use had been announced, by days."""

    def test_use_after_midnight_takes_up_what_was_announced_before(self):
        quantity = np.array([[0.0, 5.0, 5.0, 0.0]])
        known = np.array([[5.0, 0.0, 0.0, 0.0]])
        self.assertEqual(taken_up(quantity, known, 7).tolist(), [[0, 5, 0, 0]])

    def test_a_count_takes_up_all_days_since_the_last(self):
        quantity = np.zeros((1, 28))
        quantity[0, 4::7] = 35.0
        known = np.full((1, 28), 5.0)
        taken = taken_up(quantity, known, 35)
        self.assertEqual(taken[0, 4::7].tolist(), [25, 35, 35, 35])

    def test_what_was_never_used_takes_nothing_from_later_use(self):
        quantity = np.zeros((1, 20))
        quantity[0, 12] = 30.0
        known = np.zeros((1, 20))
        known[0, 2] = 30.0
        self.assertEqual(taken_up(quantity, known, 7).sum(), 0)
        self.assertEqual(taken_up(quantity, known, 10).sum(), 30)

    def test_only_what_is_told_again_is_taken_out(self):
        coming = np.zeros((3, 30))
        coming[0, :2] = coming[1, :30] = 4.0
        share = share_told(coming, np.array([4.0, 4.0, 4.0]), np.full(3, 8))
        self.assertEqual(share.tolist(), [0.25, 1, 0])


class TestAnnouncedInTheCase(BaseCase):
    def test_the_business_case_plans_what_was_announced(self):
        """Twenty items of a theatre, five a day each, all by its list."""
        quantity = np.full((20, 720), 5.0)
        demand = Demand.of(quantity, known=quantity.copy())
        supply, rules = Supply.of(np.full(20, 4.0)), Rules.of(np.ones(20))
        levels = np.full(20, 60.0), np.full(20, 90.0)
        case = business_case(demand, supply, rules, *levels, 26, Target(0.97))
        served = case.outcome.served / case.outcome.lines
        self.assertGreater(served[OURS].min(), 0.95)
        stock = case.outcome.stock / case.days
        self.assertLess(stock[OURS].max(), 90)


class TestAnnounced(ReplenishmentCase):
    """A theatre that uses five a day, all of it on its list."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._use_daily(5, 182)
        cls._refresh()
        cls.rule = cls._orderpoint(product_min_qty=1, product_max_qty=2)
        cls.procedure = cls.env["med.procedure"].create(
            {"name": "Osteosynthesis", "code": "OS", "department_id": cls.icu.id}
        )

    def _list(self, first, last, quantity=5, department=None):
        """Cases on the days from ``first`` to ``last``, counted from today."""
        department = department or self.icu
        days = [self.today + timedelta(days=day) for day in range(first, last + 1)]
        cases = self.env["med.case"].create(
            [
                {
                    "procedure_id": self.procedure.id,
                    "department_id": department.id,
                    "start": self._moment(day),
                }
                for day in days
            ]
        )
        self.env["med.planned.use"].create(
            [
                {
                    "case_id": case.id,
                    "product_id": self.gloves.id,
                    "quantity": quantity,
                }
                for case in cases
            ]
        )
        past = cases.filtered(lambda case: case.date < self.today)
        past.sudo().write({"state": "done"})
        return cases

    def _propose(self, rule=None):
        return self.env["med.reorder.proposal"]._propose(rule or self.rule)

    def test_use_a_day_is_told_with_what_is_announced(self):
        self._list(-182, 20)
        proposal = self._propose()
        self.assertEqual(proposal.daily_mean, 0)
        self.assertAlmostEqual(proposal.announced_daily, 5, places=2)
        self.assertAlmostEqual(self.rule.med_daily_forecast, 5, places=2)
        found = self.gloves._med_daily_use(self.icu)
        self.assertAlmostEqual(
            found[self.gloves.id, self.icu.id], 5, places=2, msg="for transfers"
        )
        self.env.cr.execute(self.env["med.alert.rule"]._daily_use_sql())
        use = {row[:2]: float(row[2]) for row in self.env.cr.fetchall()}
        key = self.gloves.id, self.icu.stock_location_id.id
        self.assertAlmostEqual(use[key], 5, places=2, msg="for alerts")
        self.assertIn("5 a day on top", proposal.explanation)

    def test_a_list_that_reaches_two_days_is_not_the_end_of_use(self):
        self._list(-182, 1)
        proposal = self._propose()
        self.assertAlmostEqual(proposal.announced_daily, 10 / 8, places=1)
        self.assertAlmostEqual(self.rule.med_daily_forecast, 5, places=1)
        self.assertGreaterEqual(proposal.reorder_point, 40)

    def test_an_item_of_few_cases_is_told_by_the_list_of_its_place(self):
        """No case of the list needs it: that is known, and not a gap in the list."""
        self._list(-182, 20)
        screw = self._product("Long screw")
        for day in range(2, 182, 30):
            self._use(1, self.today - timedelta(days=day), product_id=screw.id)
            case = self._list(-day, -day)
            self.env["med.planned.use"].create(
                {"case_id": case.id, "product_id": screw.id, "quantity": 1}
            )
        self._refresh()
        rule = self._orderpoint(screw)
        _cases, _by_hand, coming = self.env["med.reorder.proposal"]._known_use(
            rule, self.yesterday
        )
        self.assertFalse(coming.any())
        inputs = self.env["med.reorder.proposal"]._inputs(
            rule, self.company, self.today
        )
        self.assertGreater(inputs.was_known.sum(), 4)

    def test_what_was_entered_by_hand_does_not_come_again(self):
        self.env["med.planned.use"].create(
            [
                {
                    "department_id": self.icu.id,
                    "product_id": self.gloves.id,
                    "date": self.today - timedelta(days=day),
                    "quantity": 5,
                    "state": "done",
                }
                for day in range(1, 15)
            ]
        )
        self.assertEqual(self._propose().announced_daily, 0)

    def test_the_chart_uses_stock_up_as_the_list_says(self):
        self._list(-182, 20)
        self._propose()
        self.env["stock.quant"]._update_available_quantity(
            self.gloves, self.icu.stock_location_id, 100
        )
        self.env.invalidate_all()
        week = self.rule.med_chart["coming"][0]
        self.assertAlmostEqual(week["mean"], 35, places=1)
        self.assertAlmostEqual(week["stock"], 65, places=1)

    def test_a_counted_department_does_not_plan_its_list_twice(self):
        mesh = self._product("Mesh")
        counted = self._department("T-CNT", stock_keeping="counted")
        fridays = [self.today - timedelta(days=3 + 7 * week) for week in range(26)]
        self.env["med.consumption"]._record(
            [
                self._report(
                    35, day, product_id=mesh.id, department_id=counted.id, kind="use"
                )
                for day in fridays
            ]
        )
        self._refresh()
        self.gloves, gloves = mesh, self.gloves
        self.addCleanup(setattr, self, "gloves", gloves)
        self._list(-182, 20, department=counted)
        rule = self._orderpoint(mesh, counted)
        proposal = self._propose(rule)
        self.assertLess(proposal.daily_mean, 0.5)
        self.assertAlmostEqual(rule.med_daily_forecast, 5, delta=0.5)

    def test_a_campaign_adds_to_what_is_told(self):
        before = self._propose().daily_mean
        self.env["med.special.need"].create(
            {
                "name": "Vaccination",
                "company_id": self.company.id,
                "kind": "campaign",
                "quantity": 7,
                "date_from": self.today,
                "date_to": self.today + timedelta(days=60),
            }
        )
        self._propose()
        self.assertAlmostEqual(self.rule.med_daily_forecast, before + 7, places=2)

    def test_more_a_day_counts_on_each_day_of_a_long_lead_time(self):
        far = self._product("From overseas", delay=150)
        self._use_daily(1, 182, product_id=far.id)
        self._refresh()
        self.env["med.special.need"].create(
            {
                "name": "Ward opened",
                "company_id": self.company.id,
                "kind": "change",
                "quantity": 2,
                "date_from": self.today,
                "date_to": self.today + timedelta(days=400),
                "product_ids": far.ids,
            }
        )
        proposal = self._propose(self._orderpoint(far, supplier_id=far.seller_ids.id))
        self.assertGreater(proposal.interval_days, 150)
        self.assertAlmostEqual(proposal.known_use, 2 * proposal.interval_days, delta=1)
