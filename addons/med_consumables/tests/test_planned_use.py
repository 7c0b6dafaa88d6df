from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command

from .common import ConsumablesCase


class TestPlannedUse(ConsumablesCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        group = "med_consumables.group_"
        cls.nurse = cls._user("or_nurse", group + "ward_user", [cls.icu])
        cls.head = cls._user("or_head", group + "ward_manager", [cls.icu])
        cls.er_nurse = cls._user("or_other", group + "ward_user", [cls.er])
        cls.storekeeper = cls._user("or_store", group + "storekeeper")
        cls.auditor = cls._user("or_auditor", group + "auditor")
        cls.mesh = cls._product("Mesh")
        cls.hernia = cls.env["med.procedure"].create(
            {"name": "Hernia repair", "code": "HERNIA", "department_id": cls.icu.id}
        )

    def _card(self, user=None, department=None, **quantities):
        """A draft card: gloves and, by ``mesh=2``, others."""
        lines = {self.gloves: 4, **{getattr(self, n): q for n, q in quantities.items()}}
        return (
            self.env["med.preference.card"]
            .with_user(user or self.head)
            .create(
                {
                    "procedure_id": self.hernia.id,
                    "department_id": (department or self.icu).id,
                    "line_ids": [
                        Command.create({"product_id": item.id, "quantity": quantity})
                        for item, quantity in lines.items()
                    ],
                }
            )
        )

    def _approved(self, **quantities):
        card = self._card(**quantities)
        card.action_approve()
        return card

    def _case(self, days=3, user=None, **values):
        return (
            self.env["med.case"]
            .with_user(user or self.nurse)
            .create(
                {
                    "procedure_id": self.hernia.id,
                    "department_id": self.icu.id,
                    "start": self.now + timedelta(days=days),
                    **values,
                }
            )
        )

    def _planned(self, case):
        return {line.product_id: line.quantity for line in case.planned_use_ids}

    # From the schedule to demand

    def test_a_case_plans_what_its_card_says_on_its_day(self):
        self._approved(mesh=1)
        case = self._case(start=self._utc("2031-03-01 23:30"))
        self.assertEqual(self._planned(case), {self.gloves: 4, self.mesh: 1})
        line = case.planned_use_ids[0]
        # Half past eleven in the evening is the next day in Shanghai.
        self.assertEqual(str(line.date), "2031-03-02")
        self.assertEqual((line.department_id, line.state), (self.icu, "planned"))

    def test_a_moved_case_takes_its_planned_use_along(self):
        self._approved()
        case = self._case(start=self._utc("2031-03-01 02:00"))
        case.start = self._utc("2031-03-05 02:00")
        self.assertEqual(str(case.planned_use_ids.date), "2031-03-05")

    def test_a_cancelled_case_plans_nothing_until_it_is_planned_again(self):
        self._approved()
        case = self._case()
        case.action_cancel()
        self.assertEqual(case.planned_use_ids.state, "cancelled")
        case.action_plan_again()
        self.assertEqual(case.planned_use_ids.state, "planned")

    def test_a_new_card_reaches_planned_cases_and_leaves_what_was_added_by_hand(self):
        self._approved(mesh=1)
        case = self._case()
        case.planned_use_ids = [
            Command.create({"product_id": self._product("Drain").id, "quantity": 2})
        ]
        newer = self._card()
        newer.line_ids.quantity = 6
        newer.action_approve()
        planned = {line.product_id.name: line.quantity for line in case.planned_use_ids}
        self.assertEqual(planned, {"Gloves": 6, "Drain": 2})
        self.assertEqual(case.card_id, newer)

    def test_a_card_of_the_department_goes_before_the_common_one(self):
        common = self._card(user=self.env.user)
        common.department_id = False
        common.line_ids.quantity = 9
        common.action_approve()
        case = self._case()
        self.assertEqual(self._planned(case), {self.gloves: 9})
        self._approved()
        self.assertEqual(self._planned(case), {self.gloves: 4})

    def test_planned_use_is_entered_by_hand_for_what_no_schedule_knows(self):
        line = (
            self.env["med.planned.use"]
            .with_user(self.nurse)
            .create(
                {"product_id": self.gloves.id, "date": "2031-05-01", "quantity": 50}
            )
        )
        self.assertEqual((line.department_id, line.origin), (self.icu, "hand"))
        line.action_cancel()
        self.assertEqual(line.state, "cancelled")

    def test_planned_use_of_a_case_is_moved_on_by_the_case(self):
        self._approved()
        case = self._case()
        with self.assertRaisesRegex(UserError, "Move the case on"):
            case.planned_use_ids.action_cancel()

    def test_plans_of_days_that_are_over_are_closed(self):
        past, coming = self.env["med.planned.use"].create(
            [
                {
                    "product_id": self.gloves.id,
                    "department_id": self.icu.id,
                    "date": fields.Date.today() + timedelta(days=days),
                }
                for days in (-3, 3)
            ]
        )
        self.env["med.planned.use"]._cron_close()
        self.assertEqual((past.state, coming.state), ("done", "planned"))

    def test_twenty_cases_cost_no_more_queries_per_case_than_two(self):
        self._approved(mesh=1)

        def cost(count):
            values = [
                {
                    "procedure_id": self.hernia.id,
                    "department_id": self.icu.id,
                    "start": self.now,
                }
            ] * count
            self.env.flush_all()
            before = self.env.cr.sql_log_count
            self.env["med.case"].create(values)
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        few, many = cost(2), cost(20)
        self.assertLess(many / 20, few / 2)

    # The card

    def test_one_card_is_in_force_and_the_older_one_is_superseded(self):
        first, second = self._approved(), self._approved(mesh=1)
        self.assertEqual((first.state, second.state), ("superseded", "approved"))
        self.assertEqual(second.approved_by_id, self.head)

    def test_a_card_in_force_is_not_changed(self):
        card = self._approved()
        with self.assertRaisesRegex(UserError, "Withdraw it"):
            card.line_ids.quantity = 1
        card.action_withdraw()
        card.line_ids.quantity = 1
        self.assertEqual(card.state, "draft")

    def test_a_card_without_items_is_not_approved(self):
        card = self._card()
        card.line_ids.unlink()
        with self.assertRaisesRegex(UserError, "has no items"):
            card.action_approve()

    def test_a_nurse_drafts_and_a_manager_approves(self):
        card = self._card(user=self.nurse)
        with self.assertRaisesRegex(AccessError, "ward manager approves"):
            card.action_approve()
        with self.assertRaisesRegex(UserError, "Use the buttons"):
            card.state = "approved"
        card.with_user(self.head).action_approve()

    # Rights

    def test_each_role_sees_its_share_of_the_schedule(self):
        self._approved()
        case = self._case()
        for user, seen in (
            (self.nurse, 1),
            (self.head, 1),
            (self.er_nurse, 0),
            (self.storekeeper, 1),
            (self.auditor, 1),
        ):
            found = self.env["med.case"].with_user(user).search([("id", "=", case.id)])
            self.assertEqual(len(found), seen, user.login)
            for model in ("med.planned.use", "med.case.use", "med.preference.card"):
                count = self.env[model].with_user(user).search_count([])
                self.assertEqual(bool(count), bool(seen), (user.login, model))

    def test_an_auditor_writes_nothing(self):
        case = self._case()
        with self.assertRaises(AccessError):
            case.with_user(self.auditor).room = "2"
        with self.assertRaises(AccessError):
            self._case(user=self.auditor)

    def test_a_storekeeper_plans_by_hand_and_does_not_touch_the_schedule(self):
        self.env["med.planned.use"].with_user(self.storekeeper).create(
            {"product_id": self.gloves.id, "department_id": self.er.id}
        )
        with self.assertRaises(AccessError):
            self._case(user=self.storekeeper)

    def test_a_ward_does_not_plan_for_another(self):
        with self.assertRaises(AccessError):
            self._case(user=self.er_nurse)
