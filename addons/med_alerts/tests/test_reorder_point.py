from datetime import timedelta

from odoo import fields

from .common import AlertsCase


class TestReorderPoint(AlertsCase):
    def test_stock_above_the_reorder_point_raises_nothing(self):
        orderpoint = self._orderpoint(20)
        self._stock(21)
        self._evaluate()
        self.assertFalse(self._alert(orderpoint))

    def test_stock_at_the_reorder_point_raises_a_warning(self):
        orderpoint = self._orderpoint(20)
        self._stock(20)
        self._evaluate()
        alert = self._alert(orderpoint)
        self.assertEqual(alert.severity, "warning")
        self.assertEqual((alert.measured, alert.threshold), (20, 20))

    def test_an_empty_shelf_is_critical(self):
        orderpoint = self._orderpoint(20)
        self._evaluate()
        self.assertEqual(self._alert(orderpoint).severity, "critical")

    def test_only_expired_stock_is_out_of_stock(self):
        self.gloves.write({"tracking": "lot", "use_expiration_date": True})
        orderpoint = self._orderpoint(20)
        expired = self.env["stock.lot"].create(
            {
                "name": "OLD",
                "product_id": self.gloves.id,
                "expiration_date": fields.Datetime.now() - timedelta(days=1),
            }
        )
        self._stock(100, lot=expired)
        self._evaluate()
        alert = self._alert(orderpoint)
        self.assertEqual((alert.severity, alert.measured), ("critical", 0))
        self.assertEqual(alert.inputs["on_hand"], 100)
        self.assertEqual(alert.inputs["expired"], 100)

    def test_stock_on_hold_or_in_quarantine_is_not_to_be_used(self):
        self.gloves.tracking = "lot"
        orderpoint = self._orderpoint(20)
        held, good = self.env["stock.lot"].create(
            [
                {"name": "HELD", "product_id": self.gloves.id, "med_hold": True},
                {"name": "GOOD", "product_id": self.gloves.id},
            ]
        )
        quarantine = self.env["stock.location"].create(
            {
                "name": "Quarantine",
                "location_id": self.icu.stock_location_id.id,
                "med_quarantine": True,
            }
        )
        self._stock(50, lot=held)
        self._stock(30, lot=good, place=quarantine)
        self._stock(15, lot=good)
        self._evaluate()
        alert = self._alert(orderpoint)
        self.assertEqual((alert.measured, alert.inputs["held"]), (15, 80))

    def test_use_that_is_not_posted_yet_is_not_there_any_more(self):
        orderpoint = self._orderpoint(20)
        self._stock(25)
        self._use(5)
        self._evaluate()
        alert = self._alert(orderpoint)
        self.assertEqual((alert.measured, alert.inputs["pending"]), (20, 5))

    def test_a_shelf_inside_the_place_counts_for_it(self):
        drawer = self.env["stock.location"].create(
            {"name": "Drawer", "location_id": self.icu.stock_location_id.id}
        )
        orderpoint = self._orderpoint(20)
        self._stock(15)
        self._stock(10, place=drawer)
        self._evaluate()
        self.assertFalse(self._alert(orderpoint))

    def test_stock_of_another_department_does_not_count(self):
        orderpoint = self._orderpoint(20)
        self._stock(100, department=self.dialysis)
        self._evaluate()
        self.assertEqual(self._alert(orderpoint).measured, 0)

    def test_where_nothing_is_to_be_held_nothing_is_missing(self):
        orderpoint = self._orderpoint(0, 0)
        orderpoint.product_max_qty = 0
        self._evaluate()
        self.assertFalse(self._alert(orderpoint))

    def test_the_scope_of_a_rule_limits_it_to_departments_and_categories(self):
        here = self._orderpoint(20)
        elsewhere = self._orderpoint(20, department=self.dialysis)
        self.rule.department_ids = self.dialysis
        self._evaluate()
        self.assertFalse(self._alert(here))
        self.assertTrue(self._alert(elsewhere))

        self.rule.category_ids = self.env["product.category"].create({"name": "Other"})
        self._evaluate()
        self.assertFalse(self._alert(elsewhere))

    def test_the_explanation_names_every_input_in_the_readers_language(self):
        self.env["res.lang"]._activate_lang("zh_CN")
        self.env["ir.module.module"]._load_module_terms(["med_alerts"], ["zh_CN"])
        orderpoint = self._orderpoint(20, 60)
        self._stock(12)
        self._use(2)
        self._evaluate()
        alert = self._alert(orderpoint)
        english = alert.with_context(lang="en_US").explanation
        chinese = alert.with_context(lang="zh_CN").explanation
        for figure in ("10", "12", "2", "20", "60"):
            self.assertIn(figure, english)
            self.assertIn(figure, chinese)
        self.assertIn("Reorder point", english)
        self.assertIn("再订货点", chinese)
        self.assertIn("再订货点", alert.with_context(lang="zh_CN").name)

    def test_a_figure_is_rounded_unless_that_contradicts_the_threshold(self):
        orderpoint = self._orderpoint(24.8)
        self._stock(24.6)
        self._evaluate()
        alert = self._alert(orderpoint)
        self.assertEqual(alert.figures, "24.60 ≤ 24.80 Units")
        self._stock(-4.4)
        self._evaluate()
        self.assertEqual(alert.figures, "20 ≤ 24.80 Units")

    def test_what_is_on_the_way_is_shown(self):
        orderpoint = self._orderpoint(20)
        self._evaluate()
        self.env["stock.move"].create(
            {
                "product_id": self.gloves.id,
                "product_uom_qty": 40,
                "location_id": self.store.stock_location_id.id,
                "location_dest_id": self.icu.stock_location_id.id,
            }
        )._action_confirm()
        self.assertEqual(self._alert(orderpoint).on_the_way, 40)

    def test_an_order_not_yet_confirmed_is_on_the_way(self):
        orderpoint = self._orderpoint(20, department=self.store)
        self._evaluate()
        vendor = self.env["res.partner"].create({"name": "Vendor"})
        self.env["purchase.order"].create(
            {
                "partner_id": vendor.id,
                "order_line": [
                    fields.Command.create(
                        {
                            "product_id": self.gloves.id,
                            "product_qty": 50,
                            "orderpoint_id": orderpoint.id,
                        }
                    )
                ],
            }
        )
        self.assertEqual(self._alert(orderpoint).on_the_way, 50)

    def test_twenty_reorder_rules_cost_no_more_queries_than_one(self):
        def queries():
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self._evaluate()
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        self._orderpoint(20)
        opening_one, keeping_one = queries(), queries()
        for number in range(20):
            self._orderpoint(20, product=self._product(f"Item {number}"))
        opening_twenty, keeping_twenty = queries(), queries()
        self.assertLessEqual(keeping_twenty, keeping_one + 2)
        self.assertLessEqual(opening_twenty, opening_one + 5)
