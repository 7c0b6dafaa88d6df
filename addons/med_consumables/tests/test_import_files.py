import base64
from datetime import timedelta

from odoo import fields
from odoo.tests import HttpCase, tagged

from .import_case import ITEM_HEADERS, NAME, ImportCase


@tagged("post_install", "-at_install")
class TestImportFiles(ImportCase):
    """Which files are read and which refused, and that none is kept."""

    def test_a_column_that_was_not_recognised_is_mapped_by_hand(self):
        job = self._import(["物资编码", "Wie es heisst", "单位"], ["A1", "Drape", NAME])
        job.action_check()
        self.assertEqual(job.state, "refused")
        self.assertIn("物资名称", job.refusal)
        job.column_ids.filtered(lambda c: c.position == 1).target = "items.name"
        job.action_check()
        self.assertEqual((job.state, job.to_create), ("checked", 1))

    def test_the_file_is_deleted_after_the_import(self):
        job = self._items(["A1", "Drape", NAME, None, None])
        self.assertTrue(self._attachment(job))
        job.action_check()
        job.action_import()
        self.assertFalse(self._attachment(job))

    def test_a_file_that_nobody_imports_is_deleted_after_a_week(self):
        job = self._items(["A1", "Drape", NAME, None, None])
        self.env["med.import"]._gc_files()
        self.assertTrue(self._attachment(job))
        job.sudo().file_until = fields.Datetime.now() - timedelta(minutes=1)
        self.env["med.import"]._gc_files()
        self.assertFalse(self._attachment(job))

    def _attachment(self, job):
        return self.env["ir.attachment"].search(
            [
                ("res_model", "=", "med.import"),
                ("res_id", "=", job.id),
                ("res_field", "=", "file"),
            ]
        )

    def test_a_file_with_patients_is_refused_and_deleted_at_once(self):
        job = self._import([*ITEM_HEADERS, "患者姓名"], ["A1", "D", NAME, "", "", "王"])
        job.action_check()
        self.assertEqual(job.state, "refused")
        self.assertIn("患者姓名", job.refusal)
        self.assertFalse(self._attachment(job))

    def test_an_identity_number_in_any_row_is_refused_and_nothing_kept(self):
        lines = [[f"A{n}", f"Item {n}", "?", "", ""] for n in range(30)]
        lines[25][3] = "11010519491231002X"
        job = self._items(*lines)
        job.action_check()
        self.assertEqual(job.state, "refused")
        self.assertFalse(job.fault_ids)
        self.assertFalse(self._attachment(job))
        self.assertNotIn("11010519491231002X", job.refusal)

    def test_a_broken_file_is_refused_with_a_sentence(self):
        for data, words in (
            (b"%PDF-1.4", "This is no table"),
            (b"PK\x03\x04xx", "damaged"),
            (b'a,b\n1,"x', "quotation mark"),
        ):
            job = self._import(file=base64.b64encode(data))
            job.action_check()
            self.assertIn(words, job.refusal)

    def test_text_files_of_other_systems_are_read(self):
        text = "物资编码;名称;单位\r\nA1;手套（大）;" + NAME
        job = self._import(file=base64.b64encode(text.encode("gb18030")))
        job.action_check()
        job.action_import()
        self.assertEqual(self._known("A1").name, "手套（大）")


@tagged("post_install", "-at_install")
class TestImportTemplate(HttpCase, ImportCase):
    def test_the_empty_table_is_itself_a_file_without_faults(self):
        self.env["uom.uom"].create({"name": "支"})
        self.env["product.category"].create({"name": "注射器"})
        self.storekeeper.password = self.storekeeper.login
        self.authenticate(self.storekeeper.login, self.storekeeper.login)
        response = self.url_open("/med_consumables/import_template/items")
        self.assertEqual(response.status_code, 200)
        job = self._import(file=base64.b64encode(response.content))
        job.action_check()
        self.assertEqual((job.state, self._faults(job)), ("checked", []))
        self.assertEqual(job.to_create, 1)

    def test_a_ward_gets_no_table_of_the_store(self):
        nurse = self._user("nurse", "med_consumables.group_ward_user", [self.icu])
        nurse.password = nurse.login
        self.authenticate(nurse.login, nurse.login)
        response = self.url_open("/med_consumables/import_template/items")
        self.assertEqual(response.status_code, 404)
