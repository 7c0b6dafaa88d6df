from datetime import date
from decimal import Decimal

from dateutil.relativedelta import relativedelta
from freezegun import freeze_time

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import BaseCase, Form, tagged
from odoo.tools.date_utils import end_of

from ..core.availability import Figures, decide
from ..core.months import even_weights, kept_weights, months_of
from .common import BudgetCase


class TestMonthsOfAPeriod(BaseCase):
    """Months, their weights, and what they let pass."""

    def test_a_year_has_twelve_even_months(self):
        year = (date(2026, 1, 1), date(2026, 12, 31))
        self.assertEqual(months_of(*year)[1], date(2026, 2, 1))
        self.assertEqual(even_weights(*year), [Decimal(1)] * 12)

    def test_a_leap_february_is_a_whole_month(self):
        weights = even_weights(date(2028, 2, 1), date(2028, 3, 31))
        self.assertEqual(weights, [1, 1])

    def test_one_day_is_a_part_of_its_month(self):
        self.assertEqual(
            even_weights(date(2026, 6, 30), date(2026, 6, 30)), [Decimal(1) / 30]
        )

    def test_a_shape_moves_with_the_year(self):
        known = {date(2026, 1, 1): 30.0, date(2026, 2, 1): 10.0}
        later = [date(2027, 1, 1), date(2027, 2, 1)]
        self.assertEqual(kept_weights(known, later), [30, 10])

    def test_a_longer_period_keeps_what_months_it_knows(self):
        known = {date(2026, 1, 1): 30.0, date(2026, 2, 1): 10.0}
        months = months_of(date(2026, 1, 1), date(2026, 3, 31))
        self.assertEqual(kept_weights(known, months), [30, 10, 0])

    def test_nothing_known_has_no_shape(self):
        self.assertIsNone(kept_weights({}, [date(2026, 1, 1)]))
        self.assertIsNone(kept_weights({date(2026, 1, 1): 0.0}, [date(2026, 1, 1)]))

    def _decide(self, months, period="block", planned=1_200.0, so_far=300.0):
        before = Figures(planned, ordered=250.0, planned_to_date=so_far)
        after = Figures(planned, ordered=350.0, planned_to_date=so_far)
        return decide(before, after, period, month_policy=months)

    def test_the_period_pays_and_its_months_do_not(self):
        self.assertEqual(self._decide("pass").verdict, "ok")
        for months in ("warn", "block"):
            decision = self._decide(months)
            self.assertEqual((decision.verdict, decision.short_by), (months, 50.0))
            self.assertTrue(decision.of_months)

    def test_the_stricter_speaks_and_among_equals_the_period(self):
        short = {"planned": 300.0, "so_far": 200.0}
        decision = self._decide("block", "warn", **short)
        self.assertEqual((decision.verdict, decision.short_by), ("block", 150.0))
        decision = self._decide("warn", "warn", **short)
        self.assertEqual((decision.short_by, decision.of_months), (50.0, False))


@tagged("post_install", "-at_install")
class TestBudgetMonths(BudgetCase):
    """1,000 for a year: every month gets its share, to the cent."""

    def _draft(self, planned=1_000.0, **values):
        budget = self._budget(
            [(self.or_centre, None, planned)], approve=False, **values
        )
        return budget.with_user(self.owner)

    def _amounts(self, line):
        return line.month_ids.sorted("month").mapped("planned")

    def test_an_amount_is_spread_evenly_and_to_the_cent(self):
        amounts = self._amounts(self.line)
        self.assertEqual(amounts[:5], [83.34, 83.34, 83.34, 83.34, 83.33])
        self.assertEqual(round(sum(amounts), 2), 1_000.0)

    def test_a_changed_amount_keeps_its_shape(self):
        line = self._draft().line_ids
        first = line.month_ids.sorted("month")[0]
        line.write({"month_ids": [Command.update(first.id, {"planned": 583.34})]})
        self.assertEqual(line.planned, 1_500.0, "the months decide")
        line.planned = 3_000.0
        self.assertEqual(self._amounts(line)[:2], [1_166.68, 166.68])

    def test_months_follow_the_period(self):
        draft = self._draft()
        draft.date_to = draft.date_from + relativedelta(months=4, days=-1)
        self.assertEqual(len(draft.line_ids.month_ids), 4)
        self.assertEqual(round(sum(self._amounts(draft.line_ids)), 2), 1_000.0)

    def test_months_that_do_not_add_up_are_not_approved(self):
        draft = self._draft()
        draft.line_ids.month_ids[0].planned = 5.0
        with self.assertRaisesRegex(ValidationError, "add up"):
            draft.action_approve()

    def test_months_of_an_approved_budget_change_for_nobody(self):
        month = self.line.month_ids[0]
        for user in (self.owner, self.env.user):
            with self.assertRaisesRegex(UserError, "does not change"):
                month.with_user(user).planned = 1.0
            with self.assertRaisesRegex(UserError, "does not change"):
                month.with_user(user).unlink()
        with self.assertRaises(UserError):
            month.with_user(self.owner).copy({"month": "2001-01-01"})

    def test_a_ward_manager_reads_the_months_of_their_cost_centre_only(self):
        self._budget([(self.or_centre, None, 500.0)])
        Month = self.env["med.budget.month"].with_user(self.ward_manager)
        self.assertEqual(Month.search([]), self.line.month_ids)
        with self.assertRaises(AccessError):
            self.line.month_ids[0].with_user(self.ward_manager).planned = 5
        with self.assertRaises(AccessError):
            self.env["med.budget.month"].with_user(self.employee).search([])

    def test_a_revision_keeps_the_months(self):
        draft = self._draft()
        first = draft.line_ids.month_ids.sorted("month")[0]
        first.line_id.write(
            {"month_ids": [Command.update(first.id, {"planned": 583.34})]}
        )
        draft.action_approve()
        revision = draft.browse(draft.action_revise()["res_id"])
        self.assertEqual(self._amounts(revision.line_ids)[0], 583.34)

    def test_what_a_month_used_is_a_list_away_and_is_carried_on(self):
        self._use(10)
        self._confirmed(10)
        month = self.line.month_ids.filtered(
            lambda each: each.month == self.today.replace(day=1)
        )
        self.assertEqual(round(month.used, 2), 42.6)
        entries = self.env["med.budget.entry"].search(
            month.action_open_entries()["domain"]
        )
        self.assertEqual(round(sum(entries.mapped("amount")), 2), 42.6)
        so_far = sum(
            each.planned for each in self.line.month_ids if each.month <= self.today
        )
        self.assertAlmostEqual(month.planned_to_date, so_far)
        self.assertAlmostEqual(month.available_to_date, so_far - 42.6)
        self.assertAlmostEqual(self.line.available_to_date, so_far - 42.6)
        last = self.line.month_ids.sorted("month")[-1]
        self.assertAlmostEqual(last.available_to_date, 1_000.0 - 42.6)

    def test_planned_stands_on_its_months_in_the_analysis(self):
        planned = self.env["med.budget.entry"].search(
            [("budget_line_id", "=", self.line.id), ("kind", "=", "planned")]
        )
        self.assertEqual(
            sorted(planned.mapped("date")),
            sorted(self.line.month_ids.mapped("month")),
        )
        self.assertAlmostEqual(sum(planned.mapped("amount")), 1_000.0)
        action = planned[0].action_open_document()
        self.assertEqual(
            (action["res_model"], action["res_id"]), ("med.budget", self.budget.id)
        )

    # ---- orders ------------------------------------------------------------------

    def test_an_order_above_the_months_so_far_is_refused(self):
        self._held_to_months("block")
        with self.assertRaisesRegex(UserError, "up to this month") as refused:
            self._rfq(100).button_confirm()
        self.assertIn("126.00", str(refused.exception))
        self._confirmed(40)

    def test_it_passes_with_a_warning_or_without_one(self):
        budget = self._held_to_months("warn")
        order = self._confirmed(100)
        self.assertIn("up to this month", self._said(order))
        budget.action_close()
        self._held_to_months("pass")
        order = self._confirmed(100)
        self.assertNotIn("short", self._said(order))

    def _said(self, order):
        return " ".join(body or "" for body in order.message_ids.mapped("body"))

    def test_finance_lets_it_pass_with_a_reason(self):
        self._held_to_months("block")
        order = self._rfq(100)
        wizard = (
            self.env["med.budget.override.wizard"]
            .with_user(self.owner)
            .create({"order_id": order.id, "reason": "Operation tomorrow"})
        )
        self.assertIn("this month", wizard.situation)
        wizard.action_grant()
        order.button_confirm()
        self.assertEqual(order.state, "purchase")

    # ---- spreading ---------------------------------------------------------------

    def _spread(self, draft, **values):
        return (
            self.env["med.budget.spread"]
            .with_user(self.owner)
            .with_context(active_id=draft.id)
            .create(values)
        )

    def test_it_is_spread_as_a_year_before_was_spent(self):
        self._use(30)
        self._use(10, kind="return")
        draft = self._budget(
            [(self.icu_centre, None, 600.0), (self.or_centre, None, 120.0)],
            approve=False,
            date_from=self.budget.date_from + relativedelta(years=1),
            date_to=self.budget.date_to + relativedelta(years=1),
        ).with_user(self.owner)
        icu, theatre = draft.line_ids
        month = self.today.replace(day=1) + relativedelta(years=1)
        with freeze_time(self.budget.date_to + relativedelta(days=40)):
            wizard = self._spread(draft, method="last_year")
            self.assertEqual(wizard.without_history_count, 1)
            wizard.action_spread()
        amounts = {each.month: each.planned for each in icu.month_ids if each.planned}
        self.assertEqual(amounts, {month: 600.0})
        self.assertEqual(set(theatre.month_ids.mapped("planned")), {10.0})
        # Before the year is over, what is to come counts as the mean of what was.
        with freeze_time(end_of(self.today, "month") + relativedelta(days=2)):
            self._spread(draft, method="last_year").action_spread()
        over = month.month
        amounts = {each.month: each.planned for each in icu.month_ids}
        self.assertAlmostEqual(amounts[month], 600 * over / 12, delta=0.01)
        self.assertEqual(sum(map(bool, amounts.values())), 1 + 12 - over)
        self._spread(draft, line_ids=[Command.set(icu.ids)]).action_spread()
        self.assertEqual(set(icu.month_ids.mapped("planned")), {50.0})

    def test_an_approved_budget_is_not_spread(self):
        with self.assertRaisesRegex(UserError, "does not change"):
            self._spread(self.budget).action_spread()
        with self.assertRaises(AccessError):
            self._rpc(self.buyer, self._spread(self._draft()), "action_spread")

    # ---- moving ------------------------------------------------------------------

    def _two_lines(self):
        self.budget.with_user(self.owner).action_close()
        return self._budget(
            [(self.icu_centre, None, 600.0), (self.or_centre, None, 120.0)]
        ).with_user(self.owner)

    def _move(self, budget, amount, lines=None):
        giver, taker = lines or budget.line_ids
        return (
            self.env["med.budget.move"]
            .with_user(self.owner)
            .with_context(active_id=budget.id)
            .create(
                {
                    "from_line_id": giver.id,
                    "to_line_id": taker.id,
                    "amount": amount,
                    "reason": "Two more operations a week",
                }
            )
        )

    def test_money_is_moved_by_a_revision_that_says_why(self):
        budget = self._two_lines()
        action = self._move(budget, 100.0).action_move()
        draft = budget.browse(action["res_id"])
        self.assertEqual(draft.line_ids.mapped("planned"), [500.0, 220.0])
        self.assertEqual(budget.line_ids.mapped("planned"), [600.0, 120.0])
        self.assertIn("Two more operations", draft.message_ids[0].body)
        self._move(budget, 50.0).action_move()
        self.assertEqual(draft.line_ids.mapped("planned"), [450.0, 270.0])
        draft.action_approve()
        self.assertEqual(budget.state, "closed")

    def test_what_a_line_has_not_left_is_not_moved(self):
        budget = self._two_lines()
        self._confirmed(100)
        with self.assertRaisesRegex(UserError, "374.00 left"):
            self._move(budget, 374.01).action_move()
        self._move(budget, 374.0).action_move()

    def test_nonsense_is_refused(self):
        budget = self._two_lines()
        icu, theatre = budget.line_ids
        for amount, lines, text in (
            (0.0, None, "above zero"),
            (-5.0, None, "above zero"),
            (5.0, (icu, icu), "one line to another"),
            (5.0, (icu, self.line), "belong to the budget"),
        ):
            with self.assertRaisesRegex(ValidationError, text):
                self._move(budget, amount, lines)
        with self.assertRaises(AccessError):
            self._rpc(self.buyer, self._move(budget, 5.0), "action_move")

    # ---- on the screen -----------------------------------------------------------

    def test_months_are_entered_in_their_dialog(self):
        line = self._draft().line_ids
        view = line.action_open_months()["views"][0][0]
        form = Form(line, view=self.env["ir.ui.view"].browse(view))
        with form, form.month_ids.edit(0) as month:
            month.planned = 183.34
        self.assertEqual(line.planned, 1_100.0)
