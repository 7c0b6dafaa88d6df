"""The season of the year: used where it has come again, left alone where it has not."""

import numpy as np

from odoo.addons.med_replenishment.core.panel import Demand, Rules, Supply
from odoo.addons.med_replenishment.core.planning import learn, propose
from odoo.addons.med_replenishment.core.yearly import PERIODS, YEAR, Yearly, by_week
from odoo.tests import BaseCase

ITEMS = 20


def weeks_of(wave, years=2, noise=0.2, growth=0.0, seed=1):
    """Weekly use of items with this ``wave`` (YEAR,) about their level."""
    random = np.random.default_rng(seed)
    level = random.uniform(20, 200, (ITEMS, 1)) * (
        1 + growth * np.arange(years * YEAR) / YEAR
    )
    wave = np.tile(np.broadcast_to(wave, (ITEMS, YEAR)), years)
    return np.maximum(level * wave * random.normal(1, noise, wave.shape), 0)


WAVE = 1 + 0.4 * np.sin(2 * np.pi * np.arange(YEAR) / YEAR)


class TestYearly(BaseCase):
    def _index(self, weekly):
        category = np.zeros(len(weekly), int)
        return Yearly.of(weekly, category).index(weekly, category)

    def test_a_season_that_comes_again_is_foreseen(self):
        index = by_week(self._index(weeks_of(WAVE)), 0)
        self.assertLess(np.abs(index - WAVE).mean(), 0.08)

    def test_chance_is_no_season(self):
        index = self._index(weeks_of(np.ones(YEAR), noise=0.8))
        self.assertLess(np.abs(index - 1).mean(), 0.05)

    def test_growth_is_no_season(self):
        index = self._index(weeks_of(np.ones(YEAR), growth=0.5))
        self.assertLess(np.abs(index - 1).mean(), 0.05)

    def test_an_item_against_the_season_of_its_category_keeps_its_own(self):
        weekly = weeks_of(WAVE)
        weekly[0] = weeks_of(2 - WAVE)[0]
        index = by_week(self._index(weekly), 0)
        self.assertLess(float(np.corrcoef(index[0], WAVE)[0, 1]), -0.8)
        self.assertGreater(float(np.corrcoef(index[1], WAVE)[0, 1]), 0.8)

    def test_less_than_two_years_say_nothing(self):
        index = self._index(weeks_of(WAVE)[:, 1:])
        np.testing.assert_array_equal(index, np.ones((ITEMS, PERIODS)))

    def test_the_plan_is_ahead_of_the_season(self):
        # The wave begins again tomorrow: the next two months are a fifth above it.
        supply, rules = Supply.of(np.full(ITEMS, 60.0), 0.0), Rules.of(np.ones(ITEMS))
        means = []
        for wave in (WAVE, np.ones(YEAR)):
            daily = np.repeat(weeks_of(wave) / 7, 7, axis=1)
            demand = Demand.of(daily)
            plan = propose(demand, supply, rules, learn(demand, supply, rules))
            means.append(plan.interval_mean / (67 * daily.mean(1)))
        self.assertAlmostEqual(float(means[0].mean()), 1.2, delta=0.07)
        self.assertAlmostEqual(float(means[1].mean()), 1.0, delta=0.05)
