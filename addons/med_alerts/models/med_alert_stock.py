from contextlib import contextmanager

from odoo import api, models
from odoo.tools import SQL

from ..core.kind import Look

TABLE = "med_alert_stock_now"
LOOK_AT_ALL = Look()


class MedAlertRule(models.Model):
    """Where kinds about the stock of an item get their figures: one row per item and
    place (a department's shelf, a store, the place of a reorder rule), with the places
    inside it.

    Columns: product_id, location_id, department_id, company_id; on_hand, expired, held,
    reserved, pending and usable as in ``product._med_stock``; daily_use; orderpoint_id,
    reorder_point, order_up_to, safety_stock; is_kept (somebody uses it, or a reorder
    rule holds it there); oldest (when the oldest piece there came).
    """

    _inherit = "med.alert.rule"

    @api.model
    def _daily_use_sql(self):
        """Extension point: (product_id, location_id, daily_use), in units per day.

        The ledger's average, as of last night. A forecast knows better.
        """
        return SQL("SELECT product_id, location_id, daily_use FROM med_daily_use")

    @api.model
    def _one_use_sql(self, product, place):
        """SELECT of the daily use of one item in one place."""
        return SQL(
            "SELECT daily_use FROM (%s) used "
            "WHERE product_id = %s AND location_id = %s",
            self._daily_use_sql(),
            product,
            place,
        )

    def _stock_sql(self, look):
        """A table expression of the stock that ``look`` is about."""
        if self.env.context.get("med_alert_stock_table") == look:
            return SQL.identifier(TABLE)
        return SQL("(%s)", self._stock_query(look))

    @contextmanager
    def _stock_at_hand(self, look=LOOK_AT_ALL):
        """Compute the stock of ``look`` once, for all rules that look at it.

        Yields the rules to be asked; the figures are of this moment.
        """
        self._flush_stock()
        cr = self.env.cr
        cr.execute(SQL("DROP TABLE IF EXISTS %s", SQL.identifier(TABLE)))
        # A hospital's stock is large: sums of it are better made in memory.
        cr.execute("SET LOCAL work_mem = '128MB'")
        cr.execute(
            SQL(
                "CREATE TEMP TABLE %s AS %s",
                SQL.identifier(TABLE),
                self._stock_query(look),
            )
        )
        cr.execute(SQL("ANALYZE %s", SQL.identifier(TABLE)))
        try:
            yield self.with_context(med_alert_stock_table=look)
        finally:
            if not cr.closed and cr.connection.get_transaction_status() != 3:
                cr.execute(SQL("DROP TABLE IF EXISTS %s", SQL.identifier(TABLE)))

    @api.model
    def _flush_stock(self):
        """Let the database see what this transaction has written and not flushed."""
        for model in (
            "stock.quant",
            "stock.lot",
            "stock.location",
            "stock.warehouse.orderpoint",
            "stock.move",
            "stock.move.line",
            "med.consumption",
            "med.department",
            "med.daily.use",
            "product.product",
            "product.template",
        ):
            self.env[model].flush_model()

    def _stock_rows(self, look, condition, columns=None):
        """Rows of the stock in the scope of this rule that fulfil ``condition``.

        ``condition`` and ``columns`` (more of them) are SQL about ``stock``.
        """
        return self._fetch(
            SQL(
                "SELECT stock.*%s FROM %s stock WHERE %s AND %s AND %s AND (%s)",
                SQL(", %s", columns) if columns else SQL(),
                self._stock_sql(look),
                self._products_sql(SQL("stock.product_id")),
                self._places_sql(SQL("stock.location_id")),
                self._company_sql(SQL("stock.company_id")),
                condition,
            )
        )
