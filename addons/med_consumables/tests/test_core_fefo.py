from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from odoo.tests import BaseCase

from ..core.fefo import Stock, Use, allocate

quantities = st.integers(min_value=1, max_value=50).map(Decimal)


class TestFefo(BaseCase):
    def test_the_lot_that_expires_first_is_taken_first(self):
        taken, missing = allocate(
            [Use(1, Decimal(3))], [Stock(7, 1, Decimal(2)), Stock(8, 1, Decimal(5))]
        )
        self.assertEqual([(t.lot, t.quantity) for t in taken], [(7, 2), (8, 1)])
        self.assertEqual(missing, {})

    def test_a_use_that_cannot_be_covered_takes_nothing(self):
        taken, missing = allocate(
            [Use(1, Decimal(9)), Use(2, Decimal(4))], [Stock(7, 1, Decimal(5))]
        )
        self.assertEqual([(t.key, t.quantity) for t in taken], [(2, 4)])
        self.assertEqual(missing, {1: Decimal(4)})

    def test_a_named_lot_is_taken_and_no_other(self):
        stock = [Stock(7, 1, Decimal(2)), Stock(8, 1, Decimal(5))]
        taken, _missing = allocate([Use(1, Decimal(3), lot=8)], stock)
        self.assertEqual([(t.lot, t.quantity) for t in taken], [(8, 3)])
        _taken, missing = allocate([Use(1, Decimal(3), lot=7)], stock)
        self.assertEqual(missing, {1: Decimal(1)})

    def test_a_lot_that_nobody_may_get_is_taken_last(self):
        taken, _missing = allocate(
            [Use(1, Decimal(2))],
            [Stock(7, 1, Decimal(5), unusable=True), Stock(8, 1, Decimal(1))],
        )
        self.assertEqual([(t.lot, t.unusable) for t in taken], [(8, False), (7, True)])

    @given(st.lists(quantities, max_size=12), st.lists(quantities, max_size=8))
    def test_nothing_is_taken_twice_and_nothing_half(self, wanted, lots):
        uses = [Use(key, quantity) for key, quantity in enumerate(wanted)]
        stock = [Stock(lot, 1, quantity) for lot, quantity in enumerate(lots)]
        taken, missing = allocate(uses, stock)
        for lot, quantity in enumerate(lots):
            self.assertLessEqual(
                sum(t.quantity for t in taken if t.lot == lot), quantity
            )
        for use in uses:
            covered = sum(t.quantity for t in taken if t.key == use.key)
            self.assertEqual(covered, 0 if use.key in missing else use.quantity)
