from odoo.tests import BaseCase

from ..core.preference import learn


class TestCorePreference(BaseCase):
    def test_expected_is_the_mean_with_cases_that_used_none(self):
        (mesh,) = learn([{"mesh": 1}, {"mesh": 2}, {"mesh": 1}, {}])
        self.assertEqual((mesh.expected, mesh.share), (1.0, 0.75))
        # 0, 1, 1, 2: squares about the mean of 1 add up to 2; 2 / 3 is the variance.
        self.assertAlmostEqual(mesh.deviation, (2 / 3) ** 0.5)

    def test_enough_is_what_four_of_five_cases_did_not_exceed(self):
        (wire,) = learn([{"wire": use} for use in (1, 1, 2, 3, 9)])
        self.assertEqual(wire.enough, 3)

    def test_what_is_seldom_used_is_on_no_card(self):
        cases = [{"stent": 1}] * 9 + [{"stent": 1, "balloon": 1}]
        self.assertEqual([each.item for each in learn(cases)], ["stent"])

    def test_a_return_of_more_than_was_used_counts_as_none(self):
        (mesh,) = learn([{"mesh": 3}, {"mesh": -2}])
        self.assertEqual((mesh.expected, mesh.share), (1.5, 0.5))

    def test_no_cases_teach_nothing(self):
        self.assertEqual(learn([]), [])
