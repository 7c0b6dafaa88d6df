from collections import defaultdict
from datetime import datetime

from odoo.tests import tagged

from .common import BudgetCase


@tagged("post_install", "-at_install")
class TestFigures(BudgetCase):
    """Every amount counts once, on the line and the day it belongs to."""

    def test_nothing_happened_everything_is_available(self):
        self.assertEqual(self._figures(), (0.0, 0.0, 0.0, 1000.0))

    # ---- ordered -----------------------------------------------------------------

    def test_an_order_counts_with_lost_taxes(self):
        self._confirmed(100)
        self.assertEqual(self._figures(), (0.0, 226.0, 0.0, 774.0))

    def test_a_deductible_tax_is_no_cost(self):
        account = self.env["account.account"].create(
            {
                "name": "Input tax",
                "code": "XTAX01",
                "account_type": "asset_current",
            }
        )
        self.tax.invoice_repartition_line_ids.filtered(
            lambda part: part.repartition_type == "tax"
        ).account_id = account
        self._confirmed(100)
        self.assertEqual(self._figures()[1], 200.0)

    def test_a_quotation_counts_nothing(self):
        self._rfq(100)
        self.assertEqual(self._figures()[1], 0.0)

    def test_a_discount_lowers_the_cost(self):
        self._confirmed(100, line={"price_unit": 2.0, "discount": 50.0})
        self.assertEqual(self._figures()[1], 113.0)

    def test_receipts_reduce_what_is_ordered(self):
        order = self._confirmed(100)
        self._receive(order, quantity=40)
        self.assertEqual(self._figures()[1], 135.6)
        self._receive(order, quantity=60)
        self.assertEqual(self._figures()[1], 0.0)

    def test_receipts_in_pieces_reduce_an_order_in_dozens(self):
        dozen = self.env.ref("uom.product_uom_dozen")
        order = self._confirmed(
            10, line={"product_uom_id": dozen.id, "price_unit": 24.0}
        )
        self.assertEqual(self._figures()[1], 271.2)
        move = order.sudo().picking_ids.move_ids
        self.assertEqual(move.product_qty, 120)
        move.product_uom = self.gloves.uom_id
        self._receive(order, quantity=30)
        self.assertEqual(order.order_line.qty_received, 2.5)
        self.assertEqual(self._figures()[1], 203.4)

    def test_a_receipt_above_the_order_does_not_give_money_back(self):
        order = self._confirmed(100)
        self._receive(order, quantity=150)
        self.assertEqual(self._figures()[1], 0.0)

    def test_cancelling_releases(self):
        order = self._confirmed(100)
        order.button_unlock()
        order.button_cancel()
        self.assertEqual(self._figures(), (0.0, 0.0, 0.0, 1000.0))

    def test_a_rest_that_was_given_up_binds_no_money(self):
        order = self._confirmed(100)
        self._receive(order, quantity=40)
        order.sudo().picking_ids.filtered(lambda p: p.state != "done").action_cancel()
        self.assertEqual(order.order_line.product_qty, 100)
        self.assertEqual(self._figures()[1], 0.0)

    def test_an_order_that_is_confirmed_again_counts_whole(self):
        order = self._confirmed(100)
        order.button_unlock()
        order.button_cancel()
        order.button_draft()
        order.button_confirm()
        self.assertEqual(self._figures()[1], 226.0)

    def test_a_foreign_order_counts_at_its_rate(self):
        currency = self.env["res.currency"].create(
            {"name": "XTS", "symbol": "x", "rounding": 0.01}
        )
        self.env["res.currency.rate"].create(
            {
                "name": "2020-01-01",
                "currency_id": currency.id,
                "rate": 0.25,
                "company_id": self.company.id,
            }
        )
        self._confirmed(10, currency_id=currency.id, line={"price_unit": 2.0})
        self.assertEqual(self._figures()[1], 90.4)

    def test_a_split_order_counts_by_share(self):
        other = self._budget([(self.or_centre, None, 500.0)]).line_ids
        self._confirmed(
            100, shares={str(self.icu_centre.id): 60.0, str(self.or_centre.id): 40.0}
        )
        self.assertEqual(self._figures()[1], 135.6)
        self.assertEqual(self._figures(other)[1], 90.4)

    def test_a_key_of_several_plans_counts_for_each_account(self):
        plan = self.env["account.analytic.plan"].create({"name": "Projects"})
        project = self.env["account.analytic.account"].create(
            {"name": "Study", "plan_id": plan.id, "company_id": self.company.id}
        )
        study = self._budget([(project, None, 500.0)]).line_ids
        self._confirmed(
            100,
            shares={
                f"{self.icu_centre.id},{project.id}": 60.0,
                f"{self.icu_centre.id}": 40.0,
            },
        )
        self.assertEqual(self._figures()[1], 226.0)
        self.assertEqual(self._figures(study)[1], 135.6)

    def test_an_account_in_two_keys_is_one_entry(self):
        plan = self.env["account.analytic.plan"].create({"name": "Projects"})
        one, two = self.env["account.analytic.account"].create(
            [
                {"name": name, "plan_id": plan.id, "company_id": self.company.id}
                for name in ("Study", "Trial")
            ]
        )
        self._confirmed(
            100,
            shares={
                f"{self.icu_centre.id},{one.id}": 70.0,
                f"{self.icu_centre.id},{two.id}": 30.0,
            },
        )
        entries = self.env["med.budget.entry"].search(
            self.line.action_open_ordered()["domain"]
        )
        self.env.invalidate_all()
        self.assertEqual(entries.mapped("amount"), [226.0])
        self.assertEqual(self._figures()[1], 226.0)

    def test_the_order_of_another_company_does_not_count(self):
        order = self._confirmed(100)
        company = self.env["res.company"].create({"name": "Another hospital"})
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE purchase_order SET company_id = %s WHERE id = %s",
            [company.id, order.id],
        )
        self.env.invalidate_all(flush=False)
        self.assertEqual(self._figures()[1], 0.0)

    def test_the_hospitals_day_decides_on_the_year(self):
        year = self.today.year
        new_year = datetime(year, 12, 31, 17, 0)  # 1 January, 1 o'clock in Shanghai
        order = self._confirmed(100)
        order.sudo().date_approve = new_year
        self.assertEqual(self._figures()[1], 0.0)
        order.sudo().date_approve = datetime(year, 12, 31, 15, 0)
        self.assertEqual(self._figures()[1], 226.0)

    # ---- requested ---------------------------------------------------------------

    def test_a_request_counts_from_its_approval_until_it_is_ordered(self):
        request = self._request(quantity=100)
        self.assertEqual(self._figures()[0], 0.0)
        request.button_to_approve()
        self.assertEqual(self._figures()[0], 0.0)
        self._approve(request)
        self.assertEqual(self._figures(), (226.0, 0.0, 0.0, 774.0))
        order = self._order(request)
        self.assertEqual(self._figures(), (226.0, 0.0, 0.0, 774.0))
        order.button_confirm()
        self.assertEqual(self._figures(), (0.0, 226.0, 0.0, 774.0))
        self._receive(order, quantity=50)
        self.assertEqual(self._figures(), (0.0, 113.0, 0.0, 887.0))
        self._receive(order, quantity=50)
        self.assertEqual(self._figures(), (0.0, 0.0, 0.0, 1000.0))

    def test_a_cancelled_order_turns_back_into_a_request(self):
        order = self._order(self._approved(quantity=100))
        order.button_confirm()
        order.button_unlock()
        order.button_cancel()
        self.assertEqual(self._figures(), (226.0, 0.0, 0.0, 774.0))

    def test_a_dropped_line_of_a_request_counts_nothing(self):
        request = self._approved(quantity=100)
        request.line_ids.with_user(self.buyer).do_cancel()
        self.assertEqual(self._figures()[0], 0.0)

    # ---- spent -------------------------------------------------------------------

    def test_use_is_spent_and_a_return_gives_it_back(self):
        self._use(10)
        self.assertEqual(self._figures(), (0.0, 0.0, 20.0, 980.0))
        self._use(4, kind="return")
        self.assertEqual(self._figures(), (0.0, 0.0, 12.0, 988.0))

    def test_use_of_another_year_is_not_spent_in_this_one(self):
        self._use(10, days_ago=366)
        self.assertEqual(self._figures()[2], 0.0)

    def test_other_analytic_items_are_not_spent(self):
        self.env["account.analytic.line"].create(
            {
                "name": "Vendor bill",
                self.plan._column_name(): self.icu_centre.id,
                "amount": -500.0,
                "date": self.today,
                "company_id": self.company.id,
            }
        )
        self.assertEqual(self._figures()[2], 0.0)

    # ---- categories --------------------------------------------------------------

    def test_an_amount_counts_on_the_nearest_category(self):
        nitrile = self.env["product.category"].create(
            {"name": "Nitrile", "parent_id": self.categ.id}
        )
        other = self.env["product.category"].create({"name": "Sutures"})
        fine = self._product("Nitrile gloves", price=2.0, categ_id=nitrile.id)
        suture = self._product("Suture", price=2.0, categ_id=other.id)
        budget = self._budget(
            [
                (self.or_centre, None, 1000.0),
                (self.or_centre, self.categ, 1000.0),
                (self.or_centre, nitrile, 1000.0),
            ]
        )
        rest, gloves, nitrile_line = budget.line_ids.sorted("id")
        shares = {str(self.or_centre.id): 100.0}
        self._confirmed(10, product=fine, shares=shares)
        self._confirmed(20, shares=shares)
        self._confirmed(30, product=suture, shares=shares)
        self.assertEqual(self._figures(nitrile_line)[1], 22.6)
        self.assertEqual(self._figures(gloves)[1], 45.2)
        self.assertEqual(self._figures(rest)[1], 67.8)
        self.assertEqual(round(budget.ordered, 2), 135.6)

    # ---- lists -------------------------------------------------------------------

    def test_every_list_adds_up_to_its_figure(self):
        self._approved(quantity=10)
        self._confirmed(20)
        self._use(5)
        self._use(2, kind="return")
        for name in ("requested", "ordered", "spent"):
            action = getattr(self.line, f"action_open_{name}")()
            entries = self.env[action["res_model"]].search(action["domain"])
            self.assertTrue(entries)
            self.assertAlmostEqual(
                sum(entries.mapped("amount")), self.line[name], places=2
            )
        everything = self.env["med.budget.entry"].search(
            self.line.action_open_entries()["domain"]
        )
        self.assertAlmostEqual(
            sum(everything.mapped("effect")), self.line.available, places=2
        )

    def test_an_entry_opens_its_document(self):
        request = self._approved(quantity=10)
        order = self._confirmed(20)
        self._use(5)
        found = {}
        for entry in self.env["med.budget.entry"].search(
            [("budget_line_id", "=", self.line.id)]
        ):
            action = entry.with_user(self.owner).action_open_document()
            found[entry.kind] = self.env[action["res_model"]].browse(action["res_id"])
        self.assertEqual(found["planned"], self.budget)
        self.assertEqual(found["requested"], request)
        self.assertEqual(found["ordered"], order)
        self.assertEqual(found["spent"].category, "med_consumption")

    def test_the_pivot_groups_by_kind_and_month(self):
        self._confirmed(20)
        groups = self.env["med.budget.entry"]._read_group(
            [("budget_id", "=", self.budget.id)],
            ["kind", "date:month"],
            ["amount:sum", "effect:sum"],
        )
        sums = defaultdict(lambda: [0.0, 0.0])
        months = defaultdict(int)
        for kind, _month, amount, effect in groups:
            sums[kind] = [sums[kind][0] + amount, sums[kind][1] + effect]
            months[kind] += 1
        self.assertEqual(months, {"planned": 12, "ordered": 1})
        self.assertEqual([round(each, 2) for each in sums["planned"]], [1000, 1000])
        self.assertEqual(sums["ordered"], [45.2, -45.2])

    def test_twenty_lines_cost_no_more_statements_than_one(self):
        centres = self.env["account.analytic.account"].create(
            [
                {
                    "name": f"C{number}",
                    "plan_id": self.plan.id,
                    "company_id": self.company.id,
                }
                for number in range(20)
            ]
        )
        budget = self._budget([(centre, None, 1.0) for centre in centres])
        self.env.flush_all()

        def statements(lines):
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            lines.browse(lines.ids).mapped("available")
            return self.cr.sql_log_count - before

        statements(budget.line_ids)
        self.assertEqual(statements(budget.line_ids), statements(budget.line_ids[0]))

    def test_twenty_budgets_cost_no_more_statements_than_one(self):
        centres = self.env["account.analytic.account"].create(
            [
                {
                    "name": f"C{number}",
                    "plan_id": self.plan.id,
                    "company_id": self.company.id,
                }
                for number in range(20)
            ]
        )
        budgets = self.env["med.budget"].union(
            *(self._budget([(centre, None, 1.0)]) for centre in centres)
        )
        self.env.flush_all()

        def statements(chosen):
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            chosen.browse(chosen.ids).mapped("available")
            return self.cr.sql_log_count - before

        statements(budgets)
        self.assertEqual(statements(budgets), statements(budgets[0]))
        self.assertEqual(budgets.mapped("available"), [1.0] * 20)
