import threading

from odoo import SUPERUSER_ID, api
from odoo.modules.registry import Registry
from odoo.tests import BaseCase, get_db_name, tagged


@tagged("post_install", "-at_install")
class TestConcurrency(BaseCase):
    """Two evaluations at once, each on a real cursor of its own.

    What is made here is committed, so that both see it, and taken away at the end.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.registry = Registry(get_db_name())
        with cls.registry.cursor() as cr:
            env = api.Environment(cr, SUPERUSER_ID, {})
            warehouse = env["stock.warehouse"].search([], limit=1)
            cls.products = (
                env["product.product"]
                .create(
                    [
                        {"name": f"Racing item {n}", "is_storable": True}
                        for n in range(4)
                    ]
                )
                .ids
            )
            cls.place = warehouse.lot_stock_id.id
            env["stock.warehouse.orderpoint"].create(
                [
                    {
                        "product_id": product,
                        "location_id": cls.place,
                        "product_min_qty": 5,
                        "product_max_qty": 10,
                        "trigger": "manual",
                    }
                    for product in cls.products
                ]
            )
        cls.addClassCleanup(cls._take_away)

    @classmethod
    def _take_away(cls):
        with cls.registry.cursor() as cr:
            env = api.Environment(cr, SUPERUSER_ID, {})
            domain = [("product_id", "in", cls.products)]
            env["med.alert"].search(domain).unlink()
            env["stock.warehouse.orderpoint"].search(domain).unlink()
            env["product.product"].browse(cls.products).unlink()

    def _evaluate(self, cr):
        env = api.Environment(cr, SUPERUSER_ID, {})
        rule = env.ref("med_alerts.alert_rule_reorder_point")
        subjects = [(product, self.place) for product in self.products]
        return env["med.alert"]._evaluate(rule, subjects)

    def _open_keys(self):
        with self.registry.cursor() as cr:
            env = api.Environment(cr, SUPERUSER_ID, {})
            return (
                env["med.alert"]
                .search([("product_id", "in", self.products), ("state", "=", "open")])
                .mapped("subject_key")
            )

    def test_two_evaluators_open_one_alert_each_subject(self):
        with self.registry.cursor() as first, self.registry.cursor() as second:
            # Both look before either has written: neither sees the other's alerts.
            for cr in (first, second):
                cr.execute("SELECT 1")
            opened = self._evaluate(first)
            self.assertEqual(len(opened), 4)
            # The second waits in the database for the first to end.
            result = {}

            def evaluate():
                result["opened"] = len(self._evaluate(second))

            thread = threading.Thread(target=evaluate)
            thread.start()
            thread.join(timeout=0.5)
            self.assertTrue(thread.is_alive(), "the second should wait for the first")
            first.commit()
            thread.join(timeout=30)
            self.assertEqual(result, {"opened": 0})
            second.commit()
        self.assertEqual(len(self._open_keys()), 4)
        self.assertEqual(len(set(self._open_keys())), 4)

    def test_the_queue_is_taken_by_one_worker_at_a_time(self):
        with self.registry.cursor() as cr:
            env = api.Environment(cr, SUPERUSER_ID, {})
            env["med.alert.touch"]._touch(
                [(product, self.place) for product in self.products]
            )
        with self.registry.cursor() as first, self.registry.cursor() as second:
            queues = [
                api.Environment(cr, SUPERUSER_ID, {})["med.alert.touch"]
                for cr in (first, second)
            ]
            taken = queues[0]._take()
            self.assertGreaterEqual(len(taken), 4)
            self.assertFalse(queues[1]._take() & queues[1].browse(taken.ids))
            taken.unlink()
            first.commit()
