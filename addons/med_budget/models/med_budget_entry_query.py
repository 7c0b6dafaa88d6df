from odoo import api, fields, models
from odoo.tools import SQL

#: What the statement reads: pending changes of these are written out first.
READ = (
    "account.analytic.line",
    "med.budget",
    "med.budget.line",
    "product.category",
    "product.product",
    "product.template",
    "purchase.order",
    "purchase.order.line",
    "purchase.request",
    "purchase.request.allocation",
    "purchase.request.line",
    "res.company",
    "res.partner",
    "stock.move",
)


class MedBudgetLine(models.Model):
    """The one statement from which every figure and every list of a budget comes.

    An entry is one source row (order line, request line, analytic item) as it counts on
    one budget line. Every part of the statement has the columns kind, source_id,
    line_id, date, product_id, reference and amount, in the company's currency.
    """

    # The statement is one idea, the line another: med_budget_line.py.
    # pylint: disable-next=consider-merging-classes-inherited
    _inherit = "med.budget.line"

    @api.model
    def _flush_sources(self):
        for name in READ:
            self.env[name].flush_model()

    def _sums_of_entries(self, as_if_ordered=()):
        """``{(line id, kind): amount}`` of these lines."""
        if not self:
            return {}
        self._flush_sources()
        rows = self.env.execute_query(
            SQL(
                "SELECT line_id, kind, SUM(amount) FROM (%s) entry GROUP BY 1, 2",
                self._entries_query(self.ids, as_if_ordered),
            )
        )
        return {(line, kind): float(amount) for line, kind, amount in rows}

    def _entries_query(self, line_ids=None, as_if_ordered=()):
        """SELECT of the entries on the given lines, of all lines when None.

        Orders whose ids are ``as_if_ordered`` count as confirmed today.
        """
        # Plans are read only for the name of their column, by whoever sees figures.
        if line_ids:
            plans = self.sudo().browse(line_ids).analytic_account_id.root_plan_id
        else:
            plans = self.env["account.analytic.plan"].sudo()
            plans = plans.search([("parent_id", "=", False)])
        orders = SQL("(po.state = 'purchase' OR po.id IN %s)", (0, *as_if_ordered))
        parts = [
            self._ordered_query(orders),
            self._requested_query(orders),
            *(self._spent_query(plan._column_name()) for plan in plans),
        ]
        return SQL(
            "WITH share AS (%s) %s",
            self._share_query(line_ids),
            SQL(" UNION ALL ").join(parts),
        )

    def _share_query(self, line_ids):
        """Which product categories count on which line: the nearest one above.

        Category 0 stands for no product, or a product without category.
        """
        return SQL(
            """
            SELECT * FROM (
                SELECT DISTINCT ON (
                           line.budget_id, line.analytic_account_id, category.id)
                       line.id AS line_id,
                       line.analytic_account_id AS account_id,
                       category.id AS categ_id,
                       budget.company_id,
                       budget.date_from,
                       budget.date_to,
                       COALESCE(partner.tz, %(zone)s) AS zone
                  FROM med_budget_line line
                  JOIN med_budget budget ON budget.id = line.budget_id
                  JOIN res_company company ON company.id = budget.company_id
                  JOIN res_partner partner ON partner.id = company.partner_id
             LEFT JOIN product_category own ON own.id = line.categ_id
                  JOIN (SELECT id, parent_path FROM product_category
                         UNION ALL SELECT 0, '') category
                    ON line.categ_id IS NULL
                    OR category.parent_path LIKE own.parent_path || '%%'
                 WHERE %(family)s
              ORDER BY line.budget_id, line.analytic_account_id, category.id,
                       LENGTH(own.parent_path) DESC NULLS LAST
            ) nearest WHERE %(wanted)s
            """,
            zone=self.env.user.tz or "UTC",
            # All lines of a cost centre take part in who is nearest.
            family=SQL(
                "(line.budget_id, line.analytic_account_id) IN ("
                "SELECT budget_id, analytic_account_id FROM med_budget_line "
                "WHERE id IN %s)",
                tuple(line_ids),
            )
            if line_ids
            else SQL("TRUE"),
            wanted=SQL("line_id IN %s", tuple(line_ids)) if line_ids else SQL("TRUE"),
        )

    def _ordered_query(self, orders):
        """Confirmed and not received; receipts are in the order line's unit already."""
        return SQL(
            """
            SELECT 'ordered' AS kind, pol.id AS source_id, share.line_id, on_day.date,
                   pol.product_id, po.name AS reference,
                   pol.med_cost * (pol.product_qty - pol.qty_received) / pol.product_qty
                       * part.percent / 100 AS amount
              FROM purchase_order_line pol
              JOIN purchase_order po ON po.id = pol.order_id
              JOIN product_product product ON product.id = pol.product_id
              JOIN product_template template ON template.id = product.product_tmpl_id
             CROSS JOIN LATERAL (%(part)s) part
              JOIN share ON share.account_id = part.account_id
                        AND share.company_id = po.company_id
                        AND share.categ_id = COALESCE(template.categ_id, 0)
             CROSS JOIN LATERAL (SELECT %(day)s AS date) on_day
             WHERE %(orders)s
               AND pol.product_qty > GREATEST(pol.qty_received, 0)
               AND on_day.date BETWEEN share.date_from AND share.date_to
            """,
            part=self._part_query(SQL.identifier("pol", "analytic_distribution")),
            day=self._day(
                SQL(
                    "CASE WHEN po.state = 'purchase' THEN po.date_approve ELSE %s END",
                    fields.Datetime.now(),
                )
            ),
            orders=orders,
        )

    def _requested_query(self, orders):
        """Approved, less what is on confirmed orders; in the request line's unit."""
        return SQL(
            """
            SELECT 'requested', request_line.id, share.line_id, on_day.date,
                   request_line.product_id, request.name,
                   request_line.estimated_cost
                       * (request_line.product_qty - COALESCE(bought.quantity, 0))
                       / request_line.product_qty * part.percent / 100
              FROM purchase_request_line request_line
              JOIN purchase_request request ON request.id = request_line.request_id
         LEFT JOIN product_product product ON product.id = request_line.product_id
         LEFT JOIN product_template template ON template.id = product.product_tmpl_id
         LEFT JOIN LATERAL (
                    SELECT SUM(allocation.requested_product_uom_qty) AS quantity
                      FROM purchase_request_allocation allocation
                 LEFT JOIN stock_move move ON move.id = allocation.stock_move_id
                      JOIN purchase_order_line pol
                        ON pol.id = COALESCE(
                               allocation.purchase_line_id, move.purchase_line_id)
                      JOIN purchase_order po ON po.id = pol.order_id
                     WHERE allocation.purchase_request_line_id = request_line.id
                       AND %(orders)s
                   ) bought ON TRUE
             CROSS JOIN LATERAL (%(part)s) part
              JOIN share ON share.account_id = part.account_id
                        AND share.company_id = request.company_id
                        AND share.categ_id = COALESCE(template.categ_id, 0)
             CROSS JOIN LATERAL (
                    SELECT COALESCE(%(day)s, request.date_start) AS date) on_day
             WHERE request.state IN ('approved', 'in_progress')
               AND request_line.cancelled IS NOT TRUE
               AND request_line.product_qty > COALESCE(bought.quantity, 0)
               AND request_line.estimated_cost IS NOT NULL
               AND on_day.date BETWEEN share.date_from AND share.date_to
            """,
            part=self._part_query(
                SQL.identifier("request_line", "analytic_distribution")
            ),
            day=self._day(SQL.identifier("request", "approved_on")),
            orders=orders,
        )

    def _spent_query(self, plan_column):
        """Cost of use; ``plan_column`` is where the plan keeps its accounts."""
        return SQL(
            """
            SELECT 'spent', item.id, share.line_id, item.date,
                   item.product_id, item.name, -item.amount
              FROM account_analytic_line item
         LEFT JOIN product_product product ON product.id = item.product_id
         LEFT JOIN product_template template ON template.id = product.product_tmpl_id
              JOIN share ON share.account_id = %(account)s
                        AND share.company_id = item.company_id
                        AND share.categ_id = COALESCE(template.categ_id, 0)
                        AND item.date BETWEEN share.date_from AND share.date_to
             WHERE item.category = 'med_consumption'
            """,
            account=SQL.identifier("item", plan_column),
        )

    @api.model
    def _part_query(self, distribution):
        """One row per cost centre of a distribution: account_id, percent.

        Keys name one account, or several of different plans: ``{"12,45": 60.0}``.
        """
        return SQL(
            """
            SELECT account::int AS account_id, percent::numeric
              FROM jsonb_each_text(%s) AS share_of(accounts, percent),
                   string_to_table(accounts, ',') AS account
            """,
            distribution,
        )

    @api.model
    def _day(self, moment):
        """The hospital's day of ``moment``, a column of UTC time."""
        return SQL(
            "((%s)::timestamp AT TIME ZONE 'UTC' AT TIME ZONE zone)::date", moment
        )
