import numpy as np

from odoo.addons.med_replenishment.core.forecast import weekly_use
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
