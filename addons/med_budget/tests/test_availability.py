import ast
from pathlib import Path

from odoo.tests import BaseCase

from ..core.availability import Figures, decide


class TestAvailability(BaseCase):
    """The year's budget is 10,000; 2,000 requested, 3,000 ordered, 4,000 spent."""

    before = Figures(
        planned=10_000.0, requested=2_000.0, ordered=3_000.0, spent=4_000.0
    )

    def _order(self, amount, released=0.0):
        return Figures(
            planned=10_000.0,
            requested=2_000.0 - released,
            ordered=3_000.0 + amount,
            spent=4_000.0,
        )

    def test_available_is_planned_less_everything_promised_and_spent(self):
        self.assertEqual(self.before.available, 1_000.0)
        self.assertEqual(self.before.committed, 5_000.0)
        self.assertEqual(self.before.used_rate, 90.0)

    def test_an_order_of_what_is_left_passes(self):
        decision = decide(self.before, self._order(1_000.0), "block")
        self.assertEqual((decision.verdict, decision.short_by), ("ok", 0.0))

    def test_one_cent_more_is_short_by_one_cent(self):
        decision = decide(self.before, self._order(1_000.01), "block")
        self.assertEqual((decision.verdict, decision.short_by), ("block", 0.01))

    def test_dust_below_half_a_cent_is_no_shortage(self):
        decision = decide(self.before, self._order(1_000.004), "block")
        self.assertEqual(decision.verdict, "ok")

    def test_the_policy_decides_between_warning_and_refusal(self):
        decision = decide(self.before, self._order(1_500.0), "warn")
        self.assertEqual((decision.verdict, decision.short_by), ("warn", 500.0))

    def test_ordering_what_was_requested_counts_once(self):
        decision = decide(self.before, self._order(2_000.0, released=2_000.0), "block")
        self.assertEqual(decision.verdict, "ok")
        self.assertEqual((decision.this_order, decision.released), (2_000.0, 2_000.0))

    def test_an_order_that_adds_nothing_passes_an_overdrawn_line(self):
        overdrawn = Figures(planned=100.0, spent=150.0)
        self.assertEqual(decide(overdrawn, overdrawn, "block").verdict, "ok")

    def test_an_overdrawn_line_refuses_any_addition(self):
        overdrawn = Figures(planned=100.0, spent=150.0)
        after = Figures(planned=100.0, ordered=1.0, spent=150.0)
        self.assertEqual(decide(overdrawn, after, "block").short_by, 51.0)

    def test_in_a_currency_without_cents_a_half_unit_is_dust(self):
        before, after = Figures(planned=100.0), Figures(planned=100.0, ordered=100.4)
        self.assertEqual(decide(before, after, "block", coin=1.0).verdict, "ok")

    def test_returns_give_money_back(self):
        self.assertEqual(Figures(planned=100.0, spent=-20.0).available, 120.0)
        self.assertEqual(Figures(planned=100.0, spent=-20.0).used_rate, 0.0)

    def test_core_never_imports_odoo(self):
        for path in (Path(__file__).parent.parent / "core").glob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                names = [alias.name for alias in getattr(node, "names", [])]
                module = getattr(node, "module", None) or ""
                self.assertFalse(
                    any(name.split(".")[0] == "odoo" for name in [*names, module]), path
                )
