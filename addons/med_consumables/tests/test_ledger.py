from odoo.exceptions import UserError
from odoo.tests import tagged

from ..models.med_consumption_record import ConsumptionConflict
from .common import ConsumablesCase


@tagged("post_install", "-at_install")
class TestLedger(ConsumablesCase):
    def test_the_same_report_twice_changes_nothing(self):
        first = self._use(3)
        again = self._use(3)
        self.assertEqual(first, again)
        self.assertEqual(self.env["med.consumption"].search_count([]), len(first))

    def test_the_same_report_twice_in_one_message_is_one_line(self):
        lines = self.env["med.consumption"]._record([self._report(3), self._report(3)])
        self.assertEqual(len(lines), 2)
        self.assertEqual(lines[0], lines[1])

    def test_a_changed_report_under_a_known_key_is_refused(self):
        self._use(3)
        with self.assertRaisesRegex(ConsumptionConflict, "Quantity"):
            self._use(4)

    def test_one_key_for_two_visits_is_refused(self):
        self._use(3, encounter_token="visit")
        with self.assertRaises(ConsumptionConflict):
            self._use(3, encounter_token="another")

    def test_lines_come_back_in_the_order_of_their_reports(self):
        known = self._use(1, key="b")
        lines = self.env["med.consumption"]._record(
            [self._report(2, "a"), self._report(1, "b"), self._report(3, "c")]
        )
        self.assertEqual(lines.mapped("external_key"), ["a", "b", "c"])
        self.assertEqual(lines[1], known)

    def test_an_item_of_another_company_is_not_recorded(self):
        other = self.env["res.company"].create({"name": "Other hospital"})
        theirs = self.env["product.product"].create(
            {"name": "Theirs", "is_storable": True, "company_id": other.id}
        )
        report = {**self._report(3), "product_id": theirs.id}
        with self.assertRaisesRegex(UserError, "compan"):
            self.env["med.consumption"]._record([report])

    def test_what_was_reported_cannot_be_changed_even_by_the_superuser(self):
        line = self._use(3).sudo()
        with self.assertRaisesRegex(UserError, "cannot be changed"):
            line.quantity = 4
        with self.assertRaisesRegex(UserError, "cannot be deleted"):
            line.unlink()

    def test_the_outcome_may_change(self):
        line = self._use(3)
        line._set_outcome(state="incident", incident_code="no_stock")
        self.assertEqual(line.state, "incident")

    def test_history_counts_as_demand_and_moves_no_stock(self):
        self._stock(10, self._lot("A"))
        line = self._use(3, historical=True)
        self._post()
        self.assertEqual(line.state, "historical")
        self.assertEqual(self._on_hand(), 10)

    def test_recording_a_hundred_lines_costs_no_more_queries_than_ten(self):
        def record(prefix, number):
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.env["med.consumption"]._record(
                [self._report(1, f"{prefix}{i}") for i in range(number)]
            )
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        record("warm", 1)
        self.assertLessEqual(record("many", 100), record("few", 10) + 2)
