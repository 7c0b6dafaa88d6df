from datetime import date, timedelta

from odoo.exceptions import UserError
from odoo.tests import BaseCase, tagged

from ..core.period import accounting_day
from .common import ConsumablesCase


class TestCorePeriod(BaseCase):
    def test_an_open_day_is_its_own_accounting_day(self):
        self.assertEqual(accounting_day(date(2026, 4, 2), None), date(2026, 4, 2))
        self.assertEqual(
            accounting_day(date(2026, 4, 1), date(2026, 3, 31)), date(2026, 4, 1)
        )

    def test_a_closed_day_moves_to_the_first_open_one(self):
        self.assertEqual(
            accounting_day(date(2026, 2, 3), date(2026, 3, 31)), date(2026, 4, 1)
        )


@tagged("post_install", "-at_install")
class TestClosedPeriod(ConsumablesCase):
    def setUp(self):
        super().setUp()
        self.today = self.company._med_day(self.now)
        self.company.med_closed_until = self.today - timedelta(days=5)
        self._stock(100, self._lot("A"))
        self.nurse = self._user("cp_nurse", "med_consumables.group_ward_user", self.icu)

    def _by_hand(self, days):
        wizard = (
            self.env["med.record.use"]
            .with_user(self.nurse)
            .create(
                {
                    "department_id": self.icu.id,
                    "event_time": self.now - timedelta(days=days),
                    "line_ids": [(0, 0, {"product_id": self.gloves.id, "quantity": 1})],
                }
            )
        )
        wizard.action_record()
        return self.env["med.consumption"].search(
            [("external_key", "=like", wizard.token + "%")]
        )

    def _analytic_date(self, line):
        return (
            self.env["account.analytic.line"]
            .search([("med_stock_move_id", "=", line.allocation_ids.move_id.id)])
            .date
        )

    def test_a_back_dated_record_in_an_open_period_is_accepted(self):
        line = self._by_hand(4)
        self._post()
        self.assertEqual(line.state, "posted")
        self.assertEqual(line.accounting_date, self.today - timedelta(days=4))
        self.assertEqual(self._analytic_date(line), self.today - timedelta(days=4))

    def test_a_back_dated_record_in_a_closed_period_is_refused(self):
        with self.assertRaisesRegex(UserError, "closed until"):
            self._by_hand(5)

    def test_a_late_report_of_a_system_falls_into_the_first_open_day(self):
        happened = self.now - timedelta(days=9)
        line = self._use(3, event_time=happened)
        self._post()
        move = line.allocation_ids.move_id
        first_open = self.today - timedelta(days=4)
        self.assertEqual(line.event_time, happened)
        self.assertEqual(move.med_event_time, happened)
        self.assertEqual(self.company._med_day(move.date), first_open)
        self.assertEqual(move.date, move.move_line_ids.date)
        self.assertEqual(line.accounting_date, first_open)
        self.assertEqual(self._analytic_date(line), first_open)

    def test_a_late_return_falls_into_the_first_open_day(self):
        use = self._use(3, event_time=self.now - timedelta(days=9))
        back = self._use(
            1,
            key="2",
            kind="return",
            reversal_of_id=use.id,
            event_time=self.now - timedelta(days=8),
        )
        self._post()
        self.assertEqual(back.state, "posted")
        self.assertEqual(back.accounting_date, self.today - timedelta(days=4))

    def test_a_done_move_is_not_dated_into_a_closed_period(self):
        line = self._use(3)
        self._post()
        with self.assertRaisesRegex(UserError, "closed period"):
            line.allocation_ids.move_id.date = self.now - timedelta(days=6)

    def test_history_before_the_opening_is_taken_by_hand(self):
        line = self._use(
            3,
            source="manual",
            historical=True,
            event_time=self.now - timedelta(days=90),
        )
        self.assertEqual(line.state, "historical")
