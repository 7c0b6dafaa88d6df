from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import tagged

from .common import PurchaseCase

#: What a client may put into the context to talk the original out of its checks.
SLY = {"skip_validation_check": True, "skip_check_state_condition": True}


@tagged("post_install", "-at_install")
class TestRequestGuard(PurchaseCase):
    """What an ordinary requester tries over RPC to be agreed with by nobody."""

    def _submitted(self, **values):
        request = self._request(**values)
        request.button_to_approve()
        return request

    def _refused(self, request, method, *args, user=None, context=None):
        state = request.state
        for extra in ({}, SLY):
            with self.assertRaises(UserError):
                self._rpc(
                    user or self.requester,
                    request,
                    method,
                    *args,
                    context={**(context or {}), **extra},
                )
            self.env.invalidate_all()
            self.assertEqual(request.state, state)

    # ---- the state ---------------------------------------------------------------

    def test_a_requester_cannot_press_approve(self):
        self._refused(self._request(), "button_approved")
        self._refused(self._submitted(), "button_approved")

    def test_a_requester_cannot_write_the_state(self):
        for request in (self._request(), self._submitted(), self._approved()):
            for state in ("to_approve", "approved", "in_progress", "done", "draft"):
                self._refused(request, "write", {"state": state})

    def test_a_requester_cannot_create_an_approved_request(self):
        values = {"picking_type_id": self.warehouse.in_type_id.id}
        empty = self.env["purchase.request"]
        for state in ("to_approve", "approved", "in_progress", "done"):
            with self.assertRaises(UserError):
                self._rpc(self.requester, empty, "create", [{**values, "state": state}])
            with self.assertRaises(UserError):
                self._rpc(
                    self.requester,
                    empty,
                    "create",
                    [values],
                    context={"default_state": state},
                )

    def test_a_requester_cannot_press_in_progress_or_done(self):
        for request in (self._request(), self._submitted(), self._approved()):
            self._refused(request, "button_in_progress")
            self._refused(request, "button_done")

    def test_a_requester_cannot_write_what_approvals_are_judged_by(self):
        request = self._submitted()
        for values in (
            {"validation_status": "validated"},
            {"estimated_cost": 0.0},
            {"approved_on": "2020-01-01 00:00:00"},
            {"review_ids": [Command.clear()]},
        ):
            self._refused(request, "write", values)
        self._refused(self._request(), "write", {"validation_status": "validated"})

    def test_an_agreed_request_goes_back_to_draft_by_a_buyer_only(self):
        request = self._approved()
        self._refused(request, "button_draft")
        request.with_user(self.buyer).button_draft()
        self.assertEqual(request.state, "draft")
        self.assertFalse(request.sudo().review_ids)

    # ---- the lines ---------------------------------------------------------------

    def test_lines_do_not_change_under_review(self):
        request = self._submitted(quantity=1000)
        line = request.line_ids
        for values in (
            {"product_qty": 8888},
            {"product_id": self._product("Stent", price=9000).id},
            {"estimated_cost": 1.0},
            {"name": "something else"},
        ):
            self._refused(
                line.request_id, "write", {"line_ids": [(1, line.id, values)]}
            )
            with self.assertRaises(UserError):
                self._rpc(self.requester, line, "write", values, context=SLY)
        self.assertEqual(line.product_qty, 1000)

    def test_lines_do_not_change_after_approval(self):
        line = self._approved().line_ids
        for values in ({"product_qty": 7777}, {"cancelled": True}):
            with self.assertRaises(UserError):
                self._rpc(self.requester, line, "write", values, context=SLY)

    def test_lines_are_not_added_or_removed_after_submission(self):
        for request in (self._submitted(), self._approved()):
            with self.assertRaises(UserError):
                self._rpc(self.requester, request.line_ids, "unlink", context=SLY)
            values = {
                "product_id": self.gloves.id,
                "product_uom_id": self.gloves.uom_id.id,
                "product_qty": 5,
            }
            none = self.env["purchase.request.line"]
            for vals, context in (
                ({**values, "request_id": request.id}, SLY),
                (values, {**SLY, "default_request_id": request.id}),
            ):
                with self.assertRaises(UserError):
                    self._rpc(self.requester, none, "create", [vals], context=context)

    def test_a_line_cannot_be_moved_into_an_approved_request(self):
        approved, draft = self._approved(), self._request(quantity=9999)
        with self.assertRaises(UserError):
            self._rpc(
                self.requester,
                draft.line_ids,
                "write",
                {"request_id": approved.id},
                context=SLY,
            )

    def test_a_dropped_line_does_not_come_back_after_approval(self):
        request = self._request()
        dear = request.line_ids.copy({"product_qty": 5000, "request_id": request.id})
        dear.do_cancel()
        request.button_to_approve()
        self._approve(request)
        for method, args in (("do_uncancel", ()), ("write", ({"cancelled": False},))):
            for user in (self.requester, self.buyer):
                with self.assertRaises(UserError):
                    self._rpc(user, dear, method, *args, context=SLY)

    def test_outcomes_of_a_draft_line_are_not_entered(self):
        line = self._request().line_ids
        for values in (
            {"request_state": "approved"},
            {"qty_done": 10.0},
            {"purchase_state": "done"},
            {"purchase_lines": [Command.clear()]},
            {"purchase_request_allocation_ids": [Command.clear()]},
        ):
            with self.assertRaises(UserError):
                self._rpc(self.requester, line, "write", values)

    # ---- the reviews -------------------------------------------------------------

    def test_reviews_are_not_written_created_or_deleted_by_hand(self):
        request = self._submitted()
        reviews = request.sudo().review_ids
        forged = {
            "model": request._name,
            "res_id": request.id,
            "definition_id": reviews.definition_id.id,
            "status": "approved",
        }
        for user in (self.requester, self.employee, self.buyer):
            for records, method, args in (
                (reviews, "write", ({"status": "approved"},)),
                (reviews, "write", ({"reviewer_ids": [Command.link(user.id)]},)),
                (reviews, "unlink", ()),
                (reviews.browse(), "create", ([forged],)),
            ):
                with self.assertRaises(UserError):
                    self._rpc(user, records, method, *args, context=SLY)
        self.assertEqual(reviews.mapped("status"), ["pending"])

    def test_who_is_not_asked_cannot_validate_or_reject(self):
        request = self._submitted()
        for user in (self.requester, self.approver):
            self._refused(request, "validate_tier", user=user)
            self._refused(request, "reject_tier", user=user)
        self.assertEqual(request.sudo().review_ids.mapped("status"), ["pending"])

    def test_the_comment_wizard_decides_nothing_for_others(self):
        request = self._submitted()
        reviews = request.sudo().review_ids
        for user in (self.requester, self.approver):
            with self.assertRaises(UserError):
                wizard = (
                    self.env["comment.wizard"]
                    .with_user(user)
                    .create(
                        {
                            "res_model": request._name,
                            "res_id": request.id,
                            "review_ids": [Command.set(reviews.ids)],
                            "validate_reject": "validate",
                            "comment": "fine",
                        }
                    )
                )
                self._rpc(user, wizard, "add_comment")
        self.assertFalse(any(reviews.mapped("comment")))

    def test_a_reviewer_may_comment_on_the_decision(self):
        self.env["tier.definition"].search(
            [("model", "=", "purchase.request")]
        ).has_comment = True
        request = self._submitted().with_user(self.buyer)
        action = request.validate_tier()
        wizard = (
            self.env["comment.wizard"]
            .with_user(self.buyer)
            .with_context(**action["context"])
            .create({"comment": "agreed"})
        )
        wizard.add_comment()
        self.assertEqual(request.state, "approved")
        self.assertEqual(request.sudo().review_ids.comment, "agreed")

    def test_a_requester_cannot_submit_with_the_answers_in_the_context(self):
        request = self._request()
        forged = {
            "default_status": "approved",
            "default_done_by": self.buyer.id,
            "default_reviewed_date": "2026-01-01 00:00:00",
            "default_comment": "fine",
            "default_reviewer_ids": [Command.link(self.requester.id)],
        }
        self._rpc(self.requester, request, "request_validation", context=forged)
        review = request.sudo().review_ids
        self.assertEqual(review.status, "pending")
        self.assertFalse(review.done_by or review.reviewed_date or review.comment)
        self.assertNotIn(self.requester, review.reviewer_ids)
        self._refused(request, "button_approved", context=forged)
        self._refused(request, "validate_tier", context=forged)

    def test_a_forged_review_in_the_database_does_not_count(self):
        for who in (self.requester, self.employee, self.env["res.users"]):
            request = self._submitted()
            request.sudo().review_ids.write({"status": "approved", "done_by": who.id})
            self._refused(request, "button_approved")
        request.sudo().review_ids.done_by = self.buyer
        self._rpc(self.requester, request, "button_approved")
        self.assertEqual(request.state, "approved")

    def test_a_reviewer_who_leaves_meanwhile_has_agreed(self):
        request = self._submitted(quantity=1000)
        request.with_user(self.buyer).validate_tier()
        self.buyer.active = False
        request.with_user(self.approver).validate_tier()
        self.assertEqual(request.state, "approved")

    # ---- four eyes ---------------------------------------------------------------

    def test_a_buyer_does_not_agree_to_their_own_request(self):
        request = self._request(user=self.buyer)
        request.button_to_approve()
        self._refused(request, "validate_tier", user=self.buyer)
        request.with_user(self.buyer_2).validate_tier()
        self.assertEqual(request.state, "approved")

    def test_who_entered_it_for_another_does_not_agree_either(self):
        request = self._request(user=self.buyer, requested_by=self.requester.id)
        request.with_user(self.buyer_2).button_to_approve()
        reviewers = request.sudo().review_ids.reviewer_ids
        self.assertNotIn(self.buyer, reviewers)
        self.assertNotIn(self.buyer_2, reviewers)
        self._refused(request, "validate_tier", user=self.buyer)

    def test_who_changed_a_draft_does_not_agree_to_it(self):
        request = self._request()
        request.line_ids.with_user(self.buyer).product_qty = 5000
        request.button_to_approve()
        reviewers = request.sudo().review_ids.reviewer_ids
        self.assertNotIn(self.buyer, reviewers)
        self.assertIn(self.buyer_2, reviewers)
        self._refused(request, "validate_tier", user=self.buyer)

    def test_who_entered_it_is_not_to_be_erased(self):
        request = self._request()
        self._refused(request, "write", {"entered_by_ids": [Command.clear()]})

    def test_a_request_that_nobody_can_review_is_not_submitted(self):
        self.env.ref("med_purchase.tier_definition_buyer").reviewer_group_id = self.env[
            "res.groups"
        ].create({"name": "Empty", "user_ids": [Command.set(self.requester.ids)]})
        with self.assertRaisesRegex(UserError, "Nobody but the requester"):
            self._request().button_to_approve()

    def test_without_a_route_nothing_is_approved(self):
        self.env["tier.definition"].search(
            [("model", "=", "purchase.request")]
        ).active = False
        with self.assertRaisesRegex(UserError, "No approval route"):
            self._request().button_to_approve()
        self._refused(self._request(), "button_approved")

    # ---- ordering ----------------------------------------------------------------

    def test_a_buyer_cannot_order_from_what_was_not_agreed_to(self):
        for request in (self._request(), self._submitted()):
            line = request.sudo().line_ids
            wizard = (
                self.env["purchase.request.line.make.purchase.order"]
                .with_user(self.buyer)
                .create(
                    {
                        "supplier_id": self.vendor.id,
                        "item_ids": [
                            Command.create(
                                {
                                    "line_id": line.id,
                                    "name": "Gloves",
                                    "product_qty": 10,
                                    "product_uom_id": line.product_uom_id.id,
                                }
                            )
                        ],
                    }
                )
            )
            with self.assertRaisesRegex(UserError, "not approved"):
                self._rpc(self.buyer, wizard, "make_purchase_order")

    def test_the_ordering_wizard_does_not_swap_the_product(self):
        request = self._approved()
        wizard = (
            self.env["purchase.request.line.make.purchase.order"]
            .with_user(self.buyer)
            .with_context(active_model="purchase.request", active_ids=request.ids)
            .create({"supplier_id": self.vendor.id})
        )
        stent = self._product("Stent", price=9000)
        self._rpc(self.buyer, wizard.item_ids, "write", {"product_id": stent.id})
        self.env.invalidate_all()
        self.assertEqual(request.line_ids.product_id, self.gloves)

    def test_receipts_are_not_counted_twice_from_outside(self):
        order = self._order(self._approved())
        order.button_confirm()
        line = order.sudo().picking_ids.move_ids.move_line_ids
        with self.assertRaisesRegex(AccessError, "Private"):
            self._rpc(self.storekeeper, line, "allocate")

    def test_allocations_are_not_entered_by_requesters(self):
        request = self._approved()
        none = self.env["purchase.request.allocation"]
        with self.assertRaises(AccessError):
            self._rpc(
                self.requester,
                none,
                "create",
                [{"purchase_request_line_id": request.line_ids.id}],
            )
