from odoo.tests import tagged

from .common import ConsumablesCase


@tagged("post_install", "-at_install")
class TestValueClass(ConsumablesCase):
    """High-value items have accounts of their own, in use and in stock."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        Account = cls.env["account.account"]

        def account(code, kind):
            return Account.create({"name": code, "code": code, "account_type": kind})

        cls.stock_low = account("MED101", "asset_current")
        cls.stock_high = account("MED102", "asset_current")
        cls.variation = account("MED103", "expense")
        cls.expense_high = account("MED502", "expense")
        (cls.stock_low | cls.stock_high).account_stock_variation_id = cls.variation
        journal = cls.env["account.journal"].create(
            {"name": "Stock", "code": "MSTJ", "type": "general"}
        )
        cls.company.write(
            {
                "account_stock_journal_id": journal.id,
                "account_stock_valuation_id": cls.stock_low.id,
                "med_consumption_account_high_id": cls.expense_high.id,
                "med_valuation_account_high_id": cls.stock_high.id,
            }
        )
        cls.category.property_stock_valuation_account_id = cls.stock_low
        cls.stent = cls._product("Stent", standard_price=100, med_value_class="high")
        cls._stock(100, cls._lot("G"))
        cls._stock(10, cls._lot("S", product=cls.stent), product=cls.stent)

    def _use_both(self):
        self._use(4)
        self._use(2, "2", product_id=self.stent.id)
        self._post()
        return self.env["stock.move"].search(
            [("med_department_id", "=", self.icu.id), ("state", "=", "done")]
        )

    def _balances(self, lines):
        result = {}
        for line in lines:
            name = line.account_id.code
            result[name] = round(result.get(name, 0) + line.balance, 2)
        return {name: balance for name, balance in result.items() if balance}

    def test_analytic_lines_name_the_account_of_their_value_class(self):
        moves = self._use_both()
        lines = moves.analytic_account_line_ids
        self.assertEqual(
            {line.product_id: line.general_account_id for line in lines},
            {self.gloves: self.expense, self.stent: self.expense_high},
        )

    def test_without_accounts_of_their_own_the_usual_ones_apply(self):
        self.company.med_consumption_account_high_id = False
        self.company.med_valuation_account_high_id = False
        lines = self._use_both().analytic_account_line_ids
        self.assertEqual(lines.general_account_id, self.expense)
        accounts = self.stent.with_company(self.company)._get_product_accounts()
        self.assertEqual(accounts["stock_valuation"], self.stock_low)

    def test_perpetual_valuation_books_each_class_on_its_accounts(self):
        self.category.property_valuation = "real_time"
        entries = self._use_both().account_move_id
        self.assertEqual(
            self._balances(entries.line_ids),
            {"MED501": 10, "MED101": -10, "MED502": 200, "MED102": -200},
        )

    def test_a_return_gives_back_to_the_same_accounts(self):
        self.category.property_valuation = "real_time"
        self._use_both()
        self._use(1, "3", product_id=self.stent.id, kind="return")
        self._post()
        move = self.env["stock.move"].search([("origin_returned_move_id", "!=", False)])
        self.assertEqual(
            self._balances(move.account_move_id.line_ids),
            {"MED502": -100, "MED102": 100},
        )

    def test_the_closing_of_periodic_valuation_tells_high_from_low(self):
        self._use_both()
        vals = self.company._get_location_valuation_vals()
        balances = {}
        for line in vals:
            code = self.env["account.account"].browse(line["account_id"]).code
            balance = line["debit"] - line["credit"]
            balances[code] = round(balances.get(code, 0) + balance, 2)
        self.assertEqual(
            {code: balance for code, balance in balances.items() if balance},
            {"MED501": 10, "MED101": -10, "MED502": 200, "MED102": -200},
        )

    def test_after_the_closing_each_stock_account_bears_what_lies_there(self):
        self._use_both()
        self.company.action_close_stock_valuation(auto_post=True)
        lines = self.env["account.move.line"].search(
            [("journal_id", "=", self.company.account_stock_journal_id.id)]
        )
        balances = self._balances(lines)
        stents = self.stent.with_company(self.company).total_value
        self.assertEqual(balances["MED102"], round(stents, 2))
        self.assertEqual(balances["MED502"], 200)
        self.assertEqual(balances["MED501"], 10)
