import ast
from math import sqrt
from pathlib import Path

import numpy as np

from odoo.addons.med_replenishment.core.lead_time import lead_time
from odoo.addons.med_replenishment.core.reorder_point import (
    Varying,
    normal_quantile,
    order_up_to,
    policy,
    reorder_point,
    safety_stock,
)
from odoo.tests import BaseCase


class TestReorderPoint(BaseCase):
    """d = 20 a day, sigma_d = 5, L = 9 days, sigma_L = 2 days, R = 7 days, 95 %."""

    demand, lead = Varying(20.0, 5.0), Varying(9.0, 2.0)

    def test_z_of_the_usual_service_levels(self):
        z = normal_quantile([0.5, 0.9, 0.95, 0.99])
        np.testing.assert_allclose(z, [0, 1.2816, 1.6449, 2.3263], atol=1e-4)

    def test_safety_stock_by_hand(self):
        # 1.6449 * sqrt(9 * 25 + 400 * 4) = 1.6449 * 42.72
        stock = float(safety_stock(self.demand, self.lead, 0.95))
        self.assertAlmostEqual(stock, 70.27, places=2)

    def test_reorder_point_by_hand(self):
        # 20 * 9 + 70.27
        point = float(reorder_point(self.demand, self.lead, 0.95))
        self.assertAlmostEqual(point, 250.27, places=2)

    def test_order_up_to_by_hand(self):
        # 20 * 16 + 1.6449 * sqrt(16 * 25 + 400 * 4) = 320 + 1.6449 * 44.72
        level = float(order_up_to(self.demand, self.lead, 7, 0.95))
        self.assertAlmostEqual(level, 393.56, places=2)

    def test_a_higher_service_level_holds_more(self):
        stocks = safety_stock(self.demand, self.lead, np.array([0.9, 0.97, 0.99]))
        self.assertTrue((np.diff(stocks) > 0).all())

    def test_certain_demand_and_lead_time_need_no_safety_stock(self):
        self.assertEqual(safety_stock(Varying(20, 0), Varying(9, 0), 0.99), 0)

    def test_levels_are_whole_units_and_orders_whole_packs(self):
        levels = policy(self.demand, self.lead, 7, 0.95, pack=50, least=0)
        self.assertEqual(float(levels.reorder_point), 251)
        # 393.56 - 251 is 142.56: three packs of 50.
        self.assertEqual(float(levels.order_up_to), 251 + 150)

    def test_an_order_is_a_pack_at_least_and_what_the_supplier_takes(self):
        rare, soon = Varying(0.01, 0.1), Varying(1.0, 0.0)
        levels = policy(rare, soon, 7, 0.9, pack=100, least=0)
        self.assertEqual(float(levels.order_up_to - levels.reorder_point), 100)
        levels = policy(rare, soon, 7, 0.9, pack=10, least=25)
        self.assertEqual(float(levels.order_up_to - levels.reorder_point), 30)

    def test_many_items_at_once_are_the_same_as_one_by_one(self):
        demand = Varying(np.array([20.0, 1.0]), np.array([5.0, 2.0]))
        lead = Varying(np.array([9.0, 3.0]), np.array([2.0, 0.0]))
        service, pack = np.array([0.95, 0.9]), np.array([50.0, 1.0])
        both = policy(demand, lead, 7, service, pack, np.zeros(2))
        for row in (0, 1):
            one = policy(
                Varying(demand.mean[row], demand.deviation[row]),
                Varying(lead.mean[row], lead.deviation[row]),
                7,
                service[row],
                pack[row],
                0,
            )
            self.assertAlmostEqual(float(both.order_up_to[row]), float(one.order_up_to))


class TestLeadTime(BaseCase):
    def test_an_untested_promise_is_believed_within_a_quarter(self):
        lead = lead_time(promised=8)
        self.assertEqual((lead.mean, lead.deviation), (8, 2))

    def test_as_many_receipts_as_the_promise_weighs_meet_it_half_way(self):
        # Mean (4 * 10 + 4 * 14) / 8 = 12. Variance: the promise 2.5² + 2² = 10.25, the
        # receipts 4 + 2² = 8; on average 9.125.
        lead = lead_time(promised=10, receipts=4, mean=14, variance=4)
        self.assertAlmostEqual(lead.mean, 12)
        self.assertAlmostEqual(lead.deviation, sqrt(9.125))

    def test_many_receipts_overrule_the_promise(self):
        lead = lead_time(promised=3, receipts=400, mean=20, variance=9)
        self.assertAlmostEqual(lead.mean, 20, delta=0.2)
        self.assertAlmostEqual(lead.deviation, 3, delta=0.6)


class TestCoreStandsAlone(BaseCase):
    def test_core_never_imports_odoo(self):
        for path in (Path(__file__).parents[1] / "core").glob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                names = [alias.name for alias in getattr(node, "names", ())]
                for name in [getattr(node, "module", None) or "", *names]:
                    self.assertFalse(name.startswith("odoo"), f"{path}: {name}")
