from unittest.mock import patch

from odoo import SUPERUSER_ID, api
from odoo.fields import Command
from odoo.modules.registry import Registry
from odoo.tests import BaseCase, get_db_name, tagged
from odoo.tools import mute_logger


@tagged("post_install", "-at_install")
class TestScheduler(BaseCase):
    """Odoo's daily scheduler on real cursors, with a reorder rule that must procure.

    What is made here is committed, so that the scheduler's second cursor sees it, and
    taken away at the end.
    """

    def setUp(self):
        super().setUp()
        self.registry = Registry(get_db_name())
        with self.registry.cursor() as cr:
            env = api.Environment(cr, SUPERUSER_ID, {})
            vendor = env["res.partner"].create({"name": "Scheduler vendor"})
            product = env["product.product"].create(
                {
                    "name": "Scheduled item",
                    "is_storable": True,
                    "seller_ids": [
                        Command.create({"partner_id": vendor.id, "price": 1})
                    ],
                }
            )
            warehouse = env["stock.warehouse"].search(
                [("company_id", "=", env.company.id)], limit=1
            )
            orderpoint = env["stock.warehouse.orderpoint"].create(
                {
                    "product_id": product.id,
                    "location_id": warehouse.lot_stock_id.id,
                    "product_min_qty": 10,
                    "product_max_qty": 30,
                }
            )
            self.company = env.company.id
            self.vendor, self.product = vendor.id, product.id
            self.orderpoint = orderpoint.id
        self.addCleanup(self._take_away)

    def _take_away(self):
        with self.registry.cursor() as cr:
            env = api.Environment(cr, SUPERUSER_ID, {})
            orders = env["purchase.order"].search([("partner_id", "=", self.vendor)])
            orders.button_cancel()
            orders.unlink()
            env["stock.warehouse.orderpoint"].browse(self.orderpoint).unlink()
            env["med.alert"].search([("product_id", "=", self.product)]).unlink()
            env["product.product"].browse(self.product).unlink()
            env["res.partner"].browse(self.vendor).unlink()

    def _run_scheduler(self):
        """The tasks of the scheduler; of all reorder rules only the one made here."""
        Rule = self.registry["stock.rule"]
        with (
            self.registry.cursor() as cr,
            patch.object(
                Rule,
                "_get_orderpoint_domain",
                lambda _self, company_id=False: [("id", "=", self.orderpoint)],
            ),
        ):
            env = api.Environment(cr, SUPERUSER_ID, {})
            env["stock.rule"].run_scheduler(
                use_new_cursor=True, company_id=self.company
            )

    def _ordered(self):
        with self.registry.cursor() as cr:
            env = api.Environment(cr, SUPERUSER_ID, {})
            lines = env["purchase.order.line"].search(
                [("product_id", "=", self.product)]
            )
            return sum(lines.mapped("product_qty"))

    def test_a_night_in_which_something_is_ordered_runs_to_its_end(self):
        with mute_logger("odoo.addons.stock.models.stock_orderpoint"):
            self._run_scheduler()
        self.assertEqual(self._ordered(), 30)

    def test_the_quantities_ordered_are_those_of_today(self):
        # The stored quantity to order is stale: quants were changed without a move.
        with self.registry.cursor() as cr:
            env = api.Environment(cr, SUPERUSER_ID, {})
            rule = env["stock.warehouse.orderpoint"].browse(self.orderpoint)
            self.assertEqual(rule.qty_to_order, 30)
            cr.execute(
                "UPDATE stock_warehouse_orderpoint SET qty_to_order_computed = 5 "
                "WHERE id = %s",
                [self.orderpoint],
            )
        self._run_scheduler()
        self.assertEqual(self._ordered(), 30)

    def test_a_second_night_orders_nothing_twice(self):
        self._run_scheduler()
        self._run_scheduler()
        self.assertEqual(self._ordered(), 30)
