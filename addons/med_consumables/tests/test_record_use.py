from datetime import timedelta

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import tagged

from .common import ConsumablesCase


@tagged("post_install", "-at_install")
class TestRecordUse(ConsumablesCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.nurse = cls._user("nurse", "med_consumables.group_ward_user", [cls.icu])

    def _question(self, user=None, **values):
        return (
            self.env["med.record.use"]
            .with_user(user or self.nurse)
            .create(
                {
                    "line_ids": [
                        Command.create({"product_id": self.gloves.id, "quantity": 3})
                    ],
                    **values,
                }
            )
        )

    def test_a_nurse_records_what_her_ward_used(self):
        self._stock(10, self._lot("A"))
        action = self._question().action_record()
        line = self.env["med.consumption"].search(action["domain"])
        self.assertEqual(line.department_id, self.icu)
        self._post()
        self.assertEqual(line.state, "posted")
        self.assertEqual(self._on_hand(), 7)

    def test_a_double_click_counts_once(self):
        question = self._question()
        first, second = question.action_record(), question.action_record()
        self.assertEqual(first["domain"], second["domain"])

    def test_a_nurse_does_not_record_for_another_ward(self):
        question = self._question(department_id=self.er.id)
        with self.assertRaisesRegex(UserError, "do not work for"):
            question.action_record()

    def test_a_storekeeper_does_not_record_in_another_company(self):
        other = self.env["res.company"].create({"name": "Sister Hospital"})
        departments = self.env["med.department"].with_company(other)
        ward = departments.create({"code": "X", "name": "Ward there"})
        keeper = self._user("keeper", "med_consumables.group_storekeeper")
        with self.assertRaises(AccessError):
            self._question(keeper, department_id=ward.id).action_record()

    def test_an_answer_is_its_persons_own(self):
        question = self._question()
        other = self._user("other", "med_consumables.group_ward_user", [self.icu])
        for rows in (question, question.line_ids):
            with self.assertRaises(AccessError):
                rows.with_user(other).read(["quantity" if rows != question else "note"])
            with self.assertRaises(AccessError):
                rows.with_user(other).write({})

    def test_a_use_lies_in_the_past(self):
        question = self._question(event_time=self.now + timedelta(hours=2))
        with self.assertRaisesRegex(UserError, "future"):
            question.action_record()

    def test_a_quantity_is_more_than_zero(self):
        with self.assertRaisesRegex(UserError, "more than zero"):
            self._question(
                line_ids=[Command.create({"product_id": self.gloves.id, "quantity": 0})]
            )
