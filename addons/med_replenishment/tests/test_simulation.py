import io
from datetime import timedelta
from unittest.mock import patch

from openpyxl import load_workbook
from psycopg2 import IntegrityError, errors

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user
from odoo.tools import mute_logger
from odoo.tools.misc import format_date

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
        cls.currency = cls.company.currency_id

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

    def _compared(self, **values):
        """Levels of the comparison of ward and store: ((low, top), (low, top))."""
        rules = self.ward | self.shelf
        simulation = self._simulation(**values)
        proposal = self.env["med.reorder.proposal"].with_company(self.company)
        inputs = proposal._inputs(rules, self.company, self.today)
        low, top = simulation._levels_compared(rules, inputs, self.today)
        return simulation, list(zip(low, top, strict=True))

    def _publish(self, days_ago):
        proposal = self.env["med.reorder.proposal"]._propose(self.ward)
        proposal.action_publish()
        proposal.published_at -= timedelta(days=days_ago)
        return proposal

    def test_levels_before_the_first_publication_are_the_comparison(self):
        self._publish(days_ago=30)
        self.ward.write({"product_min_qty": 70, "product_max_qty": 110})
        self._publish(days_ago=2)
        self.assertLess(self.ward.product_max_qty, 600)
        _simulation, levels = self._compared(baseline="before")
        self.assertEqual(levels, [(600, 900), (700, 1200)])

    def test_what_was_in_force_on_the_first_day_can_be_the_comparison(self):
        first = self._publish(days_ago=300)
        ours = first.reorder_point, first.order_up_to
        self.ward.write({"product_min_qty": 70, "product_max_qty": 110})
        self._publish(days_ago=2)
        _simulation, levels = self._compared(baseline="begin")
        self.assertEqual(levels, [ours, (700, 1200)])
        # Published within the months: what it replaced was in force when they began.
        first.published_at += timedelta(days=200)
        _simulation, levels = self._compared(baseline="begin")
        self.assertEqual(levels[0], (600, 900))
        # Published and rolled back before them: the former levels again.
        first.published_at -= timedelta(days=200)
        first.write(
            {
                "state": "rolled_back",
                "rolled_back_at": fields.Datetime.now() - timedelta(days=250),
            }
        )
        _simulation, levels = self._compared(baseline="begin")
        self.assertEqual(levels[0], (600, 900))

    def test_levels_of_today_that_were_ours_are_said_to_be_no_fair_comparison(self):
        self._publish(days_ago=30)
        simulation = self._simulation(baseline="now")
        simulation.action_run()
        self.assertEqual(simulation.hindsight_count, 1)
        self.assertIn("no fair comparison", simulation.verdict)
        other = self._simulation(baseline="before")
        other.action_run()
        self.assertEqual(other.hindsight_count, 0)
        self.assertNotIn("no fair", other.verdict)

    def test_a_rule_of_thumb_knows_the_year_before_only(self):
        for ago in range(1, 100):  # twenty times as much within the months played
            self._use(200, self.today - timedelta(days=ago))
        self._refresh()
        simulation, levels = self._compared(baseline="days", days_low=7, days_top=14)
        # Ten a day, before.
        self.assertAlmostEqual(levels[0][0], 70, delta=4)
        self.assertAlmostEqual(levels[0][1], 140, delta=7)
        first = self.env["med.demand.day"].search([], order="date", limit=1).date
        begin = simulation._begin(self.today)
        self.assertEqual(simulation.use_from, max(first, begin - timedelta(days=365)))
        self.assertIn(format_date(self.env, first), simulation.baseline_text)
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"):
            self._simulation(baseline="days", days_low=14, days_top=7)

    def test_rules_without_levels_are_left_out_and_counted(self):
        self.shelf.write({"product_min_qty": 0, "product_max_qty": 0})
        simulation = self._simulation()
        simulation.action_run()
        self.assertEqual((simulation.rule_count, simulation.left_out_count), (1, 1))
        self.assertIn("1 reorder rules had no levels", simulation.verdict)
        self.ward.write({"product_min_qty": 0, "product_max_qty": 0})
        with self.assertRaisesRegex(UserError, "rule of thumb"):
            self._simulation().action_run()

    def test_costs_are_compared_at_the_same_service(self):
        """Too little stock is cheap; raised to our service it is not."""
        self.ward.write({"product_min_qty": 20, "product_max_qty": 60})
        self.shelf.write({"product_min_qty": 40, "product_max_qty": 80})
        simulation = self._simulation(service_level=0.97)
        simulation.action_run()
        figure = self._figures(simulation)
        fill, value = figure["fill"], figure["inventory_value"]
        self.assertLess(fill.today, fill.ours - 0.05)
        self.assertGreater(simulation.equal_factor, 1.1)
        self.assertGreaterEqual(fill.equal, fill.ours)
        self.assertLess(fill.equal, fill.ours + 0.02)
        self.assertGreater(value.equal, value.today)

    def test_levels_that_never_serve_as_much_have_no_such_column(self):
        (self.ward | self.shelf).write({"product_min_qty": 0, "product_max_qty": 4})
        simulation = self._simulation(service_level=0.97)
        simulation.action_run()
        self.assertFalse(simulation.equal_factor)
        self.assertIn("Even 4 times as high", simulation.verdict)
        self.assertEqual(set(simulation.figure_ids.mapped("equal_text")), {"–"})

    def test_what_costs_more_is_not_called_a_saving(self):
        # Orders for nothing: whoever orders little and often has little to pay.
        self.company.write({"med_order_line_cost": 0, "med_internal_line_cost": 0})
        (self.ward | self.shelf).write({"product_min_qty": 5, "product_max_qty": 30})
        simulation = self._simulation(service_level=0.99)
        simulation.action_run()
        total = self._figures(simulation)["total_cost"]
        more = self.currency.format(self.currency.round(total.ours - total.today))
        self.assertGreater(total.ours, total.today)
        self.assertIn(f"it costs {more} more.", simulation.verdict)
        self.assertNotIn(f"{self.currency.symbol}-", simulation.verdict)
        self.assertTrue(total.worse)
        self.env["res.lang"]._activate_lang("zh_CN")
        self.assertIn("多支出", simulation.with_context(lang="zh_CN").verdict)

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
        self.assertIn("minimum and maximum of today", page["A2"].value)
        headers = [cell.value for cell in page[4]]
        self.assertEqual(
            headers[1:],
            [
                "Levels Compared",
                "Our Levels",
                "Levels Compared, at Our Service",
                "Change",
                "How It Is Counted",
            ],
        )
        figures = self._figures(simulation)
        rows = {row[0].value: row[1:] for row in page.iter_rows(min_row=5, max_row=14)}
        self.assertTrue(all(row[4].value for row in rows.values()), "how it is counted")
        value = rows["Value of stock on average"]
        for cell, name in zip(value, ("today", "ours", "equal"), strict=False):
            self.assertAlmostEqual(cell.value, figures["inventory_value"][name])
            self.assertIn(self.currency.symbol, cell.number_format)
        share = rows["Requests served in full"][0]
        self.assertEqual((share.value, share.number_format), (1, "0.0%"))
        total = rows["Holding, ordering and expiry a year"]
        self.assertEqual(
            [cell.value for cell in total[:2]], ["=B12+B13+B10", "=C12+C13+C10"]
        )
        self.assertEqual(details.max_row, 4)
        self.assertEqual(details["D4"].value, "=SUBTOTAL(109,D2:D3)")
        formats = {cell.value: cell.number_format for cell in details[2]}
        self.assertIn("#,##0", formats.values())
        results = load_workbook(io.BytesIO(simulation._workbook()), data_only=True)
        page, details = results.worksheets
        self.assertAlmostEqual(page["B14"].value, figures["total_cost"].today)
        self.assertAlmostEqual(
            details["D4"].value, figures["inventory_value"].today, places=1
        )

    def test_a_share_is_kept_exactly(self):
        self.ward.write({"product_min_qty": 20, "product_max_qty": 60})
        simulation = self._simulation()
        simulation.action_run()
        figure = self._figures(simulation)
        lines = self.env["med.demand.day"].search_count(
            [
                ("location_id", "in", (self.ward | self.shelf).location_id.ids),
                ("quantity", ">", 0),
                ("date", ">=", simulation.date_from),
                ("date", "<=", simulation.date_to),
            ]
        )
        missed = figure["missed_lines"].today
        self.assertGreater(missed, 0)
        self.assertAlmostEqual(figure["fill"].today, 1 - missed / lines, places=5)

    def test_less_service_asked_holds_no_more(self):
        # Small orders, so that much depends on the reorder point.
        self.company.write({"med_order_line_cost": 0.1, "med_internal_line_cost": 0.1})
        values = []
        for asked in (0.6, 0.99):
            simulation = self._simulation(service_level=asked)
            simulation.action_run()
            values.append(self._figures(simulation)["inventory_value"].ours)
        self.assertLess(values[0], values[1])
        for days in ((30, 10), (0, 5), (10, 5000)):
            with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"):
                self._simulation(baseline="days", days_low=days[0], days_top=days[1])

    def test_the_page_can_be_printed(self):
        simulation = self._simulation()
        simulation.action_run()
        html, _kind = self.env["ir.actions.report"]._render_qweb_html(
            "med_replenishment.report_simulation", simulation.ids
        )
        figure = simulation.figure_ids[0]
        for text in (figure.ours_text, figure.equal_text, "minimum and maximum of"):
            self.assertIn(text.encode(), html)

    def test_large_ones_are_played_by_the_job(self):
        simulation = self._simulation()
        simulation.state = "waiting"
        with self.enter_registry_test_mode():
            self.env.ref("med_replenishment.ir_cron_simulate").method_direct_trigger()
        self.assertEqual(simulation.state, "done")

    def test_one_that_cannot_be_played_does_not_hold_up_the_others(self):
        first, second, third = (
            self._simulation(),
            self._simulation(),
            self._simulation(),
        )
        (first | second | third).sudo().state = "waiting"
        native = type(first)._play

        def break_first(this, rules):
            if this == first:
                raise ValueError("operands could not be broadcast")
            if this == second:
                raise errors.SerializationFailure
            return native(this, rules)

        with (
            patch.object(type(first), "_play", break_first),
            mute_logger(
                "odoo.addons.med_replenishment.models.med_replenishment_simulation"
            ),
            self.enter_registry_test_mode(),
        ):
            self.env.ref("med_replenishment.ir_cron_simulate").method_direct_trigger()
        self.env.invalidate_all()
        self.assertEqual(
            [first.state, second.state, third.state], ["failed", "waiting", "done"]
        )
        self.assertIn("operands could not be broadcast", first.problem)

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
