from datetime import timedelta

from odoo import fields
from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged

from .requisition_case import RequisitionCase


@tagged("post_install", "-at_install")
class TestRequisitionLoan(RequisitionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.lent = cls._lot("LENT", days=60)
        cls._stock(8, cls.lent, cls.er)
        cls.due = fields.Date.today() + timedelta(days=3)

    def _loan(self, quantity=5, **values):
        return self._asked(
            quantity,
            kind="loan",
            lender_id=self.er.id,
            due_back=self.due,
            **values,
        )

    def _handed_over(self, quantity=5):
        loan = self._loan(quantity)
        loan.with_user(self.er_head).action_approve()
        loan.with_user(self.er_nurse).action_hand_over()
        return loan

    def test_the_lender_sees_approves_and_hands_over(self):
        loan = self._handed_over()
        self.assertEqual(loan.state, "issued")
        self.assertTrue(loan.on_loan)
        self.assertEqual(self._on_hand(department=self.er), 3)
        self.assertEqual(self._on_hand(self.lent), 5)

    def test_who_borrows_does_not_decide(self):
        with self.assertRaisesRegex(UserError, "Only the manager of .ER."):
            self._loan().with_user(self.head).action_approve()

    def test_who_borrows_does_not_help_himself(self):
        loan = self._loan()
        loan.with_user(self.er_head).action_approve()
        with self.assertRaisesRegex(UserError, "who lends"):
            loan.with_user(self.nurse).action_hand_over()

    def test_a_loan_is_given_back_in_any_lot(self):
        loan = self._handed_over()
        self._receive(loan)
        self._use(5)  # the borrowed ones
        self._post()
        self._stock(9, self.late)
        self._wizard("med.requisition.return", loan).action_confirm()
        self.assertTrue(loan.on_loan, "the lender does not have it yet")
        with self.assertRaisesRegex(UserError, "who lends"):
            loan.with_user(self.nurse).action_got_back()
        loan.with_user(self.er_nurse).action_got_back()
        self.assertFalse(loan.on_loan)
        self.assertEqual(self._on_hand(department=self.er), 8)
        self.assertEqual(self._on_hand(self.late), 4)

    def test_what_the_lender_used_is_not_lent(self):
        loan = self._loan(8)
        loan.with_user(self.er_head).action_approve()
        promised = self._use(2, "p", department_id=self.er.id)
        self._post()  # all is promised to the borrower: an incident, for now
        self.assertEqual(promised.incident_code, "no_stock")
        waiting = self._use(4, "w", department_id=self.er.id)
        loan.with_user(self.er_nurse).action_hand_over()
        self.assertEqual((promised | waiting).mapped("state"), ["posted", "posted"])
        self.assertEqual(loan.line_ids.issued_qty, 2)
        self.assertEqual(self._on_hand(department=self.er), 0)

    def test_what_is_used_already_is_not_given_back(self):
        loan = self._handed_over()
        self._receive(loan)
        used = self._use(2)
        with self.assertRaisesRegex(UserError, "holds 3"):
            self._wizard("med.requisition.return", loan).action_confirm()
        self.assertEqual(used.state, "posted")

    def test_nothing_came_back_yet(self):
        with self.assertRaisesRegex(UserError, "given nothing back"):
            self._handed_over().with_user(self.er_nurse).action_got_back()

    def test_what_the_shelf_lacks_is_not_lent(self):
        loan = self._handed_over(10)
        self.assertEqual(loan.line_ids.issued_qty, 8)
        self.assertEqual(loan.state, "issued")

    def test_an_empty_shelf_lends_nothing(self):
        self._stock(-8, self.lent, self.er)
        loan = self._loan()
        loan.with_user(self.er_head).action_approve()
        with self.assertRaisesRegex(UserError, "nothing usable"):
            loan.with_user(self.er_nurse).action_hand_over()

    def test_a_loan_that_is_late_stands_out(self):
        loan = self._handed_over()
        late = [("id", "=", loan.id), ("overdue", "=", True)]
        self.assertFalse(self.env["med.requisition"].search(late))
        loan.sudo().due_back = fields.Date.today() - timedelta(days=1)
        self.assertEqual(self.env["med.requisition"].search(late), loan)
        self.assertTrue(loan.overdue)

    def test_a_loan_names_a_lender_and_a_day(self):
        with self.assertRaisesRegex(ValidationError, "who lends"):
            self._draft(1, kind="loan")
        with self.assertRaisesRegex(ValidationError, "to itself"):
            self._draft(
                1, kind="loan", lender_id=self.icu.id, due_back=fields.Date.today()
            )
