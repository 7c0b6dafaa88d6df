import ast
from pathlib import Path

from odoo.addons.med_alerts.core.levels import Level, at_or_below, level_reached
from odoo.tests import BaseCase

WARNING, CRITICAL = Level(rank=1, limit=20.0), Level(rank=2, limit=0.0)


class TestLevels(BaseCase):
    def test_above_the_limit_no_level_is_reached(self):
        self.assertIsNone(level_reached(20.01, [WARNING, CRITICAL]))

    def test_at_the_limit_the_level_is_reached(self):
        self.assertEqual(level_reached(20.0, [WARNING, CRITICAL]), WARNING)

    def test_below_the_limit_the_level_is_reached(self):
        self.assertEqual(level_reached(0.01, [WARNING, CRITICAL]), WARNING)

    def test_the_worst_level_reached_counts_in_any_order(self):
        for levels in ([WARNING, CRITICAL], [CRITICAL, WARNING]):
            self.assertEqual(level_reached(0.0, levels), CRITICAL)
            self.assertEqual(level_reached(-3.0, levels), CRITICAL)

    def test_a_rule_without_levels_is_never_reached(self):
        self.assertIsNone(level_reached(-1.0, []))

    def test_a_difference_smaller_than_the_unit_knows_is_none(self):
        self.assertTrue(at_or_below(0.1 + 0.2, 0.3))
        self.assertTrue(at_or_below(10.4, 10.0, step=1.0))
        self.assertFalse(at_or_below(10.01, 10.0))

    def test_core_stands_alone(self):
        for path in (Path(__file__).parents[1] / "core").glob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                names = [a.name for a in getattr(node, "names", ())]
                module = getattr(node, "module", None) or ""
                for name in [module, *names]:
                    self.assertFalse(name.startswith("odoo"), f"{path}: {name}")
