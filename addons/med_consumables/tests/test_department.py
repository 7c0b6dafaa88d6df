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

    def test_places_of_a_chinese_hospital_have_chinese_names(self):
        self.env["res.lang"]._activate_lang("zh_CN")
        for spoken, working, name in (
            ("zh_CN", "en_US", "科室"),  # the hospital's language, whoever works
            ("en_US", "zh_CN", "科室"),  # nobody has said it: the person's
            ("en_US", "en_US", "Departments"),
        ):
            self.company.partner_id.lang = spoken
            warehouse = self.env["stock.warehouse"].create(
                {"name": f"{spoken} {working}", "code": f"{spoken[0]}{working[0]}"}
            )
            warehouse.with_context(lang=working)._med_prepare()
            self.assertEqual(warehouse.med_departments_location_id.name, name)
            issue = warehouse.med_issue_type_id
            self.assertEqual(issue.with_context(lang="zh_CN").name, "科室发放")
            self.assertEqual(
                issue.with_context(lang="en_US").name, "Issue to departments"
            )

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
