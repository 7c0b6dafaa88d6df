from psycopg2 import IntegrityError

from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import ConsumablesCase


@tagged("post_install", "-at_install")
class TestDepartment(ConsumablesCase):
    def test_a_department_gets_a_shelf_beside_the_store_and_a_place_of_use(self):
        warehouse = self.icu.warehouse_id
        self.assertEqual(self.icu.stock_location_id.usage, "internal")
        self.assertFalse(
            self.icu.stock_location_id.parent_path.startswith(
                warehouse.lot_stock_id.parent_path
            )
        )
        place = self.icu.consumption_location_id
        self.assertEqual(place.usage, "production")
        self.assertEqual(place.valuation_account_id, self.expense)

    def test_what_lies_in_a_place_of_use_is_not_on_hand(self):
        self._stock(10, self._lot("A"))
        self._use(4)
        self._post()
        self.assertEqual(self.gloves.qty_available, 6)

    def test_the_store_keeps_the_stock_of_its_warehouse(self):
        store = self._department("STORE", "Central Store", kind="store")
        self.assertEqual(store.stock_location_id, store.warehouse_id.lot_stock_id)

    def test_a_location_belongs_to_the_department_of_its_nearest_shelf(self):
        cabinet = self.env["stock.location"].create(
            {"name": "Cabinet", "location_id": self.icu.stock_location_id.id}
        )
        elsewhere = self.env.ref("stock.stock_location_suppliers")
        owners = (cabinet | elsewhere)._med_departments()
        self.assertEqual(owners[cabinet], self.icu)
        self.assertFalse(owners[elsewhere])

    def test_a_code_belongs_to_one_department(self):
        with (
            self.assertRaises(IntegrityError),
            mute_logger("odoo.sql_db"),
            self.env.cr.savepoint(),
        ):
            self._department("ICU", "Another")

    def test_a_department_is_not_its_own_parent(self):
        self.er.parent_id = self.icu
        with self.assertRaises(UserError):
            self.icu.parent_id = self.er
