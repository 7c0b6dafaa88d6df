from odoo import api, fields, models

#: Changing one of these on a confirmed order changes what a budget pays.
COSTS = {
    "analytic_distribution",
    "discount",
    "order_id",
    "price_unit",
    "product_id",
    "product_qty",
    "product_uom_id",
    "tax_ids",
}

BEARS = "analytic_distribution"
WHOLE, SLIP = 100.0, 0.01  # percent; distributions are entered with two decimals


class PurchaseOrderLine(models.Model):
    """A line's cost as stock will be valued, and the budget check when it changes."""

    _inherit = "purchase.order.line"

    med_currency_id = fields.Many2one(
        related="company_id.currency_id", string="Currency of the Company"
    )
    med_cost = fields.Monetary(
        string="Cost",
        compute="_compute_med_cost",
        store=True,
        currency_field="med_currency_id",
        help="In the company's currency at the order's rate, with the taxes that "
        "cannot be deducted: what the goods are worth when they are received.",
    )

    # What is ordered and not received is read for every check.
    _med_open_idx = models.Index(
        "(order_id) WHERE product_qty > GREATEST(qty_received, 0)"
    )

    @api.depends(
        "discount",
        "display_type",
        "order_id.currency_id",
        "order_id.currency_rate",
        "order_id.date_order",
        "price_unit",
        "product_id",
        "product_uom_qty",
        "tax_ids",
    )
    def _compute_med_cost(self):
        for line in self:
            line.med_cost = (
                line._get_stock_move_price_unit() * line.product_uom_qty
                if line.product_id and not line.display_type
                else 0.0
            )

    @api.model_create_multi
    def create(self, vals_list):
        orders = self.env["purchase.order"].browse(
            vals["order_id"] for vals in vals_list if vals.get("order_id")
        )
        confirmed = orders.filtered(lambda order: order.state == "purchase")
        named = [self._accounts_named(vals) for vals in vals_list]
        before = confirmed._budget_before_change(
            None if None in named else frozenset().union(*named)
        )
        lines = super().create(vals_list)
        confirmed._check_budget_change(before)
        return lines

    def write(self, vals):
        if not COSTS & vals.keys():
            return super().write(vals)
        orders = self.order_id | self.order_id.browse(vals.get("order_id") or ())
        confirmed = orders.filtered(lambda order: order.state == "purchase")
        free = {"product_id", "order_id"} & vals.keys()
        named = self._accounts_named(vals) if free or BEARS in vals else frozenset()
        before = confirmed._budget_before_change(named)
        result = super().write(vals)
        confirmed._check_budget_change(before)
        return result

    @api.model
    def _accounts_named(self, vals):
        """Analytic accounts of an entered distribution; None where Odoo chooses it."""
        if not vals.get(BEARS):
            return None
        return frozenset(
            int(account) for accounts in vals[BEARS] for account in accounts.split(",")
        )

    def _budget_shares(self):
        """Percent of this line's cost per analytic account: ``{account id: percent}``.

        A key of the distribution may name accounts of several plans at once.
        """
        self.ensure_one()
        shares = {}
        for accounts, percent in (self.analytic_distribution or {}).items():
            for account in accounts.split(","):
                shares[int(account)] = shares.get(int(account), 0.0) + percent
        return shares

    def _budget_gap(self, plan, by_account):
        """Why this line cannot be checked, in sentences.

        ``plan`` holds the cost centres; ``by_account`` the budget lines in force.
        """
        shares = self._budget_shares()
        accounts = self.env["account.analytic.account"].browse(shares)
        centres = accounts.filtered(lambda account: account.root_plan_id == plan)
        total = sum(shares[centre.id] for centre in centres)
        if abs(total - WHOLE) >= SLIP:
            return [
                self.env._(
                    "%(product)s: %(percent)s %% of its cost is on cost centres; enter "
                    "its analytic distribution.",
                    product=self.product_id.display_name,
                    percent=f"{total:g}",
                )
            ]
        return [
            self.env._(
                "%(centre)s has no approved budget for %(category)s on this day.",
                centre=centre.display_name,
                category=self.product_id.categ_id.display_name or self.env._("others"),
            )
            for centre in centres
            if not self._counts_on(by_account.get(centre.sudo(), ()))
        ]

    def _counts_on(self, lines):
        """Whether one of a cost centre's ``lines`` takes this product's category."""
        path = self.product_id.categ_id.parent_path or ""
        return any(
            not line.categ_id or path.startswith(line.categ_id.parent_path)
            for line in lines
        )
