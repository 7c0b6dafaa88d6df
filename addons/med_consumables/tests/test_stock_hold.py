from datetime import timedelta

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import tagged

from .recall_case import RecallCase


class PlainCase(RecallCase):
    """Swabs bear no lot: 30 in the store, 10 in intensive care."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.swabs = cls._product("Swabs", tracking="none", use_expiration_date=False)
        cls._stock(30, department=cls.store, product=cls.swabs)
        cls._stock(10, department=cls.icu, product=cls.swabs)
        cls.shelf = cls.icu.stock_location_id

    def _hold(self, place=None, user=None):
        return (
            self.env["med.stock.hold"]
            .with_user(user or self.storekeeper)
            .create(
                {
                    "product_id": self.swabs.id,
                    "location_id": place and place.id,
                    "reason": "Fluff comes off",
                }
            )
        )

    def _usable(self, department):
        shelf = department.stock_location_id
        return self.swabs._med_stock(shelf)[self.swabs.id, shelf.id]

    def _transfer(self, quantity=4):
        """From the store to intensive care."""
        source = self.store.stock_location_id
        picking = self._picking(quantity, source, self.shelf, product=self.swabs)
        picking.action_confirm()
        picking.action_assign()
        return picking


@tagged("post_install", "-at_install")
class TestStockHold(PlainCase):
    def test_a_hold_in_one_place_leaves_the_others_usable(self):
        hold = self._hold(self.shelf)
        self.assertEqual(hold.held_quantity, 10)
        self.assertEqual(self._usable(self.icu).usable, 0)
        self.assertEqual(self._usable(self.icu).held, 10)
        self.assertEqual(self._usable(self.store).usable, 30)

    def test_a_hold_everywhere_counts_everywhere_and_for_what_comes_later(self):
        hold = self._hold()
        self.assertEqual(hold.held_quantity, 40)
        self._stock(5, department=self.er, product=self.swabs)
        self.assertEqual(self._usable(self.er).usable, 0)

    def test_what_is_held_is_not_reserved(self):
        self._hold()
        self.assertEqual(self._transfer().move_ids.quantity, 0)

    def test_what_was_reserved_is_given_up(self):
        picking = self._transfer()
        self.assertEqual(picking.move_ids.quantity, 4)
        self._hold()
        self.assertEqual(picking.move_ids.quantity, 0)

    def test_what_is_held_is_not_issued_by_hand(self):
        picking = self._transfer()
        self._hold()
        picking.move_ids.write({"quantity": 4, "picked": True})
        with self.assertRaisesRegex(UserError, "Swabs.*Fluff comes off"):
            picking.with_context(skip_backorder=True)._action_done()

    def test_a_use_that_took_place_is_recorded_and_raises_an_incident(self):
        self._hold()
        line = self._use(2, "u1", product_id=self.swabs.id)
        self._post()
        self.assertEqual(line.state, "posted")
        self.assertEqual(line.incident_id.code, "held_lot")

    def test_a_hold_ends_with_a_reason_and_is_never_deleted(self):
        hold = self._hold()
        with self.assertRaisesRegex(UserError, "Say why"):
            hold.action_end()
        hold.end_reason = "Tested, in order"
        hold.action_end()
        self.assertFalse(hold.active)
        self.assertEqual(hold.ended_by_id, self.storekeeper)
        self.assertEqual(self._usable(self.icu).usable, 10)
        with self.assertRaises(AccessError):
            hold.unlink()

    def test_a_hold_stays_as_it_was_put(self):
        with self.assertRaisesRegex(UserError, "stays as it was put"):
            self._hold().location_id = self.shelf

    def test_who_holds_and_who_sees(self):
        hold = self._hold()
        self.assertEqual(hold.with_user(self.nurse).reason, "Fluff comes off")
        self.assertTrue(hold.with_user(self.auditor).read(["reason"]))
        for user in (self.nurse, self.auditor):
            with self.assertRaises(AccessError):
                self._hold(user=user)
            with self.assertRaises(AccessError):
                hold.with_user(user).action_end()


@tagged("post_install", "-at_install")
class TestRecallWithoutLot(PlainCase):
    def _swab_recall(self, **values):
        recall = self._recall(
            lot_names=False, product_ids=[Command.set(self.swabs.ids)], **values
        )
        recall.action_start()
        return recall

    def test_store_ward_and_use_are_found_and_all_is_held(self):
        self._use(3, "u1", product_id=self.swabs.id)
        self._post()
        recall = self._swab_recall()
        self.assertEqual(
            self._found(recall),
            {("store", "CSD"): 30, ("ward", "ICU"): 7, ("used", "ICU"): 3},
        )
        self.assertEqual(recall.sudo().line_ids.product_id, self.swabs)
        self.assertEqual(recall.hold_ids.held_quantity, 37)
        self.assertEqual(self._usable(self.icu).usable, 0)

    def test_a_use_that_the_books_do_not_have_counts_once(self):
        self._use(50, "u1", product_id=self.swabs.id)  # more than there is
        recall = self._swab_recall()
        self.assertEqual(self._found(recall)["used", "ICU"], 50)

    def test_uses_before_the_first_receipt_are_not_asked_for(self):
        self._use(
            1, "u1", product_id=self.swabs.id, event_time=self.now - timedelta(days=9)
        )
        later = self._use(2, "u2", product_id=self.swabs.id)
        self._post()
        recall = self._recall(
            lot_names=False,
            product_ids=[Command.set(self.swabs.ids)],
            received_from=(self.now - timedelta(days=5)).date(),
        )
        recall.action_start()
        self.assertEqual(self._found(recall)["used", "ICU"], 2)
        self.assertEqual(recall._lines_of_use(), later)

    def test_every_unit_is_accounted_for_before_it_closes(self):
        recall = self._swab_recall()
        with self.assertRaisesRegex(UserError, "Not every unit"):
            recall.action_close()
        for line in recall.line_ids:
            self.env["med.recall.disposition"].with_user(self.storekeeper).create(
                {
                    "line_id": line.id,
                    "kind": "quarantined" if line.place == "ward" else "returned",
                    "quantity": line.quantity_open,
                    "evidence_ids": [
                        Command.create({"name": "receipt.txt", "datas": self.paper})
                    ],
                }
            )
        recall.action_close()
        self.assertEqual(recall.state, "closed")
        self.assertEqual(self._usable(self.store).on_hand, 0)

    def test_what_comes_in_later_is_held_and_listed(self):
        recall = self._swab_recall()
        order = self.env["purchase.order"].create(
            {
                "partner_id": self.env["res.partner"].create({"name": "Maker"}).id,
                "order_line": [
                    Command.create({"product_id": self.swabs.id, "product_qty": 6})
                ],
            }
        )
        order.button_confirm()
        order.picking_ids.move_ids.write({"quantity": 6, "picked": True})
        order.picking_ids._action_done()
        self.assertEqual(recall.quantity_found, 46)
        self.assertEqual(self._usable(self.store).usable, 0)

    def test_a_recalled_hold_is_not_ended_by_hand_and_cancelling_ends_it(self):
        recall = self._swab_recall()
        with self.assertRaisesRegex(UserError, "is recalled"):
            recall.hold_ids.with_user(self.storekeeper).action_end()
        recall.action_cancel()
        self.assertFalse(recall.hold_ids.active)
        self.assertEqual(self._usable(self.icu).usable, 10)

    def test_a_use_of_recalled_pieces_is_an_incident(self):
        self._swab_recall()
        line = self._use(1, "u1", product_id=self.swabs.id)
        self._post()
        self.assertEqual(line.incident_id.code, "recalled_lot")

    def test_where_lots_are_named_nothing_without_a_lot_is_held(self):
        recall = self._recall(product_ids=[Command.set(self.swabs.ids)])
        recall.action_start()
        self.assertFalse(recall.hold_ids)
