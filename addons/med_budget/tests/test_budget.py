from dateutil.relativedelta import relativedelta
from psycopg2.errors import CheckViolation

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import BudgetCase


@tagged("post_install", "-at_install")
class TestBudget(BudgetCase):
    """A budget in force does not change, and each role sees what is its own."""

    def test_an_approved_budget_is_changed_by_nobody(self):
        for user in (self.owner, self.env.user):
            budget = self.budget.with_user(user)
            for values in (
                {"date_to": budget.date_to + relativedelta(years=1)},
                {"policy": "warn"},
                {"line_ids": [Command.clear()]},
            ):
                with self.assertRaisesRegex(UserError, "does not change"):
                    budget.write(values)
            with self.assertRaisesRegex(UserError, "does not change"):
                budget.line_ids.write({"planned": 999_999.0})
            with self.assertRaisesRegex(UserError, "does not change"):
                budget.line_ids.unlink()
            with self.assertRaisesRegex(UserError, "does not change"):
                budget.unlink()

    def test_a_line_is_neither_added_to_nor_moved_into_an_approved_budget(self):
        values = {"analytic_account_id": self.or_centre.id, "planned": 5.0}
        Line = self.env["med.budget.line"].with_user(self.owner)
        with self.assertRaises(UserError):
            Line.create({**values, "budget_id": self.budget.id})
        draft = self._budget([(self.or_centre, None, 5.0)], approve=False)
        with self.assertRaises(UserError):
            draft.line_ids.with_user(self.owner).budget_id = self.budget

    def test_the_state_is_moved_by_buttons_only(self):
        draft = self._budget([(self.or_centre, None, 5.0)], approve=False)
        for budget, state in ((draft, "approved"), (self.budget, "draft")):
            with self.assertRaises(AccessError):
                self._rpc(self.owner, budget, "write", {"state": state})
        made = self._rpc(
            self.owner,
            draft.browse(),
            "create",
            [{"name": "x"}],
            context={"default_state": "approved"},
        )
        self.assertEqual(draft.browse(made).state, "draft")

    def test_a_revision_replaces_the_budget_when_it_is_approved(self):
        action = self.budget.with_user(self.owner).action_revise()
        revision = self.env["med.budget"].with_user(self.owner).browse(action["res_id"])
        self.assertEqual((revision.state, revision.revision), ("draft", 2))
        self.assertEqual(revision.revises_id, self.budget)
        revision.line_ids.planned = 2_000.0
        self.assertEqual(self.budget.state, "approved")
        revision.action_approve()
        self.assertEqual((self.budget.state, revision.state), ("closed", "approved"))
        self.assertEqual(self.line.planned, 1_000.0)

    def test_revising_twice_opens_the_same_draft(self):
        budget = self.budget.with_user(self.owner)
        self.assertEqual(
            budget.action_revise()["res_id"], budget.action_revise()["res_id"]
        )

    def test_a_cost_centre_has_one_approved_budget_a_day(self):
        twin = self._budget([(self.icu_centre, self.categ, 5.0)], approve=False)
        with self.assertRaises(ValidationError) as refused:
            twin.with_user(self.owner).action_approve()
        self.assertIn("ICU", str(refused.exception))
        twin.write(
            {
                "date_from": self.budget.date_from + relativedelta(years=1),
                "date_to": self.budget.date_to + relativedelta(years=1),
            }
        )
        twin.with_user(self.owner).action_approve()

    def test_a_budget_without_lines_is_not_approved(self):
        empty = self._budget([], approve=False)
        with self.assertRaisesRegex(UserError, "no line"):
            empty.with_user(self.owner).action_approve()

    def test_a_period_ends_after_it_begins(self):
        with self.assertRaises(CheckViolation), mute_logger("odoo.sql_db"):
            self._budget(
                [],
                approve=False,
                date_from=self.today,
                date_to=self.today - relativedelta(days=1),
            )

    # ---- who sees what -----------------------------------------------------------

    def test_an_employee_reads_no_budget(self):
        for records in (self.budget, self.line):
            with self.assertRaises(AccessError):
                records.with_user(self.employee).read(["display_name"])
        with self.assertRaises(AccessError):
            self.env["med.budget.entry"].with_user(self.employee).search([])

    def test_a_ward_manager_reads_their_own_cost_centre_only(self):
        other = self._budget([(self.or_centre, None, 500.0)])
        mine = self.env["med.budget.line"].with_user(self.ward_manager).search([])
        self.assertEqual(mine, self.line)
        self.assertEqual(mine.available, 1_000.0)
        with self.assertRaises(AccessError):
            other.with_user(self.ward_manager).read(["name"])
        entries = self.env["med.budget.entry"].with_user(self.ward_manager).search([])
        self.assertEqual(entries.analytic_account_id, self.icu_centre)
        with self.assertRaises(AccessError):
            self.line.with_user(self.ward_manager).planned = 5

    def test_buyers_approvers_and_auditors_read_and_never_write(self):
        draft = self._budget([(self.or_centre, None, 5.0)], approve=False)
        for user in (self.buyer, self.approver, self.auditor):
            budget = draft.with_user(user)
            self.assertEqual(budget.line_ids.planned, 5.0)
            with self.assertRaises(AccessError):
                budget.write({"name": "x"})
            with self.assertRaises(AccessError):
                budget.line_ids.write({"planned": 9})
            for method in ("action_approve", "action_close", "action_revise"):
                with self.assertRaises(AccessError):
                    self._rpc(user, budget, method)

    def test_a_budget_of_another_company_is_not_seen(self):
        company = self.env["res.company"].create({"name": "Another hospital"})
        self.env.user.company_ids |= company
        other = self.env["med.budget"].create(
            {"name": "Theirs", "company_id": company.id}
        )
        seen = self.env["med.budget"].with_user(self.owner).search([])
        self.assertNotIn(other, seen)

    def test_finance_and_audit_open_an_order(self):
        order = self._confirmed(10)
        for user in (self.owner, self.auditor, self.buyer):
            self._read_form(order.with_user(user))

    def test_every_role_opens_its_screens(self):
        for user in (
            self.owner,
            self.buyer,
            self.approver,
            self.auditor,
            self.ward_manager,
        ):
            for model, kind in (
                ("med.budget", "list"),
                ("med.budget", "form"),
                ("med.budget.line", "list"),
                ("med.budget.line", "form"),
                ("med.budget.entry", "list"),
            ):
                records = self.env[model].with_user(user).search([])
                records.read(records.get_view(view_type=kind)["models"][model])
