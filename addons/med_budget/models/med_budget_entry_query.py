from odoo import api, fields, models
from odoo.addons.med_replenishment.report.supply_sql import TO_COME
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
    "stock.location",
    "stock.move",
)


def ids_of(records, model):
    """Ids of ``records`` if they are of ``model``, never an empty tuple."""
    return (0, *(records.ids if records is not None and records._name == model else ()))


class MedBudgetLine(models.Model):
    """The one statement from which every figure and every list of a budget comes.

    An entry is one source row (order line, request line, analytic item) as it counts on
    one budget line. Every part of the statement names kind, source_id, account_id,
    categ_id, company_id, date, product_id, reference and amount, in the company's
    currency.
    """

    # The statement is one idea, the line another: med_budget_line.py.
    # pylint: disable-next=consider-merging-classes-inherited
    _inherit = "med.budget.line"

    @api.model
    def _flush_sources(self):
        for name in READ:
            self.env[name].flush_model()

    def _sums_of_entries(self, as_if=None):
        """``{(line id, kind): amount}`` of these lines."""
        if not self:
            return {}
        self._flush_sources()
        rows = self.env.execute_query(
            SQL(
                "SELECT line_id, kind, SUM(amount) FROM (%s) entry GROUP BY 1, 2",
                self._entries_query(self.ids, as_if),
            )
        )
        return {(line, kind): float(amount) for line, kind, amount in rows}

    def _categories_that_count(self):
        """``[(line, cost centre id, category id)]``: what counts on these lines.

        Category 0 is no product, or a product without category.
        """
        self._flush_sources()
        rows = self.env.execute_query(
            SQL(
                "SELECT line_id, account_id, categ_id FROM (%s) share",
                self._share_query(self.ids),
            )
        )
        return [(self.browse(line), account, categ) for line, account, categ in rows]

    def _entries_query(self, line_ids=None, as_if=None):
        """SELECT of the entries on the given lines, of all lines when None.

        ``as_if`` are orders that count as confirmed, or requests as approved. Amounts
        are gathered first (``amount``) and then laid on the lines (``share``): each is
        materialised, so that the database joins two tables and never their product.
        """
        # Plans and accounts are read only for columns and ids, by whoever sees figures.
        if line_ids:
            accounts = self.sudo().browse(line_ids).analytic_account_id
            plans = accounts.root_plan_id
        else:
            accounts = None
            plans = self.env["account.analytic.plan"].sudo()
            plans = plans.search([("parent_id", "=", False)])
        orders = SQL(
            "(po.state = 'purchase' OR po.id IN %s)", ids_of(as_if, "purchase.order")
        )
        requests = SQL(
            "(request.state IN ('approved', 'in_progress') OR request.id IN %s)",
            ids_of(as_if, "purchase.request"),
        )
        amounts = [
            self._ordered_query(orders, accounts),
            self._requested_query(requests, orders, accounts),
            *(self._spent_query(plan._column_name()) for plan in plans),
        ]
        return SQL(
            """
            WITH zone AS (%(zone)s),
                 share AS MATERIALIZED (%(share)s),
                 amount AS MATERIALIZED (%(amounts)s)
            SELECT amount.kind, amount.source_id, share.line_id, amount.date,
                   amount.product_id, amount.reference, amount.amount
              FROM amount
              JOIN share ON share.account_id = amount.account_id
                        AND share.categ_id = amount.categ_id
                        AND share.company_id = amount.company_id
                        AND amount.date BETWEEN share.date_from AND share.date_to
            """,
            zone=self._zone_query(),
            share=self._share_query(line_ids),
            amounts=SQL(" UNION ALL ").join(amounts),
        )

    @api.model
    def _zone_query(self):
        """The time zone of each company: it decides on which day a moment falls."""
        return SQL(
            """
            SELECT company.id AS company_id, COALESCE(partner.tz, %s) AS name
              FROM res_company company
              JOIN res_partner partner ON partner.id = company.partner_id
            """,
            self.env.user.tz or "UTC",
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
                       budget.date_to
                  FROM med_budget_line line
                  JOIN med_budget budget ON budget.id = line.budget_id
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

    def _ordered_query(self, orders, accounts):
        """Confirmed and still to come: a rest that was given up binds no money.

        Services have no receipt: ordered less what came, in the order line's unit.
        """
        return SQL(
            """
            SELECT 'ordered' AS kind, pol.id AS source_id, part.account_id,
                   COALESCE(template.categ_id, 0) AS categ_id, po.company_id,
                   %(day)s AS date, pol.product_id, po.name AS reference,
                   pol.med_cost * rest.share * part.percent / 100 AS amount
              FROM purchase_order_line pol
              JOIN purchase_order po ON po.id = pol.order_id
              JOIN zone ON zone.company_id = po.company_id
              JOIN product_product product ON product.id = pol.product_id
              JOIN product_template template ON template.id = product.product_tmpl_id
             CROSS JOIN LATERAL (%(to_come)s) coming
             CROSS JOIN LATERAL (
                    SELECT CASE WHEN po.state = 'purchase' AND coming.by_moves
                                THEN LEAST(
                                    coming.quantity / NULLIF(pol.product_uom_qty, 0), 1)
                                ELSE 1 - GREATEST(pol.qty_received, 0)
                                         / NULLIF(pol.product_qty, 0)
                                END AS share
                   ) rest
             CROSS JOIN LATERAL (%(part)s) part
             WHERE %(orders)s
               AND pol.product_qty > GREATEST(pol.qty_received, 0)
               AND rest.share > 0 AND %(bears)s
            """,
            to_come=TO_COME,
            part=self._part_query(SQL.identifier("pol", "analytic_distribution")),
            day=self._day(
                SQL(
                    "CASE WHEN po.state = 'purchase' THEN po.date_approve ELSE %s END",
                    fields.Datetime.now(),
                )
            ),
            orders=orders,
            bears=self._bears(SQL.identifier("pol", "analytic_distribution"), accounts),
        )

    def _requested_query(self, requests, orders, accounts):
        """Approved, less what is on confirmed orders; in the request line's unit."""
        return SQL(
            """
            SELECT 'requested', request_line.id, part.account_id,
                   COALESCE(template.categ_id, 0), request.company_id,
                   COALESCE(%(day)s, request.date_start),
                   request_line.product_id, request.name,
                   request_line.estimated_cost
                       * (request_line.product_qty - COALESCE(bought.quantity, 0))
                       / request_line.product_qty * part.percent / 100
              FROM purchase_request_line request_line
              JOIN purchase_request request ON request.id = request_line.request_id
              JOIN zone ON zone.company_id = request.company_id
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
             WHERE %(requests)s
               AND request_line.cancelled IS NOT TRUE
               AND request_line.product_qty > COALESCE(bought.quantity, 0)
               AND request_line.estimated_cost IS NOT NULL
               AND %(bears)s
            """,
            part=self._part_query(
                SQL.identifier("request_line", "analytic_distribution")
            ),
            day=self._day(SQL.identifier("request", "approved_on")),
            requests=requests,
            orders=orders,
            bears=self._bears(
                SQL.identifier("request_line", "analytic_distribution"), accounts
            ),
        )

    def _spent_query(self, plan_column):
        """Cost of use; ``plan_column`` is where the plan keeps its accounts."""
        return SQL(
            """
            SELECT 'spent', item.id, %(account)s,
                   COALESCE(template.categ_id, 0), item.company_id,
                   item.date, item.product_id, item.name, -item.amount
              FROM account_analytic_line item
         LEFT JOIN product_product product ON product.id = item.product_id
         LEFT JOIN product_template template ON template.id = product.product_tmpl_id
             WHERE item.category = 'med_consumption'
               AND %(account)s IN (SELECT account_id FROM share)
               AND item.date BETWEEN (SELECT MIN(date_from) FROM share)
                                 AND (SELECT MAX(date_to) FROM share)
            """,
            account=SQL.identifier("item", plan_column),
        )

    @api.model
    def _part_query(self, distribution):
        """One row per cost centre of a distribution: account_id, percent.

        Keys name one account, or several of different plans: ``{"12,45": 60.0}``. The
        same account may be in many keys.
        """
        return SQL(
            """
            SELECT account::int AS account_id, SUM(percent::numeric) AS percent
              FROM jsonb_each_text(%s) AS share_of(accounts, percent),
                   string_to_table(accounts, ',') AS account
             GROUP BY 1
            """,
            distribution,
        )

    @api.model
    def _bears(self, distribution, accounts):
        """Whether one of ``accounts`` is named; the expression is that of the index
        that ``analytic.mixin`` keeps. All when ``accounts`` is None."""
        if accounts is None:
            return SQL("TRUE")
        return SQL(
            r"""regexp_split_to_array(jsonb_path_query_array(
                    %s, '$.keyvalue()."key"')::text, '\D+') && %s""",
            distribution,
            [str(account.id) for account in accounts],
        )

    @api.model
    def _day(self, moment):
        """The hospital's day of ``moment``, a column of UTC time."""
        return SQL(
            "((%s)::timestamp AT TIME ZONE 'UTC' AT TIME ZONE zone.name)::date", moment
        )
