from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

from ..core.idle import idle_days
from ..core.kind import MORE, Kind, Measure


class MedAlertRule(models.Model):
    """The kind *dead stock*: usable stock of which nothing leaves its place."""

    _inherit = "med.alert.rule"

    kind = fields.Selection(
        selection_add=[("dead_stock", "Nothing of it is used")],
        ondelete={"dead_stock": "cascade"},
    )

    @api.model
    def _kinds(self):
        return {
            **super()._kinds(),
            "dead_stock": Kind(
                worse=MORE, unit="days", touched=True, family="spare", weight=2
            ),
        }

    def _measure_dead_stock(self, look):
        """Days since the last unit left, or since the oldest came if none did.

        What came in lately is new, not dead. Corrections of a count are no use.
        """
        shortest = min(self.level_ids.mapped("threshold"), default=0)
        since = fields.Datetime.now() - timedelta(days=0 if look.full else shortest)
        condition = SQL(
            """
            stock.on_hand > stock.expired AND stock.oldest <= %(since)s
            AND NOT EXISTS (
                SELECT FROM (%(left)s) recent
                WHERE recent.product_id = stock.product_id
                AND recent.shelf_id = stock.location_id
            )
            """,
            since=since,
            left=self._left_sql(since, look),
        )
        rows = self._stock_rows(look, condition)
        last_left = self._last_departures(rows)
        now = fields.Datetime.now()
        products = self.env["product.product"].browse(
            {row["product_id"] for row in rows}
        )
        costs = {product.id: product.standard_price for product in products}
        for row in rows:
            last = last_left.get((row["product_id"], row["location_id"]))
            yield self._dead_measure(row, now, last, costs[row["product_id"]])

    def _left_sql(self, since, look=None):
        """(product_id, shelf_id) of which something left the shelf after ``since``."""
        return SQL(
            """
            SELECT DISTINCT line.product_id, source.shelf_id
            FROM stock_move_line line
            JOIN (%(inside)s) source ON source.place_id = line.location_id
            JOIN stock_location target ON target.id = line.location_dest_id
                AND target.usage != 'inventory'
            LEFT JOIN (%(inside)s) within ON within.place_id = line.location_dest_id
                AND within.shelf_id = source.shelf_id
            WHERE line.state = 'done' AND line.date > %(since)s
            AND within.shelf_id IS NULL AND %(touched)s
            """,
            inside=self._inside_sql(),
            since=since,
            touched=self._touched_sql(SQL("line.product_id"), look),
        )

    def _last_departures(self, rows):
        """``{(product, place): when something left it last}``, naive UTC."""
        if not rows:
            return {}
        found = self._fetch(
            SQL(
                """
                SELECT pair.product_id, pair.shelf_id,
                    (
                        SELECT max(line.date) FROM stock_move_line line
                        JOIN stock_location source ON source.id = line.location_id
                        JOIN stock_location target ON target.id = line.location_dest_id
                        WHERE line.product_id = pair.product_id
                        AND line.state = 'done' AND target.usage != 'inventory'
                        AND source.parent_path LIKE '%%/' || pair.shelf_id || '/%%'
                        AND target.parent_path NOT LIKE '%%/' || pair.shelf_id || '/%%'
                    ) AS last
                FROM unnest(%s::int[], %s::int[]) AS pair (product_id, shelf_id)
                """,
                [row["product_id"] for row in rows],
                [row["location_id"] for row in rows],
            )
        )
        return {(row["product_id"], row["shelf_id"]): row["last"] for row in found}

    def _dead_measure(self, row, now, last, cost):
        days = idle_days(now, row["oldest"], last)
        measure = self._item_measure(row, days)
        return Measure(
            key=measure.key,
            measured=days,
            step=measure.step,
            values=measure.values,
            inputs={
                **measure.inputs,
                "oldest": fields.Datetime.to_string(row["oldest"]),
                "last": fields.Datetime.to_string(last) if last else False,
                "cost": cost,
            },
        )

    def _explain_dead_stock(self, alert):
        inputs = alert.inputs or {}
        words = self._item_words(alert) | {
            "value": alert._format_money(
                (inputs.get("cost") or 0.0) * (inputs.get("usable") or 0.0)
            ),
            "since": alert._format_day(
                fields.Date.to_date(inputs.get("last") or inputs.get("oldest"))
            ),
        }
        if not inputs.get("last"):
            return self.env._(
                "Nothing of %(product)s has ever left %(place)s, where it has been "
                "since %(since)s: %(measured)s days, which is at or above "
                "%(threshold)s.\n"
                "%(usable)s %(unit)s to use, worth %(value)s.",
                **words,
            )
        return self.env._(
            "Nothing of %(product)s has left %(place)s since %(since)s: %(measured)s "
            "days, which is at or above %(threshold)s.\n"
            "%(usable)s %(unit)s to use, worth %(value)s.",
            **words,
        )
