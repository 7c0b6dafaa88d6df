from odoo.fields import Command

from .common import ReplenishmentCase


class TestManyRules(ReplenishmentCase):
    """Levels of many reorder rules are written, and their orders computed, together."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.route = cls.env["stock.route"].create(
            {
                "name": "From the other warehouse",
                "company_id": cls.company.id,
                "product_selectable": True,
                "rule_ids": [
                    Command.create(
                        {
                            "name": "Pull",
                            "action": "pull",
                            "location_src_id": cls.warehouse.lot_stock_id.id,
                            "location_dest_id": cls.er.stock_location_id.id,
                            "picking_type_id": cls.warehouse.int_type_id.id,
                            "company_id": cls.company.id,
                            "delay": 5,
                        }
                    )
                ],
            }
        )
        products = [
            cls._product("Bought"),
            cls._product("Bought, slow", delay=40),
            cls._product("Nobody sells it", seller_ids=[]),
            cls._product("By a route", route_ids=[Command.link(cls.route.id)]),
        ]
        cls.rules = cls.env["stock.warehouse.orderpoint"].union(
            *(
                cls._orderpoint(product, department)
                for product in products
                for department in (cls.store, cls.icu, cls.er)
            )
        )
        cls.env["stock.quant"]._update_available_quantity(
            products[0], cls.icu.stock_location_id, 7
        )

    def _levels(self):
        return {
            rule: (10.0 + number, 20.0 + number, None)
            for number, rule in enumerate(self.rules)
        }

    def _orders(self):
        return [(rule.qty_to_order_computed, rule.deadline_date) for rule in self.rules]

    def test_orders_of_a_night_are_those_that_odoo_computes_one_by_one(self):
        self.rules.with_context(med_nightly_run=True)._med_write_levels(self._levels())
        together = self._orders()
        self.env.invalidate_all()
        for rule in self.rules:
            rule._compute_qty_to_order_computed()
            rule._compute_deadline_date()
        self.assertEqual(together, self._orders())
        self.assertEqual(together[1][0], 21.0 - 7.0)

    def test_twice_as_many_rules_need_no_more_queries_for_their_rules(self):
        def queries(rules):
            self.env.invalidate_all()
            self.env.cr.cache.clear()
            start = self.env.cr.sql_log_count
            rules.with_context(med_nightly_run=True)._med_write_levels(
                dict.fromkeys(rules, (11.0, 21.0, None))
            )
            return self.env.cr.sql_log_count - start

        few = self.env["stock.warehouse.orderpoint"].union(
            *(self._orderpoint(self._product(f"Few {n}")) for n in range(4))
        )
        many = self.env["stock.warehouse.orderpoint"].union(
            *(self._orderpoint(self._product(f"Many {n}")) for n in range(24))
        )
        queries(few)
        self.assertLessEqual(queries(many), queries(few) + 4)

    def test_shelves_come_before_their_store(self):
        places = self.rules._med_shelves_first().mapped(
            lambda rule: rule.location_id == self.warehouse.lot_stock_id
        )
        self.assertEqual(places, sorted(places))
