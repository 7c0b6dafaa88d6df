from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import tagged

from .requisition_case import RequisitionCase


@tagged("post_install", "-at_install")
class TestPiece(RequisitionCase):
    """Each high-value piece gets a code of its own when it is received."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.stent = cls._product("Stent", med_value_class="high")
        cls.valve = cls._product("Valve", med_value_class="high", tracking="serial")

    def _receipt(self, product, lots):
        type_ = self.warehouse.in_type_id
        source = self.env.ref("stock.stock_location_suppliers")
        target = self.warehouse.lot_stock_id
        rows = [
            Command.create(
                {
                    "product_id": product.id,
                    "lot_id": self._lot(name, product=product).id,
                    "quantity": quantity,
                    "location_id": source.id,
                    "location_dest_id": target.id,
                    "picked": True,
                }
            )
            for name, quantity in lots.items()
        ]
        return self.env["stock.picking"].create(
            {
                "picking_type_id": type_.id,
                "location_id": source.id,
                "location_dest_id": target.id,
                "move_ids": [
                    Command.create(
                        {
                            "product_id": product.id,
                            "product_uom_qty": sum(lots.values()),
                            "location_id": source.id,
                            "location_dest_id": target.id,
                            "move_line_ids": rows,
                        }
                    )
                ],
            }
        )

    def _received(self, product, lots):
        picking = self._receipt(product, lots).with_user(self.storekeeper)
        picking.action_confirm()
        picking.move_ids.picked = True
        picking.button_validate()
        self.assertEqual(picking.state, "done")
        return picking.med_piece_ids

    def test_each_piece_gets_a_code_of_its_own(self):
        pieces = self._received(self.stent, {"S1": 3, "S2": 2})
        self.assertEqual(len(pieces), 5)
        self.assertEqual(len(set(pieces.mapped("name"))), 5)
        self.assertEqual(sorted(pieces.mapped("lot_id.name")), ["S1", "S2"])
        self.assertEqual(pieces.picking_id.med_piece_count, 5)

    def test_a_receipt_labels_its_pieces_once(self):
        pieces = self._received(self.stent, {"S1": 3})
        again = self.env["med.piece"]._label(pieces.move_line_id)
        self.assertFalse(again)

    def test_low_value_items_get_no_label(self):
        self.assertFalse(self._received(self.gloves, {"G1": 3}))

    def test_the_scan_of_a_label_finds_the_piece_with_its_lot(self):
        piece = self._received(self.stent, {"S1": 1})
        read = self.env["med.scan"].with_user(self.nurse)._read(piece.name, self.icu)
        self.assertEqual(read["kind"], "piece")
        self.assertEqual(read["piece_id"], piece.id)
        self.assertEqual(read["product_id"], self.stent.id)
        self.assertEqual((read["lot_name"], read["batch"]), ("S1", "S1"))
        self.assertFalse(read["warnings"])

    def test_a_serial_reads_as_serial(self):
        piece = self._received(self.valve, {"V1": 1})
        read = self.env["med.scan"]._read(piece.name)
        self.assertEqual((read["serial"], read["batch"]), ("V1", False))

    def test_a_used_piece_warns_and_a_returned_one_does_not(self):
        piece = self._received(self.stent, {"S1": 1})
        use = self._use(1, product_id=self.stent.id, lot_name="S1", piece_id=piece.id)
        self.assertEqual(piece.consumption_id, use)
        read = self.env["med.scan"]._read(piece.name)
        self.assertEqual(read["flags"], ["used"])
        with self.assertRaisesRegex(UserError, "cannot be changed"):
            use.piece_id = False
        self._use(
            1,
            key="2",
            product_id=self.stent.id,
            lot_name="S1",
            kind="return",
            reversal_of_id=use.id,
            piece_id=piece.id,
        )
        piece.invalidate_recordset()
        self.assertFalse(self.env["med.scan"]._read(piece.name)["warnings"])

    def test_a_piece_on_hold_warns(self):
        piece = self._received(self.stent, {"S1": 1})
        piece.lot_id.med_hold = True
        self.assertEqual(self.env["med.scan"]._read(piece.name)["flags"], ["held"])

    def test_nobody_writes_labels_by_hand(self):
        piece = self._received(self.stent, {"S1": 1})
        for user in self.nurse, self.storekeeper, self.auditor:
            with self.assertRaises(AccessError):
                piece.with_user(user).write({"name": "X"})
            with self.assertRaises(AccessError):
                piece.with_user(user).unlink()
        piece.with_user(self.storekeeper).action_print()
        self.assertTrue(piece.printed_at)

    def test_a_requisition_is_filled_by_scanning(self):
        piece = self._received(self.stent, {"S1": 1})
        requisition = self._draft(line_ids=[])
        requisition.on_barcode_scanned(piece.name)
        requisition.on_barcode_scanned(piece.name)
        self.assertEqual(
            requisition.line_ids.mapped(lambda line: (line.product_id, line.asked_qty)),
            [(self.stent.with_user(self.nurse), 2)],
        )
        with self.assertRaisesRegex(UserError, "names no item"):
            requisition.on_barcode_scanned("NOTHING-1")
