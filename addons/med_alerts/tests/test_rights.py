from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user

from .common import AlertsCase


class TestRights(AlertsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.nurse = new_test_user(
            cls.env, "nurse", groups="med_consumables.group_ward_user"
        )
        cls.nurse.med_department_ids = cls.icu
        cls.auditor = new_test_user(
            cls.env, "auditor_t", groups="med_consumables.group_auditor"
        )
        cls.administrator = new_test_user(
            cls.env, "administrator_t", groups="med_consumables.group_administrator"
        )
        cls.employee = new_test_user(cls.env, "employee_t", groups="base.group_user")
        cls.outsider = new_test_user(
            cls.env, "outsider", groups="med_consumables.group_ward_user"
        )

    def setUp(self):
        super().setUp()
        self.here = self._orderpoint(20)
        self.elsewhere = self._orderpoint(20, department=self.dialysis)
        self._evaluate()
        self.alert = self._alert(self.here)
        self.other = self._alert(self.elsewhere)

    def _seen_by(self, user):
        alerts = self.env["med.alert"].with_user(user).search([])
        return alerts.sudo() & (self.alert | self.other)

    def test_a_ward_user_sees_the_alerts_of_own_departments(self):
        self.assertEqual(self._seen_by(self.nurse), self.alert)
        self.assertFalse(self._seen_by(self.outsider))

    def test_a_responsible_person_sees_the_alert_wherever_it_is(self):
        self.other.responsible_id = self.outsider
        self.assertEqual(self._seen_by(self.outsider), self.other)

    def test_storekeeper_auditor_and_administrator_see_all(self):
        for user in (self.head_of_store, self.auditor, self.administrator):
            self.assertEqual(self._seen_by(user), self.alert | self.other, user.login)

    def test_an_employee_without_a_role_sees_none(self):
        with self.assertRaises(AccessError):
            self._seen_by(self.employee)
        self.assertEqual(self.gloves.with_user(self.employee).med_alert_count, 0)

    def test_every_role_can_read_the_whole_alert(self):
        spec = dict.fromkeys(self.env["med.alert"]._fields, {})
        for user in (self.nurse, self.head_of_store, self.auditor, self.administrator):
            alert = self.alert.with_user(user)
            self.env.invalidate_all()
            for name in spec:
                field = alert._fields[name]
                if not field.groups or user.has_groups(field.groups):
                    alert[name]  # noqa: B018  reading is the test
            self.assertTrue(alert.explanation)
            self.assertTrue(alert.display_name)

    def test_a_ward_user_acknowledges_own_alerts_only(self):
        self.alert.with_user(self.nurse).action_acknowledge()
        self.assertEqual(self.alert.state, "acknowledged")
        with self.assertRaises(AccessError):
            self.other.with_user(self.nurse).action_acknowledge()

    def test_nobody_edits_the_figures_of_an_alert(self):
        for vals in ({"measured": 99}, {"state": "resolved"}, {"severity": "watch"}):
            for user in (self.nurse, self.head_of_store, self.administrator):
                with self.assertRaises(UserError):
                    self.alert.with_user(user).write(vals)

    def test_an_auditor_changes_nothing(self):
        alert = self.alert.with_user(self.auditor)
        for change in (
            alert.action_acknowledge,
            alert.action_in_work,
            alert.action_resolve,
            lambda: alert.write({"responsible_id": False}),
            lambda: alert.message_post(body="x"),
            lambda: self.rule.with_user(self.auditor).write({"active": False}),
        ):
            with self.assertRaises(AccessError):
                change()

    def test_only_the_administrator_configures_rules(self):
        self.rule.with_user(self.administrator).level_ids[0].react_days = 2
        self.rule.with_user(self.administrator).action_evaluate()
        for user in (self.nurse, self.head_of_store, self.auditor):
            with self.assertRaises(AccessError):
                self.rule.with_user(user).write({"name": "x"})
            with self.assertRaises(AccessError):
                self.rule.with_user(user).action_evaluate()

    def test_nobody_makes_or_deletes_an_alert_by_hand(self):
        values = {
            "rule_id": self.rule.id,
            "subject_key": "x",
            "company_id": self.env.company.id,
            "severity": "watch",
        }
        for user in (self.nurse, self.head_of_store, self.administrator):
            with self.assertRaises(AccessError):
                self.env["med.alert"].with_user(user).create(values)
            with self.assertRaises(AccessError):
                self.alert.with_user(user).unlink()

    def test_the_alerts_of_another_company_are_not_seen(self):
        other = self.env["res.company"].create({"name": "Other hospital"})
        self.other.company_id = other
        self.assertEqual(self._seen_by(self.head_of_store), self.alert)

    def test_whoever_answers_for_an_item_can_act_when_called(self):
        owner = new_test_user(
            self.env, "item_owner", groups="med_consumables.group_data_owner"
        )
        self.gloves.med_data_owner_id = owner
        self.rule.level_ids.responsible = "item_owner"
        other = self._orderpoint(20, department=self.store)
        self._evaluate()
        alert = self._alert(other).with_user(owner)
        self.assertEqual(alert.responsible_id, owner)
        self.assertTrue(alert.explanation)
        self.assertTrue(alert.may_act)
        alert.action_acknowledge()
        self.assertEqual(alert.state, "acknowledged")
        self.assertFalse(self.other.with_user(owner).has_access("read"))

    def test_whoever_is_called_about_a_lot_can_read_what_it_is_about(self):
        self.gloves.write({"tracking": "lot", "use_expiration_date": True})
        lot = self.env["stock.lot"].create(
            {
                "name": "L42",
                "product_id": self.gloves.id,
                "expiration_date": fields.Datetime.now() - timedelta(days=2),
            }
        )
        self._stock(5, lot=lot)
        owner = new_test_user(
            self.env, "lot_reader", groups="med_consumables.group_data_owner"
        )
        self.assertFalse(self.env["stock.lot"].with_user(owner).has_access("read"))
        rule = self.env.ref("med_alerts.alert_rule_expired")
        alert = self.env["med.alert"]._evaluate(rule).with_user(owner)
        alert.sudo().responsible_id = owner
        self.env.invalidate_all()
        self.assertIn("L42", alert.name)
        self.assertIn("L42", alert.explanation)
        self.assertEqual(alert.figures, "5 Units")
        self.assertTrue(alert.next_step)

    def test_people_who_move_stock_need_no_right_on_the_queue(self):
        storekeeper = self.head_of_store
        self.env["stock.quant"].with_user(storekeeper).with_context(
            inventory_mode=True
        ).create(
            {
                "product_id": self.gloves.id,
                "location_id": self.icu.stock_location_id.id,
                "inventory_quantity": 50,
            }
        ).action_apply_inventory()
        self.env.cr.flush()
        self.assertTrue(
            self.env["med.alert.touch"].search([("product_id", "=", self.gloves.id)])
        )
