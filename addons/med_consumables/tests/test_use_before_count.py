from datetime import UTC, datetime, time, timedelta
from decimal import Decimal

from odoo import fields
from odoo.tests import BaseCase, tagged

from ..core.count import CountedPile, count_that_found
from ..core.fefo import Stock, Use, allocate
from .common import ConsumablesCase

NOON = datetime(2026, 3, 1, 12)  # noqa: DTZ001 (columns hold naive UTC)
BEFORE, AFTER = NOON - timedelta(hours=1), NOON + timedelta(hours=1)


def _pile(key, lot, lost, moment=NOON):
    return CountedPile(key, lot, 9, moment, Decimal(lost))


class TestCoreUseBeforeCount(BaseCase):
    def test_a_use_after_the_count_is_not_found_by_it(self):
        self.assertFalse(count_that_found(AFTER, [_pile(1, 7, 3)], False))
        self.assertFalse(count_that_found(NOON, [_pile(1, 7, 3)], False))

    def test_the_first_count_after_the_use_found_it(self):
        counts = [_pile(1, 7, 0), _pile(2, 7, 5, AFTER)]
        self.assertEqual(count_that_found(BEFORE, counts, False).key, 1)

    def test_the_lot_of_which_most_is_missing_was_used(self):
        counts = [_pile(1, 7, 1), _pile(2, 8, 4)]
        self.assertEqual(count_that_found(BEFORE, counts, True).key, 2)
        self.assertEqual(count_that_found(BEFORE, counts, True, lot=7).key, 1)

    def test_where_nothing_is_missing_it_may_be_of_what_was_not_counted(self):
        counts = [_pile(1, 7, 0)]
        self.assertFalse(count_that_found(BEFORE, counts, True))
        self.assertEqual(count_that_found(BEFORE, counts, True, lot=7).key, 1)
        self.assertEqual(count_that_found(BEFORE, counts, False).key, 1)

    def test_it_is_taken_from_the_place_that_was_counted(self):
        shelf = [Stock(7, place, Decimal(5)) for place in (1, 2)]
        taken, missing = allocate([Use(1, Decimal(3), 7, place=2)], shelf)
        self.assertEqual([(part.place, part.quantity) for part in taken], [(2, 3)])
        self.assertFalse(missing)


@tagged("post_install", "-at_install")
class TestUseBeforeCount(ConsumablesCase):
    """A charge that comes after the count of a shelf, for a use before it."""

    def setUp(self):
        super().setUp()
        self.lot = self._lot("A")
        self._stock(100, self.lot)
        self.keeper = self._user("ub_keeper", "med_consumables.group_storekeeper")

    def _count(self, quantity, lot=None):
        quant = (
            self.env["stock.quant"]
            .search(
                [
                    ("product_id", "=", self.gloves.id),
                    ("location_id", "=", self.icu.stock_location_id.id),
                    ("lot_id", "=", (lot or self.lot).id),
                ]
            )
            .with_user(self.keeper)
            .with_context(inventory_mode=True)
        )
        quant.inventory_quantity = quantity
        quant.action_apply_inventory()
        return self.env["med.count.line"].search([], limit=1, order="id desc")

    def _late(self, quantity, **values):
        line = self._use(quantity, **values)
        self._post()
        return line

    def test_the_shelf_stays_as_it_was_counted_and_the_use_bears_its_cost(self):
        count = self._count(96)
        used = self._late(3)
        self.assertEqual(
            (used.state, used.value, used.lot_id.name), ("posted", 7.5, "A")
        )
        self.assertEqual(self._on_hand(), 96)
        self.assertEqual(used.counted_line_id, count)
        self.assertEqual((count.explained, count.unexplained), (3, -1))
        self.assertIn("reported later", used.counted_text)

    def test_stock_and_ledger_say_the_same_as_if_it_had_come_in_time(self):
        loss = self.gloves.with_company(self.company).property_stock_inventory

        def figures():
            quants = self.env["stock.quant"].search(
                [("product_id", "=", self.gloves.id), ("lot_id", "=", self.lot.id)]
            )
            places = (
                self.icu.stock_location_id,
                self.icu.consumption_location_id,
                loss,
            )
            held = quants.grouped("location_id")
            return {
                place: sum(held.get(place, quants.browse()).mapped("quantity"))
                for place in places
            }

        before = figures()
        self._count(96)
        self._late(3)
        late = figures()
        self.assertEqual([late[place] - before[place] for place in late], [-4, 3, 1])

    def test_a_use_after_the_count_leaves_the_shelf(self):
        self._count(96)
        used = self._late(3, event_time=fields.Datetime.now() + timedelta(seconds=5))
        self.assertEqual((self._on_hand(), used.counted_line_id.id), (93, False))

    def test_a_use_of_the_day_without_an_hour_is_no_use_before_the_count(self):
        zone = self.company._med_time_zone()
        today = datetime.combine(
            self.company._med_day(fields.Datetime.now()), time(), zone
        )
        midnight = today.astimezone(UTC).replace(tzinfo=None)
        self._count(96)
        self._late(3, event_time=midnight)
        self.assertEqual(self._on_hand(), 93)
        self._late(3, key="2", event_time=midnight - timedelta(days=1))
        self.assertEqual(self._on_hand(), 93)

    def test_a_count_that_found_the_last_piece_gone_does_not_make_an_incident(self):
        count = self._count(0)
        used = self._late(100)
        self.assertEqual((used.state, used.lot_id), ("posted", self.lot))
        self.assertEqual((self._on_hand(), count.unexplained), (0, 0))

    def test_an_incident_that_is_retried_after_the_count_is_not_taken_twice(self):
        used = self._late(3, lot_name="B")
        self.assertEqual(used.incident_code, "unknown_lot")
        lot = self._lot("B")
        self._stock(10, lot)
        count = self._count(7, lot)
        used.action_retry()
        self.assertEqual((used.state, self._on_hand(lot)), ("posted", 7))
        self.assertEqual(used.counted_line_id, count)

    def test_it_is_posted_once_and_only_once(self):
        count = self._count(96)
        used = self._late(3)
        used.action_retry()
        self._post()
        self.assertEqual((self._on_hand(), count.explained), (96, 3))

    def test_of_two_lots_the_one_that_was_missing_was_used(self):
        other = self._lot("B", days=30)  # would leave the shelf first
        self._stock(20, other)
        self._count(97)
        used = self._late(3)
        self.assertEqual(used.lot_id, self.lot)
        self.assertEqual((self._on_hand(self.lot), self._on_hand(other)), (97, 20))

    def test_a_lot_that_was_not_counted_leaves_the_shelf(self):
        other = self._lot("B", days=30)
        self._stock(20, other)
        self._count(97)
        used = self._late(3, lot_name="B")
        self.assertEqual((used.lot_id, self._on_hand(other)), (other, 17))

    def test_two_late_uses_share_the_loss_and_the_count_still_holds(self):
        count = self._count(96)
        lines = self._use(3, "1") | self._use(2, "2")
        self._post()
        self.assertEqual(lines.mapped("state"), ["posted", "posted"])
        self.assertEqual((self._on_hand(), count.explained), (96, 5))
        self.assertEqual(count.unexplained, 1)

    def test_a_late_return_from_before_the_count_leaves_the_shelf_as_counted(self):
        used = self._use(5)
        self._post()
        count = self._count(97)  # two came back, and nobody has said so yet
        back = self._use(
            2, "back", kind="return", event_time=used.event_time + timedelta(minutes=5)
        )
        self._post()
        self.assertEqual((back.state, back.value), ("posted", -5))
        self.assertEqual((self._on_hand(), count.unexplained), (97, 0))
        self.assertEqual(back.counted_line_id, count)

    def test_a_refund_after_the_count_of_a_late_use_comes_back_to_the_shelf(self):
        self._count(96)
        used = self._late(3)
        self._use(
            3,
            "back",
            kind="return",
            reversal_of_id=used.id,
            event_time=fields.Datetime.now() + timedelta(seconds=5),
        )
        self._post()
        self.assertEqual(self._on_hand(), 99)

    def test_a_count_of_somebody_else_s_stock_settles_nothing(self):
        owner = self.env["res.partner"].create({"name": "Consignor"})
        self.env["stock.quant"]._update_available_quantity(
            self.gloves,
            self.icu.stock_location_id,
            10,
            lot_id=self.lot,
            owner_id=owner,
        )
        pile = (
            self.env["stock.quant"]
            .search([("owner_id", "=", owner.id)])
            .with_user(self.keeper)
            .with_context(inventory_mode=True)
        )
        pile.inventory_quantity = 9
        pile.action_apply_inventory()
        count = self.env["med.count.line"].search([], limit=1, order="id desc")
        self.assertEqual((count.difference, count.settles), (-1, False))

    def test_the_correction_lies_in_the_month_of_the_count(self):
        count = self._count(96)
        used = self._late(3, event_time=self.now - timedelta(days=40))
        move = count.settling_move_ids
        self.assertEqual(move.date, count.counted_at)
        use_day = self.company._med_day(used.allocation_ids.move_id.date)
        self.assertEqual(use_day, self.company._med_day(used.event_time))

    def test_what_a_ward_may_not_change_it_can_read(self):
        self._count(96)
        used = self._late(3)
        nurse = self._user("ub_nurse", "med_consumables.group_ward_user")
        nurse.med_department_ids = self.icu
        text = used.with_user(nurse).counted_text
        self.assertIn("the shelf stays as it was counted", text)
