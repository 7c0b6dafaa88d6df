from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import ConsumablesCase


@tagged("post_install", "-at_install")
class TestRights(ConsumablesCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        group = "med_consumables.group_"
        cls.nurse = cls._user("nurse", group + "ward_user", [cls.icu])
        cls.storekeeper = cls._user("storekeeper", group + "storekeeper")
        cls.auditor = cls._user("auditor", group + "auditor")
        cls.clerk = cls._user("clerk", "base.group_user")
        cls.lines = cls.env["med.consumption"]._record(
            [
                {
                    "department_id": department.id,
                    "product_id": cls.gloves.id,
                    "quantity": 1,
                    "kind": "use",
                    "event_time": cls.now,
                    "source": "manual",
                    "external_key": department.code,
                }
                for department in (cls.icu, cls.er)
            ]
        )

    def _seen_by(self, user):
        return (
            self.env["med.consumption"]
            .with_user(user)
            .search([])
            .mapped("department_id.code")
        )

    def test_a_ward_sees_its_own_use_and_no_other(self):
        self.assertEqual(self._seen_by(self.nurse), ["ICU"])
        with self.assertRaises(AccessError):
            self.lines[1].with_user(self.nurse).read(["quantity"])

    def test_a_person_who_changes_wards_sees_the_new_one_at_once(self):
        self.assertEqual(self._seen_by(self.nurse), ["ICU"])
        self.nurse.med_department_ids = self.er
        self.assertEqual(self._seen_by(self.nurse), ["ER"])

    def test_a_head_of_a_tree_of_departments_sees_those_below(self):
        self.er.parent_id = self.icu
        self.assertEqual(sorted(self._seen_by(self.nurse)), ["ER", "ICU"])

    def test_store_and_audit_see_all(self):
        for user in self.storekeeper, self.auditor:
            self.assertEqual(sorted(self._seen_by(user)), ["ER", "ICU"])

    def test_an_employee_without_a_role_sees_no_use(self):
        with self.assertRaises(AccessError):
            self._seen_by(self.clerk)

    def test_nobody_writes_the_ledger_by_hand(self):
        for user in self.nurse, self.storekeeper, self.auditor:
            ledger = self.env["med.consumption"].with_user(user)
            with self.assertRaises(AccessError):
                ledger.create(dict(self._report(1, "x"), company_id=self.company.id))
            with self.assertRaises(AccessError):
                self.lines[0].with_user(user).write({"state": "posted"})

    def test_an_auditor_writes_nothing(self):
        for record in self.icu, self.gloves, self.gloves.product_tmpl_id:
            with self.assertRaises(AccessError):
                record.with_user(self.auditor).write({"name": "Changed"})

    def test_a_nurse_retries_nothing_of_another_ward(self):
        with self.assertRaises(AccessError):
            self.lines[1].with_user(self.nurse).action_retry()
