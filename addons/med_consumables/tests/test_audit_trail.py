from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import tagged

from .common import ConsumablesCase


@tagged("post_install", "-at_install")
class TestAuditTrail(ConsumablesCase):
    def setUp(self):
        super().setUp()
        self.Entry = self.env["med.audit.entry"]
        self.admin = self._user(
            "au_admin",
            "med_consumables.group_administrator,product.group_product_manager",
        )
        self.auditor = self._user("au_auditor", "med_consumables.group_auditor")
        self.item = self.gloves.product_tmpl_id

    def _trail(self, record, **values):
        domain = [("model", "=", record._name), ("res_id", "=", record.id)]
        domain += [(name, "=", value) for name, value in values.items()]
        return self.Entry.search(domain, order="id")

    def test_who_changed_an_item_with_old_and_new_value(self):
        self.item.with_user(self.admin).write(
            {"med_storage": "cool", "name": "Long gloves"}
        )
        entry = self._trail(self.item, field_name="med_storage")[-1]
        self.assertEqual(
            (entry.old_value, entry.new_value),
            ("Room temperature", "Cool, below 20 °C"),
        )
        self.assertEqual(entry.user_id, self.admin)
        self.assertEqual((entry.action, entry.subject), ("write", "master"))
        self.assertFalse(entry.full_rights)
        self.assertEqual(entry.field_label, "Storage")
        renamed = self._trail(self.item, field_name="name")
        self.assertEqual(
            (renamed.old_value, renamed.new_value), ("Gloves", "Long gloves")
        )

    def test_a_change_through_the_variant_is_kept_as_well(self):
        self.gloves.with_user(self.admin).med_hospital_code = "H-77"
        entry = self._trail(self.item, field_name="med_hospital_code")
        self.assertEqual(entry.new_value, "H-77")

    def test_code_with_full_rights_leaves_its_trail(self):
        self.item.with_user(self.admin).sudo().med_implant = True
        entry = self._trail(self.item, field_name="med_implant")
        self.assertEqual((entry.user_id, entry.full_rights), (self.admin, True))

    def test_what_does_not_change_leaves_no_trail(self):
        self.item.name = self.item.name
        self.item.list_price = 7
        self.assertFalse(self._trail(self.item, action="write"))

    def test_items_that_are_no_consumables_are_not_under_audit(self):
        chair = self.env["product.template"].create({"name": "Chair"})
        chair.name = "Armchair"
        self.assertFalse(self._trail(chair))

    def test_taking_an_item_out_of_audit_is_kept_and_putting_it_back(self):
        self.item.write({"med_consumable": False, "name": "Mittens"})
        self.assertEqual(
            self._trail(self.item, action="write").mapped("field_name"),
            ["name", "med_consumable"],
        )
        self.item.name = "Chair"  # of no concern now
        self.item.med_consumable = True
        entries = self._trail(self.item, action="write")
        self.assertEqual(
            entries.mapped("field_name"), ["name", "med_consumable", "med_consumable"]
        )

    def test_a_namesake_for_a_namesake_is_a_change(self):
        one, other = (
            self._user(login, "med_consumables.group_ward_user")
            for login in ("au_wang1", "au_wang2")
        )
        (one | other).name = "王伟"
        self.icu.write({"manager_id": one.id, "user_ids": [Command.set(one.ids)]})
        before = self._trail(self.icu)
        self.icu.write({"manager_id": other.id, "user_ids": [Command.set(other.ids)]})
        entries = self._trail(self.icu) - before
        self.assertEqual(set(entries.mapped("field_name")), {"manager_id", "user_ids"})
        for entry in entries:
            self.assertEqual(entry.old_value, f"王伟 ({one.id})")
            self.assertEqual(entry.new_value, f"王伟 ({other.id})")

    def test_new_and_deleted_masters_are_kept_with_what_they_said(self):
        udi = self.env["med.udi"].create(
            {"di": "06901234567892", "product_id": self.gloves.id}
        )
        number = udi.id
        udi.unlink()
        created, deleted = self.Entry.search(
            [("model", "=", "med.udi"), ("res_id", "=", number)], order="id"
        )
        self.assertIn("06901234567892", created.new_value)
        self.assertIn("06901234567892", deleted.old_value)
        self.assertEqual(deleted.action, "unlink")
        with self.assertRaisesRegex(UserError, "does not exist"):
            deleted.action_open_record()

    def test_departments_and_certificates_are_under_audit(self):
        self.icu.stock_keeping = "counted"
        self.assertIn("Counted", self._trail(self.icu)[-1].new_value)
        certificate = self.env["med.certificate"].create({"name": "20153771234"})
        certificate.product_ids = self.item
        self.assertIn("Gloves", self._trail(certificate)[-1].new_value)

    def test_a_role_given_by_the_person_or_by_the_group_is_kept(self):
        nurse = self._user("au_nurse", "med_consumables.group_ward_user", [self.icu])
        keeper = self.env.ref("med_consumables.group_storekeeper")
        nurse.group_ids = [Command.link(keeper.id)]
        entry = self._trail(nurse, field_name="group_ids")
        self.assertIn("Storekeeper", entry.new_value)
        self.assertFalse(entry.old_value)
        self.assertEqual(entry.subject, "right")
        keeper.user_ids = [Command.unlink(nurse.id)]
        entry = self._trail(keeper, field_name="user_ids")[-1]
        self.assertIn("au_nurse", entry.old_value)

    def test_a_role_that_gives_another_one_is_kept_from_either_side(self):
        ward = self.env.ref("med_consumables.group_ward_user")
        keeper = self.env.ref("med_consumables.group_storekeeper")
        ward.implied_ids = [Command.link(keeper.id)]
        entry = self._trail(ward, field_name="implied_ids")
        self.assertIn("Storekeeper", entry.new_value)
        keeper.implied_by_ids = [Command.unlink(ward.id)]
        entry = self._trail(keeper, field_name="implied_by_ids")
        self.assertTrue(entry.old_value)

    def test_a_key_for_programs_is_kept_and_never_what_it_is(self):
        nurse = self._user("au_nurse", "med_consumables.group_ward_user", [self.icu])
        keys = self.env["res.users.apikeys"].with_user(nurse)
        until = fields.Datetime.now() + timedelta(days=1)
        secret = keys.sudo()._generate("rpc", "Ward tablet", until)
        made = self.Entry.search([("model", "=", keys._name)], limit=1)
        self.assertEqual((made.action, made.user_id), ("create", nurse))
        self.assertIn("Ward tablet", made.new_value)
        self.assertIn("rpc", made.new_value)
        key = keys.sudo().search([("user_id", "=", nurse.id)])
        self.assertEqual(len(key), 1)
        key.with_user(self.env.ref("base.user_admin"))._remove()
        gone = self.Entry.search([("model", "=", keys._name)], limit=1)
        self.assertEqual((gone.action, gone.res_id), ("unlink", made.res_id))
        self.assertEqual(gone.user_id, self.env.ref("base.user_admin"))
        for entry in (made, gone):
            self.assertNotIn(secret, f"{entry.new_value}{entry.old_value}")

    def test_a_new_password_is_kept_and_never_what_it_is(self):
        nurse = self._user("au_nurse", "med_consumables.group_ward_user", [self.icu])
        nurse.password = "correct horse battery"
        entry = self._trail(nurse, field_name="password")[-1]
        self.assertEqual(entry.subject, "right")
        self.assertNotIn("horse", f"{entry.old_value}{entry.new_value}")

    def test_a_changed_rule_is_kept(self):
        rule = self.env.ref("med_consumables.consumption_rule_ward")
        rule.domain_force = "[(1, '=', 1)]"
        entry = self._trail(rule)
        self.assertIn("child_of", entry.old_value)
        self.assertEqual(entry.subject, "right")

    def test_a_policy_of_the_company_is_kept(self):
        self.company.med_match_hours = 12
        entry = self._trail(self.company, field_name="med_match_hours")
        self.assertEqual((entry.old_value, entry.new_value), ("24.0", "12.0"))
        rule = self.env["med.stock.source"].create({"source": "scan"})
        rule.source = "charge"
        self.assertEqual(len(self._trail(rule)), 2)

    def test_an_entry_is_never_changed_or_deleted(self):
        self.item.med_ved = "V"
        entry = self._trail(self.item)[-1].sudo()
        with self.assertRaisesRegex(UserError, "never changed"):
            entry.new_value = "x"
        with self.assertRaisesRegex(UserError, "never deleted"):
            entry.unlink()
        for user in (self.admin, self.auditor):
            with self.assertRaises(UserError):
                entry.with_user(user).unlink()
            with self.assertRaises(AccessError):
                self.Entry.with_user(user).create(
                    {"action": "write", "user_id": user.id}
                )

    def test_auditor_and_administrator_read_and_export_and_nobody_else(self):
        self.item.med_ved = "V"
        entry = self._trail(self.item)[-1]
        for user in (self.admin, self.auditor):
            seen = entry.with_user(user)
            self.assertEqual(seen.read(["new_value"])[0]["new_value"], "Vital")
            self.assertTrue(seen.model_name)
            rows = seen.export_data(["record_name", "old_value", "new_value"])
            self.assertEqual(rows["datas"][0][-1], "Vital")
            self.assertTrue(
                self.Entry.with_user(user)._read_group([], ["user_id"], ["__count"])
            )
        for role in ("group_ward_user", "group_ward_manager", "group_storekeeper"):
            user = self._user(f"au_{role}", f"med_consumables.{role}")
            with self.subTest(role), self.assertRaises(AccessError):
                entry.with_user(user).read(["new_value"])

    def test_people_without_rights_on_the_trail_leave_one(self):
        keeper = self._user("au_keeper", "med_consumables.group_storekeeper")
        udi = (
            self.env["med.udi"]
            .with_user(keeper)
            .create({"di": "16901234567899", "product_id": self.gloves.id})
        )
        self.assertEqual(self._trail(udi).user_id, keeper)

    def test_a_hundred_items_cost_no_more_queries_than_one(self):
        items = self.item
        for number in range(30):
            items |= self._product(f"Item {number}").product_tmpl_id
        self.env.flush_all()

        def queries(records, value):
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            records.write({"med_ved": value})
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        queries(self.item, "D")
        one = queries(self.item, "E")
        self.assertLessEqual(queries(items, "V"), one + 4)
