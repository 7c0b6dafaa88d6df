import io
from datetime import timedelta

from openpyxl import load_workbook

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user

from .common import ReplenishmentCase


class TestSimulation(ReplenishmentCase):
    """The past of a ward and its store, played again."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._use_about(10, 430)
        cls._refresh()
        # Ninety days of use lie there: nobody needs that much.
        cls.ward = cls._orderpoint(product_min_qty=600, product_max_qty=900)
        cls.shelf = cls._orderpoint(
            department=cls.store, product_min_qty=700, product_max_qty=1200
        )

    def _simulation(self, **values):
        return self.env["med.replenishment.simulation"].create(
            {"company_id": self.company.id, "months": "6", "baseline": "now", **values}
        )

    def _figures(self, simulation):
        return {row.figure: row for row in simulation.figure_ids}

    def test_too_much_stock_is_seen_and_what_it_would_save(self):
        simulation = self._simulation()
        simulation.action_run()
        self.assertEqual(simulation.state, "done")
        self.assertEqual(simulation.rule_count, 2)
        figure = self._figures(simulation)
        value = figure["inventory_value"]
        # Today's: between 600 and 900, and 700 and 1200, at 2.50 each.
        self.assertGreater(value.today, 1300 * 2.5 * 0.9)
        self.assertLess(value.today, 2100 * 2.5)
        self.assertLess(value.ours, value.today / 2)
        self.assertEqual(figure["fill"].today, 1)
        self.assertGreater(figure["fill"].ours, 0.93)
        self.assertAlmostEqual(
            figure["holding_cost"].today,
            value.today * self.company.med_holding_rate,
            delta=0.0051,  # half a cent, and what a float adds
        )
        total = sum(
            figure[name].ours for name in ("holding_cost", "order_cost", "expiry_loss")
        )
        self.assertAlmostEqual(figure["total_cost"].ours, total, places=2)
        self.assertTrue(value.better)

    def test_too_little_stock_is_seen_too(self):
        (self.ward | self.shelf).write({"product_min_qty": 0, "product_max_qty": 10})
        simulation = self._simulation(service_level=0.97)
        simulation.action_run()
        figure = self._figures(simulation)
        self.assertLess(figure["fill"].today, 0.5)
        self.assertGreater(figure["fill"].ours, 0.93)
        self.assertGreater(figure["stockout_days"].today, 50)

    def test_what_happened_later_teaches_nothing(self):
        """The levels of a week know only what was before it."""
        first = self._simulation()
        first.action_run()
        orders = self._figures(first)["inventory_value"].ours
        # Three times as much in the last month: only the weeks after it may differ.
        for ago in range(1, 4):
            self._use(1, self.today - timedelta(days=ago))
        self._refresh()
        second = self._simulation()
        second.action_run()
        self.assertAlmostEqual(
            self._figures(second)["inventory_value"].ours, orders, delta=orders * 0.05
        )

    def test_levels_before_the_first_publication_are_the_comparison(self):
        self.ward.write({"product_min_qty": 600, "product_max_qty": 900})
        proposal = self.env["med.reorder.proposal"]._propose(self.ward)
        proposal.action_publish()
        self.assertLess(self.ward.product_max_qty, 600)
        simulation = self._simulation(baseline="before")
        low, top = simulation._levels_compared(self.ward | self.shelf)
        self.assertEqual((low[0], top[0]), (600, 900))
        self.assertEqual((low[1], top[1]), (700, 1200))

    def test_without_enough_history_the_reason_is_said(self):
        with self.assertRaisesRegex(UserError, "Choose fewer months"):
            masks = self._product("Masks")
            self._use_daily(3, 200, product_id=masks.id)
            self._refresh()
            self._orderpoint(masks)
            category = self.env["product.category"].create({"name": "Masks"})
            masks.categ_id = category
            self._simulation(categ_ids=[(6, 0, category.ids)]).action_run()
        empty = self.env["product.category"].create({"name": "Empty"})
        with self.assertRaisesRegex(UserError, "no reorder rule"):
            self._simulation(categ_ids=[(6, 0, empty.ids)]).action_run()

    def test_the_workbook_has_the_page_and_every_rule(self):
        simulation = self._simulation()
        simulation.action_run()
        book = load_workbook(io.BytesIO(simulation._workbook()))
        page, details = book.worksheets
        self.assertEqual(page["A2"].value, simulation.verdict)
        self.assertEqual(details.max_row, 3)
        figure = self._figures(simulation)["inventory_value"]
        total = sum(row[3].value for row in details.iter_rows(min_row=2))
        self.assertAlmostEqual(total, figure.today, places=1)

    def test_the_page_can_be_printed(self):
        simulation = self._simulation()
        simulation.action_run()
        html, _kind = self.env["ir.actions.report"]._render_qweb_html(
            "med_replenishment.report_simulation", simulation.ids
        )
        self.assertIn(simulation.figure_ids[0].ours_text.encode(), html)

    def test_large_ones_are_played_by_the_job(self):
        simulation = self._simulation()
        simulation.state = "waiting"
        with self.enter_registry_test_mode():
            self.env.ref("med_replenishment.ir_cron_simulate").method_direct_trigger()
        self.assertEqual(simulation.state, "done")

    def test_planners_play_auditors_read_wards_do_neither(self):
        def user(login, group):
            return new_test_user(
                self.env,
                login,
                groups=group,
                company_id=self.company.id,
                company_ids=[(6, 0, self.company.ids)],
            )

        planner = user("s_planner", "med_replenishment.group_planner")
        auditor = user("s_auditor", "med_consumables.group_auditor")
        nurse = user("s_nurse", "med_consumables.group_ward_user")
        simulation = (
            self.env["med.replenishment.simulation"]
            .with_user(planner)
            .create({"months": "6", "baseline": "now"})
        )
        simulation.action_run()
        self.assertTrue(simulation.with_user(auditor).verdict)
        with self.assertRaises(AccessError):
            simulation.with_user(auditor).action_run()
        with self.assertRaises(AccessError):
            simulation.with_user(nurse).read(["name"])
