from datetime import timedelta

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from .requisition_case import RequisitionCase


@tagged("post_install", "-at_install")
class TestWardCount(RequisitionCase):
    """A counted department has used what a count finds missing."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.icu.stock_keeping = "counted"
        cls.a = cls._lot("A", days=20)
        cls._stock(30, cls.a)

    def _sheet(self, user=None, **counted):
        sheet = (
            self.env["med.ward.count"]
            .with_user(user or self.nurse)
            .create({"department_id": self.icu.id})
        )
        if "gloves" in counted:
            self._line(sheet).counted_qty = counted["gloves"]
        return sheet

    def _line(self, sheet):
        return sheet.line_ids.filtered(lambda line: line.product_id == self.gloves)

    def _ledger(self):
        return self.env["med.consumption"].search([("source", "=", "count")])

    def test_a_sheet_lists_what_lies_on_the_shelf_or_should(self):
        self.env["stock.warehouse.orderpoint"].create(
            {
                "product_id": self.masks.id,
                "location_id": self.icu.stock_location_id.id,
                "product_min_qty": 1,
                "product_max_qty": 2,
                "trigger": "manual",
            }
        )
        self.assertEqual(self._sheet().line_ids.product_id, self.gloves | self.masks)

    def test_what_is_missing_was_used(self):
        sheet = self._sheet(gloves=18)
        self.assertEqual(self._line(sheet).used_qty, 12)
        sheet.action_confirm()
        line = self._ledger()
        self.assertEqual((line.quantity, line.kind), (12, "use"))
        self.assertEqual(line.event_time, sheet.counted_at)
        self._post()
        self.assertEqual(line.state, "posted")
        self.assertEqual(self._on_hand(), 18)

    def test_opening_received_and_recorded_are_shown_and_kept(self):
        first = self._sheet(gloves=20)
        first.action_confirm()
        first.sudo().counted_at = self.now - timedelta(hours=2)
        self._post()
        self._issued(12)
        self._use(4)  # came in by the interface
        self._post()
        sheet = self._sheet(gloves=23)
        line = self._line(sheet)
        figures = line.read(["opening_qty", "received_qty", "recorded_qty", "used_qty"])
        self.assertEqual(
            list(figures[0].values())[1:], [20, 12, 4, 5], "20 + 12 − 4 − 23 = 5"
        )
        sheet.action_confirm()
        self._post()
        line.invalidate_recordset()
        self.assertEqual((line.opening_qty, line.received_qty), (20, 12))
        self.assertEqual(line.used_qty, 5)
        self.assertEqual(self._on_hand(), 23)

    def test_what_comes_after_the_count_is_not_missing(self):
        sheet = self._sheet(gloves=30)
        sheet.counted_at = self.now - timedelta(hours=1)
        self._issued(12)
        self._line(sheet).invalidate_recordset()
        self.assertEqual(self._line(sheet).used_qty, 0)
        sheet.action_confirm()
        self.assertFalse(self._ledger())
        self.assertEqual(self._on_hand(), 42)

    def test_the_first_count_opens_with_the_books(self):
        line = self._line(self._sheet(gloves=18))
        self.assertEqual((line.opening_qty, line.recorded_qty), (30, 0))

    def test_what_is_not_counted_stays_as_it_is(self):
        sheet = self._sheet()
        with self.assertRaisesRegex(UserError, "Nothing is counted"):
            sheet.action_confirm()
        self.assertFalse(self._ledger())

    def test_an_empty_shelf_is_counted_with_zero(self):
        sheet = self._sheet()
        self._line(sheet).counted = True
        sheet.action_confirm()
        self.assertEqual(self._ledger().quantity, 30)

    def test_a_count_confirmed_twice_records_once(self):
        sheet = self._sheet(gloves=18)
        sheet.action_confirm()
        with self.assertRaisesRegex(UserError, "does not change"):
            sheet.action_confirm()
        self.assertEqual(len(self._ledger()), 1)

    def test_the_same_report_again_changes_nothing(self):
        sheet = self._sheet(gloves=18)
        reports = self._line(sheet)._prepare_reports({self._line(sheet): (0, 0)})
        sheet.action_confirm()
        self.env["med.consumption"]._record(reports)
        self.assertEqual(self._ledger().quantity, 12)

    def test_too_many_has_a_reason_and_gives_back_what_was_used(self):
        self._use(10)
        self._post()
        sheet = self._sheet(gloves=23)
        with self.assertRaisesRegex(UserError, "Count again, or say why"):
            sheet.action_confirm()
        self._line(sheet).reason = "Found in the drawer"
        sheet.action_confirm()
        line = self._ledger()
        self.assertEqual((line.kind, line.quantity), ("return", 3))
        self._post()
        self.assertEqual(line.state, "posted")
        self.assertEqual(self._on_hand(), 23)

    def test_more_than_was_ever_used_comes_onto_the_books_with_its_lot(self):
        self._use(2)
        self._post()
        sheet = self._sheet(gloves=33)
        line = self._line(sheet)
        line.reason = "Never booked"
        with self.assertRaisesRegex(UserError, "name the lot"):
            sheet.action_confirm()
        line.lot_id = self.a
        sheet.action_confirm()
        self._post()
        self.assertEqual(self._on_hand(self.a), 33)
        self.assertEqual(self._ledger().quantity, 2)

    def test_a_sheet_of_another_ward_is_not_seen_nor_made(self):
        sheet = self._sheet(gloves=18)
        self.er.stock_keeping = "counted"
        self.assertFalse(self.env["med.ward.count"].with_user(self.er_nurse).search([]))
        for record in sheet, self._line(sheet):
            with self.assertRaises(AccessError):
                record.with_user(self.er_nurse).read(["department_id"])
        with self.assertRaises(AccessError):
            sheet.with_user(self.auditor).action_confirm()
        sheet.action_cancel()
        with self.assertRaises(AccessError):
            self.env["med.ward.count"].with_user(self.er_nurse).create(
                {"department_id": self.icu.id}
            )

    def test_a_confirmed_sheet_does_not_change(self):
        sheet = self._sheet(gloves=18)
        sheet.action_confirm()
        for values in ({"note": "x"}, {"counted_at": self.now}):
            with self.assertRaisesRegex(UserError, "does not change"):
                sheet.write(values)
        with self.assertRaisesRegex(UserError, "does not change"):
            self._line(sheet).counted_qty = 1
        with self.assertRaisesRegex(UserError, "does not change"):
            sheet.state = "draft"

    def test_a_department_that_reports_its_use_is_not_back_flushed(self):
        sheet = self._sheet(gloves=18)
        self.icu.stock_keeping = "perpetual"
        with self.assertRaisesRegex(UserError, "in another way"):
            sheet.action_confirm()

    def test_the_phone_enters_a_quantity_and_it_is_counted(self):
        sheet = self._sheet()
        with Form(sheet) as form, form.line_ids.edit(0) as line:
            line.counted_qty = 7
            self.assertTrue(line.counted)
            self.assertEqual(line.used_qty, 23)
        self.assertEqual(sheet.left, 0)
