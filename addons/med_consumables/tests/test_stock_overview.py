from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import Form, tagged

from ..models import med_stock_overview
from .common import ConsumablesCase


@tagged("post_install", "-at_install")
class TestStockOverview(ConsumablesCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        group = "med_consumables.group_"
        cls.nurse = cls._user("nurse", group + "ward_user", [cls.icu])
        cls.storekeeper = cls._user("storekeeper", group + "storekeeper")
        cls.auditor = cls._user("auditor", group + "auditor")
        cls.clerk = cls._user("clerk", "base.group_user")
        cls.good = cls._lot("GOOD", days=400)
        cls.store = cls.icu.warehouse_id.lot_stock_id

    def _rows(self, user=None, **terms):
        domain = [("product_id", "=", self.gloves.id)]
        domain += [(name, "=", value) for name, value in terms.items()]
        overview = self.env["med.stock.overview"].with_user(user or self.env.user)
        return overview.search(domain)

    def _row(self, department=None, **terms):
        row = self._rows(department_id=(department or self.icu).id, **terms)
        self.assertEqual(len(row), 1)
        return row

    # ---- Figures ---------------------------------------------------------------------

    def test_states_add_up_to_what_lies_there(self):
        self._stock(20, self.good)
        self._stock(5, self._lot("LATE", days=-2))
        held = self._lot("HELD")
        self._stock(3, held)
        held.med_hold = True
        self._reserve(4)
        self._use(2)
        row = self._row()
        self.assertEqual(row.on_hand, 28)
        self.assertEqual(row.expired, 5)
        self.assertEqual(row.held, 3)
        self.assertEqual(row.reserved, 4)
        self.assertEqual(row.pending, 2)
        self.assertEqual(row.usable, 14)

    def test_usable_is_what_every_other_screen_says(self):
        self._stock(20, self.good)
        self._stock(5, self._lot("LATE", days=-2))
        self._use(3)
        shelf = self.icu.stock_location_id
        figures = self.gloves._med_stock(shelf)[self.gloves.id, shelf.id]
        row = self._row()
        for name in ("on_hand", "expired", "held", "reserved", "pending", "usable"):
            self.assertEqual(row[name], getattr(figures, name), name)

    def test_a_lot_both_expired_and_held_counts_once(self):
        lot = self._lot("BOTH", days=-2)
        self._stock(5, lot)
        lot.med_hold = True
        row = self._row()
        self.assertEqual((row.expired, row.held, row.usable), (5, 0, 0))

    def test_what_lies_in_quarantine_is_held(self):
        self._stock(5, self.good)
        self.icu.stock_location_id.med_quarantine = True
        self.assertEqual(self._row().held, 5)

    def test_an_empty_shelf_is_still_seen(self):
        self._stock(5, self.good)
        self._stock(-5, self.good)
        self.env["stock.quant"]._unlink_zero_quants()
        self.assertEqual(self._row().usable, 0)

    def test_use_of_what_the_books_never_had_is_seen(self):
        self._use(2)
        row = self._row()
        self.assertEqual((row.on_hand, row.pending, row.usable), (0, 2, -2))

    def test_a_posted_use_is_no_longer_pending(self):
        self._stock(5, self.good)
        self._use(2)
        self._post()
        row = self._row()
        self.assertEqual((row.on_hand, row.pending, row.usable), (3, 0, 3))

    def test_what_the_store_set_aside_for_a_ward_is_on_its_way(self):
        self.env["stock.quant"]._update_available_quantity(
            self.gloves, self.store, 50, lot_id=self.good
        )
        self._reserve(6, origin=self.store, destination=self.icu.stock_location_id)
        self.assertEqual(self._row().in_transit, 6)
        self.assertEqual(self._row().on_hand, 0)
        (store,) = self._rows(location_id=self.store.id)
        self.assertEqual((store.reserved, store.usable), (6, 44))

    def test_stock_of_a_supplier_has_a_row_of_its_own_and_no_value(self):
        owner = self.env["res.partner"].create({"name": "Stent maker"})
        self._stock(4, self.good)
        self.env["stock.quant"]._update_available_quantity(
            self.gloves, self.icu.stock_location_id, 3, lot_id=self.good, owner_id=owner
        )
        self.assertEqual(self._row(owner_id=False).value, 10.0)
        consigned = self._row(owner_id=owner.id)
        self.assertEqual((consigned.on_hand, consigned.value), (3, 0.0))

    def test_next_expiry_is_of_what_is_not_expired(self):
        self._stock(1, self.good)
        self._stock(1, self._lot("SOON", days=30))
        self._stock(1, self._lot("LATE", days=-2))
        expected = (fields.Datetime.now() + timedelta(days=30)).date()
        self.assertAlmostEqual(self._row().next_expiry, expected, delta=timedelta(1))

    def test_a_place_inside_a_shelf_belongs_to_its_department(self):
        drawer = self.env["stock.location"].create(
            {"name": "Drawer", "location_id": self.icu.stock_location_id.id}
        )
        self.env["stock.quant"]._update_available_quantity(
            self.gloves, drawer, 7, lot_id=self.good
        )
        self.assertEqual(self._row(location_id=drawer.id).on_hand, 7)

    def test_a_shelf_that_changes_hands_changes_its_department(self):
        self._stock(7, self.good)
        shelf = self.icu.stock_location_id
        self.icu.stock_location_id = False
        self.env.flush_all()  # one shelf, one department: given back before taken
        self.er.stock_location_id = shelf
        self.assertEqual(self._row(self.er, location_id=shelf.id).on_hand, 7)

    def test_words_find_the_same_rows_as_the_items_they_mean(self):
        self._stock(5, self.good)
        self._stock(5, product=self._product("Drape", tracking="none"))
        overview = self.env["med.stock.overview"]
        for words in ("glove", "nothing like it"):
            items = self.env["product.product"].search(
                [("display_name", "ilike", words)]
            )
            found = overview.search([("product_id", "ilike", words)])
            same = overview.search([("product_id", "in", items.ids)])
            self.assertEqual(found, same)
            self.assertEqual(bool(found), words == "glove")
            others = overview.search([("product_id", "not ilike", words)])
            self.assertFalse(found & others)
        with patch.object(med_stock_overview, "FEW_ITEMS", 0):
            self.assertIn(
                self._row(), overview.search([("product_id", "ilike", "glove")])
            )

    # ---- Days of cover ---------------------------------------------------------------

    def test_days_of_cover_are_usable_over_daily_use(self):
        self._stock(30, self.good)
        self._use(20, event_time=self.now - timedelta(days=10), historical=True)
        self.env["med.daily.use"]._refresh()
        row = self._row()
        self.assertAlmostEqual(row.daily_use, 2.0, places=2)
        self.assertAlmostEqual(row.days_of_cover, 15.0, places=1)

    def test_returns_are_no_use_and_old_use_is_forgotten(self):
        self._stock(30, self.good)
        for key, days, values in (
            ("old", 91, {}),
            ("use", 60, {}),
            ("back", 59, {"kind": "return"}),
            ("more", 58, {}),
        ):
            event_time = self.now - timedelta(days=days)
            self._use(18, key, event_time=event_time, historical=True, **values)
        self.env["med.daily.use"]._refresh()
        self.assertAlmostEqual(self._row().daily_use, 18 / 90, places=3)

    def test_a_store_covers_what_all_its_departments_use(self):
        self.env["stock.quant"]._update_available_quantity(
            self.gloves, self.store, 50, lot_id=self.good
        )
        for department in (self.icu, self.er):
            self._use(
                10,
                department.code,
                department_id=department.id,
                event_time=self.now - timedelta(days=10),
                historical=True,
            )
        self.env["med.daily.use"]._refresh()
        (store,) = self._rows(location_id=self.store.id)
        self.assertAlmostEqual(store.days_of_cover, 25.0, places=0)

    def test_nothing_used_means_no_days_of_cover(self):
        self._stock(30, self.good)
        self.env["med.daily.use"]._refresh()
        self.assertFalse(self._row().days_of_cover)

    def test_the_nightly_job_makes_it_anew(self):
        self._use(9, event_time=self.now - timedelta(days=9), historical=True)
        for _night in range(2):
            self.env["med.daily.use"]._cron_refresh()
        shelf = self.icu.stock_location_id
        self.assertEqual(
            self.env["med.daily.use"].search_count(
                [("product_id", "=", self.gloves.id), ("location_id", "=", shelf.id)]
            ),
            1,
        )

    # ---- Rights ----------------------------------------------------------------------

    def test_a_ward_sees_its_own_shelf_and_no_other(self):
        self._stock(5, self.good)
        self._stock(6, self.good, department=self.er)
        rows = self._rows(self.nurse)
        self.assertEqual(rows.department_id, self.icu)
        groups = rows._read_group([], ["department_id"], ["on_hand:sum"])
        self.assertEqual(groups, [(self.icu, 5)])
        foreign = self._row(self.er).with_user(self.nurse)
        with self.assertRaises(AccessError):
            foreign.read(["usable"])
        with self.assertRaises(AccessError):
            foreign.action_view_lots()

    def test_store_and_audit_see_all_places(self):
        self._stock(5, self.good)
        self._stock(6, self.good, department=self.er)
        for user in (self.storekeeper, self.auditor):
            rows = self._rows(user)
            self.assertEqual(rows.department_id, self.icu | self.er)
            self.assertEqual(sum(rows.mapped("usable")), 11)

    def test_others_see_nothing(self):
        with self.assertRaises(AccessError):
            self._rows(self.clerk)
        for model in ("med.stock.place", "med.daily.use"):
            for user in (self.clerk, self.nurse, self.storekeeper):
                with self.assertRaises(AccessError):
                    self.env[model].with_user(user).search([])

    def test_nobody_writes_what_is_a_view(self):
        self._stock(5, self.good)
        for user in (self.nurse, self.storekeeper, self.auditor):
            row = self._row().with_user(user)
            for change in (lambda r=row: r.write({"usable": 9}), row.unlink):
                with self.assertRaises(AccessError):
                    change()

    def test_another_companys_stock_is_not_seen(self):
        other = self.env["res.company"].create({"name": "Other hospital"})
        stock = (
            self.env["stock.warehouse"]
            .search([("company_id", "=", other.id)], limit=1)
            .lot_stock_id
        )
        self.gloves.company_id = False
        self.env["stock.quant"]._update_available_quantity(
            self.gloves, stock, 5, lot_id=self.good
        )
        self.assertFalse(self._rows(self.storekeeper, location_id=stock.id))
        self.storekeeper.company_ids = [Command.link(other.id)]
        rows = self._rows(self.storekeeper).with_context(
            allowed_company_ids=[self.company.id, other.id]
        )
        self.assertIn(
            stock, rows.search([("product_id", "=", self.gloves.id)]).location_id
        )

    # ---- Drilling down ---------------------------------------------------------------

    def test_each_role_reaches_what_its_button_opens(self):
        self._stock(5, self.good)
        self._use(2)
        self._post()
        for user in (self.nurse, self.storekeeper, self.auditor):
            row = self._row().with_user(user)
            for button in ("item", "lots", "use"):
                action = getattr(row, f"action_view_{button}")()
                records = self.env[action["res_model"]].with_user(user)
                domain = action["domain"] or [("id", "=", action["res_id"])]
                self.assertTrue(records.search(domain), (user.login, button))
        for user in (self.storekeeper, self.auditor):
            row = self._row().with_user(user)
            for button in ("quants", "moves"):
                action = getattr(row, f"action_view_{button}")()
                records = self.env[action["res_model"]].with_user(user)
                self.assertTrue(records.search(action["domain"]), (user.login, button))

    def test_the_form_opens_for_each_role(self):
        self._stock(5, self.good)
        for user in (self.nurse, self.storekeeper, self.auditor):
            with Form(self._row().with_user(user)) as form:
                self.assertEqual(form.usable, 5)

    def test_twenty_rows_cost_no_more_queries_than_one(self):
        self._stock(5, self.good)
        for number in range(20):
            self._stock(1, product=self._product(f"Item {number}", tracking="none"))
        fields_read = ["product_id", "usable", "days_of_cover", "value"]
        overview = self.env["med.stock.overview"]
        overview.search_read([], fields_read, limit=1)
        self.env.invalidate_all()
        with self.assertQueryCount(8):
            overview.search_read([], fields_read, limit=20)

    def _reserve(self, quantity, origin=None, destination=None):
        origin = origin or self.icu.stock_location_id
        destination = destination or self.er.stock_location_id
        picking = self._picking(quantity, origin, destination)
        picking.action_confirm()
        picking.action_assign()
        return picking
