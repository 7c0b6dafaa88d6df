import base64

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .test_closing import ClosingCase


@tagged("post_install", "-at_install")
class TestClosingFinance(ClosingCase):
    """Two people of the store sign, then finance; only then the month is locked."""

    def setUp(self):
        super().setUp()
        self.company.med_closing_finance = True
        self.finance = self._user("cl_fin", "med_consumables.group_closing_finance")
        self._goods_of_two_months()
        self.closing = self._closing(self.last_month)

    def _checked(self):
        self._close(self.closing)
        return self.closing.with_user(self.finance)

    def test_the_month_is_locked_when_finance_has_signed(self):
        signed = self._checked()
        self.assertEqual(signed.state, "checked")
        self.assertFalse(self.company.med_closed_until)
        signed.action_finance_sign()
        self.assertEqual((signed.state, signed.finance_by_id), ("closed", self.finance))
        self.assertEqual(self.company.med_closed_until, signed.date_to)

    def test_only_finance_signs_for_finance_and_nobody_signs_twice(self):
        self._checked()
        with self.assertRaisesRegex(AccessError, "Only finance"):
            self.closing.with_user(self.keeper).action_finance_sign()
        self.checker.group_ids += self.env.ref("med_consumables.group_closing_finance")
        with self.assertRaisesRegex(UserError, "Ask another person"):
            self.closing.with_user(self.checker).action_finance_sign()

    def test_finance_makes_and_checks_nothing_itself(self):
        closing = self.closing.with_user(self.finance)
        for attempt in ("action_compute", "action_make"):
            with self.assertRaises(AccessError):
                getattr(closing, attempt)()
        with self.assertRaises(AccessError):
            closing.state = "closed"

    def test_finance_sends_it_back_and_the_signatures_are_gone(self):
        signed = self._checked()
        signed.action_back_to_draft()
        self.assertEqual(signed.state, "draft")
        self.assertFalse(signed.made_by_id or signed.checked_by_id)

    def test_the_statement_of_a_department_is_not_signed_by_finance(self):
        statement = self._closing(self.last_month, department_id=self.icu.id)
        self._close(statement)
        self.assertEqual(statement.state, "closed")

    def test_the_sheet_is_attached_once_and_printed_again_as_it_was_signed(self):
        signed = self._checked().with_context(force_report_rendering=True)
        signed.action_finance_sign()
        files = self.env["ir.attachment"].search(
            [("res_model", "=", "med.closing"), ("res_id", "=", signed.id)]
        )
        self.assertEqual(len(files), 1)
        self.assertTrue(base64.b64decode(files.datas).startswith(b"%PDF"))
        again = self.env["ir.actions.report"].with_context(force_report_rendering=True)
        printed, _kind = again._render_qweb_pdf(
            "med_consumables.med_closing_report", signed.ids
        )
        self.assertEqual(printed, files.raw)
