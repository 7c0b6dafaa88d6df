import ast
from pathlib import Path

import numpy as np

from odoo.addons.med_replenishment.core.levels import follow
from odoo.addons.med_replenishment.core.supplier_lead import Seen, planned_lead_time
from odoo.tests import BaseCase


def rows(*series):
    return np.array(series, dtype=float)


class TestLevels(BaseCase):
    """The level of weekly use, and its error."""

    def test_two_weeks_smoothed_by_hand(self):
        # The first week sets the level to 10. In the second the gain is 1/2 for the
        # ten gains up to 1/2 (level 15), 0.65 (16.5) and 0.8 (18); no errors are judged
        # yet, so all weigh the same: (10 * 15 + 16.5 + 18) / 12.
        level = follow(rows([10, 20])).level
        self.assertAlmostEqual(level[0, 1], 10.0)
        self.assertAlmostEqual(level[0, 2], 15.375)

    def test_a_lasting_change_of_level_is_followed(self):
        level = follow(rows([7] * 40 + [21] * 12), first=52).level
        self.assertAlmostEqual(float(level[0, 0]), 21.0, delta=1)

    def test_noise_is_not_followed(self):
        noise = np.random.default_rng(7).poisson(70, (200, 104)).astype(float)
        track = follow(noise, first=104)
        self.assertLess(np.abs(track.level[:, 0] - 70).mean(), 3)
        self.assertAlmostEqual(float(track.variance[:, 0].mean()), 70, delta=10)

    def test_a_poisoned_future_changes_no_past_level(self):
        honest = np.random.default_rng(3).poisson(30, (50, 60)).astype(float)
        poisoned = honest.copy()
        poisoned[:, 40:] = 1e9
        first, second = follow(honest), follow(poisoned)
        for name in ("level", "variance", "gain"):
            np.testing.assert_array_equal(
                getattr(first, name)[:, :41], getattr(second, name)[:, :41]
            )

    def test_unseen_weeks_are_passed_over_not_read_as_zero(self):
        gaps = follow(rows(([14] * 3 + [np.nan]) * 10), first=40)
        self.assertAlmostEqual(float(gaps.level[0, 0]), 14.0)
        self.assertEqual(float(gaps.seen[0, 0]), 30)

    def test_an_item_is_followed_alike_alone_and_among_others(self):
        panel = np.random.default_rng(5).poisson(12, (20, 50)).astype(float)
        together, alone = follow(panel), follow(panel[4:5])
        np.testing.assert_allclose(together.level[4], alone.level[0])
        np.testing.assert_allclose(together.variance[4], alone.variance[0])


class TestLeadTime(BaseCase):
    def test_an_untested_promise_is_believed_within_a_quarter(self):
        lead = planned_lead_time(8)
        self.assertEqual((lead.mean, lead.deviation), (8, 2))

    def test_as_many_receipts_as_the_promise_weighs_meet_it_half_way(self):
        self.assertAlmostEqual(planned_lead_time(10, Seen(4, 14, 4)).mean, 12)

    def test_many_receipts_overrule_the_promise(self):
        lead = planned_lead_time(3, Seen(400, 20, 9))
        self.assertAlmostEqual(lead.mean, 20, delta=0.2)
        self.assertAlmostEqual(lead.deviation, 3, delta=0.6)


class TestCoreStandsAlone(BaseCase):
    def test_core_never_imports_odoo(self):
        for path in (Path(__file__).parents[1] / "core").glob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                names = [alias.name for alias in getattr(node, "names", ())]
                for name in [getattr(node, "module", None) or "", *names]:
                    self.assertFalse(name.startswith("odoo"), f"{path}: {name}")
