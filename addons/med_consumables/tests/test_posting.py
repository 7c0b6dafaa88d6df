from datetime import timedelta
from unittest.mock import patch

from psycopg2.errors import SerializationFailure

from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import ConsumablesCase


@tagged("post_install", "-at_install")
class TestPosting(ConsumablesCase):
    def test_a_use_leaves_the_shelf_and_bears_its_cost(self):
        self._stock(10, self._lot("A"))
        line = self._use(4)
        self._post()
        self.assertEqual(line.state, "posted")
        self.assertEqual(self._on_hand(), 6)
        self.assertEqual(line.value, 10.0)
        self.assertEqual(line.allocation_ids.move_id.state, "done")

    def test_the_lot_that_expires_first_is_used_first(self):
        late, soon = self._lot("LATE", 300), self._lot("SOON", 30)
        self._stock(5, late)
        self._stock(2, soon)
        line = self._use(3)
        self._post()
        used = {a.lot_id: a.quantity for a in line.allocation_ids}
        self.assertEqual(used, {soon: 2.0, late: 1.0})

    def test_an_expired_lot_is_recorded_and_said_so(self):
        self._stock(5, self._lot("OLD", -1))
        line = self._use(2)
        self._post()
        self.assertEqual((line.state, line.incident_code), ("posted", "unusable_lot"))

    def test_the_lot_that_was_reported_is_the_lot_that_leaves(self):
        late, soon = self._lot("LATE", 300), self._lot("SOON", 30)
        self._stock(5, late)
        self._stock(5, soon)
        line = self._use(3, lot_name="LATE")
        self._post()
        self.assertEqual(line.lot_id, late)

    def test_an_unknown_lot_is_an_incident_and_the_rest_posts(self):
        self._stock(5, self._lot("A"))
        wrong, right = self._use(1, "w", lot_name="ZZZ"), self._use(2, "r")
        self._post()
        self.assertEqual(
            (wrong.state, wrong.incident_code), ("incident", "unknown_lot")
        )
        self.assertIn("ZZZ", wrong.incident_text)
        self.assertEqual(right.state, "posted")

    def test_what_stock_cannot_cover_is_an_incident_in_the_order_of_events(self):
        self._stock(5, self._lot("A"))
        later = self._use(4, "later", event_time=self.now - timedelta(hours=1))
        early = self._use(3, "early", event_time=self.now - timedelta(hours=2))
        self._post()
        self.assertEqual(early.state, "posted")
        self.assertEqual((later.state, later.incident_code), ("incident", "no_stock"))
        self.assertIn("2", later.incident_text)

    def test_an_incident_posts_when_the_stock_has_come(self):
        line = self._use(4)
        self._post()
        self.assertEqual(line.state, "incident")
        self._stock(10, self._lot("A"))
        line.action_retry()
        self.assertEqual(line.state, "posted")
        self.assertFalse(line.incident_text)

    def test_a_batch_is_few_departments_with_all_their_lines(self):
        lot = self._lot("A")
        for department in (self.icu, self.er):
            self._stock(5, lot, department=department)
        lines = self.env["med.consumption"]
        for number in range(4):
            for department in (self.icu, self.er):
                lines |= self._use(
                    1,
                    f"{department.code}{number}",
                    department_id=department.id,
                    event_time=self.now - timedelta(minutes=number),
                )
        batch = self.env["med.consumption"]._post_pending(limit=4)
        self.assertEqual(len(batch.department_id), 1)
        self.assertEqual(batch.mapped("event_time"), sorted(batch.mapped("event_time")))
        self._post()
        self.assertEqual(set(lines.mapped("state")), {"posted"})

    def test_a_department_that_is_posted_elsewhere_holds_up_no_other(self):
        lot = self._lot("A")
        for department in (self.icu, self.er):
            self._stock(5, lot, department=department)
        use = [
            self._use(1, f"{department.code}{number}", department_id=department.id)
            for department in (self.icu, self.er)
            for number in range(3)
        ]
        busy = use[0].department_id
        Department = self.registry["med.department"]
        lock = Department.try_lock_for_update
        with patch.object(
            Department,
            "try_lock_for_update",
            lambda these, **options: lock(these - busy, **options),
        ):
            batch = self.env["med.consumption"]._post_pending(limit=2)
        self.assertEqual(len(batch), 2)
        self.assertNotIn(busy, batch.department_id)

    def test_a_batch_makes_one_transfer_a_department_and_one_move_a_day(self):
        self._stock(50, self._lot("A"))
        noon = self._utc("2026-01-15 04:00")  # 12:00 in Shanghai
        lines = self.env["med.consumption"]._record(
            [
                self._report(1, "a", event_time=noon),
                self._report(2, "b", event_time=noon + timedelta(hours=1)),
                self._report(3, "c", event_time=noon + timedelta(hours=13)),  # next day
            ]
        )
        self._post()
        moves = lines.allocation_ids.move_id
        self.assertEqual(len(moves.picking_id), 1)
        self.assertEqual(sorted(moves.mapped("quantity")), [3.0, 3.0])

    def test_a_late_report_bears_the_day_of_the_use(self):
        self._stock(5, self._lot("A"))
        event_time = self._utc("2026-01-15 20:00")  # the 16th in Shanghai
        line = self._use(1, event_time=event_time)
        self._post()
        move = line.allocation_ids.move_id
        self.assertEqual(move.date, event_time)
        self.assertEqual(str(move.analytic_account_line_ids.date), "2026-01-16")

    def test_the_values_of_the_lines_add_up_to_the_value_of_the_move(self):
        self.gloves.standard_price = 0.37
        self._stock(100, self._lot("A"))
        lines = self.env["med.consumption"]._record(
            [self._report(1 + i % 3, str(i)) for i in range(20)]
        )
        self._post()
        move = lines.allocation_ids.move_id
        self.assertEqual(len(move), 1)
        self.assertAlmostEqual(sum(lines.mapped("value")), move.value, 2)

    def test_pending_use_is_subtracted_until_it_is_posted(self):
        self._stock(10, self._lot("A"))
        self._use(4)
        shelf = self.icu.stock_location_id
        key = self.gloves.id, shelf.id
        self.assertEqual(self.gloves._med_pending_use(shelf), {key: 4.0})
        self._post()
        self.assertEqual(self.gloves._med_pending_use(shelf), {})

    def test_one_line_that_fails_does_not_hold_up_the_others(self):
        other = self._product("Masks")
        self._stock(5, self._lot("A"))
        self._stock(5, self._lot("M", product=other), product=other)
        good, bad = self._use(1, "good"), self._use(1, "bad", product_id=other.id)
        Ledger = self.env.registry["med.consumption"]
        make = Ledger._make_transfers

        def fail_for_masks(lines, taken, *args):
            if any(line.product_id == other for line in taken):
                raise ValueError("no such luck")
            return make(lines, taken, *args)

        with (
            patch.object(Ledger, "_make_transfers", fail_for_masks),
            mute_logger("odoo.addons.med_consumables.models.med_consumption_posting"),
        ):
            self._post()
        self.assertEqual(good.state, "posted")
        self.assertEqual((bad.state, bad.incident_code), ("incident", "error"))

    def test_a_lost_race_is_no_incident(self):
        self._stock(5, self._lot("A"))
        line = self._use(1)

        def lose(*args, **kwargs):
            raise SerializationFailure("could not serialize access")

        with (
            patch.object(self.env.registry["med.consumption"], "_allocate", lose),
            self.assertRaises(SerializationFailure),
            self.env.cr.savepoint(),
        ):
            self._post()
        self.assertEqual(line.state, "recorded")

    def test_the_cron_posts_what_is_due(self):
        self._stock(10, self._lot("A"))
        self.company.med_posting = "hourly"
        line = self._use(1)
        with self.enter_registry_test_mode():
            cron = self.env.ref("med_consumables.ir_cron_post_consumption")
            cron.method_direct_trigger()
            self.assertEqual(line.state, "recorded")
            self.gloves.med_value_class = "high"
            cron.method_direct_trigger()
        self.assertEqual(line.state, "posted")

    def test_a_posted_transfer_cannot_be_edited(self):
        self._stock(10, self._lot("A"))
        line = self._use(4)
        self._post()
        with self.assertRaisesRegex(Exception, "cannot be edited"):
            line.allocation_ids.move_line_id.quantity = 5
