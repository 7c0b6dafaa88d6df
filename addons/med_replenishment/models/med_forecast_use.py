from odoo import api, fields, models
from odoo.tools import SQL

#: A level meant for 95 of 100 times that held less often is told of.
LEAST_COVERAGE = 0.85
#: What each rule keeps of its last computation.
KEPT = (
    "med_daily_forecast",
    "med_backtest_count",
    "med_wape",
    "med_bias",
    "med_coverage",
    "med_forecast_weak",
)


class StockWarehouseOrderpoint(models.Model):
    """The forecast of each place, for whoever asks how much is used a day."""

    _inherit = "stock.warehouse.orderpoint"

    med_daily_forecast = fields.Float(
        string="Forecast a Day",
        digits=(16, 4),
        readonly=True,
        copy=False,
        help="Units of the item used a day, as foreseen in the last night, with what "
        "is announced for the days until the next order but one.",
    )

    med_backtest_count = fields.Integer(
        string="Forecasts Tested",
        readonly=True,
        copy=False,
        help="Past weeks from which the method had to foresee what then came.",
    )
    med_wape = fields.Float(
        string="Error (WAPE)",
        digits=(16, 4),
        readonly=True,
        copy=False,
        aggregator="avg",
        help="How far off the tested forecasts were, as a share of what was used.",
    )
    med_bias = fields.Float(
        string="Bias",
        digits=(16, 4),
        readonly=True,
        copy=False,
        aggregator="avg",
        help="How much too high (or, if negative, too low) they were on the whole.",
    )
    med_coverage = fields.Float(
        string="Within the 95 % Level",
        digits=(16, 4),
        readonly=True,
        copy=False,
        aggregator="avg",
        help="How often what came stayed below the level meant for 95 of 100 times.",
    )
    med_forecast_weak = fields.Boolean(
        string="Forecast Weak",
        readonly=True,
        copy=False,
        index="btree_not_null",
        help="Little history, no test on the past, an error above the one that may be "
        "published by itself (settings), or a 95 % level that held less than 85 of "
        "100 times.",
    )

    def _med_keep_forecast(self, figures):
        """Keep the forecast and its errors: ``figures`` in the order of these rules.

        Each has daily_mean, announced_daily, backtest_count, wape, bias, coverage and
        weak_data, as a proposal has. Rows that say the same already are not written.
        """
        rows = [
            rule._med_forecast_row(vals)
            for rule, vals in zip(self, figures, strict=True)
        ]
        if not rows:
            return
        self.env.cr.execute(
            SQL(
                """UPDATE stock_warehouse_orderpoint rule
                      SET med_daily_forecast = new.daily,
                          med_backtest_count = new.tests, med_wape = new.wape,
                          med_bias = new.bias, med_coverage = new.coverage,
                          med_forecast_weak = new.weak
                     FROM (SELECT id, round(daily, 4) AS daily, tests,
                                  round(wape, 4) AS wape, round(bias, 4) AS bias,
                                  round(coverage, 4) AS coverage, weak
                             FROM unnest(%s, %s::numeric[], %s::int[], %s::numeric[],
                                         %s::numeric[], %s::numeric[], %s::bool[])
                               AS given (id, daily, tests, wape, bias, coverage, weak)
                          ) AS new
                    WHERE rule.id = new.id
                      AND (rule.med_daily_forecast, rule.med_backtest_count,
                           rule.med_wape, rule.med_bias, rule.med_coverage,
                           rule.med_forecast_weak)
                          IS DISTINCT FROM (new.daily, new.tests, new.wape, new.bias,
                                            new.coverage, new.weak)
                """,
                *map(list, zip(*rows, strict=True)),
            )
        )
        self.invalidate_recordset(KEPT)

    def _med_forecast_row(self, vals):
        """The figures of one rule, in the order of the statement."""
        return (
            self.id,
            vals["daily_mean"] + vals["announced_daily"],
            vals["backtest_count"],
            vals["wape"],
            vals["bias"],
            vals["coverage"],
            self._med_is_weak(vals),
        )

    def _med_is_weak(self, vals):
        """Whether a planner should look twice at what the forecast says."""
        if vals["forecast_basis"] == "ended":
            return False
        return bool(
            vals["weak_data"]
            or not vals["backtest_count"]
            or vals["wape"] > self.company_id.med_auto_error
            or 0 < vals["coverage"] < LEAST_COVERAGE
        )


class MedAlertRule(models.Model):
    _inherit = "med.alert.rule"

    @api.model
    def _daily_use_sql(self):
        """The forecast where there is a reorder rule, else the ledger's average."""
        return SQL(
            """
            SELECT average.product_id, average.location_id,
                   coalesce(nullif(rule.med_daily_forecast, 0), average.daily_use)
                       AS daily_use
              FROM (%s) AS average
         LEFT JOIN stock_warehouse_orderpoint rule
                ON rule.product_id = average.product_id
               AND rule.location_id = average.location_id AND rule.active
             UNION ALL
            SELECT rule.product_id, rule.location_id, rule.med_daily_forecast
              FROM stock_warehouse_orderpoint rule
             WHERE rule.active AND rule.med_daily_forecast > 0
               AND NOT EXISTS (
                   SELECT FROM med_daily_use used
                    WHERE used.product_id = rule.product_id
                      AND used.location_id = rule.location_id
               )
            """,
            super()._daily_use_sql(),
        )


class ProductProduct(models.Model):
    _inherit = "product.product"

    def _med_daily_use(self, departments, days=90):
        """The forecast of the departments' shelves knows better than an average."""
        found = super()._med_daily_use(departments, days)
        shelf_of = {
            department.stock_location_id.id: department.id for department in departments
        }
        rules = (
            self.env["stock.warehouse.orderpoint"]
            .sudo()  # an average of a place, whoever asks
            .search_fetch(
                [
                    ("product_id", "in", self.ids),
                    ("location_id", "in", list(shelf_of)),
                    ("med_daily_forecast", ">", 0),
                ],
                ["product_id", "location_id", "med_daily_forecast"],
            )
        )
        for rule in rules:
            key = rule.product_id.id, shelf_of[rule.location_id.id]
            found[key] = rule.med_daily_forecast
        return found

    def _med_use_lumps(self, departments, days=365):
        """A year of demand knows more of rare lines than the ledger's last quarter."""
        found = super()._med_use_lumps(departments)
        self.env["med.demand.day"].flush_model()
        rows = self.env.execute_query(
            SQL(
                """SELECT day.product_id, department.id,
                          sum(day.quantity - day.one_off)::float8,
                          sum((day.quantity - day.one_off) ^ 2)::float8,
                          %(today)s - min(day.date)
                     FROM med_demand_day day
                     JOIN med_department department
                       ON department.stock_location_id = day.location_id
                    WHERE day.product_id = ANY(%(products)s)
                      AND department.id = ANY(%(departments)s)
                      AND day.date >= %(today)s - %(days)s
                 GROUP BY day.product_id, department.id
                   HAVING sum(day.quantity - day.one_off) > 0""",
                products=self.ids,
                departments=departments.ids,
                today=self.env.company._med_day(fields.Datetime.now()),
                days=days,
            )
        )
        return found | {
            (product, department): max(squares / units - units / max(seen, 1), 0.0)
            for product, department, units, squares, seen in rows
        }
