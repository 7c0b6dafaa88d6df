from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import BudgetCase


@tagged("post_install", "-at_install")
class TestRequestCheck(BudgetCase):
    """1,000 are planned; a request of 500 pieces would reserve 1,130."""

    def _submitted(self, quantity):
        request = self._request(quantity=quantity, department_id=self.icu.id)
        request.button_to_approve()
        return request

    def _said(self, request):
        return " ".join(request.message_ids.mapped("body"))

    def test_what_the_budget_pays_is_approved_without_a_word(self):
        request = self._submitted(400)
        self._approve(request)
        self.assertNotIn("Budget warning", self._said(request))
        self.assertEqual(self._figures()[0], 904.0)

    def test_the_request_is_told_what_is_short(self):
        request = self._submitted(500)
        self._approve(request)
        self.assertIn("Budget warning", self._said(request))
        self.assertIn("130.00", self._said(request))

    def test_the_company_may_refuse_the_approval(self):
        self.company.med_budget_request = "block"
        request = self._submitted(500)
        with self.assertRaisesRegex(UserError, "short by") as refused:
            self._approve(request)
        for figure in ("1,000.00", "1,130.00", "130.00"):
            self.assertIn(figure, str(refused.exception))
        request.invalidate_recordset()
        self.assertEqual(self._figures()[0], 0.0)
        self._approve(self._submitted(400))

    def test_or_not_look(self):
        self.company.med_budget_request = "pass"
        request = self._submitted(500)
        self._approve(request)
        self.assertNotIn("Budget warning", self._said(request))

    def test_the_smart_button_shows_it_before(self):
        request = self._submitted(500)
        for user in (self.buyer, self.approver, self.auditor, self.owner):
            action = request.with_user(user).action_view_budget()
            check = self.env[action["res_model"]].with_user(user)
            check = check.browse(action["res_id"])
            self.assertEqual(check.request_id, request)
            self.assertEqual(check.cost, 1_130.0)
            line = check.line_ids
            self.assertEqual((line.this_order, line.requested), (1_130.0, 0.0))
            self.assertEqual((line.available, line.verdict), (-130.0, "block"))

    def test_an_order_of_what_was_approved_is_still_paid(self):
        request = self._submitted(400)
        self._approve(request)
        order = self._order(request)
        order.button_confirm()
        self.assertEqual(order.state, "purchase")
        self.assertEqual(self._figures()[:2], (0.0, 904.0))
