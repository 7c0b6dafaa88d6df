from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import PurchaseCase


@tagged("post_install", "-at_install")
class TestAlertRequest(PurchaseCase):
    """Alert → request → approval → order → receipt → the alert ends."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._use_buy_route(cls.gloves)
        cls.orderpoint = cls._orderpoint(cls.gloves)

    @classmethod
    def _orderpoint(cls, product, **values):
        return cls.env["stock.warehouse.orderpoint"].create(
            {
                "product_id": product.id,
                "location_id": cls.warehouse.lot_stock_id.id,
                "warehouse_id": cls.warehouse.id,
                "trigger": "manual",
                "product_min_qty": 10,
                "product_max_qty": 50,
                **values,
            }
        )

    def _alert(self, orderpoint=None):
        orderpoint = orderpoint or self.orderpoint
        self.env["med.alert"]._evaluate(
            subjects=[(orderpoint.product_id.id, orderpoint.location_id.id)]
        )
        return self.env["med.alert"].search(
            [("orderpoint_id", "=", orderpoint.id), ("state", "!=", "resolved")]
        )

    def _press(self, alert, user=None):
        alert.with_user(user or self.storekeeper).action_request_purchase()
        return alert.purchase_request_line_ids.request_id

    def test_the_request_says_who_for_whom_why_and_at_what_cost(self):
        alert = self._alert()
        request = self._press(alert)
        line = request.line_ids
        self.assertEqual(request.requested_by, self.storekeeper)
        self.assertEqual(request.department_id, self.store)
        self.assertEqual(request.state, "draft")
        self.assertEqual(line.product_qty, 50)
        self.assertEqual(line.estimated_cost, 141.25)
        self.assertEqual(line.analytic_distribution, {str(self.store_centre.id): 100.0})
        self.assertIn("Gloves", line.specifications)
        self.assertEqual(request.med_alert_ids, alert)
        self.assertEqual(alert.state, "in_work")

    def test_the_next_step_is_to_buy_from_the_vendor(self):
        alert = self._alert()
        self.assertIn("50", alert.next_step)
        self.assertIn(self.gloves.seller_ids.partner_id.name, alert.next_step)
        alert.with_user(self.storekeeper).action_next_step()
        self.assertEqual(alert.purchase_request_line_ids.product_qty, 50)
        self.assertEqual(alert.state, "in_work")

    def test_quantity_and_vendor_can_be_changed_before_it_is_asked(self):
        other = self.env["res.partner"].create({"name": "Other Vendor"})
        self.gloves.seller_ids = [(0, 0, {"partner_id": other.id, "price": 9.0})]
        alert = self._alert().with_user(self.storekeeper)
        dialog = self.env["med.alert.step"].browse(alert.action_open_step()["res_id"])
        dialog = dialog.with_user(self.storekeeper)
        dialog.option_id = dialog.option_ids.filtered(
            lambda option: option.kind == "purchase"
        )
        self.assertEqual(dialog.quantity, 50)
        self.assertEqual(dialog.partner_id, self.gloves.seller_ids[0].partner_id)
        dialog.write({"quantity": 70, "partner_id": other.id})
        dialog.action_do()
        line = alert.purchase_request_line_ids
        self.assertEqual((line.product_qty, line.supplier_id), (70, other))
        self.assertIn("Other Vendor", alert.sudo().message_ids[0].body)

    def test_an_agreed_request_is_linked_as_it_is_whatever_is_asked(self):
        other = self.env["res.partner"].create({"name": "Other Vendor"})
        self.gloves.seller_ids = [(0, 0, {"partner_id": other.id, "price": 9.0})]
        alert = self._alert()
        request = self._press(alert)
        line = request.line_ids
        request.button_to_approve()
        self._approve(request)
        vendor, quantity = line.supplier_id, line.product_qty
        alert.sudo().write({"purchase_request_line_ids": [(5,)], "state": "open"})
        alert = alert.with_user(self.storekeeper)
        dialog = self.env["med.alert.step"].browse(alert.action_open_step()["res_id"])
        dialog = dialog.with_user(self.storekeeper)
        dialog.option_id = dialog.option_ids.filtered(
            lambda option: option.kind == "purchase"
        )
        dialog.write({"quantity": 70, "partner_id": other.id})
        action = dialog.action_do()
        self.assertEqual(alert.sudo().purchase_request_line_ids, line)
        self.assertEqual((line.supplier_id, line.product_qty), (vendor, quantity))
        self.assertIn(request.name, action["params"]["message"])

    def test_pressing_twice_links_the_same_request(self):
        alert = self._alert()
        first = self._press(alert)
        second = self._press(alert)
        self.assertEqual(first, second)
        self.assertEqual(len(first.line_ids), 1)

    def test_an_open_request_for_the_same_rule_is_linked_not_doubled(self):
        alert = self._alert()
        request = self._press(alert)
        alert.sudo().write({"purchase_request_line_ids": [(5,)], "state": "open"})
        self.assertEqual(self._press(alert), request)
        self.assertEqual(len(request.line_ids), 1)

    def test_several_alerts_become_lines_of_one_request(self):
        masks = self._product("Masks", price=1.0)
        self._use_buy_route(masks)
        alerts = self._alert() | self._alert(self._orderpoint(masks))
        request = self._press(alerts)
        self.assertEqual(len(request), 1)
        self.assertEqual(request.line_ids.product_id, self.gloves | masks)
        self.assertEqual(request.med_alert_count, 2)

    def test_the_whole_way_ends_the_alert(self):
        alert = self._alert()
        request = self._press(alert)
        request.with_user(self.storekeeper).button_to_approve()
        self._approve(request)
        order = self._order(request)
        self.assertEqual(alert.purchase_order_count, 1)
        self.assertEqual(order.med_alert_count, 1)
        order.button_confirm()
        self._receive(order)
        self.assertEqual(request.state, "done")
        self.assertFalse(self._alert())
        self.assertEqual(alert.state, "resolved")

    def test_what_is_only_recorded_as_used_counts_as_gone(self):
        self.env["stock.quant"]._update_available_quantity(
            self.gloves, self.warehouse.lot_stock_id, 15
        )
        self.env["med.consumption"]._record(
            [
                {
                    "department_id": self.store.id,
                    "product_id": self.gloves.id,
                    "quantity": 14,
                    "kind": "use",
                    "event_time": "2026-01-01 08:00:00",
                    "source": "test",
                    "external_key": "pending",
                }
            ]
        )
        alert = self._alert()
        self.assertEqual(alert.measured, 1)
        self.assertEqual(self._press(alert).line_ids.product_qty, 49)

    def test_the_alert_knows_what_is_on_the_way(self):
        alert = self._alert()
        self._press(alert)
        alert.invalidate_recordset()
        self.assertEqual(alert.on_the_way, 50)

    def test_an_approved_request_entered_by_hand_is_on_the_way_too(self):
        alert = self._alert()
        self._request(quantity=7, department_id=self.store.id)
        alert.invalidate_recordset()
        self.assertEqual(alert.on_the_way, 0)
        self._approved(quantity=5, department_id=self.icu.id)
        request = self._approved(quantity=8, department_id=self.store.id)
        alert.invalidate_recordset()
        self.assertEqual(alert.on_the_way, 8)
        order = self._order(request)
        order.order_line.product_qty = 3
        order.button_confirm()
        alert.invalidate_recordset()
        self.assertEqual(alert.on_the_way, 8)

    def test_a_resolved_alert_is_not_requested(self):
        alert = self._alert()
        alert.sudo().write({"state": "resolved"})
        with self.assertRaisesRegex(UserError, "resolved"):
            self._press(alert)

    def test_what_a_ward_gets_from_the_store_is_not_bought(self):
        with self.assertRaisesRegex(UserError, "not bought"):
            self._press(self._alert(self._supplied_ward()))

    def test_of_several_alerts_those_are_requested_that_can_be_bought(self):
        bought, supplied = self._alert(), self._alert(self._supplied_ward())
        action = (
            (bought | supplied).with_user(self.storekeeper).action_request_purchase()
        )
        self.assertIn("not bought", action["params"]["message"])
        self.assertEqual(action["params"]["next"]["res_model"], "purchase.request")
        self.assertEqual((bought.state, supplied.state), ("in_work", "open"))

    def _supplied_ward(self):
        """A reorder rule of the ICU that the store supplies."""
        route = self.env["stock.route"].create(
            {
                "name": "Store to ICU",
                "rule_ids": [
                    (
                        0,
                        0,
                        {
                            "name": "Store to ICU",
                            "action": "pull",
                            "picking_type_id": self.warehouse.int_type_id.id,
                            "location_src_id": self.warehouse.lot_stock_id.id,
                            "location_dest_id": self.icu.stock_location_id.id,
                            "location_dest_from_rule": True,
                        },
                    )
                ],
            }
        )
        return self._orderpoint(
            self.gloves, location_id=self.icu.stock_location_id.id, route_id=route.id
        )

    def test_whoever_may_not_request_is_refused(self):
        alert = self._alert()
        ward_user = self.env["res.users"].create(
            {
                "name": "Nurse",
                "login": "p_nurse",
                "group_ids": [(4, self.env.ref("med_consumables.group_ward_user").id)],
            }
        )
        for user in (ward_user, self.auditor, self.employee):
            with self.assertRaises(AccessError):
                self._press(alert, user=user)
