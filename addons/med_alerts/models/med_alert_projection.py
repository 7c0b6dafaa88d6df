import math
from datetime import timedelta

from odoo import fields, models

from ..core.projection import Arrival, projected_stock, runs_out_on
from ..core.shelf_life import Pile

#: How far the chart of an alert looks ahead; days.
DAYS = 30


class MedAlert(models.Model):
    """The stock of the alert's item and place as it will be in the next days."""

    _inherit = "med.alert"

    projection = fields.Json(
        compute="_compute_projection",
        help="Projected stock: daily use from what expires first, deliveries on the "
        "day they are due, lots gone on their date.",
    )

    def _compute_projection(self):
        for alert in self:
            axis = alert.axis
            fits = alert.product_id and alert.location_id and axis in ("item", "lot")
            # Figures of the alert's own place; its readers may know them.
            alert.projection = fits and alert.sudo()._project()

    def _project(self):
        self.ensure_one()
        today = self.company_id._med_day(fields.Datetime.now())
        use = self._daily_use_now()
        piles, arrivals = self._piles_now(today), self._arrivals(today)
        levels = projected_stock(piles, use, arrivals, DAYS)
        empty = runs_out_on(levels)
        # The threshold of a kind that counts what lies there is a line in the chart.
        kind = self.rule_id._kind_facts()
        counts_stock = kind.unit == "quantity" and kind.axis == "item"
        limit = self.threshold if counts_stock and not kind.event else None
        return {
            "days": [
                self._format_day(today + timedelta(days=day)) for day in range(DAYS + 1)
            ],
            "levels": [round(level, 2) for level in levels],
            "threshold": limit,
            "labels": {
                "stock": self.env._("Projected stock"),
                "threshold": self.env._("Threshold"),
            },
            "text": self._say_projection(use, empty, arrivals, today),
        }

    def _say_projection(self, use, empty, arrivals, today):
        words = {
            "use": self._format_quantity(round(use, 2)),
            "unit": self.uom_id.name,
            "coming": self._format_quantity(sum(each.quantity for each in arrivals)),
            "days": DAYS,
        }
        if empty is None:
            return self.env._(
                "At %(use)s %(unit)s a day and with %(coming)s arriving, it lasts for "
                "more than %(days)s days.",
                **words,
            )
        day = self._format_day(today + timedelta(days=empty))
        return self.env._(
            "At %(use)s %(unit)s a day and with %(coming)s arriving, nothing is left "
            "on %(day)s.",
            day=day,
            **words,
        )

    def _daily_use_now(self):
        """The daily use that kinds of alerts reckon with, too."""
        rows = self.rule_id._fetch(
            self.rule_id._one_use_sql(self.product_id.id, self.location_id.id)
        )
        return float(rows[0]["daily_use"]) if rows else 0.0

    def _piles_now(self, today):
        """What may be used here, lot by lot; use that is not posted has left first."""
        quants = self.env["stock.quant"]
        free = quants.search(
            [
                ("product_id", "=", self.product_id.id),
                ("location_id", "child_of", self.location_id.id),
                ("quantity", ">", 0),
                "!",
                "|",
                *quants._med_late_domain(),
                *quants._med_held_domain(),
            ],
            order="expiration_date, id",
        )
        places = self.env["stock.location"].search(
            [("id", "child_of", self.location_id.id)]
        )
        pending = sum(self.product_id._med_pending_use(places).values())
        piles = []
        for quant in free:
            quantity = quant.quantity - quant.reserved_quantity
            used = min(max(pending, 0.0), quantity)
            pending -= used
            ends = quant.expiration_date
            days = (self.company_id._med_day(ends) - today).days if ends else math.inf
            piles.append(Pile(quantity - used, days))
        return piles

    def _arrivals(self, today):
        """Open moves into the place; what is late is taken to come today."""
        moves = self.env["stock.move"].search(
            [
                ("product_id", "=", self.product_id.id),
                ("state", "not in", ("draft", "done", "cancel")),
                ("location_dest_id", "child_of", self.location_id.id),
                "!",
                ("location_id", "child_of", self.location_id.id),
            ]
        )
        arrivals = []
        for move in moves:
            day = (self.company_id._med_day(move.date) - today).days
            arrivals.append(Arrival(move.product_qty, max(day, 0)))
        return arrivals
