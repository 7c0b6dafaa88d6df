from hypothesis import given
from hypothesis import strategies as st

from odoo.tests import BaseCase, tagged

from ..core.top_up import top_up

quantities = st.floats(0, 1e6).map(lambda quantity: round(quantity, 2))


@tagged("post_install", "-at_install")
class TestCoreTopUp(BaseCase):
    def test_what_is_usable_and_on_the_way_counts(self):
        self.assertEqual(top_up(100, usable=35, on_the_way=20), 45)

    def test_a_full_shelf_asks_for_nothing(self):
        self.assertEqual(top_up(100, usable=100, on_the_way=1), 0)

    def test_more_used_than_the_books_hold_is_asked_for_too(self):
        self.assertEqual(top_up(100, usable=-5, on_the_way=0), 105)

    def test_whole_packs_are_asked_for(self):
        self.assertEqual(top_up(100, usable=35, on_the_way=20, multiple=20), 60)
        self.assertEqual(top_up(0.3, usable=0, on_the_way=0, multiple=0.1), 0.3)

    @given(quantities, quantities, quantities, st.sampled_from([0, 1, 6, 12, 50]))
    def test_the_level_is_reached_and_by_less_than_a_pack(
        self, level, usable, coming, pack
    ):
        asked = top_up(level, usable, coming, pack)
        self.assertGreaterEqual(round(usable + coming + asked - level, 6), 0)
        if asked:
            self.assertLess(usable + coming + asked - level, (pack or 0) + 1e-6)
