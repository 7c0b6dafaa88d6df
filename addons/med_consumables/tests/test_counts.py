from datetime import date, timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import BaseCase, tagged

from ..core.count import due_on, within_tolerance
from .common import ConsumablesCase

EVERY = {"A": 30, "B": 90, "C": 180}


class TestCoreCount(BaseCase):
    def test_class_a_is_counted_soonest_and_no_class_as_c(self):
        first = date(2026, 1, 1)
        days = [
            (due_on(first, abc, EVERY) - first).days for abc in ("A", "B", "C", None)
        ]
        self.assertEqual(days, [30, 90, 180, 180])

    def test_what_was_not_expected_is_beyond_any_tolerance(self):
        self.assertFalse(within_tolerance(0, 1, 50))
        self.assertTrue(within_tolerance(100, 102, 2))


@tagged("post_install", "-at_install")
class TestCounts(ConsumablesCase):
    def setUp(self):
        super().setUp()
        self.lot = self._lot("A")
        self._stock(100, self.lot)
        self.quant = self.env["stock.quant"].search(
            [
                ("product_id", "=", self.gloves.id),
                ("location_id", "=", self.icu.stock_location_id.id),
            ]
        )
        self.keeper = self._user("ct_keeper", "med_consumables.group_storekeeper")
        self.today = self.company._med_day(self.now)

    def _count(self, quantity):
        quant = self.quant.with_user(self.keeper).with_context(inventory_mode=True)
        quant.inventory_quantity = quantity
        quant.action_apply_inventory()
        return self.env["med.count.line"].search([], limit=1)

    def test_a_counted_line_is_kept_with_what_was_expected(self):
        line = self._count(97)
        self.assertEqual((line.expected, line.counted, line.difference), (100, 97, -3))
        self.assertEqual((line.user_id, line.department_id), (self.keeper, self.icu))
        self.assertEqual((line.within, line.value_difference), (False, -7.5))

    def test_a_count_that_is_right_is_kept_as_well(self):
        line = self._count(100)
        self.assertEqual((line.difference, line.accuracy), (0, 100))

    def test_what_was_used_and_is_not_posted_is_no_difference(self):
        used = self._use(3)
        line = self._count(97)
        self.assertEqual((line.expected, line.difference), (97, 0))
        self._post()
        self.assertEqual((used.state, self._on_hand()), ("posted", 97))

    def test_a_quantity_entered_on_the_shelf_is_what_lies_there(self):
        self._use(3)
        manager = self._user("ct_mgr", "stock.group_stock_manager")
        self.quant.with_user(manager).with_context(
            inventory_mode=True
        ).inventory_quantity_auto_apply = 100
        self._post()
        self.assertEqual(self._on_hand(), 100)

    def test_tolerance_follows_the_class_and_high_value_has_none(self):
        self.assertTrue(self._count(98).within)  # class C: 2 %
        self.gloves.med_abc = "B"
        self.assertFalse(self._count(96).within)  # 1 % of 98
        self.gloves.med_value_class = "high"
        self.assertFalse(self._count(95).within)

    def test_accuracy_is_the_share_of_lines_within_tolerance(self):
        for quantity in (100, 90, 90, 90):
            self._count(quantity)
        ((accuracy, count),) = self.env["med.count.line"]._read_group(
            [("product_id", "=", self.gloves.id)], [], ["accuracy:avg", "__count"]
        )
        self.assertEqual((accuracy, count), (75, 4))

    def test_the_next_count_follows_the_class(self):
        self.company.annual_inventory_month = False
        self._count(100)
        self.assertEqual(self.quant.inventory_date, self.today + timedelta(days=180))
        self.gloves.med_abc = "A"
        self.env["stock.quant"]._cron_plan_counts()
        self.assertEqual(self.quant.inventory_date, self.today + timedelta(days=30))
        self.company.med_count_days_a = 7
        self.env["stock.quant"]._cron_plan_counts()
        self.assertEqual(self.quant.inventory_date, self.today + timedelta(days=7))

    def test_a_place_with_its_own_frequency_stays_more_often(self):
        self.icu.stock_location_id.cyclic_inventory_frequency = 3
        self._count(100)
        self.assertEqual(
            self.quant.inventory_date, fields.Date.today() + timedelta(days=3)
        )

    def test_a_counted_line_is_never_changed(self):
        line = self._count(90)
        with self.assertRaises(UserError):
            line.sudo().counted = 100
        with self.assertRaises(UserError):
            line.sudo().unlink()
        with self.assertRaises(AccessError):
            self.env["med.count.line"].with_user(self.keeper).create({})

    def test_a_ward_reads_its_own_counts(self):
        line = self._count(90)
        own = self._user("ct_icu", "med_consumables.group_ward_manager", [self.icu])
        other = self._user("ct_er", "med_consumables.group_ward_manager", [self.er])
        Lines = self.env["med.count.line"]
        self.assertEqual(Lines.with_user(own).search([]), line)
        self.assertFalse(Lines.with_user(other).search([]))


@tagged("post_install", "-at_install")
class TestDailyCheck(ConsumablesCase):
    def setUp(self):
        super().setUp()
        self.stent = self._product(
            "Stent", med_value_class="high", med_implant=True, tracking="serial"
        )
        self.serials = [self._lot(f"S{n}", product=self.stent) for n in range(3)]
        for serial in self.serials:
            self._stock(1, serial, product=self.stent)
        self._stock(50, self._lot("A"))
        self.nurse = self._user(
            "dc_nurse", "med_consumables.group_ward_user", [self.icu]
        )
        self.Check = self.env["med.daily.check"]

    def _sheet(self, user=None):
        sheet = self.Check.with_user(user or self.nurse).create(
            {"department_id": self.icu.id}
        )
        sheet.action_fill()
        return sheet

    def test_the_sheet_lists_high_value_pieces_only(self):
        sheet = self._sheet()
        self.assertEqual(sheet.line_ids.lot_id.mapped("name"), ["S0", "S1", "S2"])
        self.assertEqual(set(sheet.line_ids.mapped("expected")), {1.0})

    def test_a_piece_used_and_not_posted_is_not_expected(self):
        self._use(1, product_id=self.stent.id, serial="S1")
        self.assertEqual(self._sheet().line_ids.lot_id.mapped("name"), ["S0", "S2"])

    def test_a_difference_needs_a_reason_and_reaches_the_manager(self):
        boss = self._user("dc_boss", "med_consumables.group_ward_manager", [self.icu])
        self.icu.manager_id = boss
        sheet = self._sheet()
        sheet.action_all_seen()
        missing = sheet.line_ids[0]
        missing.seen = 0
        with self.assertRaisesRegex(
            UserError, "reason for each difference:\nStent · S0"
        ):
            sheet.action_sign()
        missing.reason = "Lent to the catheter lab"
        sheet.action_sign()
        self.assertEqual((sheet.state, sheet.signed_by_id), ("signed", self.nurse))
        self.assertEqual(sheet.difference_count, 1)
        self.assertEqual(sheet.sudo().activity_ids.user_id, boss)
        kept = self.env["med.count.line"].search([("kind", "=", "daily")])
        self.assertEqual(sorted(kept.mapped("accuracy")), [0, 100, 100])

    def test_a_found_piece_is_added_with_nothing_expected(self):
        sheet = self._sheet()
        sheet.action_all_seen()
        extra = (
            self.env["med.daily.check.line"]
            .with_user(self.nurse)
            .create(
                {
                    "check_id": sheet.id,
                    "product_id": self.stent.id,
                    "expected": 5,
                    "seen": 1,
                    "reason": "Found in the drawer",
                }
            )
        )
        self.assertEqual((extra.expected, extra.difference), (0, 1))
        with self.assertRaisesRegex(UserError, "follows from the books"):
            extra.expected = 1

    def test_a_signed_sheet_does_not_change(self):
        sheet = self._sheet()
        sheet.action_all_seen()
        sheet.action_sign()
        for change in (
            lambda: sheet.line_ids[0].write({"seen": 0}),
            sheet.line_ids[0].unlink,
            lambda: sheet.write({"note": "x"}),
            lambda: sheet.write({"state": "draft"}),
            sheet.action_fill,
            sheet.unlink,
        ):
            with self.assertRaises(UserError), self.cr.savepoint():
                change()

    def test_the_morning_job_makes_one_sheet_a_department_with_pieces(self):
        self.Check._cron_prepare()
        self.Check._cron_prepare()
        sheets = self.Check.search([("department_id", "in", (self.icu | self.er).ids)])
        self.assertEqual(sheets.department_id, self.icu)
        self.assertEqual(len(sheets.line_ids), 3)

    def test_a_ward_has_its_own_sheets_and_the_auditor_writes_none(self):
        sheet = self._sheet()
        other = self._user("dc_er", "med_consumables.group_ward_user", [self.er])
        self.assertFalse(self.Check.with_user(other).search([]))
        with self.assertRaises(AccessError):
            sheet.with_user(other).action_sign()
        with self.assertRaises(AccessError):
            self.Check.with_user(other).create(
                {"department_id": self.icu.id, "day": "2026-01-01"}
            )
        auditor = self._user("dc_auditor", "med_consumables.group_auditor")
        self.assertTrue(sheet.with_user(auditor).line_ids)
        with self.assertRaises(AccessError):
            sheet.with_user(auditor).action_sign()
        with self.assertRaises(AccessError):
            sheet.line_ids[0].with_user(auditor).seen = 1
