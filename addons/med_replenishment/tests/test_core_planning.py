"""The plan of a night, without a database: properties that must hold on any history."""

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.addons.med_replenishment.core import planning
from odoo.addons.med_replenishment.core.panel import (
    Demand,
    Outlook,
    Rules,
    Supply,
    rows,
)
from odoo.addons.med_replenishment.core.planning import Reason, learn, propose
from odoo.addons.med_replenishment.core.pool import Pool
from odoo.tests import BaseCase

DAYS = 420
PRICES = np.array([1.0, 20.0])


def history(items=60, seed=1, days=DAYS):
    """Lumpy daily use of items of all sizes."""
    random = np.random.default_rng(seed)
    mean = np.exp(random.normal(0, 1.3, items))[:, None]
    lumps = random.gamma(0.5, 2, (items, days))
    return random.poisson(mean * lumps).astype(float)


def warehouse(items=60, **values):
    supply = Supply.of(np.full(items, 5.0), 1.0, 7.0, pack=values.pop("pack", 1.0))
    return supply, Rules.of(np.full(items, 10.0), **values)


class TestPlan(BaseCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.demand = Demand.of(history())
        cls.supply, cls.rules = warehouse()
        cls.pool = learn(cls.demand, cls.supply, cls.rules).priced(PRICES)
        cls.plan = propose(cls.demand, cls.supply, cls.rules, cls.pool)

    def test_a_reorder_point_never_lies_above_the_order_up_to(self):
        self.assertTrue((self.plan.reorder_point <= self.plan.order_up_to).all())
        self.assertTrue((self.plan.reorder_point >= 0).all())

    def test_quantiles_rise_with_their_share(self):
        self.assertTrue((np.diff(self.plan.quantiles, axis=1) >= 0).all())

    def test_a_dearer_miss_never_means_less_stock(self):
        dear = propose(
            self.demand, self.supply, self.rules, self.pool.priced(PRICES * 10)
        )
        self.assertTrue((dear.fill >= self.plan.fill - 1e-6).all())
        self.assertGreater(dear.stock.sum(), self.plan.stock.sum())

    def test_no_item_pays_for_all_the_others(self):
        dear = replace(self.rules, unit_cost=np.where(np.arange(60) < 5, 5e3, 10.0))
        least = replace(dear, least_fill=np.full(60, 0.88))
        pool = self.pool.priced(PRICES * 20)
        free = propose(self.demand, self.supply, dear, pool)
        bound = propose(self.demand, self.supply, least, pool)
        self.assertLess(float(free.fill[:5].min()), 0.8)
        self.assertGreater(float(bound.fill[:5].min()), 0.87)
        np.testing.assert_allclose(
            bound.fill[free.fill > 0.88], free.fill[free.fill > 0.88]
        )

    def test_an_item_is_planned_alike_alone_and_among_others(self):
        one = np.array([7])
        alone = propose(*(rows(x, one) for x in self._columns()), self.pool)
        for name in ("reorder_point", "order_up_to", "wape", "coverage"):
            self.assertAlmostEqual(
                float(getattr(alone, name)[0]),
                float(getattr(self.plan, name)[7]),
                places=5,
            )

    def test_a_pool_survives_being_stored(self):
        stored = Pool.from_json(self.pool.as_json())
        again = propose(*self._columns(), stored)
        np.testing.assert_array_equal(again.order_up_to, self.plan.order_up_to)

    def test_a_pool_stored_before_lead_times_had_a_table_is_read(self):
        stored = self.pool.as_json()
        del stored["errors"]["lead_loss"]
        errors = Pool.from_json(stored).errors
        np.testing.assert_array_equal(errors.lead_loss, errors.loss)

    def test_what_comes_later_changes_no_plan_of_today(self):
        # Thirty weeks are cut away: first they were honest, then poisoned.
        cut = DAYS - 210
        poisoned = history()
        poisoned[:, cut:] = 1e6
        plans = []
        for quantity in (history(), poisoned):
            demand = Demand.of(quantity[:, :cut])
            pool = learn(demand, self.supply, self.rules)
            plans.append(propose(demand, self.supply, self.rules, pool))
        for name in ("reorder_point", "order_up_to", "wape", "quantiles"):
            np.testing.assert_array_equal(
                getattr(plans[0], name), getattr(plans[1], name)
            )

    def test_back_tested_error_is_that_of_the_past_only(self):
        self.assertTrue((self.plan.origins > 10).all())
        self.assertTrue(np.isfinite(self.plan.wape).all())
        self.assertAlmostEqual(float(self.plan.coverage.mean()), 0.95, delta=0.04)

    def test_announced_demand_comes_on_top(self):
        known = np.zeros((60, 30))
        known[3, 5] = 100
        known[4, 25] = 100  # after the protection interval
        planned = propose(*self._columns(), self.pool, Outlook.of(60, known))
        more = planned.reorder_point - self.plan.reorder_point
        self.assertEqual(float(more[3]), 100)
        self.assertEqual(float(more[4]), 0)

    def test_an_epidemic_raises_what_is_held(self):
        factor = np.where(np.arange(60) == 2, 3.0, 1.0)
        planned = propose(*self._columns(), self.pool, Outlook.of(60, factor=factor))
        self.assertGreater(planned.order_up_to[2], 1.5 * self.plan.order_up_to[2])
        self.assertEqual(planned.order_up_to[3], self.plan.order_up_to[3])

    def test_the_minimum_is_always_held_and_the_shelf_never_overfilled(self):
        supply, rules = warehouse(minimum=500.0)
        planned = propose(self.demand, supply, rules, self.pool)
        self.assertTrue((planned.reorder_point >= 500).all())
        supply, rules = warehouse(storage=12.0)
        planned = propose(self.demand, supply, rules, self.pool)
        self.assertTrue((planned.order_up_to <= 12).all())

    def test_what_spoils_soon_is_held_less_deep(self):
        supply, rules = warehouse(shelf_days=20.0)
        planned = propose(self.demand, supply, rules, self.pool)
        self.assertLess(planned.order_up_to.sum(), 0.9 * self.plan.order_up_to.sum())

    def test_a_vital_item_is_held_deeper(self):
        supply, rules = warehouse(vital=np.arange(60) < 30)
        planned = propose(self.demand, supply, rules, self.pool)
        self.assertGreater(
            planned.order_up_to[:30].sum(), self.plan.order_up_to[:30].sum()
        )
        np.testing.assert_array_equal(
            planned.order_up_to[30:], self.plan.order_up_to[30:]
        )

    def test_a_rare_vital_item_covers_the_worst_it_has_seen(self):
        plan = self._outbreak()
        self.assertTrue((plan.reorder_point[:5] >= 300).all())
        self.assertTrue((plan.reorder_point[5:] < 300).all())
        self.assertTrue((plan.order_up_to[:5] < 600).all(), "no deeper than it must be")

    def test_it_is_not_held_at_any_cost(self):
        plan = self._outbreak(holding_rate=4.0)
        self.assertTrue((plan.reorder_point[:5] < 300).all())
        self.assertLess(plan.fill[:5].max(), 0.9, "and the plan says so")

    def _outbreak(self, **terms):
        quantity = np.zeros((60, DAYS))
        quantity[:, ::40] = 3
        quantity[:5, 200:210] = 30  # ten days of it, once
        supply, rules = warehouse(vital=np.arange(60) < 30, **terms)
        demand = Demand.of(quantity)
        return propose(demand, supply, rules, learn(demand, supply, rules))

    def _columns(self):
        return self.demand, self.supply, self.rules


class TestWeakHistory(BaseCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        quantity = history()
        quantity[0, : DAYS - 30] = 0  # a month old
        quantity[1] = 0  # never used
        quantity[2, 200:] = 0  # over since 220 days
        quantity[3] = 0
        quantity[3, DAYS - 10 :] = quantity[4, -10:]  # replaces item 4
        quantity[4, DAYS - 10 :] = 0
        cls.predecessor = np.where(np.arange(60) == 3, 4, -1)
        cls.demand = Demand.of(quantity, predecessor=cls.predecessor)
        cls.supply, cls.rules = warehouse()
        cls.pool = learn(cls.demand, cls.supply, cls.rules).priced(PRICES)
        cls.plan = propose(cls.demand, cls.supply, cls.rules, cls.pool)

    def test_each_weak_history_says_why(self):
        reasons = [Reason(code) for code in self.plan.reason[:4]]
        self.assertEqual(
            reasons, [Reason.NEW, Reason.NO_HISTORY, Reason.ENDED, Reason.INHERITED]
        )
        self.assertEqual(int((self.plan.reason[5:] != Reason.OWN).sum()), 0)

    def test_what_has_ended_is_not_held(self):
        self.assertEqual(float(self.plan.order_up_to[2]), 0)

    def test_what_was_never_used_is_foreseen_like_its_category(self):
        usual = np.exp(np.log(self.plan.daily[5:]).mean())
        self.assertAlmostEqual(float(self.plan.daily[1] / usual), 1, delta=0.5)
        self.assertTrue(np.isnan(self.plan.wape[1]))

    def test_a_successor_is_foreseen_from_what_it_replaces(self):
        before = propose(
            replace(self.demand, predecessor=np.full(60, -1)),
            self.supply,
            self.rules,
            self.pool,
        )
        self.assertGreater(self.plan.weeks[3], 50)
        self.assertLess(before.weeks[3], 3)

    def test_a_predecessor_in_another_chunk_is_found(self):
        chunk, planning.CHUNK = planning.CHUNK, 4
        self.addCleanup(setattr, planning, "CHUNK", chunk)
        plan = propose(self.demand, self.supply, self.rules, self.pool)
        np.testing.assert_array_equal(plan.order_up_to, self.plan.order_up_to)
        self.assertEqual(int(plan.reason[3]), Reason.INHERITED)


class TestAnyHistory(BaseCase):
    @settings(max_examples=25, deadline=None)
    @given(
        seed=st.integers(0, 10_000),
        items=st.integers(1, 12),
        days=st.integers(1, 200),
        lead=st.floats(0.5, 60),
        pack=st.sampled_from([1.0, 10.0, 100.0]),
    )
    def test_no_history_however_odd_breaks_the_plan(
        self, seed, items, days, lead, pack
    ):
        random = np.random.default_rng(seed)
        quantity = random.poisson(random.gamma(0.3, 5, (items, days))).astype(float)
        quantity[random.random(items) < 0.2] = 0
        demand = Demand.of(quantity)
        supply = Supply.of(np.full(items, lead), lead / 4, 7.0, pack)
        rules = Rules.of(random.gamma(1, 10, items), shelf_days=90.0)
        plan = propose(demand, supply, rules, learn(demand, supply, rules))
        for name in ("reorder_point", "order_up_to", "stock", "cost", "quantiles"):
            self.assertTrue(np.isfinite(getattr(plan, name)).all(), name)
        self.assertTrue((plan.reorder_point <= plan.order_up_to).all())
        self.assertTrue((np.diff(plan.quantiles, axis=1) >= 0).all())
