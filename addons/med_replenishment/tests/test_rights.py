from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user

from .common import ReplenishmentCase


class TestRights(ReplenishmentCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        roles = {
            "planner": "med_replenishment.group_planner",
            "storekeeper": "med_consumables.group_storekeeper",
            "nurse": "med_consumables.group_ward_user",
            "manager": "med_consumables.group_ward_manager",
            "auditor": "med_consumables.group_auditor",
            "administrator": "med_consumables.group_administrator",
            "employee": "base.group_user",
        }
        for role, group in roles.items():
            user = new_test_user(
                cls.env,
                f"t_{role}",
                groups=group,
                company_id=cls.company.id,
                company_ids=[(6, 0, cls.company.ids)],
            )
            setattr(cls, role, user)
        (cls.nurse | cls.manager).write({"med_department_ids": [(4, cls.icu.id)]})
        cls._use_daily(10, 100)
        cls._use_daily(4, 100, department_id=cls.er.id)
        cls._refresh()
        cls.here = cls._orderpoint()
        cls.elsewhere = cls._orderpoint(department=cls.er)

    def setUp(self):
        super().setUp()
        self.proposals = self.env["med.reorder.proposal"]._propose(
            self.here | self.elsewhere
        )
        self.proposal = self.proposals.filtered(
            lambda proposal: proposal.orderpoint_id == self.here
        )

    def _seen(self, model, user):
        return self.env[model].with_user(user).search([]).sudo()

    def test_planner_store_audit_and_administration_read_all(self):
        for user in (self.planner, self.storekeeper, self.auditor, self.administrator):
            proposals = self._seen("med.reorder.proposal", user)
            self.assertEqual(proposals & self.proposals, self.proposals, user.login)
            demand = self._seen("med.demand.day", user)
            self.assertLessEqual(self.icu | self.er, demand.department_id)

    def _planner_elsewhere(self):
        other = self.env["res.company"].create({"name": "Other hospital"})
        return new_test_user(
            self.env,
            "t_elsewhere",
            groups="med_replenishment.group_planner",
            company_id=other.id,
            company_ids=[(6, 0, other.ids)],
        )

    def test_a_planner_of_another_hospital_does_not_compute_here(self):
        stranger = self._planner_elsewhere()
        rule = self.here.with_user(stranger).with_context(
            allowed_company_ids=stranger.company_ids.ids
        )
        with self.assertRaises(AccessError):
            rule.action_med_propose()
        self.assertEqual(self.proposal.exists().state, "proposed")
        self.here.with_user(self.planner).action_med_propose()

    def test_policies_of_all_hospitals_are_the_administrators(self):
        shared = self.env["med.service.policy"].create(
            {"name": "All", "company_id": False}
        )
        own = self.env["med.service.policy"].create(
            {"name": "Ours", "company_id": self.company.id}
        )
        self.assertIn(shared, self._seen("med.service.policy", self.planner))
        own.with_user(self.planner).service_level = 0.95
        with self.assertRaises(AccessError):
            shared.with_user(self.planner).service_level = 0.6
        with self.assertRaises(AccessError):
            own.with_user(self.planner).company_id = False
        shared.with_user(self.administrator).service_level = 0.95

    def test_a_ward_reads_its_own_departments(self):
        self.assertEqual(
            self._seen("med.reorder.proposal", self.manager), self.proposal
        )
        for user in (self.nurse, self.manager):
            self.assertEqual(self._seen("med.demand.day", user).department_id, self.icu)
        with self.assertRaises(AccessError):
            self._seen("med.reorder.proposal", self.nurse)

    def test_a_planner_reads_transfers_and_leaves_them_to_store_and_wards(self):
        transfer = self.env["med.transfer.proposal"].create(
            {
                "company_id": self.company.id,
                "product_id": self.gloves.id,
                "giver_id": self.icu.id,
                "giver_location_id": self.icu.stock_location_id.id,
                "receiver_id": self.er.id,
                "quantity": 5,
                "reason": "excess",
                "proposed_on": self.today,
            }
        )
        self.assertIn(transfer, self._seen("med.transfer.proposal", self.planner))
        with self.assertRaises(AccessError):
            transfer.with_user(self.planner).action_accept()
        with self.assertRaises(AccessError):
            transfer.with_user(self.planner).write({"quantity": 1})

    def test_an_employee_without_a_role_reads_nothing(self):
        for model in ("med.reorder.proposal", "med.demand.day"):
            with self.assertRaises(AccessError):
                self._seen(model, self.employee)

    def test_every_reader_can_open_the_whole_proposal(self):
        for user in (
            self.planner,
            self.storekeeper,
            self.auditor,
            self.manager,
            self.administrator,
        ):
            self.env.invalidate_all()
            proposal = self.proposal.with_user(user)
            for name in proposal._fields:
                proposal[name]  # noqa: B018  reading is the test
            self.assertTrue(proposal.explanation)
            self.assertTrue(proposal.action_view_demand())

    def test_only_planner_and_administrator_decide(self):
        for user in (self.storekeeper, self.auditor, self.manager):
            proposal = self.proposal.with_user(user)
            for action in (
                proposal.action_approve,
                proposal.action_publish,
                proposal.action_reject,
                self.here.with_user(user).action_med_propose,
            ):
                with self.assertRaises(AccessError):
                    action()
        self.proposal.with_user(self.planner).action_publish()
        self.assertEqual(self.proposal.state, "published")
        self.assertEqual(self.proposal.decided_by_id, self.planner)
        self.assertEqual(self.here.product_min_qty, self.proposal.reorder_point)
        self.here.with_user(self.administrator).action_med_propose()

    def test_who_sets_levels_opens_the_native_details(self):
        for user in (self.planner, self.storekeeper):
            action = self.here.with_user(user).action_stock_replenishment_info()
            info = (
                self.env[action["res_model"]].with_user(user).browse(action["res_id"])
            )
            self.assertIn('"product_min_qty": ', info.json_lead_days)
            self.assertTrue(info.json_replenishment_graph)
            self.assertFalse(info.wh_replenishment_option_ids)

    def test_nobody_edits_the_figures(self):
        for user in (self.planner, self.administrator):
            proposal = self.proposal.with_user(user)
            for vals in ({"reorder_point": 1}, {"state": "published"}, {"wape": 0}):
                with self.assertRaises(UserError):
                    proposal.write(vals)
            with self.assertRaises(AccessError):
                proposal.unlink()

    def test_a_planner_edits_reorder_rules_and_sees_all_alerts(self):
        self.here.with_user(self.planner).write(
            {"product_min_qty": 3, "product_max_qty": 9}
        )
        self.env["med.alert"]._evaluate()
        alerts = (
            self.env["med.alert"]
            .with_user(self.planner)
            .search([("orderpoint_id", "in", (self.here | self.elsewhere).ids)])
        )
        self.assertEqual(alerts.orderpoint_id, self.here)
        self.assertTrue(alerts.explanation)
        alerts.action_acknowledge()

    def test_a_planner_reads_other_alerts_and_does_not_act_on_them(self):
        self.here.write({"product_min_qty": 3, "product_max_qty": 9})
        self.env["med.alert"]._evaluate()
        alert = self.env["med.alert"].search(
            [("orderpoint_id", "=", self.here.id)], limit=1
        )
        alert.orderpoint_id = False  # about something else than its level
        seen = alert.with_user(self.planner)
        self.assertEqual(seen.state, "open")
        with self.assertRaises(AccessError):
            seen.action_acknowledge()

    def test_another_companys_proposals_are_not_seen(self):
        other = self.env["res.company"].create({"name": "Other hospital"})
        self.proposal.sudo().company_id = other
        self.assertNotIn(
            self.proposal, self._seen("med.reorder.proposal", self.planner)
        )
