from hypothesis import given
from hypothesis import strategies as st

from odoo.tests import BaseCase

from ..core.abc import classify


class TestAbc(BaseCase):
    def test_a_makes_seventy_per_cent_of_the_value_b_the_next_twenty(self):
        """Ten items of a worked example: 100 in all, so values are per cent."""
        values = dict(zip("abcdefghij", (40, 25, 10, 8, 7, 4, 3, 1, 1, 1), strict=True))
        letters = {item: ranked.letter for item, ranked in classify(values).items()}
        self.assertEqual("".join(letters[i] for i in "abcdefghij"), "AAABBCCCCC")

    def test_each_item_says_its_rank_value_and_shares(self):
        ranked = classify({"mask": 25, "stent": 75})
        self.assertEqual(
            (ranked["mask"].rank, ranked["mask"].value, ranked["mask"].share),
            (2, 25, 0.25),
        )
        self.assertEqual(ranked["mask"].before, 0.75)
        self.assertEqual(ranked["stent"].before, 0)

    def test_the_item_that_crosses_a_cut_off_is_in_the_higher_class(self):
        ranked = classify({"stent": 69, "valve": 30, "mask": 1})
        self.assertEqual(ranked["valve"].letter, "A")

    def test_what_is_not_used_is_class_c_also_where_nothing_is_used(self):
        for values in ({"a": 0, "b": 0}, {"a": 5, "b": 0, "c": -3}):
            self.assertEqual(classify(values)["b"].letter, "C")
        self.assertEqual(classify({"a": 5, "c": -3})["c"].share, 0)
        self.assertEqual(classify({}), {})

    @given(
        st.dictionaries(
            st.integers(), st.floats(min_value=0, max_value=1e9), max_size=40
        )
    )
    def test_classes_never_rise_again_down_the_list_and_shares_make_the_whole(self, v):
        ranked = list(classify(v).values())
        letters = [item.letter for item in ranked]
        self.assertEqual(letters, sorted(letters))
        if any(v.values()):
            self.assertAlmostEqual(sum(item.share for item in ranked), 1, places=6)
