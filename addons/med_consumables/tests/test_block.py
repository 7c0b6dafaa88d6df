from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import tagged

from .common import ConsumablesCase


@tagged("post_install", "-at_install")
class TestBlock(ConsumablesCase):
    """No path leads an expired, held or recalled lot to a patient."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        group = "med_consumables.group_"
        cls.good = cls._lot("GOOD", 300)
        cls.old = cls._lot("OLD", -1)
        cls.held = cls._lot("HELD", 100)
        cls.storekeeper = cls._user("storekeeper", group + "storekeeper")
        cls.administrator = cls._user("administrator", group + "administrator")
        cls.auditor = cls._user("auditor", group + "auditor")
        cls.nurse = cls._user("nurse", group + "ward_user", [cls.icu])
        cls._stock(5, cls.old)
        cls._stock(5, cls.held)
        cls.held.med_hold = True

    def _transfer(self, lot=None, destination=None, user=None, quantity=2, **values):
        """A transfer from the ICU, with this lot picked where one is named."""
        return self._picking(
            quantity,
            self.icu.stock_location_id,
            destination or self.er.stock_location_id,
            lot,
            user=user,
            **values,
        )

    def test_a_blocked_lot_cannot_be_picked_by_hand(self):
        for lot in (self.old, self.held):
            with self.assertRaisesRegex(UserError, lot.name):
                self._transfer(lot, user=self.storekeeper)

    def test_a_line_cannot_be_turned_to_a_blocked_lot(self):
        self._stock(5, self.good)
        transfer = self._transfer(self.good, user=self.storekeeper)
        with self.assertRaisesRegex(UserError, "HELD"):
            transfer.move_ids.move_line_ids.lot_id = self.held

    def test_a_done_transfer_cannot_be_edited_to_a_blocked_lot(self):
        self._stock(5, self.good)
        transfer = self._transfer(self.good, user=self.storekeeper)
        transfer.button_validate()
        self.assertEqual(transfer.state, "done")
        with self.assertRaisesRegex(UserError, "OLD"):
            transfer.move_ids.move_line_ids.lot_id = self.old

    def test_saying_that_it_is_a_recorded_use_does_not_open_the_block(self):
        transfer = self._transfer(self.held)
        with self.assertRaisesRegex(UserError, "HELD"):
            transfer.with_user(self.storekeeper).with_context(
                med_recorded_use=True, skip_expired=True
            ).button_validate()

    def test_nothing_blocked_is_reserved(self):
        for product_lots in (self.old, self.held):
            self.assertTrue(product_lots)
        transfer = self._transfer(quantity=8)
        transfer.action_confirm()
        transfer.action_assign()
        self.assertFalse(transfer.move_ids.move_line_ids)
        self._stock(3, self.good)
        transfer.action_assign()
        self.assertEqual(transfer.move_ids.move_line_ids.lot_id, self.good)

    def test_a_lot_past_its_date_is_not_reserved_though_its_removal_is_not_due(self):
        self.old.removal_date = "2090-01-01"
        transfer = self._transfer()
        transfer.action_confirm()
        transfer.action_assign()
        self.assertFalse(transfer.move_ids.move_line_ids)

    def test_what_lies_in_quarantine_is_not_reserved(self):
        place = self.env["stock.location"].create(
            {
                "name": "Corner",
                "location_id": self.icu.stock_location_id.id,
                "med_quarantine": True,
            }
        )
        self.env["stock.quant"]._update_available_quantity(
            self.gloves, place, 5, lot_id=self.good
        )
        transfer = self._transfer()
        transfer.action_confirm()
        transfer.action_assign()
        self.assertFalse(transfer.move_ids.move_line_ids)

    def test_a_hold_frees_what_was_reserved_and_another_lot_is_taken(self):
        other = self._lot("OTHER", 400)
        self._stock(5, self.good)
        self._stock(5, other)
        transfer = self._transfer()
        transfer.action_confirm()
        transfer.action_assign()
        self.assertEqual(transfer.move_ids.move_line_ids.lot_id, self.good)
        self.good.with_user(self.storekeeper).write(
            {"med_hold": True, "med_hold_reason": "Seal broken"}
        )
        self.assertEqual(transfer.move_ids.move_line_ids.lot_id, other)

    def test_a_way_out_reserves_just_what_is_blocked(self):
        supplier = self.env.ref("stock.stock_location_suppliers")
        transfer = self._transfer(destination=supplier, quantity=10)
        transfer.action_confirm()
        transfer.action_assign()
        self.assertEqual(transfer.move_ids.move_line_ids.lot_id, self.old | self.held)

    def test_scrap_takes_an_expired_lot(self):
        scrap = (
            self.env["stock.scrap"]
            .with_user(self.storekeeper)
            .create(
                {
                    "product_id": self.gloves.id,
                    "lot_id": self.old.id,
                    "scrap_qty": 5,
                    "scrap_reason_tag_ids": self.env.ref(
                        "med_consumables.scrap_reason_damaged"
                    ).ids,
                    "location_id": self.icu.stock_location_id.id,
                }
            )
        )
        scrap.do_scrap()
        self.assertEqual(scrap.state, "done")

    def test_a_count_that_finds_expired_pieces_is_booked(self):
        quant = self.env["stock.quant"].search(
            [
                ("lot_id", "=", self.old.id),
                ("location_id", "=", self.icu.stock_location_id.id),
            ]
        )
        quant.with_user(self.administrator).with_context(
            inventory_mode=True
        ).inventory_quantity = 7
        quant.with_user(self.administrator).action_apply_inventory()
        self.assertEqual(quant.quantity, 7)

    def test_an_override_is_logged_with_who_when_why_and_which_lot(self):
        transfer = self._transfer(self.held)
        transfer.with_user(self.administrator).med_override_reason = "Last one; consult"
        transfer.with_user(self.storekeeper).button_validate()
        self.assertEqual(transfer.state, "done")
        log = self.env["med.override"].search([("picking_id", "=", transfer.id)])
        self.assertEqual(log.allowed_by_id, self.administrator)
        self.assertEqual(log.moved_by_id, self.storekeeper)
        self.assertEqual(log.reason, "Last one; consult")
        self.assertEqual((log.lot_id, log.quantity), (self.held, 2))
        self.assertEqual(log.fault, "held_lot")
        self.assertTrue(log.moved_at)
        self.assertEqual(log.with_user(self.auditor).reason, log.reason)
        with self.assertRaises(AccessError):
            log.write({"reason": "none"})
        with self.assertRaises(AccessError):
            log.unlink()
        with self.assertRaises(AccessError):
            log.with_user(self.nurse).read(["reason"])

    def test_nobody_but_an_administrator_brings_a_reason_in(self):
        with self.assertRaises(AccessError):
            self._transfer(user=self.storekeeper, med_override_reason="Mine")
        pickings = self.env["stock.picking"].with_user(self.storekeeper)
        with self.assertRaises(AccessError):
            pickings.with_context(default_med_override_reason="Mine").create(
                {
                    "picking_type_id": self.icu.warehouse_id.int_type_id.id,
                    "location_id": self.icu.stock_location_id.id,
                    "location_dest_id": self.er.stock_location_id.id,
                }
            )

    def test_nobody_takes_the_mark_of_a_recall_off_a_lot(self):
        recall = self.env["med.recall"].create(
            {"subject": "R", "lot_ids": [Command.set(self.held.ids)]}
        )
        recall.action_start()
        with self.assertRaises(UserError):
            self.held.with_user(self.storekeeper).med_hold = False
        with self.assertRaises(UserError):
            self.held.with_user(self.storekeeper).med_recall_id = False

    def test_only_expired_stock_counts_as_out(self):
        self.assertEqual(
            self.gloves.with_context(
                location=self.icu.stock_location_id.id
            ).med_usable_qty,
            0,
        )
