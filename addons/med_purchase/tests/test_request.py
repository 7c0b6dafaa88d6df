from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from .common import PurchaseCase


@tagged("post_install", "-at_install")
class TestRequest(PurchaseCase):
    """From a need to goods on the shelf."""

    # ---- cost --------------------------------------------------------------------

    def test_the_estimate_is_the_vendors_price_with_lost_taxes(self):
        request = self._request(quantity=10)
        self.assertEqual(request.line_ids.estimated_cost, 28.25)
        self.assertEqual(request.estimated_cost, 28.25)

    def test_the_estimate_of_an_unknown_item_is_what_was_entered(self):
        line = self._request(product=self._product("New graft")).line_ids
        line.estimated_cost = 500.0
        self.assertEqual(line.estimated_cost, 500.0)
        self.assertEqual(line.request_id.approval_amount, 500.0)

    def test_a_ward_bears_what_is_bought_for_it(self):
        line = self._request(department_id=self.icu.id).line_ids
        self.assertEqual(line.analytic_distribution, {str(self.icu_centre.id): 100.0})

    def test_what_the_store_buys_is_borne_by_those_who_used_it(self):
        self._used(self.icu, 200, days_ago=10)
        self._used(self.theatre, 150, days_ago=20)
        self._used(self.theatre, 50, days_ago=5, kind="return")
        self._used(self.theatre, 900, days_ago=200)
        line = self._request(department_id=self.store.id).line_ids
        self.assertEqual(
            line.analytic_distribution,
            {str(self.icu_centre.id): 66.67, str(self.or_centre.id): 33.33},
        )

    def test_what_nobody_used_is_borne_by_the_store(self):
        line = self._request(department_id=self.store.id).line_ids
        self.assertEqual(line.analytic_distribution, {str(self.store_centre.id): 100.0})

    def test_a_ward_manager_enters_a_request_on_the_screen(self):
        with Form(self.env["purchase.request"].with_user(self.ward_manager)) as form:
            self.assertEqual(form.department_id, self.icu)
            self.assertEqual(form.picking_type_id, self.warehouse.in_type_id)
            with form.line_ids.new() as line:
                line.product_id = self.gloves
                line.product_qty = 10
                self.assertEqual(line.estimated_cost, 28.25)
        request = form.save()
        request.button_to_approve()
        self.assertEqual(request.state, "to_approve")

    def test_nobody_asks_for_the_money_of_another_department(self):
        request = self._request(user=self.ward_manager, department_id=self.theatre.id)
        with self.assertRaisesRegex(UserError, "answer for"):
            request.button_to_approve()
        request.department_id = self.icu
        request.button_to_approve()
        self.assertEqual(request.state, "to_approve")

    def test_goods_arrive_in_the_warehouse_of_the_department(self):
        with Form(self.env["purchase.request"].with_user(self.storekeeper)) as form:
            form.department_id = self.theatre
            self.assertEqual(form.picking_type_id, self.warehouse.in_type_id)

    # ---- approval ----------------------------------------------------------------

    def test_a_small_request_is_agreed_to_by_a_buyer_alone(self):
        request = self._request(quantity=10)
        request.button_to_approve()
        self.assertEqual(request.state, "to_approve")
        request.with_user(self.buyer).validate_tier()
        self.assertEqual(request.state, "approved")
        self.assertTrue(request.approved_on)

    def test_a_large_request_needs_the_approver_after_the_buyer(self):
        request = self._request(quantity=1000)
        request.button_to_approve()
        with self.assertRaises(UserError):
            request.with_user(self.approver).validate_tier()
        request.with_user(self.buyer).validate_tier()
        self.assertEqual(request.state, "to_approve")
        request.with_user(self.approver).validate_tier()
        self.assertEqual(request.state, "approved")

    def test_a_request_of_unknown_cost_needs_the_approver(self):
        request = self._request(product=self._product("New graft"))
        self.assertTrue(request.needs_approver)

    def test_a_low_estimate_does_not_avoid_the_approver(self):
        request = self._request(quantity=1000)
        request.line_ids.estimated_cost = 1.0
        self.assertTrue(request.needs_approver)
        self.assertEqual(request.approval_amount, 2825.0)

    def test_a_vendors_minimum_counts_for_the_approval(self):
        self.gloves.seller_ids.min_qty = 1000
        self.assertTrue(self._request(quantity=1).needs_approver)

    def test_the_buyer_finds_it_among_my_approvals(self):
        request = self._request()
        request.button_to_approve()
        waiting = [("state", "=", "to_approve"), ("can_review", "=", True)]
        for user, expected in ((self.buyer, True), (self.approver, False)):
            found = self.env["purchase.request"].with_user(user).search(waiting)
            self.assertEqual(request in found, expected, user.login)

    def test_who_has_the_role_by_another_role_is_asked_too(self):
        administrator = self.env["res.users"].create(
            {
                "name": "Boss",
                "login": "p_boss",
                "group_ids": [
                    (4, self.env.ref("med_consumables.group_administrator").id)
                ],
            }
        )
        request = self._request()
        request.button_to_approve()
        self.assertIn(administrator, request.sudo().review_ids.reviewer_ids)

    def test_a_rejected_request_is_changed_and_reviewed_anew(self):
        request = self._request()
        request.button_to_approve()
        request.with_user(self.buyer).reject_tier()
        self.assertEqual(request.state, "rejected")
        request.button_draft()
        request.line_ids.product_qty = 5
        request.button_to_approve()
        self.assertEqual(request.sudo().review_ids.mapped("status"), ["pending"])

    def test_a_requester_may_withdraw_what_nobody_has_agreed_to(self):
        request = self._request()
        request.button_to_approve()
        request.button_draft()
        self.assertEqual(request.state, "draft")
        self.assertFalse(request.sudo().review_ids)

    def test_an_empty_request_is_not_submitted(self):
        with self.assertRaisesRegex(UserError, "empty"):
            self._request(quantity=0).button_to_approve()

    def test_a_buyer_may_drop_a_line_that_was_agreed_to(self):
        request = self._request()
        request.line_ids.copy({"request_id": request.id})
        request.button_to_approve()
        self._approve(request)
        request.line_ids[0].with_user(self.buyer).do_cancel()
        self.assertEqual(request.line_ids.mapped("cancelled"), [True, False])
        self.assertEqual(request.state, "approved")

    # ---- order and receipt -------------------------------------------------------

    def test_the_request_for_quotation_bears_the_vendors_price(self):
        order = self._order(self._approved(quantity=10))
        self.assertEqual(order.order_line.price_unit, 2.50)
        self.assertEqual(order.order_line.product_qty, 10)
        self.assertEqual(order.order_line.tax_ids, self.tax)

    def test_the_order_line_bears_the_cost_centre_of_the_request(self):
        order = self._order(self._approved())
        self.assertEqual(
            order.order_line.analytic_distribution, {str(self.icu_centre.id): 100.0}
        )

    def test_full_receipt_closes_the_request(self):
        request = self._approved(quantity=10)
        order = self._order(request)
        self.assertEqual(request.state, "in_progress")
        order.button_confirm()
        self._receive(order)
        self.assertEqual(request.state, "done")

    def test_partial_receipt_keeps_the_request_open_until_the_rest_came(self):
        request = self._approved(quantity=10)
        order = self._order(request)
        order.button_confirm()
        self._receive(order, quantity=4)
        self.assertEqual(request.state, "in_progress")
        self.assertEqual(request.line_ids.pending_qty_to_receive, 6)
        self._receive(order, quantity=6)
        self.assertEqual(request.state, "done")

    # ---- who sees what -----------------------------------------------------------

    def test_a_ward_manager_sees_requests_of_their_departments_only(self):
        own, other = self._request(), self._request(department_id=self.theatre.id)
        seen = self.env["purchase.request"].with_user(self.ward_manager).search([])
        self.assertIn(own, seen)
        self.assertNotIn(other, seen)
        with self.assertRaises(AccessError):
            own.with_user(self.ward_manager).write({"description": "mine now"})

    def test_an_auditor_reads_all_and_writes_nothing(self):
        request = self._approved().with_user(self.auditor)
        self.assertTrue(request.read(["name", "state", "approval_amount"]))
        self.assertTrue(request.line_ids.read(["name", "estimated_cost"]))
        self.assertTrue(request.review_ids.read(["status"]))
        for records in (request, request.line_ids):
            with self.assertRaises(AccessError):
                records.write({"description": "x"})
            with self.assertRaises(AccessError):
                records.unlink()

    def test_an_employee_without_a_role_sees_no_request(self):
        request = self._request()
        with self.assertRaises(AccessError):
            request.with_user(self.employee).read(["name"])

    def test_every_role_opens_the_form(self):
        request = self._request(user=self.ward_manager)
        request.button_to_approve()
        for user in (self.ward_manager, self.storekeeper, self.buyer, self.approver):
            self._read_form(request.with_user(user))

    def _used(self, department, quantity, days_ago, kind="use"):
        self.env["med.consumption"]._record(
            [
                {
                    "department_id": department.id,
                    "product_id": self.gloves.id,
                    "quantity": quantity,
                    "kind": kind,
                    "event_time": fields.Datetime.now() - timedelta(days=days_ago),
                    "source": "test",
                    "external_key": f"{department.code}-{kind}-{days_ago}",
                    "historical": True,
                }
            ]
        )
