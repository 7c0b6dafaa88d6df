from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from odoo.tests import BaseCase

from ..core.apportion import apportion

CENT = Decimal("0.01")


class TestApportion(BaseCase):
    def test_ten_yuan_in_three_shares_lose_no_cent(self):
        self.assertEqual(
            apportion(Decimal("10.00"), [1, 1, 1], CENT),
            [Decimal("3.34"), Decimal("3.33"), Decimal("3.33")],
        )

    def test_a_credit_is_split_like_the_charge_it_reverses(self):
        weights = [Decimal(2), Decimal(5)]
        charge = apportion(Decimal("1.00"), weights, CENT)
        credit = apportion(Decimal("-1.00"), weights, CENT)
        self.assertEqual(credit, [-share for share in charge])

    def test_weights_of_nothing_are_refused(self):
        with self.assertRaises(ValueError):
            apportion(Decimal("1.00"), [Decimal(0)], CENT)

    @given(
        st.integers(-(10**9), 10**9),
        st.lists(st.integers(1, 10**6).map(Decimal), min_size=1, max_size=30),
    )
    def test_the_shares_add_up_to_the_amount(self, cents, weights):
        amount = cents * CENT
        shares = apportion(amount, weights, CENT)
        self.assertEqual(sum(shares), amount)
        self.assertTrue(all(share % CENT == 0 for share in shares))
