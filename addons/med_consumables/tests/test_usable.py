from odoo.tests import BaseCase, tagged

from ..core.usable import Pending, Pile, StockFigures, usable_by_pile
from .common import ConsumablesCase


class TestCoreUsable(BaseCase):
    def test_what_is_expired_held_reserved_or_used_is_not_usable(self):
        figures = StockFigures(50, expired=10, held=5, reserved=8, pending=2)
        self.assertEqual(figures.usable, 25)

    def test_pending_use_takes_its_own_lot_first(self):
        piles = [Pile(1, "A", 5), Pile(2, "B", 5)]
        self.assertEqual(usable_by_pile(piles, Pending({"B": 2}, 6)), {1: 0.0, 2: 2.0})

    def test_pending_use_beyond_the_shelf_never_shows_less_than_nothing(self):
        piles = [Pile(1, "A", 5), Pile(2, "B", 5, expired=True)]
        self.assertEqual(usable_by_pile(piles, Pending(any_lot=9)), {1: 0, 2: 0})


@tagged("post_install", "-at_install")
class TestUsable(ConsumablesCase):
    def setUp(self):
        super().setUp()
        self.shelf = self.icu.stock_location_id
        self.good = self._lot("GOOD")

    def _figures(self, place=None):
        place = place or self.shelf
        return self.gloves._med_stock(place)[self.gloves.id, place.id]

    def test_expired_held_reserved_and_pending_are_subtracted(self):
        self._stock(10, self._lot("OLD", days=-1))
        held = self._lot("HELD")
        self._stock(20, held)
        held.med_hold = True
        self._stock(70, self.good)
        self._reserve(15)
        self._use(5)
        self.assertEqual(
            self._figures(),
            StockFigures(on_hand=100, expired=10, held=20, reserved=15, pending=5),
        )
        self.assertEqual(self._figures().usable, 50)

    def test_what_is_expired_and_on_hold_counts_once(self):
        lot = self._lot("OLD", days=-1)
        self._stock(10, lot)
        lot.med_hold = True
        self.assertEqual(self._figures(), StockFigures(on_hand=10, expired=10))

    def test_what_was_reserved_before_the_hold_counts_once(self):
        self._stock(10, self.good)
        self._reserve(4)
        self.good.med_hold = True
        self.assertEqual(self._figures(), StockFigures(on_hand=10, held=10))

    def test_a_drawer_counts_for_its_shelf_and_for_itself(self):
        drawer = self.env["stock.location"].create(
            {"name": "Drawer", "location_id": self.shelf.id}
        )
        self._stock(10, self.good)
        self.env["stock.quant"]._update_available_quantity(
            self.gloves, drawer, 3, lot_id=self.good
        )
        figures = self.gloves._med_stock(self.shelf | drawer)
        self.assertEqual(figures[self.gloves.id, self.shelf.id].usable, 13)
        self.assertEqual(figures[self.gloves.id, drawer.id].usable, 3)

    def test_twenty_items_in_two_places_cost_no_more_queries_than_one(self):
        items = self.gloves
        for number in range(19):
            items |= self._product(f"Item {number}", tracking="none")
        places = self.shelf | self.er.stock_location_id
        self.env.flush_all()

        def queries(products, places):
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            products._med_stock(places)
            return self.env.cr.sql_log_count - before

        queries(self.gloves, self.shelf)
        self.assertEqual(queries(items, places), queries(self.gloves, self.shelf))

    def test_the_quant_that_posting_takes_first_shows_less(self):
        late, soon = self._lot("LATE", days=300), self._lot("SOON", days=30)
        self._stock(10, late)
        self._stock(10, soon)
        self._use(4)
        self._use(3, key="2", lot_name="LATE")
        quants = self.env["stock.quant"].search(
            [("product_id", "=", self.gloves.id), ("location_id", "=", self.shelf.id)]
        )
        self.assertEqual(
            {q.lot_id: q.med_usable_quantity for q in quants}, {late: 7, soon: 6}
        )

    def test_an_expired_or_held_quant_is_not_usable(self):
        self._stock(10, self._lot("OLD", days=-1))
        self._stock(10, self.good)
        self.good.med_hold = True
        quants = self.env["stock.quant"].search([("location_id", "=", self.shelf.id)])
        self.assertEqual(set(quants.mapped("med_usable_quantity")), {0.0})

    def test_the_store_sees_all_and_a_ward_its_own_shelves_and_the_stores(self):
        self._stock(10, self.good)
        self._stock(7, self.good, department=self.er)
        store = self.icu.warehouse_id.lot_stock_id
        self.env["stock.quant"]._update_available_quantity(
            self.gloves, store, 100, lot_id=self.good
        )
        keeper = self._user("us_keeper", "med_consumables.group_storekeeper")
        auditor = self._user("us_auditor", "med_consumables.group_auditor")
        nurse = self._user("us_nurse", "med_consumables.group_ward_user", [self.icu])
        item = self.gloves.product_tmpl_id
        self.assertEqual(item.with_user(keeper).med_usable_qty, 117)
        self.assertEqual(item.with_user(auditor).med_usable_qty, 117)
        item = item.with_user(nurse)
        self.assertEqual(item.med_usable_qty, 10)
        at = {
            place: item.with_context(location=place.id).med_usable_qty
            for place in (self.shelf, self.er.stock_location_id, store)
        }
        self.assertEqual(list(at.values()), [10, 0, 100])

    def test_a_ward_opens_what_is_usable_in_its_department(self):
        self._stock(10, self.good)
        nurse = self._user("us_nurse2", "med_consumables.group_ward_user", [self.icu])
        action = self.icu.with_user(nurse).action_view_usable()
        items = (
            self.env["product.template"]
            .with_user(nurse)
            .with_context(**action["context"])
            .search(action["domain"])
        )
        self.assertEqual(items, self.gloves.product_tmpl_id)
        self.assertEqual(items.med_usable_qty, 10)

    def _reserve(self, quantity):
        move = self.env["stock.move"].create(
            {
                "product_id": self.gloves.id,
                "product_uom": self.gloves.uom_id.id,
                "product_uom_qty": quantity,
                "location_id": self.shelf.id,
                "location_dest_id": self.er.stock_location_id.id,
            }
        )
        move._action_confirm()
        move._action_assign()
        self.assertEqual(move.state, "assigned")
        return move
