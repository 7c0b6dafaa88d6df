from datetime import timedelta
from decimal import Decimal

from dateutil.relativedelta import relativedelta

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import BaseCase, tagged

from ..core.month_end import Flow, Holding, month_end
from .common import ConsumablesCase


class TestCoreMonthEnd(BaseCase):
    def test_what_moves_between_places_adds_nothing(self):
        rows = month_end(
            {("store", "g"): Holding(10, Decimal("20.00"))},
            [
                Flow("g", None, "store", 5, 25.01),
                Flow("g", "store", "icu", 6, 0.0),
                Flow("g", "icu", None, 2, 6.0),
            ],
        )
        store, icu = rows["store", "g"], rows["icu", "g"]
        self.assertEqual((store.closing.quantity, icu.closing.quantity), (9, 4))
        self.assertEqual(store.closing.value + icu.closing.value, Decimal("39.01"))
        self.assertEqual(store.revaluation + icu.revaluation, 0)
        for row in (store, icu):
            self.assertEqual(
                row.opening.value + row.in_value - row.out_value + row.revaluation,
                row.closing.value,
            )

    def test_what_is_used_up_is_worth_nothing(self):
        rows = month_end(
            {("icu", "g"): Holding(3, Decimal("1.00"))}, [Flow("g", "icu", None, 3, 1)]
        )
        self.assertEqual(rows["icu", "g"].closing, Holding(0, Decimal(0)))

    def test_negative_stock_leaves_the_value_with_the_others(self):
        rows = month_end(
            {("store", "g"): Holding(10, Decimal("20.00"))},
            [Flow("g", "icu", None, 2, 4.0)],
        )
        self.assertEqual(rows["icu", "g"].closing, Holding(-2, Decimal(0)))
        self.assertEqual(rows["store", "g"].closing.value, Decimal("16.00"))


class ClosingCase(ConsumablesCase):
    """Goods of two months that are over, and the people who close them."""

    def setUp(self):
        super().setUp()
        # The goods of other tests and demo data are not in these books.
        self.env["product.template"].search([("med_consumable", "=", True)]).filtered(
            lambda item: item != self.gloves.product_tmpl_id
        ).med_consumable = False
        self.company.med_closed_until = False
        self.today = self.company._med_day(self.now)
        self.this_month = self.today.replace(day=1)
        self.last_month = self.this_month - relativedelta(months=1)
        self.month_before = self.this_month - relativedelta(months=2)
        self.lot = self._lot("A")
        self.store = self.icu.warehouse_id.lot_stock_id
        self.keeper = self._user("cl_keeper", "med_consumables.group_storekeeper")
        self.checker = self._user("cl_checker", "med_consumables.group_storekeeper")
        self.admin = self._user("cl_admin", "med_consumables.group_administrator")
        self.Closing = self.env["med.closing"]

    def _move(self, source, destination, quantity, day, price=None):
        move = self.env["stock.move"].create(
            {
                "product_id": self.gloves.id,
                "product_uom": self.gloves.uom_id.id,
                "product_uom_qty": quantity,
                "location_id": source.id,
                "location_dest_id": destination.id,
                "picked": True,
                **({"price_unit": price} if price else {}),
                "move_line_ids": [
                    (
                        0,
                        0,
                        {
                            "product_id": self.gloves.id,
                            "lot_id": self.lot.id,
                            "quantity": quantity,
                            "location_id": source.id,
                            "location_dest_id": destination.id,
                        },
                    )
                ],
            }
        )
        move._action_done()
        move.date = self.now.replace(
            year=day.year, month=day.month, day=day.day, hour=4, minute=0
        )
        return move

    def _goods_of_two_months(self):
        supplier = self.env.ref("stock.stock_location_suppliers")
        shelf = self.icu.stock_location_id
        first, second = self.month_before, self.last_month
        self._move(supplier, self.store, 100, first + timedelta(days=3), 2.0)
        self._move(self.store, shelf, 40, first + timedelta(days=5))
        self._use(10, "k1", event_time=self._noon(first + timedelta(days=8)))
        self._post()
        self._move(supplier, self.store, 50, second + timedelta(days=3), 5.0)
        self._move(self.store, shelf, 30, second + timedelta(days=5))
        self._use(15, "k2", event_time=self._noon(second + timedelta(days=8)))
        self._post()

    def _noon(self, day):
        return self.now.replace(
            year=day.year, month=day.month, day=day.day, hour=4, minute=0
        )

    def _closing(self, month, **values):
        closing = self.Closing.with_user(self.keeper).create({"month": month, **values})
        closing.action_compute()
        return closing

    def _close(self, closing):
        for check in closing.check_ids.filtered("count"):
            check.accepted_reason = "Known"
        closing.action_make()
        closing.with_user(self.checker).action_close()


@tagged("post_install", "-at_install")
class TestClosing(ClosingCase):
    def _line(self, closing, place):
        return closing.line_ids.filtered(
            lambda line: line.location_id == place and line.product_id == self.gloves
        )

    def test_opening_and_in_less_out_is_closing_by_place(self):
        self._goods_of_two_months()
        closing = self._closing(self.last_month)
        store = self._line(closing, self.store)
        icu = self._line(closing, self.icu.stock_location_id)
        quantities = [
            (
                line.opening_quantity,
                line.in_quantity,
                line.out_quantity,
                line.closing_quantity,
                line.difference_quantity,
            )
            for line in (store, icu)
        ]
        self.assertEqual(quantities, [(60, 50, 30, 80, 0), (30, 30, 15, 45, 0)])
        for line in closing.line_ids:
            self.assertAlmostEqual(
                line.opening_value + line.in_value - line.out_value + line.revaluation,
                line.closing_value,
                places=2,
            )
        self.assertAlmostEqual(closing.revaluation, 0, places=2)

    def test_the_closing_value_is_the_value_of_the_stock(self):
        self._goods_of_two_months()
        closing = self._closing(self.last_month)
        self.gloves.invalidate_recordset()
        self.assertAlmostEqual(closing.closing_value, self.gloves.total_value, places=2)
        self.assertAlmostEqual(closing.in_value, 250 + 0, delta=30 * 5)

    def test_next_months_opening_is_this_months_closing(self):
        self._goods_of_two_months()
        first = self._closing(self.month_before)
        self._close(first)
        second = self._closing(self.last_month)
        for place in (self.store, self.icu.stock_location_id):
            before, after = self._line(first, place), self._line(second, place)
            self.assertEqual(after.opening_quantity, before.closing_quantity)
            self.assertEqual(after.opening_value, before.closing_value)
            self.assertFalse(after.difference_quantity)
        self.assertEqual(second.opening_value, first.closing_value)
        self.assertEqual(self._line(second, self.store).closing_quantity, 80)

    def test_stock_that_no_move_explains_is_shown(self):
        self._goods_of_two_months()
        self._stock(7, self.lot)
        closing = self._closing(self.last_month)
        line = self._line(closing, self.icu.stock_location_id)
        self.assertEqual(line.difference_quantity, 7)
        self.assertEqual(closing.difference_count, 1)

    def test_closing_locks_the_month_and_a_late_use_falls_into_the_next(self):
        self._goods_of_two_months()
        closing = self._closing(self.last_month)
        self._close(closing)
        self.assertEqual(closing.state, "closed")
        self.assertEqual(self.company.med_closed_until, closing.date_to)
        late = self._use(
            1, "late", event_time=self._noon(self.last_month + timedelta(days=9))
        )
        self._post()
        self.assertEqual(late.accounting_date, self.this_month)
        signed = self._line(closing, self.icu.stock_location_id).closing_quantity
        again = closing.sudo()
        with self.assertRaisesRegex(UserError, "never changed"):
            again.line_ids[0].closing_quantity = 1
        self.assertEqual(signed, 45)

    def test_open_points_stand_against_closing_until_they_are_accepted(self):
        self._goods_of_two_months()
        self._use(1, "w", event_time=self._noon(self.last_month + timedelta(days=9)))
        self._use(
            999, "x", event_time=self._noon(self.last_month + timedelta(days=9))
        )._set_incident("no_stock", 999)
        closing = self._closing(self.last_month)
        counts = {check.point: check.count for check in closing.check_ids}
        self.assertEqual((counts["unposted"], counts["incidents"]), (1, 1))
        with self.assertRaisesRegex(UserError, "Open incidents: 1"):
            closing.action_make()
        for check in closing.check_ids.filtered("count"):
            action = check.action_open()
            found = self.env[action["res_model"]].search_count(action["domain"])
            self.assertEqual(found, check.count, check.point)
            check.accepted_reason = "Known to the pharmacy"
        closing.action_make()
        self.assertEqual((closing.state, closing.made_by_id), ("made", self.keeper))

    def test_negative_and_uncounted_stock_are_on_the_checklist(self):
        self.gloves.med_value_class = "high"
        self._goods_of_two_months()
        self._stock(-90, self.lot)
        closing = self._closing(self.last_month)
        counts = {check.point: check.count for check in closing.check_ids}
        self.assertEqual((counts["negative"], counts["uncounted"]), (1, 1))

    def test_whoever_made_it_does_not_check_it(self):
        self._goods_of_two_months()
        closing = self._closing(self.last_month)
        for check in closing.check_ids.filtered("count"):
            check.accepted_reason = "Known"
        closing.action_make()
        with self.assertRaisesRegex(UserError, "second person"):
            closing.action_close()

    def test_what_changed_after_the_signature_is_not_closed(self):
        self._goods_of_two_months()
        closing = self._closing(self.last_month)
        for check in closing.check_ids.filtered("count"):
            check.accepted_reason = "Known"
        closing.action_make()
        self._move(
            self.store,
            self.icu.stock_location_id,
            5,
            self.last_month + timedelta(days=20),
        )
        with self.assertRaisesRegex(UserError, "has changed since"):
            closing.with_user(self.checker).action_close()

    def test_months_are_closed_one_after_the_other_and_only_when_over(self):
        self._goods_of_two_months()
        with self.assertRaisesRegex(ValidationError, "not over yet"):
            self._closing(self.this_month)
        self._close(self._closing(self.month_before - relativedelta(months=1)))
        with self.assertRaisesRegex(UserError, "is the last closed month"):
            self._closing(self.last_month)

    def test_only_the_administrator_opens_the_last_month_again_and_it_is_logged(self):
        self._goods_of_two_months()
        first = self._closing(self.month_before)
        self._close(first)
        second = self._closing(self.last_month)
        self._close(second)
        with self.assertRaises(AccessError):
            second.action_reopen()
        with self.assertRaisesRegex(UserError, "Only the last"):
            first.with_user(self.admin).action_reopen()
        action = second.with_user(self.admin).action_reopen()
        self.env["med.closing.reopen"].with_user(self.admin).with_context(
            **action["context"]
        ).create({"reason": "A delivery note was lost"}).action_reopen()
        self.assertEqual((second.state, second.checked_by_id.id), ("draft", False))
        self.assertEqual(self.company.med_closed_until, first.date_to)
        entry = self.env["med.audit.entry"].search([("action", "=", "reopen")], limit=1)
        self.assertEqual(
            (entry.user_id, entry.new_value), (self.admin, "A delivery note was lost")
        )
        self._close(second)
        self.assertEqual(self.company.med_closed_until, second.date_to)

    def test_the_statement_of_a_department_locks_nothing(self):
        self._goods_of_two_months()
        closing = self._closing(self.last_month, department_id=self.icu.id)
        self.assertEqual(closing.line_ids.location_id, self.icu.stock_location_id)
        self._close(closing)
        self.assertFalse(self.company.med_closed_until)
        manager = self._user("cl_mgr", "med_consumables.group_ward_manager", [self.icu])
        other = self._user("cl_oth", "med_consumables.group_ward_manager", [self.er])
        self.assertEqual(self.Closing.with_user(manager).search([]), closing)
        self.assertTrue(closing.with_user(manager).line_ids)
        self.assertFalse(self.Closing.with_user(other).search([]))
        self.assertFalse(self.env["med.closing.line"].with_user(other).search([]))

    def test_a_department_is_valued_as_in_the_closing_of_the_whole(self):
        self._goods_of_two_months()
        shelf = self.icu.stock_location_id
        of_icu = {"department_id": self.icu.id}
        first = self._closing(self.month_before, **of_icu)
        self._close(first)
        second = self._closing(self.last_month, **of_icu)

        def figures(closing):
            line = self._line(closing, shelf)
            return [
                (line.opening_quantity, line.opening_value),
                (line.in_quantity, line.out_quantity, line.revaluation),
                (line.closing_quantity, line.closing_value),
            ]

        without_a_whole = figures(second)
        self.assertEqual(without_a_whole, figures(self._closing(self.last_month)))
        before = self._line(first, shelf)
        self.assertEqual(without_a_whole[0], (30, before.closing_value))
        self.assertGreater(without_a_whole[2][1], 0)
        self._close(self._closing(self.month_before))
        second.action_compute()
        self.assertEqual(figures(second), without_a_whole)

    def test_the_checker_does_not_accept_what_came_after_the_maker(self):
        self._goods_of_two_months()
        in_the_month = self._noon(self.last_month + timedelta(days=9))
        self._use(99, "x", event_time=in_the_month)._set_incident("no_stock", 99)
        closing = self._closing(self.last_month)
        for check in closing.check_ids.filtered("count"):
            check.accepted_reason = "Known"
        closing.action_make()
        self._use(99, "y", event_time=in_the_month)._set_incident("no_stock", 99)
        with self.assertRaisesRegex(UserError, "has changed since"):
            closing.with_user(self.checker).action_close()
        closing.action_back_to_draft()
        with self.assertRaisesRegex(UserError, "Open incidents: 2"):
            closing.action_make()

    def test_nobody_signs_by_hand_and_the_auditor_only_reads(self):
        self._goods_of_two_months()
        closing = self._closing(self.last_month)
        with self.assertRaises(AccessError):
            closing.state = "closed"
        with self.assertRaises(AccessError):
            self.company.with_user(self.keeper).med_closed_until = self.last_month
        closing.check_ids[0].write({"count": 0, "accepted_reason": "x"})
        auditor = self._user("cl_auditor", "med_consumables.group_auditor")
        self.assertTrue(closing.with_user(auditor).line_ids)
        for attempt in ("action_compute", "action_make", "action_back_to_draft"):
            with self.assertRaises(AccessError):
                getattr(closing.with_user(auditor), attempt)()
        nurse = self._user("cl_nurse", "med_consumables.group_ward_user", [self.icu])
        with self.assertRaises(AccessError):
            closing.with_user(nurse).read(["closing_value"])

    def test_the_sheet_names_who_made_and_checked_it(self):
        self._goods_of_two_months()
        self.keeper.name, self.checker.name = "王库管", "李复核"
        closing = self._closing(self.last_month)
        self._close(closing)
        html = (
            self.env["ir.actions.report"]
            ._render_qweb_html("med_consumables.med_closing_report", closing.ids)[0]
            .decode()
        )
        for text in ("王库管", "李复核", self.icu.name, closing.currency_id.name):
            self.assertIn(text, html)
        self.assertTrue(closing._pdf_name())
