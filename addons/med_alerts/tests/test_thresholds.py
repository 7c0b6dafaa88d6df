from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo import fields
from odoo.tests import tagged

from ..core.kind import Look
from .kinds_case import KindsCase

EXAMPLES = settings(max_examples=20, deadline=None)
#: A threshold in whole units, and how many hundredths beside it the figure lies.
LIMITS = st.integers(min_value=1, max_value=500)
BESIDE = st.sampled_from([-1, 0, 1])


@tagged("post_install", "-at_install")
class TestThresholds(KindsCase):
    """Any threshold: a hundredth below it, at it, a hundredth above it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.orderpoint = cls._orderpoint(cls, 20, 1000)
        cls.look = Look(
            pairs=frozenset({(cls.gloves.id, cls.icu.stock_location_id.id)})
        )

    def setUp(self):
        super().setUp()
        self.usable = 0.0  # what lies there; it is taken back after each test

    def _tells(self, rule, usable):
        """Whether ``rule`` finds the shelf with so many units on it."""
        if change := round(usable - self.usable, 2):
            self._stock(change)
        self.usable = usable
        self.env.flush_all()
        return bool(rule._find(self.look))

    def test_reorder_point(self):
        rule = self._rule("reorder_point", 100, unit="percent")

        @EXAMPLES
        @given(LIMITS, BESIDE)
        def check(limit, beside):
            self.orderpoint.product_min_qty = limit
            self.assertEqual(self._tells(rule, limit + beside / 100), beside <= 0)

        check()

    def test_a_share_of_the_reorder_point(self):
        rule = self._rule("reorder_point", 50, unit="percent")

        @EXAMPLES
        @given(LIMITS, BESIDE)
        def check(limit, beside):
            self.orderpoint.product_min_qty = 2 * limit
            self.assertEqual(self._tells(rule, limit + beside / 100), beside <= 0)

        check()

    def test_safety_stock(self):
        rule = self._rule("safety_stock", 100, unit="percent")

        @EXAMPLES
        @given(LIMITS, BESIDE)
        def check(limit, beside):
            self.orderpoint.med_safety_stock = limit
            self.assertEqual(self._tells(rule, limit + beside / 100), beside <= 0)

        check()

    def test_over_stock(self):
        rule = self._rule("over_stock", 100, unit="percent")

        @EXAMPLES
        @given(LIMITS, BESIDE)
        def check(limit, beside):
            self.orderpoint.write({"product_min_qty": 0, "product_max_qty": limit})
            self.assertEqual(self._tells(rule, limit + beside / 100), beside >= 0)

        check()

    def test_days_of_cover(self):
        rule = self._rule("days_of_cover", 7)
        self._daily(2.0)

        @EXAMPLES
        @given(LIMITS, BESIDE)
        def check(limit, beside):
            rule.level_ids.threshold = limit
            usable = 2.0 * (limit + beside / 100)
            self.assertEqual(self._tells(rule, usable), beside <= 0)

        check()

    def test_units_left(self):
        rule = self._rule("out_of_stock", 0)

        @EXAMPLES
        @given(st.integers(min_value=0, max_value=500), BESIDE)
        def check(limit, beside):
            rule.level_ids.threshold = limit
            usable = max(limit + beside / 100, 0)
            self.assertEqual(self._tells(rule, usable), usable <= limit)

        check()

    def test_days_to_the_date_of_a_lot(self):
        rule = self._rule("expiry", 30)
        lot = self._lot(400)
        self._stock(5, lot=lot)

        @EXAMPLES
        @given(LIMITS, BESIDE)
        def check(limit, beside):
            rule.level_ids.threshold = limit
            days = timedelta(days=limit + beside)
            lot.expiration_date = fields.Datetime.now() + days
            self.env.flush_all()
            self.assertEqual(bool(rule._find(self.look)), beside <= 0)

        check()
