from odoo import api, fields, models
from odoo.tools import SQL


class StockWarehouseOrderpoint(models.Model):
    """The forecast of each place, for whoever asks how much is used a day."""

    _inherit = "stock.warehouse.orderpoint"

    med_daily_forecast = fields.Float(
        string="Forecast a Day",
        digits=(16, 4),
        readonly=True,
        copy=False,
        help="Units of the item used a day, as foreseen in the last night.",
    )

    def _med_keep_forecast(self, daily):
        """Keep the units a day of ``daily``, in the order of these rules."""
        self.env.cr.execute(
            SQL(
                """UPDATE stock_warehouse_orderpoint rule
                      SET med_daily_forecast = round(new.daily, 4)
                     FROM unnest(%s, %s::numeric[]) AS new (id, daily)
                    WHERE rule.id = new.id
                      AND rule.med_daily_forecast IS DISTINCT FROM round(new.daily, 4)
                """,
                self.ids,
                list(daily),
            )
        )
        self.invalidate_recordset(["med_daily_forecast"])


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
