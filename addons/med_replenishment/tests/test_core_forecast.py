import numpy as np

from odoo.addons.med_replenishment.core.forecast import (
    forecast,
    rolling_origin,
    smooth,
    weekly_use,
)
from odoo.tests import BaseCase


def rows(*series):
    return np.array(series, dtype=float)


class TestWeeklyUse(BaseCase):
    def test_weeks_end_with_the_last_day_and_the_odd_days_before_are_left_out(self):
        daily = rows([100, 1, 1, 1, 1, 1, 1, 1])
        self.assertEqual(weekly_use(daily, daily < 0).tolist(), [[7.0]])

    def test_days_that_say_nothing_are_taken_at_the_average_of_the_others(self):
        daily = rows([2, 2, 2, 2, 2, 0, 0])
        unseen = np.array([[False] * 5 + [True] * 2])
        self.assertEqual(weekly_use(daily, unseen).tolist(), [[14.0]])

    def test_a_week_with_three_seen_days_is_no_observation(self):
        unseen = np.array([[False] * 3 + [True] * 4])
        self.assertTrue(np.isnan(weekly_use(rows([2] * 7), unseen))[0, 0])

    def test_more_returned_than_used_is_no_negative_demand(self):
        daily = rows([-5, 1, 1, 0, 0, 0, 0])
        self.assertEqual(weekly_use(daily, daily > 99).tolist(), [[0.0]])


class TestForecast(BaseCase):
    def test_steady_use_is_foreseen_exactly(self):
        steady = forecast(np.full((1, 30), 14.0), np.array([2]))
        self.assertAlmostEqual(float(steady.mean[0]), 2.0)
        self.assertAlmostEqual(float(steady.wape[0]), 0.0)
        self.assertAlmostEqual(float(steady.bias[0]), 0.0)

    def test_even_steady_use_keeps_the_spread_of_single_uses(self):
        steady = forecast(np.full((1, 30), 14.0), np.array([2]))
        self.assertAlmostEqual(float(steady.deviation[0]), 2.0**0.5)

    def test_two_weeks_smoothed_by_hand(self):
        # The first week sets the level to 10. In the second the gain is 1/2 for the
        # ten gains up to 1/2 (level 15), 0.65 (16.5) and 0.8 (18); no errors are judged
        # yet, so all weigh the same: (10 * 15 + 16.5 + 18) / 12.
        levels, _variance = smooth(rows([10, 20]))
        self.assertAlmostEqual(levels[0, 1], 10.0)
        self.assertAlmostEqual(levels[0, 2], 15.375)

    def test_a_lasting_change_of_level_is_followed(self):
        changed = forecast(rows([7] * 40 + [21] * 12), np.array([1]))
        self.assertAlmostEqual(float(changed.mean[0]), 3.0, delta=0.15)

    def test_noise_is_not_followed(self):
        noise = np.random.default_rng(7).poisson(70, (200, 104)).astype(float)
        foreseen = forecast(noise, np.full(200, 2))
        self.assertLess(np.abs(foreseen.mean - 10).mean(), 0.4)
        # The variance of a day is 10 here, and never estimated below the mean.
        self.assertAlmostEqual(float((foreseen.deviation**2).mean()), 10, delta=1.2)

    def test_the_back_test_by_hand(self):
        weekly = rows([4, 4, 4, 4, 6, 2])
        levels = rows([0, 4, 4, 4, 4, 5, 3])
        wape, bias, origins = rolling_origin(weekly, levels, np.array([1]))
        # Weeks 5 and 6 are foreseen from four weeks and more: |6 - 4| + |2 - 5| of 8,
        # and 4 - 6 + 5 - 2 = 1 of 8 too high.
        self.assertEqual(int(origins[0]), 2)
        self.assertAlmostEqual(float(wape[0]), 5 / 8)
        self.assertAlmostEqual(float(bias[0]), 1 / 8)

    def test_the_back_test_judges_the_sum_over_the_horizon(self):
        weekly = rows([4, 4, 4, 4, 6, 2])
        levels = rows([0, 4, 4, 4, 4, 5, 3])
        wape, _bias, origins = rolling_origin(weekly, levels, np.array([2]))
        self.assertEqual(int(origins[0]), 1)
        self.assertAlmostEqual(float(wape[0]), 0.0)  # 4 * 2 foreseen, 6 + 2 came

    def test_a_poisoned_future_changes_no_past_forecast(self):
        honest = np.random.default_rng(3).poisson(30, (50, 60)).astype(float)
        poisoned = honest.copy()
        poisoned[:, 40:] = 1e9
        for weeks in (10, 25, 40):
            np.testing.assert_array_equal(
                smooth(honest)[0][:, : weeks + 1], smooth(poisoned)[0][:, : weeks + 1]
            )
        horizon = np.full(50, 2)
        first, second = (forecast(y[:, :40], horizon) for y in (honest, poisoned))
        for name in ("mean", "deviation", "wape", "bias"):
            np.testing.assert_array_equal(getattr(first, name), getattr(second, name))

    def test_little_history_is_a_plain_average_and_says_so(self):
        weekly = rows([np.nan] * 10 + [7, 14, 21], [7] * 13)
        foreseen = forecast(weekly, np.array([1, 1]))
        self.assertEqual(foreseen.weak.tolist(), [True, False])
        self.assertEqual(foreseen.weeks.tolist(), [3, 13])
        self.assertAlmostEqual(float(foreseen.mean[0]), 2.0)
        # Variance of 7, 14, 21 is 49; with that of the mean of three, 49 * 4 / 3.
        self.assertAlmostEqual(float(foreseen.deviation[0] ** 2), 49 * 4 / 3 / 7)

    def test_without_any_history_nothing_is_claimed(self):
        foreseen = forecast(rows([np.nan] * 20), np.array([2]))
        self.assertEqual(float(foreseen.mean[0]), 0.0)
        self.assertTrue(np.isnan(foreseen.wape[0]))
        self.assertEqual(int(foreseen.weeks[0]), 0)

    def test_unseen_weeks_are_passed_over_not_read_as_zero(self):
        seen = forecast(rows([14] * 30), np.array([1]))
        gaps = forecast(rows(([14] * 3 + [np.nan]) * 10), np.array([1]))
        self.assertAlmostEqual(float(gaps.mean[0]), float(seen.mean[0]))

    def test_an_item_is_forecast_alike_alone_and_among_others(self):
        panel = np.random.default_rng(5).poisson(12, (20, 50)).astype(float)
        together = forecast(panel, np.full(20, 3))
        alone = forecast(panel[4:5], np.array([3]))
        self.assertAlmostEqual(float(together.mean[4]), float(alone.mean[0]))
        self.assertAlmostEqual(float(together.wape[4]), float(alone.wape[0]))
