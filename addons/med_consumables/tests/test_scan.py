from datetime import date, datetime, timedelta

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import ConsumablesCase

PIECE = "06901234567892"
BOX = "16901234567899"
NEXT = "06901234567885"


@tagged("post_install", "-at_install")
class TestScan(ConsumablesCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.scan = cls.env["med.scan"]
        cls.env["med.udi"].create(
            [
                {"product_id": cls.gloves.id, "di": PIECE},
                {
                    "product_id": cls.gloves.id,
                    "di": BOX,
                    "pack_level": "inner",
                    "base_units": 50,
                },
            ]
        )
        cls.stent = cls._product("Stent", tracking="serial", barcode="6901234567885")
        cls.gloves.med_hospital_code = "YN-0001"
        cls.lot = cls._lot("B7")
        cls.lot.expiration_date = datetime(2030, 1, 31, 15, 59, 59)  # 31st in Shanghai

    def _refusal(self, code, **options):
        with self.assertRaises(UserError) as refused:
            self.scan._read(code, **options)
        return str(refused.exception)

    def test_a_label_names_item_lot_dates_and_quantity(self):
        answer = self.scan._read(f"(01){BOX}(11)250131(17)300131(10)B7")
        self.assertEqual(
            {key: answer[key] for key in ("kind", "product_id", "lot_id", "quantity")},
            {
                "kind": "item",
                "product_id": self.gloves.id,
                "lot_id": self.lot.id,
                "quantity": 50,
            },
        )
        self.assertEqual(answer["expiry"], date(2030, 1, 31))
        self.assertEqual(answer["production"], date(2025, 1, 31))
        self.assertEqual((answer["warnings"], answer["conflicts"]), ([], []))
        for words in ("Gloves", "B7", "50"):
            self.assertIn(words, answer["label"])

    def test_labels_of_hibc_and_iccbba_name_item_lot_and_date(self):
        valve = self._product("Valve", tracking="lot", barcode="+A123BJC5D6E71G")
        tissue = self._product("Tissue", tracking="lot")
        self.env["med.udi"].create(
            {
                "product_id": tissue.id,
                "di": "A9999XYZ100T0944",
                "agency": "iccbba",
            }
        )
        for label, item, lot, expiry in (
            ("+A123BJC5D6E71/$$33001313C001W", valve, "3C001", date(2030, 1, 31)),
            (
                "=/A9999XYZ100T0944=>030031&,1000000000000XYZ123",
                tissue,
                "000000000000XYZ123",
                date(2030, 1, 31),
            ),
        ):
            answer = self.scan._read(label)
            self.assertEqual(
                (answer["product_id"], answer["lot_name"], answer["expiry"]),
                (item.id, lot, expiry),
            )
            found = self.env["product.product"].name_search(label)
            self.assertEqual([id_ for id_, _name in found], item.ids)
        self.assertIn("check digit", self._refusal("+A123BJC5D6E71F"))

    def test_an_item_is_found_by_each_of_its_codes(self):
        self.gloves.default_code = "HC0101"
        for code in (PIECE, PIECE[1:], "YN-0001", "HC0101", f" {PIECE}\r\n"):
            self.assertEqual(
                self.scan._read(code)["product_id"], self.gloves.id, msg=code
            )

    def test_a_piece_tracked_by_serial_number_keeps_its_serial_as_name(self):
        answer = self.scan._read(f"(01){NEXT}(10)LOT(21)S42")
        self.assertEqual(answer["product_id"], self.stent.id)
        self.assertEqual(
            (answer["lot_name"], answer["batch"], answer["serial"]),
            ("S42", "LOT", "S42"),
        )

    def test_the_number_of_pieces_on_the_label_counts(self):
        self.assertEqual(self.scan._read(f"(02){PIECE}(37)24")["quantity"], 24)

    def test_barcode_of_a_unit_counts_the_pieces_in_it(self):
        box = self.env["uom.uom"].create(
            {
                "name": "box of 5",
                "relative_uom_id": self.stent.uom_id.id,
                "relative_factor": 5,
            }
        )
        self.env["product.uom"].create(
            {"product_id": self.stent.id, "uom_id": box.id, "barcode": "BOX5"}
        )
        answer = self.scan._read("BOX5")
        self.assertEqual((answer["product_id"], answer["quantity"]), (self.stent.id, 5))

    def test_two_barcodes_of_one_pack_in_either_order(self):
        first, second = f"01{PIECE}", "1730013110B7"
        one = self.scan._read(first)
        self.assertEqual(one["flags"], ["lot_missing"])
        both = self.scan._read(second, first=one)
        self.assertEqual((both["lot_id"], both["merged"]), (self.lot.id, True))
        for code in ("(10)B7(17)300131", second):
            other = self.scan._read(code)
            self.assertEqual(other["kind"], "production")
            both = self.scan._read(first, first=other)
            self.assertEqual((both["lot_id"], both["merged"]), (self.lot.id, True))

    def test_a_first_barcode_survives_the_way_to_a_screen_and_back(self):
        one = self.scan.read_barcode("(10)B7(17)300131")
        one["expiry"] = "2030-01-31"
        both = self.scan.read_barcode(PIECE, first=one)
        self.assertEqual(both["expiry"], date(2030, 1, 31))

    def test_another_item_after_a_first_barcode_begins_anew(self):
        one = self.scan._read(PIECE)
        for code in (f"(01){NEXT}(21)S1", NEXT, "6901234567885"):
            answer = self.scan._read(code, first=one)
            self.assertEqual(answer["product_id"], self.stent.id)
            self.assertFalse(answer["merged"])
            self.assertFalse(answer["batch"])

    def test_the_same_barcode_again_is_another_piece(self):
        one = self.scan._read(PIECE)
        self.assertFalse(self.scan._read(PIECE, first=one)["merged"])

    def test_a_bare_lot_number_as_second_barcode_is_taken_and_said(self):
        both = self.scan._read("B7", first=self.scan._read(PIECE))
        self.assertEqual(both["lot_id"], self.lot.id)
        self.assertIn("taken_as_lot", both["flags"])
        self.assertIn("Compare it with the label", both["warnings"][0])

    def test_two_barcodes_that_disagree_ask_to_scan_again(self):
        first = self.scan._read(f"(01){PIECE}(17)300131")
        words = self._refusal("(10)B7(17)310131", first=first)
        self.assertIn("disagree", words)
        self.assertIn("2031", words)

    def test_what_the_label_leaves_blank_comes_from_the_books(self):
        self.lot.med_sterilisation_lot = "S9"
        answer = self.scan._read(f"(01){PIECE}(10)B7")
        self.assertEqual(answer["expiry"], date(2030, 1, 31))
        self.assertEqual(answer["sterilisation_lot"], "S9")
        self.assertEqual(answer["conflicts"], [])

    def test_a_label_that_contradicts_the_books_asks(self):
        answer = self.scan._read(f"(01){PIECE}(17)310131(10)B7")
        self.assertEqual(
            answer["conflicts"], [("expiry", date(2030, 1, 31), date(2031, 1, 31))]
        )
        self.assertIn("our books say", answer["warnings"][0])
        self.assertEqual(self.lot._med_expiry_day(), date(2030, 1, 31))

    def test_expired_held_and_unknown_lots_are_said(self):
        self.lot.write({"med_hold": True, "med_hold_reason": "Leaking packs"})
        answer = self.scan._read(f"(01){PIECE}(10)B7")
        self.assertEqual(answer["flags"], ["held"])
        self.assertIn("Leaking packs", answer["warnings"][0])
        answer = self.scan._read(f"(01){PIECE}(17)200131(10)NEW")
        self.assertEqual(answer["flags"], ["unknown_lot", "expired"])
        yesterday = self.now - timedelta(days=1)
        old = self._lot("OLD")
        old.expiration_date = yesterday
        self.assertIn("expired", self.scan._read(f"(01){PIECE}(10)OLD")["flags"])

    def test_a_place_is_recognised_by_its_barcode(self):
        self.icu.stock_location_id.barcode = "LOC-ICU"
        answer = self.scan._read("LOC-ICU")
        self.assertEqual(
            (answer["kind"], answer["location_id"]),
            ("location", self.icu.stock_location_id.id),
        )

    def test_no_answer_writes_into_another(self):
        self.icu.stock_location_id.barcode = "LOC-ICU"
        self.scan._read("LOC-ICU")["flags"].append("held")
        self.assertEqual(self.scan._read("LOC-ICU")["flags"], [])

    def test_an_unknown_code_says_what_to_do(self):
        answer = self.scan._read("(01)06901234567939")
        self.assertEqual((answer["kind"], answer["product_id"]), ("unknown", False))
        self.assertIn("device identifiers", answer["warnings"][0])

    def test_an_unknown_larger_pack_names_the_item(self):
        answer = self.scan._read("(01)26901234567896")
        self.assertEqual(answer["product_id"], False)
        self.assertIn("Gloves", answer["warnings"][0])

    def test_a_code_of_two_items_is_refused_by_name(self):
        self.stent.med_hospital_code = "YN-0001"
        words = self._refusal("YN-0001")
        self.assertIn("Gloves", words)
        self.assertIn("Stent", words)

    def test_a_broken_code_says_what_where_and_in_which_element(self):
        for code, words, position in (
            ("(01)06901234567893", "Device identifier (01)", 18),
            ("(17)271301", "Expiry date (17)", 7),
            ("(10)", "Lot (10)", 5),
            ("]d2(09)", "standard does not know", 4),
        ):
            refusal = self._refusal(code)
            self.assertIn(words, refusal)
            self.assertIn(f"Position {position} ", refusal)
        self.assertIn("empty", self._refusal("  "))

    @settings(
        max_examples=250,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        derandomize=True,
    )
    @given(
        st.one_of(
            st.text(min_size=0, max_size=40).map(lambda text: "]d2" + text),
            st.text("0123456789()ABMA.\x1d]dC", max_size=40),
            st.text("0123456789", max_size=12).map(lambda text: f"(01){text}"),
            st.text(max_size=20).map(lambda text: f"MA.156.M0.100000.1.{text}"),
        )
    )
    @example("(30)1A")
    @example("(01)٠٦٩٠١٢٣٤٥٦٧٨٩٢")
    @example("%s %(name)s {0} '; DROP TABLE med_udi; --")
    @example("\x00\x1d" * 9)
    def test_hostile_codes_give_an_answer_or_a_sentence_with_a_position(self, code):
        try:
            answer = self.scan._read(code)
        except UserError as refused:
            self.assertRegex(str(refused), r"Position [1-9]\d* |empty\.")
        else:
            self.assertIn(answer["kind"], ("item", "production", "unknown"))

    def test_each_role_may_scan(self):
        for login, group in (
            ("nurse", "ward_user"),
            ("keeper", "storekeeper"),
            ("audit", "auditor"),
        ):
            user = self._user(login, f"med_consumables.group_{group}", [self.icu])
            answer = self.scan.with_user(user).read_barcode(
                f"(01){PIECE}(10)B7", self.icu.id
            )
            self.assertEqual(answer["lot_id"], self.lot.id)
