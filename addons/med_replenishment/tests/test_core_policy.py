"""Levels, replay and the price of a miss, without a database."""

import doctest
import importlib
import pkgutil
from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.addons.med_replenishment import core
from odoo.addons.med_replenishment.core.error_table import error_table
from odoo.addons.med_replenishment.core.fill_target import (
    EMERGENCY,
    LADDER,
    Achieved,
    Curve,
    Target,
    prices_for,
    tune,
)
from odoo.addons.med_replenishment.core.long_run import HORIZONS
from odoo.addons.med_replenishment.core.outdating import (
    expected_outdating,
    expiring_unused,
    unused,
)
from odoo.addons.med_replenishment.core.panel import ENDLESS, Demand, Rules, Supply
from odoo.addons.med_replenishment.core.planning import learn, propose
from odoo.addons.med_replenishment.core.reorder_search import Exposure, candidates
from odoo.addons.med_replenishment.core.replay import Draws, Shelves, Terms
from odoo.tests import BaseCase


def one_shelf(demand, lead=1, life=ENDLESS, pack=1.0, review=7.0):
    """A shelf of one item, and the levels of each of its days."""
    days = len(demand)
    draws = Draws(
        np.array([demand], float),
        np.full((1, days), lead),
        np.full((1, days), float(life)),
        np.zeros(1, int),
    )
    terms = Terms(*(np.array([x]) for x in (pack, 0.0, review, float(lead))))
    return Shelves(draws, terms)


def steady(value, days):
    return np.full((1, days), float(value))


class TestExamples(BaseCase):
    def test_the_examples_in_the_texts_hold(self):
        for module in pkgutil.iter_modules(core.__path__):
            found = doctest.testmod(
                importlib.import_module(f"{core.__name__}.{module.name}")
            )
            self.assertEqual(found.failed, 0, module.name)


class TestReplay(BaseCase):
    def test_three_weeks_by_hand(self):
        # Ten on the shelf, one a day, a look on days 0, 7 and 14. On day 0 nine are
        # left: no order below 5. On day 7 two are left: eight are ordered, and come two
        # days later, on day 9, when one is left. On day 14 four are left: six come.
        shelves = one_shelf([1.0] * 21, lead=2)
        outcome = shelves.run(0, 21, steady(5, 21), steady(10, 21))
        self.assertEqual(float(outcome.orders[0]), 2)
        self.assertEqual(float(outcome.ordered[0]), 8 + 7)
        self.assertEqual(float(outcome.served[0]), 21)

    def test_what_is_missing_is_counted_as_missed(self):
        shelves = one_shelf([4.0] * 7, lead=30)
        outcome = shelves.run(0, 7, steady(1, 7), steady(10, 7))
        self.assertEqual(float(outcome.lines[0]), 7)
        self.assertEqual(float(outcome.served[0]), 2)
        self.assertEqual(float(outcome.short[0]), 28 - 10)

    def test_what_expires_first_is_used_first_and_the_rest_scrapped(self):
        shelves = one_shelf([0.0] * 21, life=8)
        outcome = shelves.run(0, 21, steady(0, 21), steady(10, 21))
        self.assertEqual(float(outcome.expired[0]), 10)

    def test_orders_come_in_whole_packs(self):
        shelves = one_shelf([1.0] * 21, lead=2, pack=6.0)
        outcome = shelves.run(0, 21, steady(5, 21), steady(10, 21))
        self.assertEqual(float(outcome.ordered[0]) % 6, 0)

    @settings(max_examples=30, deadline=None)
    @given(
        seed=st.integers(0, 9999),
        top=st.integers(1, 60),
        life=st.sampled_from([10, 40, ENDLESS]),
    )
    def test_nothing_appears_or_vanishes(self, seed, top, life):
        random = np.random.default_rng(seed)
        days = 60
        shelves = one_shelf(random.poisson(2, days), lead=3, life=life)
        outcome = shelves.run(0, days, steady(top / 2, days), steady(top, days))
        used = outcome.asked - outcome.short
        left = shelves.on_hand.sum() + shelves.on_way.sum()
        self.assertAlmostEqual(
            float(top + outcome.ordered[0]),
            float(used[0] + outcome.expired[0] + left),
            places=3,
        )

    @settings(max_examples=20, deadline=None)
    @given(seed=st.integers(0, 9999))
    def test_more_stock_never_serves_less(self, seed):
        random = np.random.default_rng(seed)
        demand = random.poisson(random.gamma(0.5, 4, 80))
        served = []
        for top in (10, 20, 40):
            outcome = one_shelf(demand, lead=3).run(
                0, 80, steady(top / 2, 80), steady(top, 80)
            )
            served.append(float(outcome.short[0]))
        self.assertEqual(served, sorted(served, reverse=True))


class TestPriceOfAMiss(BaseCase):
    curve = Curve(
        price=np.array([1.0, 10.0, 100.0]),
        missed=np.array([[0.10, 0.04, 0.004], [0.10, 0.04, 0.004]]),
        expected=np.array([[0.20, 0.08, 0.001], [0.10, 0.04, 0.004]]),
        lines=np.array([100.0, 0.0]),
        weeks=52,
    )

    def test_the_price_is_read_off_the_replay(self):
        prices = prices_for(self.curve, Target(fill=0.96))
        self.assertAlmostEqual(float(prices[0]), 10.0, places=5)

    def test_a_bad_quarter_raises_the_price_more_than_a_good_one_lowers_it(self):
        before = np.array([10.0, 10.0])
        bad = Achieved(np.array([2000.0, 0]), np.array([120.0, 0]), 90)
        good = Achieved(np.array([2000.0, 0]), np.array([40.0, 0]), 90)
        raised = prices_for(self.curve, Target(0.96), bad, before)[0]
        lowered = prices_for(self.curve, Target(0.96), good, before)[0]
        self.assertGreater(raised, 10)
        self.assertLess(lowered, 10)
        self.assertGreater(raised / 10, 10 / lowered)

    def test_many_lines_lower_the_price_further_than_few(self):
        before = np.array([10.0, 10.0])
        few = Achieved(np.array([500.0, 0]), np.array([10.0, 0]), 365)
        many = Achieved(np.array([50000.0, 0]), np.array([1000.0, 0]), 365)
        self.assertLess(
            prices_for(self.curve, Target(0.96), many, before)[0],
            prices_for(self.curve, Target(0.96), few, before)[0],
        )

    def test_a_price_never_grows_beyond_what_still_helps(self):
        flat = Curve(
            self.curve.price * 1e3,
            np.array([[0.10, 0.05, 0.05], [0.1, 0.05, 0.05]]),
            self.curve.expected,
            self.curve.lines,
            52,
        )
        self.assertLess(prices_for(flat, Target(0.999))[0], 1.01e4)

    def test_a_vital_line_costs_no_more_than_an_emergency_delivery(self):
        missed = np.full(len(LADDER), 0.05)
        missed[-1] = 0.001
        steep = Curve(
            100 * LADDER, np.array([missed] * 2), np.array([missed] * 2), np.ones(2), 52
        )
        ordinary, vital = prices_for(steep, Target(0.999))
        self.assertGreater(ordinary, 100 * EMERGENCY)
        self.assertAlmostEqual(vital, 100 * EMERGENCY)

    def test_what_a_plan_expects_is_corrected_by_the_replay(self):
        self.assertAlmostEqual(self.curve.truth(0, 10.0), 0.5)
        self.assertAlmostEqual(self.curve.truth(1, 10.0), 1.0)
        self.assertAlmostEqual(self.curve.truth(0, 100.0), 3.0, msg="bounded")

    def test_vital_items_let_the_others_miss_a_little_more(self):
        both = replace(self.curve, lines=np.array([80.0, 20.0]))
        ordinary, vital = prices_for(both, Target(fill=0.96, vital=0.99))
        self.assertLess(ordinary, 10)
        self.assertGreater(vital, 50)


class TestTune(BaseCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        random = np.random.default_rng(4)
        mean = np.exp(random.normal(0, 1, 80))[:, None]
        quantity = random.poisson(mean * random.gamma(0.6, 1.6, (80, 760)))
        cls.quantity = quantity.astype(float)
        cls.supply = Supply.of(np.full(80, 5.0), 1.5, 7.0)
        cls.rules = Rules.of(random.gamma(2, 5, 80), order_line=2.0)

    def test_the_fill_asked_for_is_what_the_next_year_brings(self):
        # Tuned on two years less a season; played on the 120 days after.
        cut = 640
        demand = Demand.of(self.quantity[:, :cut])
        pool = learn(demand, self.supply, self.rules)
        for asked in (0.94, 0.98):
            tuned = tune(demand, self.supply, self.rules, pool, Target(asked))
            plan = propose(demand, self.supply, self.rules, tuned)
            draws = Draws(
                self.quantity[:, cut:],
                np.full((80, 120), 5),
                np.full((80, 120), ENDLESS),
                np.arange(80) % 7,
            )
            terms = Terms(np.ones(80), np.zeros(80), np.full(80, 7.0), np.full(80, 5.0))
            low, top = (
                np.repeat(x[:, None], 120, 1)
                for x in (plan.reorder_point, plan.order_up_to)
            )
            outcome = Shelves(draws, terms).run(0, 120, low, top)
            fill = outcome.served.sum() / outcome.lines.sum()
            self.assertAlmostEqual(float(fill), asked, delta=0.015)
            lines = outcome.lines / outcome.lines.sum()
            self.assertAlmostEqual(float((plan.fill * lines).sum()), asked, delta=0.02)

    def test_history_of_weeks_still_gives_a_price(self):
        demand = Demand.of(self.quantity[:, :70])
        pool = learn(demand, self.supply, self.rules)
        tuned = tune(demand, self.supply, self.rules, pool, Target(0.96))
        self.assertTrue((np.isfinite(tuned.price) & (tuned.price > 0)).all())
        plan = propose(demand, self.supply, self.rules, tuned)
        most = 180 * plan.daily + plan.interval_mean
        self.assertTrue((plan.order_up_to <= np.maximum(most * 1.5, 60)).all())


class TestWhatALevelBrings(BaseCase):
    """The figures of a candidate against what they are made of, by hand."""

    def _candidates(self, **values):
        exposure = {
            "mean": 14.0,
            "deviation": 5.0,
            "lead_units": 7.0,
            "lead_deviation": 3.5,
            "daily": 1.0,
            "line_size": 1.0,
            "line_spread": 1.0,
            "line_rate": 1.0,
        }
        columns = {
            name: np.array([value], np.float32)
            for name, value in (exposure | values).items()
        }
        random = np.random.default_rng(7)
        errors = error_table(
            np.ones(40), random.normal(size=(40, 50)), random.normal(size=(40, 50))
        )
        supply = Supply.of(np.array([7.0]), 1.0, 7.0)
        rules = Rules.of(np.array([1.0]))
        return candidates(
            Exposure(
                **columns,
                drift=np.ones((1, len(HORIZONS))),
                pool=np.zeros(1, int),
            ),
            supply,
            rules,
            errors,
        )

    def test_orders_are_as_far_apart_as_an_order_lasts(self):
        # Seven are used between two reviews; S - s, and half a pack, between orders.
        found = self._candidates()
        depth = found.top[0] - found.low[0, :, None]
        np.testing.assert_allclose(
            found.orders[0], 365 / (7 + np.maximum(depth + 0.5, 1)), rtol=1e-4
        )

    def test_a_mean_from_s_to_s_is_that_of_many_places(self):
        # Whatever the depth: the sum of losses beyond both ends, against adding up.
        random = np.random.default_rng(3)
        table = error_table(
            np.ones(40), random.gamma(1, 1, (40, 50)) - 1, random.normal(size=(40, 50))
        )
        for low, high in ((-9.0, -7.0), (-1.0, 0.4), (0.33, 7.7), (2.0, 30.0)):
            ends = np.array([[low, high]])
            _share, _loss, beyond = table.losses(np.zeros(1, int), ends)
            places = np.linspace(low, high, 20001)[None]
            _share, loss, _beyond = table.losses(np.zeros(1, int), places)
            self.assertAlmostEqual(
                float(beyond[0, 0] - beyond[0, 1]),
                float(loss.mean() * (high - low)),
                delta=1e-3,
            )

    def test_a_daily_item_is_not_left_to_run_dry_before_a_large_order(self):
        # Dear orders make deep ones; the reorder point still covers the lead time.
        units = np.random.default_rng(5).poisson(29, (60, 500)).astype(float)
        demand, supply = Demand.of(units), Supply.of(np.full(60, 1.0), 0.0, 7.0)
        rules = Rules.of(np.full(60, 0.5), order_line=30.0)
        pool = learn(demand, supply, rules)
        plan = propose(demand, supply, rules, pool.priced(np.array([40.0, 400.0])))
        self.assertGreater(float(plan.order_up_to.min()), 29 * 25)
        self.assertGreater(float(plan.reorder_point.min()), 29)
        self.assertGreater(float(plan.fill.min()), 0.9)

    def test_the_fill_of_a_plan_is_that_of_a_simulation(self):
        units = np.random.default_rng(5).poisson(9, (60, 900)).astype(float)
        demand, supply = (
            Demand.of(units[:, :500]),
            Supply.of(np.full(60, 4.0), 0.0, 7.0),
        )
        rules = Rules.of(np.full(60, 1.0), order_line=4.0)
        pool = learn(demand, supply, rules)
        plan = propose(demand, supply, rules, pool.priced(np.array([0.5, 5.0])))
        draws = Draws(
            units[:, 500:],
            np.full((60, 400), 4),
            np.full((60, 400), ENDLESS),
            np.arange(60) % 7,
        )
        terms = Terms(np.ones(60), np.zeros(60), np.full(60, 7.0), np.full(60, 4.0))
        low, top = (
            np.repeat(x[:, None], 400, 1)
            for x in (plan.reorder_point, plan.order_up_to)
        )
        played = Shelves(draws, terms).run(0, 400, low, top)
        served = played.served.sum() / played.lines.sum()
        self.assertLess(float(served), 0.995)
        self.assertAlmostEqual(float(plan.fill.mean()), float(served), delta=0.02)

    def test_no_more_than_one_order_a_review_with_demand(self):
        # One line of 28 in four weeks: a quarter of the reviews has demand.
        found = self._candidates(line_rate=1 / 28, line_size=28.0)
        self.assertLess(float(found.orders.max()), 365 / 28 + 1)

    def test_few_large_lines_are_missed_as_lines_not_as_many(self):
        even, lumpy = (
            self._candidates(line_spread=spread).missed for spread in (1.0, 4.0)
        )
        self.assertTrue((lumpy <= even + 1e-6).all())
        self.assertLess(float(lumpy.sum()), 0.95 * float(even.sum()))

    def test_lines_of_one_size_miss_half_of_the_first(self):
        even, alike = (
            self._candidates(line_spread=spread).missed for spread in (1.0, 0.0)
        )
        self.assertTrue((alike >= even - 1e-6).all())

    def test_a_higher_top_misses_less_and_holds_more(self):
        found = self._candidates()
        self.assertTrue((np.diff(found.missed, axis=1) <= 1e-5).all())
        self.assertTrue((np.diff(found.stock, axis=1) >= -1e-5).all())


class TestOutdating(BaseCase):
    def test_steady_use_leaves_what_it_does_not_reach(self):
        left = unused(np.array([100.0]), np.array([60.0]), np.array([1e-3]))
        self.assertAlmostEqual(float(left[0]), 40.0, places=1)

    def test_a_gamma_by_its_own_formula(self):
        # Exponential demand of mean 10: E[(10 - D)+] = 10 exp(-1) = 3.68.
        left = unused(np.array([10.0]), np.array([10.0]), np.array([100.0]))
        self.assertAlmostEqual(float(left[0]), 10 * np.exp(-1), delta=0.1)

    def test_an_order_is_not_blamed_for_what_stood_before_it(self):
        whole = expected_outdating(*(np.array([x]) for x in (100.0, 100.0, 60.0, 1.0)))
        part = expected_outdating(*(np.array([x]) for x in (100.0, 10.0, 60.0, 1.0)))
        self.assertAlmostEqual(float(whole[0]), 40.0, delta=0.5)
        self.assertAlmostEqual(float(part[0]), 10.0, delta=0.5)

    def test_stock_that_will_expire_is_no_cover(self):
        stock = np.array([[5.0, 20.0]])
        lost = expiring_unused(stock, np.array([1.0]), 6, np.array([14]))
        # Six days take the five and one more; by day 13, thirteen of 25 are used.
        self.assertEqual(float(lost[0]), 25 - 13)
