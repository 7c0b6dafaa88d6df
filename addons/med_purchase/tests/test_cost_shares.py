import ast
from pathlib import Path

from odoo.tests import BaseCase

from ..core.cost_shares import cost_shares


class TestCostShares(BaseCase):
    def test_the_shares_follow_use_and_add_up_to_100(self):
        shares = cost_shares({7: 1.0, 8: 1.0, 9: 1.0}, fallback=1)
        self.assertEqual(shares, {7: 33.34, 8: 33.33, 9: 33.33})
        self.assertEqual(round(sum(shares.values()), 2), 100.0)

    def test_two_thirds_and_one_third(self):
        self.assertEqual(cost_shares({7: 200.0, 8: 100.0}, 1), {7: 66.67, 8: 33.33})

    def test_who_returned_more_than_it_used_bears_nothing(self):
        self.assertEqual(cost_shares({7: 5.0, 8: -2.0}, fallback=1), {7: 100.0})

    def test_without_use_the_fallback_bears_all(self):
        self.assertEqual(cost_shares({}, fallback=1), {1: 100.0})
        self.assertEqual(cost_shares({7: 0.0}, fallback=1), {1: 100.0})

    def test_without_use_and_fallback_nobody_is_named(self):
        self.assertEqual(cost_shares({}, fallback=None), {})

    def test_core_never_imports_odoo(self):
        for path in (Path(__file__).parent.parent / "core").glob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                names = [alias.name for alias in getattr(node, "names", [])]
                module = getattr(node, "module", None) or ""
                self.assertFalse(
                    any(name.split(".")[0] == "odoo" for name in [*names, module]), path
                )
