from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import tagged

from .requisition_case import RequisitionCase


@tagged("post_install", "-at_install")
class TestRequisitionRights(RequisitionCase):
    """What each role reads and writes, through every door that a program has."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.clerk = cls._user("clerk", "base.group_user")
        cls.own = cls._make(cls.icu)
        cls.other = cls._make(cls.er)
        cls.models = {
            "med.requisition": (cls.own, cls.other),
            "med.requisition.line": (cls.own.line_ids, cls.other.line_ids),
        }

    @classmethod
    def _make(cls, department, **values):
        return cls.env["med.requisition"].create(
            {
                "department_id": department.id,
                "line_ids": [
                    Command.create({"product_id": cls.gloves.id, "asked_qty": 1})
                ],
                **values,
            }
        )

    def test_a_ward_sees_no_request_of_another_through_any_door(self):
        self.nurse.group_ids |= self.env.ref("base.group_allow_export")
        for name, (own, other) in self.models.items():
            with self.subTest(model=name):
                model = self.env[name].with_user(self.nurse)
                self.assertEqual(model.search([]), own)
                self.assertEqual(
                    model.formatted_read_group([], ["department_id"], ["__count"])[0][
                        "__count"
                    ],
                    1,
                )
                self.assertEqual(model.search_count([]), 1)
                with self.assertRaises(AccessError):
                    model.browse(other.id).read(["department_id"])
                with self.assertRaises(AccessError):
                    model.browse(other.id).export_data(["department_id/name"])
                with self.assertRaises(AccessError):
                    model.browse(other.id).write(
                        {"sequence": 1} if "line" in name else {"note": "x"}
                    )
                with self.assertRaises(AccessError):
                    model.browse(other.id).unlink()

    def test_a_ward_does_not_ask_for_another(self):
        with self.assertRaises(AccessError):
            self._draft(1, department_id=self.er.id)

    def test_a_line_is_not_put_into_the_request_of_another_ward(self):
        with self.assertRaises(AccessError):
            self.env["med.requisition.line"].with_user(self.nurse).create(
                {"requisition_id": self.other.id, "product_id": self.masks.id}
            )

    def test_a_lender_sees_the_loan_asked_of_it_and_no_draft(self):
        loan = self._make(
            self.icu,
            kind="loan",
            lender_id=self.er.id,
            due_back=fields.Date.today() + timedelta(days=1),
        )
        seen = self.env["med.requisition"].with_user(self.er_nurse)
        self.assertEqual(seen.search([]), self.other)
        loan.with_user(self.nurse).action_ask()
        self.assertEqual(seen.search([]), self.other | loan)
        lines = self.env["med.requisition.line"].with_user(self.er_nurse).search([])
        self.assertEqual(lines, self.other.line_ids | loan.line_ids)
        with self.assertRaises(AccessError):
            loan.with_user(self.er_nurse).unlink()

    def test_the_store_and_audit_see_all_and_audit_writes_nothing(self):
        both = self.own | self.other
        for user in self.storekeeper, self.auditor:
            self.assertEqual(
                self.env["med.requisition"]
                .with_user(user)
                .search([("id", "in", both.ids)]),
                both,
            )
        for record in self.own, self.own.line_ids:
            with self.assertRaises(AccessError):
                record.with_user(self.auditor).write(
                    {"sequence": 1} if record._name.endswith("line") else {"note": "x"}
                )
        with self.assertRaises(AccessError):
            self._draft(1, user=self.auditor)
        with self.assertRaises(AccessError):
            self.own.with_user(self.auditor).action_ask()

    def test_an_employee_without_a_role_sees_none(self):
        for name in self.models:
            with self.assertRaises(AccessError):
                self.env[name].with_user(self.clerk).search([])

    def test_a_nurse_reads_every_field_of_her_own_request(self):
        requisition = self._approved(5).with_user(self.nurse)
        names = [n for n in requisition._fields if n not in ("picking_ids",)]
        self.assertTrue(requisition.read(names))
        names = [n for n in requisition.line_ids._fields if n != "move_ids"]
        self.assertTrue(requisition.line_ids.read(names))

    def test_templates_of_other_wards_stay_theirs(self):
        Template = self.env["med.requisition.template"]
        line = [Command.create({"product_id": self.gloves.id, "quantity": 4})]
        own, other, common = Template.create(
            [
                {"name": "ICU", "department_id": self.icu.id, "line_ids": line},
                {"name": "ER", "department_id": self.er.id, "line_ids": line},
                {"name": "All", "line_ids": line},
            ]
        )
        for user in self.nurse, self.head:
            self.assertEqual(
                set(Template.with_user(user).search([])),
                {own.with_user(user), common.with_user(user)},
            )
        with self.assertRaises(AccessError):
            own.with_user(self.nurse).name = "Mine"
        own.with_user(self.head).name = "Mine"
        for template in common, other:
            with self.assertRaises(AccessError):
                template.with_user(self.head).name = "Mine"
        common.with_user(self.storekeeper).name = "Everybody"

    def test_each_company_sees_its_own(self):
        company = self.env["res.company"].create({"name": "Other hospital"})
        stranger = self._user("stranger", "med_consumables.group_storekeeper")
        stranger.write(
            {"company_ids": [Command.set(company.ids)], "company_id": company.id}
        )
        self.assertFalse(self.env["med.requisition"].with_user(stranger).search([]))
        self.assertFalse(
            self.env["med.requisition.line"].with_user(stranger).search([])
        )
