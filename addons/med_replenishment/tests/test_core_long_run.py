"""How far demand over months strays from its level."""

import numpy as np

from odoo.addons.med_replenishment.core.error_table import gamma_quantile
from odoo.addons.med_replenishment.core.long_run import HORIZONS, variance_over
from odoo.addons.med_replenishment.core.panel import Demand, Rules, Supply
from odoo.addons.med_replenishment.core.planning import learn, propose
from odoo.addons.med_replenishment.core.pool import Pool
from odoo.addons.med_replenishment.core.replay import Draws, Shelves, Terms
from odoo.tests import BaseCase

ITEMS, DAYS = 60, 2400


def lines_of(shape, gap=15.0, size=100.0, seed=2):
    """Daily use of items that ask about every ``gap`` days, the more regularly the
    larger ``shape``; all lines nearly of one size."""
    random = np.random.default_rng(seed)
    quantity = np.zeros((ITEMS, DAYS))
    for row in quantity:
        gaps = random.gamma(shape, gap / shape, 3 * int(DAYS / gap))
        days = np.cumsum(np.maximum(gaps, 1)).astype(int)
        days = days[days < DAYS]
        row[days] = np.round(random.normal(size, 0.15 * size, len(days)))
    return np.maximum(quantity, 0)


class TestLongRun(BaseCase):
    def test_regular_lines_even_out_over_months(self):
        supply, rules = Supply.of(np.full(ITEMS, 5.0), 0.0), Rules.of(np.ones(ITEMS))
        chance, regular = (
            learn(Demand.of(lines_of(shape)), supply, rules).laws.drift
            for shape in (1.0, 9.0)
        )
        half_year = 3
        self.assertLess(regular[:, half_year].mean(), 0.6 * chance[:, half_year].mean())

    def test_between_two_horizons_it_is_read_in_between(self):
        ratio = np.array([[1.0, 1.0, 2.0, 2.0, 2.0]])
        at = [
            float(variance_over(np.array([days]), 1.0, np.array([28.0]), ratio)[0])
            for days in (HORIZONS[0], HORIZONS[1], HORIZONS[2], 728.0)
        ]
        np.testing.assert_allclose(at, [1, 2, 8, 52])

    def test_what_is_foreseen_to_expire_is_what_expires(self):
        # Dear misses of goods that live four gaps: some of each order is too old.
        for shape in (1.0, 6.0):
            quantity, life = lines_of(shape), 60.0
            supply = Supply.of(np.full(ITEMS, 5.0), 0.0, 7.0, 10.0)
            rules = Rules.of(np.ones(ITEMS), shelf_days=life, order_line=4.0)
            demand = Demand.of(quantity[:, :900])
            pool = learn(demand, supply, rules).priced(np.array([2e3, 2e3]))
            plan = propose(demand, supply, rules, pool)
            days = DAYS - 900
            walk = np.arange(days) * 0.618 + np.arange(ITEMS)[:, None] * 0.75
            draws = Draws(
                quantity[:, 900:],
                np.full((ITEMS, days), 5),
                gamma_quantile(life, 0.19 * life, walk % 1),
                np.arange(ITEMS) % 7,
            )
            terms = Terms(*(np.full(ITEMS, x) for x in (10.0, 0.0, 7.0, 5.0)))
            low, top, daily = (
                np.repeat(level[:, None], days, 1)
                for level in (plan.reorder_point, plan.order_up_to, plan.daily)
            )
            played = Shelves(draws, terms).run(0, days, low, top, daily)
            came = float(played.expired.sum()) * 365 / days
            self.assertGreater(came, 0)
            self.assertAlmostEqual(float(plan.expired.sum()) / came, 1, delta=0.35)

    def test_a_pool_stored_before_months_were_looked_at_is_read(self):
        supply, rules = Supply.of(np.full(ITEMS, 5.0), 0.0), Rules.of(np.ones(ITEMS))
        stored = learn(Demand.of(lines_of(4.0)), supply, rules).as_json()
        del stored["laws"]["drift"], stored["season"]
        pool = Pool.from_json(stored)
        self.assertTrue((pool.laws.drift == 1).all())
        self.assertEqual(float(pool.season.own[0]), 0)
