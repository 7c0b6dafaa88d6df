from odoo import fields, models
from odoo.tools import SQL

#: The document behind an entry of each kind.
SOURCES = {
    "planned": "med.budget.month",
    "requested": "purchase.request.line",
    "ordered": "purchase.order.line",
    "spent": "account.analytic.line",
}


class MedBudgetEntry(models.Model):
    """One row is one amount on one budget line: planned, requested, ordered or spent.

    What is planned stands on the first day of each month.

    A request line or order line appears once per cost centre that bears it. Figures of
    budget lines are sums of these rows, and their lists show them.
    """

    _name = "med.budget.entry"
    _description = "Budget Entry"
    _auto = False
    _order = "date desc, id"
    _rec_name = "reference"

    budget_line_id = fields.Many2one("med.budget.line", readonly=True)
    budget_id = fields.Many2one("med.budget", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    analytic_account_id = fields.Many2one(
        "account.analytic.account", string="Cost Centre", readonly=True
    )
    categ_id = fields.Many2one(
        "product.category", string="Product Category", readonly=True
    )
    product_id = fields.Many2one("product.product", readonly=True)
    date = fields.Date(readonly=True)
    reference = fields.Char(readonly=True)
    kind = fields.Selection(
        [
            ("planned", "Planned"),
            ("requested", "Requested"),
            ("ordered", "Ordered"),
            ("spent", "Spent"),
        ],
        readonly=True,
    )
    source_id = fields.Many2oneReference(
        string="Document", model_field="source_model", readonly=True
    )
    source_model = fields.Char(readonly=True)
    amount = fields.Monetary(readonly=True)
    effect = fields.Monetary(
        string="Available",
        readonly=True,
        help="Planned counts up, everything else down: the sum is what is available.",
    )

    @property
    def _table_query(self):
        Line = self.env["med.budget.line"]
        Line._flush_sources()
        return SQL(
            """
            SELECT (entry.source_id::bigint * 1000000 + line.id) * 4 + entry.code AS id,
                   line.id AS budget_line_id,
                   line.budget_id,
                   line.company_id,
                   line.analytic_account_id,
                   line.categ_id,
                   entry.product_id,
                   entry.date,
                   entry.reference,
                   entry.kind,
                   entry.source_id,
                   entry.source_model,
                   entry.amount,
                   CASE WHEN entry.kind = 'planned' THEN entry.amount
                        ELSE -entry.amount END AS effect
              FROM (
                    SELECT kind, source_id, line_id, date, product_id, reference,
                           amount,
                           CASE kind WHEN 'requested' THEN %(request_line)s
                                     WHEN 'ordered' THEN %(order_line)s
                                     ELSE %(item)s END AS source_model,
                           CASE kind WHEN 'requested' THEN 1
                                     WHEN 'ordered' THEN 2 ELSE 3 END AS code
                      FROM (%(entries)s) counted
                 UNION ALL
                    SELECT 'planned', month.id, month.line_id, month.month, NULL,
                           budget.name, month.planned, %(month)s, 0
                      FROM med_budget_month month
                      JOIN med_budget budget ON budget.id = month.budget_id
                   ) entry
              JOIN med_budget_line line ON line.id = entry.line_id
            """,
            entries=Line._entries_query(),
            month=SOURCES["planned"],
            request_line=SOURCES["requested"],
            order_line=SOURCES["ordered"],
            item=SOURCES["spent"],
        )

    def action_open_document(self):
        """The order, request, item or budget behind this amount."""
        self.ensure_one()
        source = self.env[self.source_model].browse(self.source_id)
        document = {
            "med.budget.month": "budget_id",
            "purchase.request.line": "request_id",
            "purchase.order.line": "order_id",
        }.get(self.source_model)
        target = source[document] if document else source
        return {
            "type": "ir.actions.act_window",
            "res_model": target._name,
            "res_id": target.id,
            "view_mode": "form",
            "views": [(False, "form")],
        }
