from datetime import date, datetime

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from .common import ConsumablesCase

PIECE = "06901234567892"
BOX = "16901234567899"


@tagged("post_install", "-at_install")
class ScanSheetCase(ConsumablesCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["med.udi"].create(
            [
                {"product_id": cls.gloves.id, "di": PIECE},
                {
                    "product_id": cls.gloves.id,
                    "di": BOX,
                    "pack_level": "inner",
                    "base_units": 5,
                },
            ]
        )
        cls.keeper = cls._user("scan_keeper", "med_consumables.group_storekeeper")
        cls.warehouse = cls.icu.warehouse_id

    def _receipt(self, quantity=10, product=None):
        picking = self._picking(
            quantity,
            self.env.ref("stock.stock_location_suppliers"),
            self.warehouse.lot_stock_id,
            product=product,
            picking_type_id=self.warehouse.in_type_id.id,
        )
        picking.action_confirm()
        return picking

    def _issue(self, quantity=4):
        picking = self._picking(
            quantity, self.icu.stock_location_id, self.er.stock_location_id
        )
        picking.action_confirm()
        picking.action_assign()
        return picking

    def _sheet(self, picking):
        return Form(
            self.env["med.scan.transfer"]
            .with_user(self.keeper)
            .with_context(default_picking_id=picking.id)
        )

    def _scan(self, form, *codes):
        for code in codes:
            form.code = code
        return form

    def _lines(self, form):
        return [
            (form.line_ids.edit(i).lot_name, form.line_ids.edit(i).quantity)
            for i in range(len(form.line_ids))
        ]

    def _notes(self, record):
        return " ".join(str(body) for body in record.message_ids.mapped("body"))


@tagged("post_install", "-at_install")
class TestReceiveByScan(ScanSheetCase):
    def test_a_receipt_is_filled_by_scanning(self):
        picking = self._receipt()
        form = self._sheet(picking)
        label = "(11)250131(17)300131(10)B7"
        self._scan(form, f"(01){BOX}{label}", f"(01){PIECE}{label}")
        self.assertEqual(self._lines(form), [("B7", 6)])
        self.assertEqual(form.level, "ok")
        self.assertIn("Gloves", form.message)
        self.assertFalse(picking.move_line_ids.filtered("picked"))
        form.save().action_apply()
        line = picking.move_line_ids
        self.assertEqual((line.lot_name, line.quantity, line.picked), ("B7", 6, True))
        picking.with_user(self.keeper).with_context(
            cancel_backorder=False, skip_backorder=True
        ).button_validate()
        lot = line.lot_id
        self.assertEqual(picking.state, "done")
        self.assertEqual(lot._med_expiry_day(), date(2030, 1, 31))
        self.assertEqual(lot.expiration_date, datetime(2030, 1, 31, 15, 59, 59))
        self.assertEqual(lot.med_production_date, date(2025, 1, 31))

    def test_two_barcodes_make_one_line(self):
        form = self._sheet(self._receipt())
        self._scan(form, PIECE)
        self.assertEqual((self._lines(form), form.level), ([(False, 1)], "warning"))
        self._scan(form, "1730013110B7")
        self.assertEqual(self._lines(form), [("B7", 1)])
        self._scan(form, PIECE, "1730013110B7")
        self.assertEqual(self._lines(form), [("B7", 2)])
        self._scan(form, "1730013110B8", PIECE)
        self.assertEqual(self._lines(form), [("B7", 2), ("B8", 1)])

    def test_a_line_without_lot_is_not_applied(self):
        form = self._scan(self._sheet(self._receipt()), PIECE)
        with self.assertRaisesRegex(UserError, "second barcode"):
            form.save().action_apply()

    def test_a_lot_may_be_typed(self):
        picking = self._receipt()
        form = self._scan(self._sheet(picking), PIECE)
        with form.line_ids.edit(0) as line:
            line.lot_name = "HAND"
        form.save().action_apply()
        self.assertEqual(picking.move_line_ids.lot_name, "HAND")

    def test_a_broken_code_changes_nothing_and_says_where(self):
        form = self._scan(self._sheet(self._receipt()), "(01)06901234567893")
        self.assertEqual((self._lines(form), form.level), ([], "error"))
        self.assertIn("Position 18", form.message)
        self.assertFalse(form.code)

    def test_an_item_that_is_not_on_the_transfer_is_refused(self):
        form = self._sheet(self._receipt(product=self._product("Stent")))
        self._scan(form, f"(01){PIECE}(10)B7")
        self.assertEqual((self._lines(form), form.level), ([], "error"))
        self.assertIn("Gloves is not on", form.message)

    def test_more_than_expected_is_said(self):
        form = self._sheet(self._receipt(4))
        self._scan(form, f"(01){BOX}(17)300131(10)B7")
        self.assertEqual(form.level, "warning")
        self.assertIn("4", form.message)

    def test_a_second_session_goes_on_where_the_first_ended(self):
        picking = self._receipt()
        for code in (f"(01){BOX}(17)300131(10)B7", f"(01){PIECE}(17)300131(10)B7"):
            self._scan(self._sheet(picking), code).save().action_apply()
        self.assertEqual(picking.move_line_ids.quantity, 6)

    def test_a_blank_never_overwrites_what_is_known_of_a_lot(self):
        lot = self._lot("B7")
        known = lot.expiration_date
        lot.med_sterilisation_lot = "S9"
        picking = self._receipt()
        self._scan(self._sheet(picking), f"(01){PIECE}(10)B7").save().action_apply()
        self.assertEqual(picking.move_line_ids.lot_id, lot)
        self.assertEqual(
            (lot.expiration_date, lot.med_sterilisation_lot), (known, "S9")
        )

    def test_a_label_fills_what_was_not_known(self):
        lot = self._lot("B7")
        lot.expiration_date = False
        picking = self._receipt()
        form = self._sheet(picking)
        self._scan(form, f"(01){PIECE}(11)250131(17)300131(10)B7")
        form.save().action_apply()
        self.assertEqual(lot._med_expiry_day(), date(2030, 1, 31))
        self.assertEqual(lot.med_production_date, date(2025, 1, 31))

    def test_a_contradiction_asks_and_does_what_is_answered(self):
        lot = self._lot("B7")
        lot.expiration_date = self.company._med_last_moment(date(2030, 1, 31))
        for answer, expected in (
            ("books", date(2030, 1, 31)),
            ("label", date(2031, 1, 31)),
        ):
            picking = self._receipt()
            form = self._sheet(picking)
            self._scan(form, f"(01){PIECE}(17)310131(10)B7")
            self.assertEqual(form.level, "warning")
            with self.assertRaisesRegex(UserError, "what is right"):
                form.save().action_apply()
            with form.line_ids.edit(0) as line:
                line.answer = answer
            form.save().action_apply()
            self.assertEqual(lot._med_expiry_day(), expected)
        self.assertIn("corrected to its label", self._notes(picking))

    def test_only_the_store_scans_transfers(self):
        nurse = self._user("scan_nurse", "med_consumables.group_ward_user", [self.icu])
        auditor = self._user("scan_auditor", "med_consumables.group_auditor")
        for user in (nurse, auditor):
            for model in ("med.scan.transfer", "med.scan.count"):
                with self.assertRaises(AccessError):
                    self.env[model].with_user(user).create(
                        {"picking_id": self._receipt().id} if "tr" in model else {}
                    )


@tagged("post_install", "-at_install")
class TestIssueByScan(ScanSheetCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.early = cls._lot("EARLY", 30)
        cls.late = cls._lot("LATE", 300)
        cls._stock(6, cls.early)
        cls._stock(6, cls.late)

    def test_the_reserved_lot_is_picked(self):
        picking = self._issue()
        form = self._sheet(picking)
        self._scan(form, *[f"(01){PIECE}(10)EARLY"] * 3)
        self.assertEqual(form.level, "ok")
        form.save().action_apply()
        line = picking.move_line_ids
        self.assertEqual((line.lot_id, line.quantity), (self.early, 3))
        self.assertTrue(line.picked)

    def test_another_lot_takes_its_place_with_a_reason(self):
        picking = self._issue()
        form = self._sheet(picking)
        self._scan(form, *[f"(01){PIECE}(10)LATE"] * 3)
        self.assertEqual(form.level, "warning")
        self.assertIn("EARLY", form.message)
        with self.assertRaisesRegex(UserError, "Give the reason"):
            form.save().action_apply()
        with form.line_ids.edit(0) as line:
            line.reason = "Early lot is behind the pallet"
        form.save().action_apply()
        lines = {
            line.lot_id: (line.quantity, line.picked) for line in picking.move_line_ids
        }
        self.assertEqual(lines, {self.early: (1, False), self.late: (3, True)})
        self.assertIn("behind the pallet", self._notes(picking))
        reserved = {
            quant.lot_id: quant.reserved_quantity
            for quant in self.env["stock.quant"].search(
                [("location_id", "=", self.icu.stock_location_id.id)]
            )
        }
        self.assertEqual(reserved, {self.early: 1, self.late: 3})

    def test_a_lot_that_no_patient_may_get_is_refused_at_the_scan(self):
        self.late.write({"med_hold": True, "med_hold_reason": "Recall"})
        form = self._scan(self._sheet(self._issue()), f"(01){PIECE}(10)LATE")
        self.assertEqual((self._lines(form), form.level), ([], "error"))
        self.assertIn("Recall", form.message)

    def test_a_lot_that_is_not_there_is_refused(self):
        form = self._scan(self._sheet(self._issue()), f"(01){PIECE}(10)NOWHERE")
        self.assertEqual((self._lines(form), form.level), ([], "error"))
        elsewhere = self._lot("ELSE")
        self._stock(5, elsewhere, self.er)
        form = self._scan(self._sheet(self._issue()), f"(01){PIECE}(10)ELSE")
        with form.line_ids.edit(0) as line:
            line.reason = "Found it"
        with self.assertRaisesRegex(UserError, "does not lie in"):
            form.save().action_apply()


@tagged("post_install", "-at_install")
class TestIssueFromTwoBins(ScanSheetCase):
    """Five of a lot lie in bin A and five in bin B."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.lot = cls._lot("TWO")
        cls.bins = cls.env["stock.location"].create(
            [
                {"name": name, "location_id": cls.icu.stock_location_id.id}
                for name in ("A", "B")
            ]
        )
        for place in cls.bins:
            cls.env["stock.quant"]._update_available_quantity(
                cls.gloves, place, 5, lot_id=cls.lot
            )

    def _pick(self, picking, pieces):
        form = self._sheet(picking)
        self._scan(form, *[f"(01){PIECE}(10)TWO"] * pieces)
        form.save().action_apply()

    def _picked(self, picking):
        lines = picking.move_line_ids.filtered("picked")
        return {line.location_id: line.quantity for line in lines}

    def test_what_is_picked_comes_from_where_it_was_reserved(self):
        picking = self._issue(10)
        self._pick(picking, 10)
        self.assertEqual(self._picked(picking), dict.fromkeys(self.bins, 5.0))
        picking.button_validate()
        self.assertEqual(picking.state, "done")
        left = self.env["stock.quant"].search(
            [("location_id", "in", self.bins.ids), ("quantity", "!=", 0)]
        )
        self.assertFalse(left)

    def test_scanning_goes_on_where_something_is_left(self):
        picking = self._issue(10)
        self._pick(picking, 7)
        self._pick(picking, 3)
        self.assertEqual(sum(self._picked(picking).values()), 10)
        self.assertLessEqual(max(self._picked(picking).values()), 5)


@tagged("post_install", "-at_install")
class TestCountByScan(ScanSheetCase):
    def test_what_was_used_and_is_not_posted_is_not_counted_as_lost(self):
        lot = self._lot("B7")
        self._stock(10, lot)
        place = self.icu.stock_location_id
        place.barcode = "LOC-ICU"
        used = self._use(3)
        form = self._scan(self._form(), "LOC-ICU", *[f"(01){PIECE}(10)B7"] * 7)
        self.assertEqual(form.line_ids.edit(0).on_books, 7)
        action = form.save().action_apply()
        piles = self.env["stock.quant"].search(action["domain"])
        piles.with_user(self.keeper).with_context(
            inventory_mode=True
        ).action_apply_inventory()
        self._post()
        self.assertEqual((used.state, self._on_hand(lot)), ("posted", 7))
        counted = self.env["med.count.line"].search([("lot_id", "=", lot.id)])
        self.assertEqual((counted.expected, counted.difference), (7, 0))

    def _form(self):
        return Form(self.env["med.scan.count"].with_user(self.keeper))

    def test_a_place_is_counted_by_scanning(self):
        lot = self._lot("B7")
        self._stock(6, lot)
        place = self.icu.stock_location_id
        place.barcode = "LOC-ICU"
        form = self._scan(self._form(), f"(01){PIECE}(10)B7")
        self.assertEqual((form.level, len(form.line_ids)), ("error", 0))
        self._scan(form, "LOC-ICU", f"(01){BOX}(10)B7", f"(01){PIECE}(17)300131(10)N1")
        self.assertEqual(self._lines(form), [("B7", 5), ("N1", 1)])
        self.assertEqual(form.line_ids.edit(0).on_books, 6)
        action = form.save().action_apply()
        piles = self.env["stock.quant"].search(action["domain"])
        counted = {
            pile.lot_id.name: (pile.inventory_quantity, pile.inventory_diff_quantity)
            for pile in piles
        }
        self.assertEqual(counted, {"B7": (5, -1), "N1": (1, 1)})
        self.assertEqual(
            self.env["stock.quant"]._get_available_quantity(self.gloves, place), 6
        )
        piles.with_user(self.keeper).with_context(
            inventory_mode=True
        ).action_apply_inventory()
        self.assertEqual(
            self.env["stock.quant"]._get_available_quantity(self.gloves, place), 6
        )
        new = piles.lot_id.filtered(lambda one: one.name == "N1")
        self.assertEqual(new._med_expiry_day(), date(2030, 1, 31))

    def test_a_code_is_looked_up_by_anybody(self):
        nurse = self._user("scan_nurse", "med_consumables.group_ward_user", [self.icu])
        lot = self._lot("B7")
        form = Form(self.env["med.scan.lookup"].with_user(nurse))
        self._scan(form, f"(01){PIECE}(10)B7")
        sheet = form.save()
        self.assertEqual((sheet.product_id, sheet.lot_id), (self.gloves, lot))
        self.assertEqual(sheet.action_open_lot()["res_id"], lot.id)
