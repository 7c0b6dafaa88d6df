from datetime import timedelta

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import ValidationError

from .kinds_case import KindsCase


class TestKindsOfStock(KindsCase):
    """Each kind just above, at and below each of its thresholds."""

    def _expect(self, rule, steps):
        """``steps``: the change of stock, and the severity that follows."""
        for change, severity in steps:
            if change:
                self._stock(change)
            self.assertEqual(self._severity(rule), severity, change)

    def test_reorder_point(self):
        self._orderpoint(20)
        self._stock(20.01)
        rule = self._rule("reorder_point", 100, 50, unit="percent")
        self._expect(
            rule,
            [
                (0, False),
                (-0.01, "warning"),
                (-9.99, "warning"),
                (-0.01, "critical"),
                (-1, "critical"),
                (1.01, "warning"),
                (20, False),
            ],
        )

    def test_safety_stock(self):
        orderpoint = self._orderpoint(20)
        orderpoint.med_safety_stock = 8
        self._stock(8.01)
        rule = self._rule("safety_stock", 100, 25, unit="percent")
        self._expect(
            rule,
            [(0, False), (-0.01, "warning"), (-5.99, "warning"), (-0.01, "critical")],
        )

    def test_without_a_safety_stock_nothing_is_below_it(self):
        self._orderpoint(20)
        self.assertFalse(self._severity(self._rule("safety_stock", 100)))

    def test_days_of_cover(self):
        self._daily(2.0)
        self._stock(14.02)
        rule = self._rule("days_of_cover", 7, 3)
        self._expect(
            rule,
            [(0, False), (-0.02, "warning"), (-7.98, "warning"), (-0.02, "critical")],
        )
        self.assertEqual(self._found(rule).measured, 3.0)

    def test_what_nobody_uses_lasts_for_ever(self):
        self._stock(1)
        self.assertFalse(self._severity(self._rule("days_of_cover", 7)))

    def test_out_of_stock(self):
        self._daily(2.0)
        self._stock(0.01)
        rule = self._rule("out_of_stock", 0)
        self._expect(rule, [(0, False), (-0.01, "critical"), (5, False)])

    def test_only_expired_stock_is_out_of_stock(self):
        self._daily(2.0)
        self._stock(10, lot=self._lot(-1))
        alert = self._found(self._rule("out_of_stock", 0))
        self.assertEqual((alert.severity, alert.measured), ("critical", 0))
        self.assertIn("past their date", alert.explanation)

    def test_what_is_neither_kept_nor_used_is_not_out_of_stock(self):
        self._stock(5)
        self._stock(-5)
        self.assertFalse(self._severity(self._rule("out_of_stock", 0)))

    def test_over_stock(self):
        self._orderpoint(20, 100)
        self._stock(149.99)
        rule = self._rule("over_stock", 150, 200, unit="percent")
        self._expect(
            rule,
            [(0, False), (0.01, "warning"), (49.99, "warning"), (0.01, "critical")],
        )

    def test_without_a_maximum_nothing_is_too_much(self):
        self._orderpoint(0).product_max_qty = 0
        self._stock(500)
        self.assertFalse(self._severity(self._rule("over_stock", 150, unit="percent")))

    def test_dead_stock(self):
        rule = self._rule("dead_stock", 90, 180)
        with freeze_time(self.now - timedelta(days=89, hours=23)):
            self._stock(5)
        self._expect(rule, [(0, False)])
        quants = self.env["stock.quant"].search([("product_id", "=", self.gloves.id)])
        for days, severity in ((90, "warning"), (179, "warning"), (180, "critical")):
            quants.in_date = self.now - timedelta(days=days)
            self.assertEqual(self._severity(rule), severity, days)
        self.assertIn("has ever left", self._found(rule).explanation)

    def test_a_use_ends_dead_stock(self):
        rule = self._rule("dead_stock", 90)
        self._stock(5)
        quants = self.env["stock.quant"].search([("product_id", "=", self.gloves.id)])
        quants.in_date = self.now - timedelta(days=200)
        alert = self._found(rule)
        self.assertTrue(alert)
        line = self._use(1)
        line._post_pending([("id", "=", line.id)])
        self.assertFalse(self._found(rule))
        self.assertEqual(alert.state, "resolved")

    def test_the_units_of_a_percentage_need_a_base(self):
        with self.assertRaisesRegex(ValidationError, "nothing of which"):
            self._rule("days_of_cover", 50, unit="percent")

    def test_stock_of_the_rules_matches_what_products_say(self):
        """Two ways to the same figure: the engine's SQL and ``_med_stock``."""
        held = self._lot(100, "HELD")
        held.med_hold = True
        self._stock(7, lot=held)
        self._stock(5, lot=self._lot(-3, "OLD"))
        self._stock(20, lot=self._lot(100, "GOOD"))
        drawer = self.env["stock.location"].create(
            {"name": "Drawer", "location_id": self.icu.stock_location_id.id}
        )
        self._stock(3, place=drawer, lot=self._lot(50, "DRAWER"))
        self._use(2)
        rule = self._rule("out_of_stock", 0)
        self.env.flush_all()
        look = self.env["med.alert"]._look(
            {(self.gloves.id, self.icu.stock_location_id.id)}
        )
        rows = {
            (row["product_id"], row["location_id"]): row
            for row in rule._fetch(rule._stock_query(look))
        }
        row = rows[self.gloves.id, self.icu.stock_location_id.id]
        figures = self.gloves._med_stock(self.icu.stock_location_id)[
            self.gloves.id, self.icu.stock_location_id.id
        ]
        for name in ("on_hand", "expired", "held", "reserved", "pending", "usable"):
            self.assertAlmostEqual(float(row[name]), getattr(figures, name), msg=name)


class TestScope(KindsCase):
    def setUp(self):
        super().setUp()
        self.masks = self._product("Test masks", med_ved="V", med_value_class="high")
        for product in (self.gloves, self.masks):
            self._orderpoint(20, product=product)

    def _items(self, **values):
        rule = self._rule("reorder_point", 100, unit="percent", **values)
        self.env["med.alert"]._evaluate(rule)
        return self.env["med.alert"].search([("rule_id", "=", rule.id)]).product_id

    def test_no_scope_is_everything(self):
        self.assertEqual(self._items(), self.gloves | self.masks)

    def test_products_and_categories_add_up(self):
        category = self.env["product.category"].create({"name": "Test category"})
        self.gloves.categ_id = category
        self.assertEqual(self._items(category_ids=category.ids), self.gloves)
        self.assertEqual(
            self._items(category_ids=category.ids, product_ids=self.masks.ids),
            self.gloves | self.masks,
        )

    def test_classes(self):
        self.assertEqual(self._items(ved="V"), self.masks)
        self.assertEqual(self._items(ved="VE"), self.masks)
        self.assertEqual(self._items(ved="ED"), self.gloves, "nobody says it is vital")
        self.assertFalse(self._items(ved="D"))
        self.assertEqual(self._items(value_class="high"), self.masks)

    def test_suppliers(self):
        supplier = self.env["res.partner"].create({"name": "Test supplier"})
        self.gloves.seller_ids = [(0, 0, {"partner_id": supplier.id})]
        self.assertEqual(self._items(supplier_ids=supplier.ids), self.gloves)

    def test_departments_with_those_below(self):
        self.assertFalse(self._items(department_ids=self.dialysis.ids))
        self.icu.parent_id = self.dialysis
        self.assertTrue(self._items(department_ids=self.dialysis.ids))

    def test_dates(self):
        today = fields.Date.today()
        self.assertFalse(self._items(date_from=today + timedelta(days=2)))
        self.assertFalse(self._items(date_to=today - timedelta(days=2)))
        self.assertTrue(self._items(date_from=today, date_to=today))

    def test_a_rule_whose_last_day_is_over_ends_its_alerts(self):
        rule = self._rule("reorder_point", 100, unit="percent")
        alert = self._found(rule)
        rule.date_to = fields.Date.today() - timedelta(days=2)
        self.assertFalse(self._found(rule))
        self.assertEqual(alert.state, "resolved")
