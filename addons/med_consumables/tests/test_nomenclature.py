from datetime import date

from odoo.tests import TransactionCase, tagged

GTIN = "06901234567892"


@tagged("post_install", "-at_install")
class TestNomenclature(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.nomenclature = cls.env.ref(
            "barcodes_gs1_nomenclature.default_gs1_nomenclature"
        )

    def _read(self, barcode):
        answer = self.nomenclature.parse_barcode(barcode)
        return answer and {element["ai"]: element["value"] for element in answer}

    def test_a_production_date_does_not_spoil_the_barcode(self):
        self.assertEqual(
            self._read(f"01{GTIN}11141231171507071" + "0A213B1\x1d211234"),
            {
                "01": GTIN,
                "17": date(2015, 7, 7),
                "10": "A213B1",
                "21": "1234",
            },
        )

    def test_prefix_and_separators_of_the_nomenclature_hold(self):
        for barcode in (
            f"]d201{GTIN}240REF\x1d10LOT",
            f"01{GTIN}240REF#10LOT",
            f"\x1d01{GTIN}240REFAlt02910LOT",
        ):
            self.assertEqual(self._read(barcode), {"01": GTIN, "10": "LOT"})

    def test_what_odoo_reads_is_left_to_odoo(self):
        self.assertEqual(self._read(f"01{GTIN}10LOT"), {"01": GTIN, "10": "LOT"})

    def test_what_is_no_gs1_barcode_stays_unread(self):
        for barcode in ("", "HELLO", "0906901234567892", f"01{GTIN[:-1]}311250131"):
            self.assertFalse(self._read(barcode))

    def test_an_item_is_found_by_a_barcode_with_a_production_date(self):
        self.env.company.nomenclature_id = self.nomenclature
        product = self.env["product.product"].create(
            {"name": "Gloves", "barcode": GTIN}
        )
        domain = self.nomenclature._preprocess_gs1_search_args(
            [("barcode", "=", f"01{GTIN}1114123110LOT")], ["product"]
        )
        self.assertEqual(self.env["product.product"].search(domain), product)
