from datetime import date, datetime, timedelta

from freezegun import freeze_time

from odoo.fields import Command
from odoo.tests import tagged

from .common import ConsumablesCase

#: Half past seven on the first of May, in Shanghai.
EARLY = datetime(2026, 4, 30, 23, 30)  # noqa: DTZ001 (naive UTC, as Odoo keeps it)
FIRST = date(2026, 5, 1)


@tagged("post_install", "-at_install")
class TestHospitalDay(ConsumablesCase):
    """A day is the hospital's day from its first hour on, in Shanghai as in Bogotá."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.supplier = cls.env["res.partner"].create({"name": "Maker"})
        cls.lot = cls._lot("EARLY")

    def _received_early(self):
        picking = self._picking(
            3,
            self.env.ref("stock.stock_location_suppliers"),
            self.icu.warehouse_id.lot_stock_id,
            lot=self.lot,
            partner_id=self.supplier.id,
            picking_type_id=self.icu.warehouse_id.in_type_id.id,
        )
        picking._action_done()
        picking.move_ids.move_line_ids.date = EARLY

    def _recall(self, **values):
        return self.env["med.recall"].create({"subject": "Leaking", **values})

    def test_a_recall_finds_what_came_in_the_first_hours_of_its_first_day(self):
        self._received_early()
        the_day_before = FIRST - timedelta(days=1)
        for values, found in (
            ({"received_from": FIRST, "received_to": FIRST}, self.lot),
            ({"received_from": FIRST}, self.lot),
            ({"received_to": the_day_before}, self.lot.browse()),
        ):
            recall = self._recall(supplier_id=self.supplier.id, **values)
            recall.action_search()
            self.assertEqual(recall.lot_ids, found, values)

    def test_a_recall_of_an_item_without_lots_asks_for_use_from_that_hour(self):
        swabs = self._product("Swabs", tracking="none", use_expiration_date=False)
        uses = [
            self._use(1, key, product_id=swabs.id, event_time=when)
            for key, when in (("a", EARLY - timedelta(hours=9)), ("b", EARLY))
        ]
        self._stock(9, product=swabs)
        recall = self._recall(product_ids=[Command.set(swabs.ids)], received_from=FIRST)
        recall.action_start()
        self.assertEqual(recall._lines_of_use(), uses[1])

    def test_a_certificate_counts_what_came_on_its_first_morning(self):
        values = {
            "name": "苏械注准20202640001",
            "product_ids": [Command.set(self.gloves.product_tmpl_id.ids)],
            "quantity_limit": 10,
        }
        certificates = self.env["med.certificate"].create(
            [
                {**values, "valid_from": FIRST, "valid_to": FIRST},
                {
                    **values,
                    "name": "苏械注准20202640002",
                    "valid_from": date(2025, 1, 1),
                    "valid_to": FIRST - timedelta(days=1),
                },
            ]
        )
        self._received_early()
        self.assertEqual(certificates.mapped("quantity_received"), [3, 0])

    def test_every_sheet_and_screen_says_the_day_that_is_on_the_pack(self):
        # Entered in Shanghai as the beginning of 31 January.
        self.lot.expiration_date = datetime(2027, 1, 30, 16)  # noqa: DTZ001
        self._says(self.lot, date(2027, 1, 31))

    def test_a_scanned_day_ends_where_the_hospital_is(self):
        self.company.partner_id.tz = "America/Bogota"
        self.lot.expiration_date = self.company._med_last_moment(date(2027, 1, 31))
        self._says(self.lot, date(2027, 1, 31))

    def _says(self, lot, day):
        self._stock(5, lot)
        use = self._use(1)
        self._post()
        (row,) = use._implant_rows(day)
        self.assertEqual(row["expiry"], day)
        self.env["med.stock.overview"].invalidate_model()
        seen = self.env["med.stock.overview"].search(
            [
                ("product_id", "=", self.gloves.id),
                ("department_id", "=", self.icu.id),
            ]
        )
        self.assertEqual(seen.next_expiry, day)
        nurse = self._user("hd_nurse", "med_consumables.group_ward_user", [self.icu])
        kept = self.env["med.point.of.use"].with_user(nurse).take_along(self.icu.id)
        lots = [told for item in kept["items"] for told in item["lots"]]
        self.assertEqual([told["expiry"] for told in lots], [str(day)])

    def test_the_job_of_the_night_counts_the_days_of_the_hospital(self):
        certificate = self.env["med.certificate"].create(
            {
                "name": "苏械注准20202640001",
                "product_ids": [Command.set(self.gloves.product_tmpl_id.ids)],
                "valid_from": date(2025, 1, 1),
                "valid_to": FIRST - timedelta(days=1),
            }
        )
        with freeze_time(EARLY), self.enter_registry_test_mode():
            self.env.ref(
                "med_consumables.ir_cron_certificate_ladder"
            ).method_direct_trigger()
        self.assertIn("has expired", certificate.activity_ids.summary)
