from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from ..models.med_import_fault_texts import TEXTS, UNNAMED
from .import_case import ITEM_HEADERS, NAME, ImportCase


@tagged("post_install", "-at_install")
class TestImportItems(ImportCase):
    """What the rows of an item list come to, and how it is taken back."""

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
        known = {"heading": "", "value": "", **UNNAMED}
        codes = self.env["med.import.fault"]._fields["code"].selection
        self.assertEqual({code for code, _label in codes}, set(TEXTS))
        for code, text in TEXTS.items():
            self.assertTrue((self.env._(text) % known).strip(), code)

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
