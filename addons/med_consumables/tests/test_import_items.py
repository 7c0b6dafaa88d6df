import base64
from datetime import timedelta
from unittest.mock import patch

from odoo import SUPERUSER_ID, api, fields
from odoo.exceptions import AccessError, UserError
from odoo.modules.registry import Registry
from odoo.tests import BaseCase, HttpCase, get_db_name, tagged

from ..models import med_import, med_import_work
from .import_case import ITEM_HEADERS, ImportCase

NAME = "Piece of the tests"


@tagged("post_install", "-at_install")
class TestImportItems(ImportCase):
    def _known(self, code):
        return self.env["product.template"].search([("default_code", "=", code)])

    def test_a_check_lists_every_fault_by_cell_and_writes_nothing(self):
        before = self.env["product.template"].search_count([])
        job = self._items(
            ["A1", "Syringe 5 ml", NAME, "330100", "06901234567892"],
            ["A2", None, NAME, None, None],
            ["A1", "Syringe 50 ml", NAME, None, None],
            ["A3", "Drape", "no such unit", None, "06901234567893"],
        )
        job.action_check()
        self.assertEqual(job.state, "checked")
        self.assertEqual(
            self._faults(job),
            [
                ("B3", "missing"),
                ("A4", "twice"),
                ("C5", "unknown_unit"),
                ("E5", "check_digit"),
            ],
        )
        counts = job.to_create, job.to_change, job.unchanged, job.rows_faulty
        self.assertEqual(counts, (1, 0, 0, 3))
        self.assertEqual(self.env["product.template"].search_count([]), before)

    def test_a_fault_says_what_is_wrong_and_what_to_do(self):
        job = self._items(["A3", "Drape", "no such unit", None, None])
        job.action_check()
        self.assertEqual(
            job.fault_ids.text,
            "No unit is called “no such unit”. Create it, or use the name of a unit "
            "that exists.",
        )

    def test_every_fault_has_its_sentence(self):
        fault = self.env["med.import.fault"]
        texts = fault._texts()
        for code, _label in fault._fields["code"].selection:
            text = texts[code] % {"heading": "", "value": "", **fault._defaults()}
            self.assertTrue(text.strip(), code)

    def test_an_import_creates_changes_and_keeps(self):
        job = self._items(
            ["A1", "Syringe 5 ml", NAME, "330100", "06901234567892"],
            ["GL1", "Gloves", NAME, "330200", None],
            ["GL1x", "Gauze swab", NAME, None, None],
        )
        job.action_check()
        job.action_import()
        self.assertEqual(job.state, "done")
        item = self._known("A1")
        self.assertEqual(
            (item.name, item.uom_id, item.med_charge_code, item.tracking),
            ("Syringe 5 ml", self.unit, "330100", "lot"),
        )
        self.assertTrue(item.med_consumable)
        self.assertEqual(item.med_udi_ids.mapped("di"), ["06901234567892"])
        self.assertEqual(self.gloves.med_charge_code, "330200")
        self.assertEqual((job.to_create, job.to_change, job.unchanged), (2, 1, 0))

    def test_the_same_file_twice_changes_nothing(self):
        lines = [
            ["A1", "Syringe 5 ml", NAME, "330100", "06901234567892"],
            ["GL1", "Gloves", NAME, "330200", None],
        ]
        for _time in range(2):
            job = self._items(*lines)
            job.action_check()
            job.action_import()
        self.assertEqual((job.to_create, job.to_change, job.unchanged), (0, 0, 2))
        self.assertFalse(job.effect_ids)
        self.assertEqual(len(self._known("A1")), 1)

    def test_an_empty_cell_wipes_nothing(self):
        self.gloves.med_charge_code = "330200"
        job = self._items(["GL1", "Gloves", NAME, None, None])
        job.action_check()
        self.assertEqual(job.unchanged, 1)

    def test_unit_and_tracking_of_stock_are_never_changed_by_a_file(self):
        self.env["uom.uom"].create({"name": "Another piece"})
        job = self._import(
            [*ITEM_HEADERS, "追踪方式"],
            ["GL1", "Gloves", "Another piece", None, None, "序列号"],
        )
        job.action_check()
        self.assertEqual(
            [code for _cell, code in self._faults(job)],
            ["unit_differs", "tracking_differs"],
        )

    def test_an_identifier_of_another_item_is_a_fault(self):
        self.env["med.udi"].create(
            {"di": "06901234567892", "product_id": self.gloves.id}
        )
        job = self._items(["A1", "Syringe", NAME, None, "06901234567892"])
        job.action_check()
        self.assertEqual(self._faults(job), [("E2", "identifier_taken")])

    def test_a_name_like_anothers_is_remarked_and_hinders_nothing(self):
        job = self._items(["A1", "gloves ", NAME, None, None])
        job.action_check()
        self.assertEqual(self._faults(job), [("B2", "near_name")])
        self.assertEqual((job.to_create, job.warning_count, job.fault_count), (1, 1, 0))

    def test_faulty_rows_stop_the_import_unless_they_are_left_out(self):
        job = self._items(["A1", "Syringe", NAME, "", ""], ["A2", "", NAME, "", ""])
        job.action_check()
        with self.assertRaisesRegex(UserError, "1 rows have faults"):
            job.action_import()
        job.skip_faulty = True
        job.action_import()
        self.assertTrue(self._known("A1"))
        self.assertFalse(self._known("A2"))

    def test_missing_categories_are_made_where_that_is_asked(self):
        lines = [[*ITEM_HEADERS, "类别"], ["A1", "Drape", NAME, "", "", "Drapes"]]
        job = self._import(*lines)
        job.action_check()
        self.assertEqual(self._faults(job), [("F2", "unknown_category")])
        job.make_categories = True
        job.action_check()
        job.action_import()
        self.assertEqual(self._known("A1").categ_id.name, "Drapes")

    def test_a_column_that_was_not_recognised_is_mapped_by_hand(self):
        job = self._import(["物资编码", "Wie es heisst", "单位"], ["A1", "Drape", NAME])
        job.action_check()
        self.assertEqual(job.state, "refused")
        self.assertIn("物资名称", job.refusal)
        job.column_ids.filtered(lambda c: c.position == 1).target = "items.name"
        job.action_check()
        self.assertEqual((job.state, job.to_create), ("checked", 1))

    def test_a_row_that_a_rule_refuses_is_a_fault_and_the_others_are_imported(self):
        job = self._items(["A1", "Drape", NAME, "", ""], ["A2", "Gown", NAME, "", ""])
        job.action_check()
        create = type(self.env["product.template"]).create
        words = "Gowns are not listed."

        def picky(self, vals_list):
            if any(vals["name"] == "Gown" for vals in vals_list):
                raise UserError(words)
            return create(self, vals_list)

        with patch.object(type(self.env["product.template"]), "create", picky):
            job.action_import()
        self.assertTrue(self._known("A1"))
        self.assertEqual(self._faults(job), [("3", "refused")])
        self.assertIn(words, job.fault_ids.text)

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

    def test_an_undo_deletes_what_was_made_and_restores_what_was_changed(self):
        self.gloves.med_charge_code = "330000"
        job = self._items(
            ["A1", "Syringe", NAME, "330100", "06901234567892"],
            ["GL1", "Gloves", NAME, "330200", None],
        )
        job.action_check()
        job.action_import()
        job.action_undo()
        self.assertEqual(job.state, "undone")
        self.assertFalse(self._known("A1"))
        self.assertEqual(self.gloves.med_charge_code, "330000")

    def test_what_people_changed_since_is_not_undone(self):
        job = self._items(["GL1", "Gloves", NAME, "330200", None])
        job.action_check()
        job.action_import()
        self.gloves.med_charge_code = "339999"
        job.action_undo()
        self.assertEqual(self.gloves.med_charge_code, "339999")

    def test_an_item_in_use_forbids_the_undo_and_is_named(self):
        job = self._items(["A1", "Syringe", NAME, None, None])
        job.action_check()
        job.action_import()
        self._use(1, product_id=self._known("A1").product_variant_id.id)
        with self.assertRaisesRegex(UserError, "Syringe"):
            job.action_undo()
        self.assertTrue(self._known("A1"))

    def test_a_large_file_is_left_to_the_job_and_goes_on_where_it_stopped(self):
        lines = [[f"A{n}", f"Item no {n}", NAME, "", ""] for n in range(1, 8)]
        with (
            patch.object(med_import, "AT_ONCE_BYTES", 0),
            patch.object(med_import, "AT_ONCE_ROWS", 5),
            patch.object(med_import_work, "BATCH", 3),
        ):
            job = self._items(*lines)
            job.action_check()
            self.assertEqual(job.state, "checking")
            self._run_job()
            self.assertEqual((job.state, job.rows_total), ("checked", 7))
            job.action_import()
            self.assertEqual(job.state, "importing")
            with self._interrupted_after(1):
                self.env["med.import"]._cron_work()
            self.assertEqual((job.rows_done, job.state), (3, "importing"))
            self.assertTrue(self._known("A3"))
            self.assertFalse(self._known("A4"))
            self._run_job()
        self.assertEqual((job.state, job.to_create, job.rows_done), ("done", 7, 7))
        self.assertEqual(len(self._known("A2")), 1)

    def test_a_large_import_is_stopped_and_goes_on_or_is_undone(self):
        lines = [[f"A{n}", f"Item no {n}", NAME, "", ""] for n in range(1, 8)]
        with (
            patch.object(med_import, "AT_ONCE_BYTES", 0),
            patch.object(med_import, "AT_ONCE_ROWS", 5),
            patch.object(med_import_work, "BATCH", 3),
        ):
            job = self._items(*lines)
            job.action_check()
            job.action_stop()
            self.assertEqual(job.state, "draft")
            job.action_check()
            self._run_job()
            job.action_import()
            with self._stopped_after_a_batch(job):
                self.env["med.import"]._cron_work()
            self.assertEqual((job.state, job.rows_done), ("stopped", 3))
            self._run_job()  # it stays so until somebody says otherwise
            self.assertFalse(self._known("A4"))
            with self.assertRaisesRegex(UserError, "stays as its record"):
                job.unlink()
            job.action_go_on()
            self._run_job()
            self.assertEqual((job.state, job.to_create), ("done", 7))
            self.assertTrue(self._known("A7"))
            with self.assertRaisesRegex(UserError, "was not stopped"):
                job.action_go_on()
            again = self._items(*[["B" + line[0], *line[1:]] for line in lines])
            again.action_check()
            self._run_job()
            again.action_import()
            with self._stopped_after_a_batch(again):
                self.env["med.import"]._cron_work()
            self.assertTrue(self._known("BA1"))
            again.action_undo()
        self.assertFalse(self._known("BA1"))
        self.assertEqual(again.state, "undone")

    def _stopped_after_a_batch(self, job):
        def commit_progress(cron, processed=0, *, remaining=None, deactivate=False):
            if remaining is None and not processed:
                job.action_stop()
            return 60

        return patch.object(
            type(self.env["ir.cron"]), "_commit_progress", commit_progress
        )

    def _run_job(self):
        with self._interrupted_after(1000):
            self.env["med.import"]._cron_work()

    def _interrupted_after(self, batches):
        """The job is told after so many batches that its time is over."""
        told = []

        def commit_progress(cron, processed=0, *, remaining=None, deactivate=False):
            if remaining is None and not processed:
                told.append(1)
            return 0 if len(told) >= batches else 60

        return patch.object(
            type(self.env["ir.cron"]), "_commit_progress", commit_progress
        )

    def test_each_role_does_what_it_may(self):
        job = self._items(["A1", "Syringe", NAME, "", ""], user=self.storekeeper)
        job.action_check()
        self.assertEqual(job.to_create, 1)
        with self.assertRaisesRegex(UserError, "a data owner or an admin"):
            job.action_import()
        auditor = self._user("auditor", "med_consumables.group_auditor")
        nurse = self._user("nurse", "med_consumables.group_ward_user", [self.icu])
        seen = job.with_user(auditor)
        self.assertEqual(seen.to_create, 1)
        with self.assertRaises(AccessError):
            seen.action_check()
        with self.assertRaises(AccessError):
            seen.read(["file"])
        for model in ("med.import", "med.import.fault", "med.import.effect"):
            with self.assertRaises(AccessError):
                self.env[model].with_user(nurse).search([])
            with self.assertRaises(AccessError):
                self.env[model].with_user(auditor).create({})
        job.with_user(self.administrator).action_import()
        self.assertTrue(self._known("A1"))

    def test_a_data_owner_imports_items_and_changes_only_their_own(self):
        owner = self._user("owner", "med_consumables.group_data_owner")
        other = self._user("other", "med_consumables.group_data_owner")
        job = self._items(["A1", "Syringe", NAME, "", ""], user=owner)
        job.action_check()
        self.assertTrue(job.may_import)
        job.action_import()
        self._known("A1").med_data_owner_id = other
        job = self._items(["A1", "Syringe 5 ml", NAME, "", ""], user=owner)
        job.action_check()
        job.action_import()
        self.assertEqual(job.fault_ids.code, "refused")
        self.assertIn(other.name, job.fault_ids.text)
        self.assertEqual(self._known("A1").name, "Syringe")

    def test_a_data_owner_does_not_import_history(self):
        owner = self._user("owner", "med_consumables.group_data_owner")
        job = self._items(["A1", "Syringe", NAME, "", ""], user=owner)
        job.kind = "history"
        self.assertFalse(job.may_import)
        self.assertIn("storekeeper", job.why_not)

    def test_an_import_of_another_company_is_not_seen(self):
        other = self.env["res.company"].create({"name": "Other hospital"})
        job = self._items(["A1", "Syringe", NAME, "", ""])
        job.sudo().company_id = other
        seen = self.env["med.import"].with_user(self.storekeeper).search([])
        self.assertNotIn(job, seen)

    def test_a_hundred_rows_cost_hardly_more_queries_than_ten(self):
        def check(prefix, number):
            job = self._items(
                *(
                    [f"{prefix}{n}", f"{prefix} {n}", NAME, "", ""]
                    for n in range(number)
                )
            )
            self.env.flush_all()
            before = self.env.cr.sql_log_count
            job.action_check()
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        check("warm", 1)
        self.assertLessEqual(check("many", 100), check("few", 10) + 5)


@tagged("post_install", "-at_install")
class TestStoppedMeanwhile(BaseCase):
    """Somebody stops an import while a batch is under way, each on a real cursor."""

    def test_the_batch_under_way_is_given_up_and_the_import_stays_stopped(self):
        registry = Registry(get_db_name())

        def environment(cr):
            return api.Environment(cr, SUPERUSER_ID, {})

        book = "Item Code,Item Name,Unit\nSTOP1,Stopped syringe,Units\n"
        with registry.cursor() as cr, patch.object(med_import, "AT_ONCE_ROWS", 0):
            job = environment(cr)["med.import"].create(
                {
                    "file": base64.b64encode(book.encode()),
                    "filename": "list.csv",
                    "lang": "en_US",
                }
            )
            job.action_check()
            self.assertEqual((job.state, job.to_create), ("checked", 1))
            job.action_import()
        self.addCleanup(self._take_away, registry, job.id)
        planner = registry["med.import.items"]
        begun = []
        apply = planner._apply

        def stopped_meanwhile(self, run, plans):
            begun.append(len(plans))
            with registry.cursor() as other:
                environment(other)["med.import"].browse(job.id).action_stop()
            return apply(self, run, plans)

        with (
            patch.object(planner, "_apply", stopped_meanwhile),
            registry.cursor() as cr,
        ):
            environment(cr)["med.import"]._cron_work()
        with registry.cursor() as cr:
            env = environment(cr)
            found = env["med.import"].browse(job.id)
            self.assertEqual((begun, found.state, found.rows_done), ([1], "stopped", 0))
            made = env["product.template"].search([("default_code", "=", "STOP1")])
            self.assertFalse(made)

    def _take_away(self, registry, number):
        with registry.cursor() as cr:
            cr.execute("UPDATE med_import SET state = 'draft' WHERE id = %s", [number])
            env = api.Environment(cr, SUPERUSER_ID, {})
            env["med.import"].browse(number).unlink()


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
