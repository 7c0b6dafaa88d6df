from datetime import timedelta

from odoo import fields

from .common import AlertsCase


class TestQueue(AlertsCase):
    def setUp(self):
        super().setUp()
        self.queue = self.env["med.alert.touch"]

    def _queued(self):
        self.env.cr.flush()
        return {(row.product_id, row.location_id) for row in self.queue.search([])}

    def _run(self):
        self.env.cr.flush()
        with self.enter_registry_test_mode():
            self.env.ref("med_alerts.ir_cron_evaluate_touched").method_direct_trigger()

    def _move(self, quantity, source, destination):
        move = self.env["stock.move"].create(
            {
                "product_id": self.gloves.id,
                "product_uom_qty": quantity,
                "location_id": source.id,
                "location_dest_id": destination.id,
            }
        )
        move.quantity = quantity
        move.picked = True
        move._action_done()

    def test_posted_use_raises_the_alert_of_its_shelf(self):
        orderpoint = self._orderpoint(20)
        self._stock(22)
        self._run()
        self.assertFalse(self._alert(orderpoint))
        line = self._use(2)
        line._post_pending([("id", "=", line.id)])
        self.assertEqual(line.state, "posted")
        self._run()
        self.assertEqual(self._alert(orderpoint).measured, 20)

    def test_a_transfer_touches_both_ends_and_ends_the_alert(self):
        orderpoint = self._orderpoint(20)
        self._stock(100, department=self.store)
        self._evaluate()
        alert = self._alert(orderpoint)
        self._move(50, self.store.stock_location_id, self.icu.stock_location_id)
        self.assertLessEqual(
            {
                (self.gloves, self.store.stock_location_id),
                (self.gloves, self.icu.stock_location_id),
            },
            self._queued(),
        )
        self._run()
        self.assertEqual(alert.state, "resolved")

    def test_a_movement_in_a_drawer_is_seen_by_the_shelf_around_it(self):
        drawer = self.env["stock.location"].create(
            {"name": "Drawer", "location_id": self.icu.stock_location_id.id}
        )
        orderpoint = self._orderpoint(20)
        self._stock(21, place=drawer)
        self._run()
        self._move(5, drawer, self.dialysis.stock_location_id)
        self._run()
        self.assertEqual(self._alert(orderpoint).measured, 16)

    def test_a_changed_reorder_rule_is_looked_at(self):
        orderpoint = self._orderpoint(20, 100)
        self._stock(30)
        self._run()
        self.assertFalse(self._alert(orderpoint))
        orderpoint.product_min_qty = 30
        self._run()
        alert = self._alert(orderpoint)
        self.assertTrue(alert)
        orderpoint.unlink()
        self._run()
        self.assertEqual(alert.state, "resolved")

    def test_a_lot_put_on_hold_is_looked_at(self):
        self.gloves.tracking = "lot"
        orderpoint = self._orderpoint(20)
        lot = self.env["stock.lot"].create({"name": "L1", "product_id": self.gloves.id})
        self._stock(50, lot=lot)
        self._run()
        self.assertFalse(self._alert(orderpoint))
        lot.med_hold = True
        self._run()
        self.assertEqual(self._alert(orderpoint).severity, "critical")

    def test_a_new_date_of_a_lot_is_looked_at(self):
        self.gloves.write({"tracking": "lot", "use_expiration_date": True})
        orderpoint = self._orderpoint(20)
        lot = self.env["stock.lot"].create({"name": "L1", "product_id": self.gloves.id})
        self._stock(50, lot=lot)
        self._run()
        self.assertFalse(self._alert(orderpoint))
        lot.expiration_date = fields.Datetime.now() - timedelta(days=1)
        self._run()
        alert = self._alert(orderpoint)
        self.assertEqual(alert.severity, "critical")
        lot.expiration_date = fields.Datetime.now() + timedelta(days=90)
        self._run()
        self.assertEqual(alert.state, "resolved")
        # What is to be taken off the shelf by now is not used any more, either.
        lot.removal_date = fields.Datetime.now() - timedelta(days=1)
        self._run()
        self.assertEqual(alert.state, "open")

    def test_what_is_ordered_and_what_is_cancelled_is_looked_at(self):
        orderpoint = self._orderpoint(20)
        self._run()
        alert = self._alert(orderpoint)
        self.assertFalse(alert.covered)
        self.rule.level_ids.despite_ordered = False
        order = self.env["stock.move"].create(
            {
                "product_id": self.gloves.id,
                "product_uom_qty": 50,
                "location_id": self.store.stock_location_id.id,
                "location_dest_id": self.icu.stock_location_id.id,
            }
        )
        self._run()
        self.assertFalse(alert.covered, "a draft brings nothing")
        order._action_confirm()
        self._run()
        self.assertEqual((alert.covered, alert.state), (True, "in_work"))
        order._action_cancel()
        self._run()
        self.assertEqual((alert.covered, alert.state), (False, "open"))

    def test_a_delivery_that_is_cancelled_is_not_late_any_more(self):
        rule = self.env.ref("med_alerts.alert_rule_late_receipt")
        picking = self._delivery_of(10)
        [alert] = self.env["med.alert"]._evaluate(rule, records=picking.ids)
        picking.action_cancel()
        self._run()
        self.assertEqual(alert.state, "resolved")

    def _delivery_of(self, days_late):
        source = self.env.ref("stock.stock_location_suppliers")
        target = self.icu.warehouse_id.lot_stock_id
        picking = self.env["stock.picking"].create(
            {
                "picking_type_id": self.icu.warehouse_id.in_type_id.id,
                "partner_id": self.env["res.partner"].create({"name": "Late"}).id,
                "location_id": source.id,
                "location_dest_id": target.id,
                "move_ids": [
                    fields.Command.create(
                        {
                            "product_id": self.gloves.id,
                            "product_uom_qty": 5,
                            "location_id": source.id,
                            "location_dest_id": target.id,
                        }
                    )
                ],
            }
        )
        picking.action_confirm()
        promised = fields.Datetime.now() - timedelta(days=days_late)
        picking.move_ids.date_deadline = promised
        return picking

    def test_only_what_was_touched_is_evaluated(self):
        other = self._orderpoint(20, product=self._product("Untouched"))
        self.env.cr.flush()
        self.queue.search([]).unlink()
        self._orderpoint(20)
        self._run()
        self.assertFalse(self._alert(other))

    def test_the_queue_is_empty_after_a_run(self):
        self._orderpoint(20)
        self._run()
        self.assertFalse(self._queued())

    def test_a_thousand_moves_of_one_place_are_one_row(self):
        self.env.cr.flush()
        self.queue.search([]).unlink()
        pair = (self.gloves.id, self.icu.stock_location_id.id)
        for _ in range(3):
            self.queue._touch([pair])
        self.env.cr.flush()
        self.assertEqual(len(self.queue.search([])), 1)

    def test_what_was_made_and_deleted_in_one_transaction_is_no_row(self):
        self.env.cr.flush()
        self.queue.search([]).unlink()
        product = self._product("Short lived")
        self.queue._touch([(product.id, self.icu.stock_location_id.id)])
        product.unlink()
        self.assertFalse(self._queued())
