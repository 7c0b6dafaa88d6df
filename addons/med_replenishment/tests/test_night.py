from datetime import timedelta
from unittest.mock import patch

from freezegun import freeze_time
from psycopg2 import errors

from odoo import fields
from odoo.addons.base.models import ir_cron
from odoo.exceptions import UserError
from odoo.tests import new_test_user
from odoo.tools import mute_logger

from ..models import med_demand_turn, med_reorder_computation
from .common import ReplenishmentCase

RULES = 13


class TestNight(ReplenishmentCase):
    """The nightly run as the server runs it: in goes that end when time is over."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["stock.warehouse.orderpoint"].search([]).active = False
        cls.rules = cls.env["stock.warehouse.orderpoint"].union(
            *(cls._orderpoint(cls._product(f"Item {n}")) for n in range(RULES))
        )
        cls._refresh()

    def setUp(self):
        super().setUp()
        # The time of each go is over with its first batch, which is of one rule.
        self.patch(med_reorder_computation, "BATCH", 1)
        self.patch(ir_cron, "MIN_TIME_PER_JOB", 0)
        self.turns, self.refreshed = [], []
        self._note("_propose", "med.reorder.proposal", self.turns)
        for model in ("med.demand.day", "med.supplier.performance"):
            self._note("_refresh", model, self.refreshed)
        self._note("_mark_stockouts", "med.demand.day", self.refreshed)

    def _note(self, name, model, calls):
        target = type(self.env[model])
        native = getattr(target, name)

        def noted(this, *args, **kwargs):
            calls.append(args[0].ids if args else model)
            return native(this, *args, **kwargs)

        self.patch(target, name, noted)

    def _job(self):
        with self.enter_registry_test_mode():
            self.env.ref("med_replenishment.ir_cron_propose").method_direct_trigger()
        self.env.invalidate_all()

    def _triggered(self):
        cron = self.env.ref("med_replenishment.ir_cron_propose")
        return self.env["ir.cron.trigger"].search_count([("cron_id", "=", cron.id)])

    def test_each_rule_has_its_turn_once_though_the_time_of_a_go_is_short(self):
        self._job()
        self.assertEqual(len(self.turns), ir_cron.MIN_RUNS_PER_JOB)
        self.assertEqual(self._triggered(), 1, "the job comes back for the rest")
        self._job()
        self.assertCountEqual(self.turns, [[rule.id] for rule in self.rules])
        self.assertEqual(self._triggered(), 0)

    def test_a_planner_begins_it_and_sees_how_far_it_is(self):
        planner = new_test_user(
            self.env,
            "night_planner",
            groups="med_replenishment.group_planner",
            company_id=self.company.id,
            company_ids=[(6, 0, self.company.ids)],
        )
        Proposal = self.env["med.reorder.proposal"].with_user(planner)
        action = Proposal.action_compute_all()
        run = self.env[action["res_model"]].with_user(planner).browse(action["res_id"])
        self.assertEqual((run.state, self._triggered()), ("waiting", 1))
        self._job()
        done = len(self.turns)
        self.assertEqual(run.state, "working")
        self.assertEqual((run.rules_done, run.rules_total), (done, RULES))
        self.assertAlmostEqual(run.progress, 100 * done / RULES)
        self._job()
        self.assertEqual((run.state, run.rules_done), ("done", RULES))
        self.env.ref("med_replenishment.ir_cron_propose").active = False
        with self.assertRaisesRegex(UserError, "switched off"):
            Proposal.action_compute_all()

    def test_a_hospital_without_rules_has_an_end_of_its_night(self):
        self.rules.active = False
        self._job()
        self.assertEqual(self.env["med.reorder.proposal"]._night(), (None, None))

    def test_a_hospital_that_has_used_nothing_yet_has_its_night_too(self):
        with self.enter_registry_test_mode():
            job = self.env.ref("med_replenishment.ir_cron_propose")
            self.assertIs(job.method_direct_trigger(), True)
        pool = self.env["med.plan.pool"].search([("company_id", "=", self.company.id)])
        self.assertTrue(pool.learned)
        self.assertFalse(pool.tuned_on)

    def test_what_all_rules_read_is_read_once_a_night(self):
        self._job()
        self._job()
        self.assertEqual(len(self.refreshed), 3)

    def test_the_next_night_begins_anew(self):
        for _go in range(4):
            self._job()
        self.assertEqual(len(self.turns), 2 * RULES)
        self.assertEqual(len(self.refreshed), 6)

    def test_a_night_that_never_ended_does_not_spoil_the_next_one(self):
        self._job()
        done = len(self.turns)
        next_night = fields.Datetime.now() + timedelta(days=1)
        with freeze_time(next_night):
            self._job()
        self.assertEqual(len(self.refreshed), 6)
        self.assertEqual(self.turns[done:], self.turns[:done])

    def test_who_writes_the_same_rule_meanwhile_does_not_end_the_night(self):
        native = type(self.env["med.reorder.proposal"])._propose
        lost = [errors.SerializationFailure(), errors.LockNotAvailable()]

        def lose_twice(this, rules):
            if lost:
                raise lost.pop()
            return native(this, rules)

        with patch.object(
            type(self.env["med.reorder.proposal"]), "_propose", lose_twice
        ):
            for _go in range(3):
                self._job()
        self.assertCountEqual(self.turns, [[rule.id] for rule in self.rules])
        self.assertEqual(len(self.refreshed), 3)

    def test_who_reads_the_same_days_as_it_begins_does_not_cost_the_night(self):
        day = type(self.env["med.demand.day"])
        native, lost = day._refresh, [errors.SerializationFailure()]

        def lose_once(this, **kwargs):
            if lost:
                raise lost.pop()
            return native(this, **kwargs)

        with patch.object(day, "_refresh", lose_once):
            self._job()
            self.assertFalse(self.turns)
            self.assertEqual(self._triggered(), 1, "the job comes back at once")
            self._job()
            self._job()
        self.assertCountEqual(self.turns, [[rule.id] for rule in self.rules])

    def test_who_clicks_while_somebody_refreshes_does_not_refresh_again(self):
        with self.registry.cursor() as other:
            other.execute(
                "SELECT pg_advisory_xact_lock(hashtext(%s))", [med_demand_turn.REFRESH]
            )
            self.rules[0].action_med_propose()
            self.assertFalse(self.refreshed)
        self.rules[0].action_med_propose()
        self.assertTrue(self.refreshed)

    def test_a_go_that_fails_leaves_what_is_done_and_goes_on_there(self):
        native = type(self.env["med.reorder.proposal"])._propose
        fails = [True]

        def fail_once(this, rules):
            if len(self.turns) == 4 and fails:
                fails.pop()
                raise RuntimeError("the power failed")
            return native(this, rules)

        with (
            patch.object(type(self.env["med.reorder.proposal"]), "_propose", fail_once),
            mute_logger("odoo.addons.base.models.ir_cron", "odoo.sql_db"),
        ):
            self._job()
            self._job()
        self.assertCountEqual(self.turns, [[rule.id] for rule in self.rules])
        self.assertEqual(len(self.refreshed), 3)
