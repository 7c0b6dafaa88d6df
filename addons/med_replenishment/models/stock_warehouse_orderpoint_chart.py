from datetime import timedelta
from math import sqrt

import numpy as np

from odoo import api, fields, models
from odoo.tools import SQL
from odoo.tools.misc import format_date

from ..core.announced import LATELY
from ..core.projection import Batch, project

PAST_WEEKS = 52
COMING_WEEKS = 13
#: Nine of ten weeks lie between the ends of the band.
BAND = 1.645


class StockWarehouseOrderpoint(models.Model):
    """The picture behind a number, and the sentence that goes with it."""

    _inherit = "stock.warehouse.orderpoint"

    med_chart = fields.Json(string="Use and Stock", compute="_compute_med_chart")
    med_story = fields.Text(
        string="How the Levels Came About", compute="_compute_med_story"
    )

    @api.depends("product_min_qty", "product_max_qty", "product_id", "location_id")
    @api.depends_context("lang")
    def _compute_med_chart(self):
        for orderpoint in self:
            known = orderpoint.product_id and orderpoint.location_id
            # Whoever may read a reorder rule may see what it follows from.
            orderpoint.med_chart = known and orderpoint.sudo()._origin._med_picture()

    @api.depends("product_min_qty", "product_max_qty", "med_locked_until")
    @api.depends_context("lang")
    def _compute_med_story(self):
        last = self.sudo()._med_last_proposals()  # as above
        for orderpoint in self:
            orderpoint.med_story = orderpoint._med_tell(last.get(orderpoint._origin.id))

    def action_med_explain(self):
        """Open the picture, from the list."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Use, Forecast and Stock"),
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "views": [
                (
                    self.env.ref(
                        "med_replenishment.stock_warehouse_orderpoint_view_explain"
                    ).id,
                    "form",
                )
            ],
            "target": "new",
        }

    def _med_last_proposals(self):
        """The newest computation of each that is not refused: ``{id: proposal}``."""
        return self.env["med.reorder.proposal"]._last_of(
            self._origin, SQL("problem IS NULL"), SQL("orderpoint_id, id DESC")
        )

    def _med_tell(self, proposal):
        lines = [self._med_tell_lock(), self._med_tell_origin(proposal)]
        if proposal:
            lines.append(proposal.with_env(self.env).sudo().explanation)
        return "\n".join(line for line in lines if line)

    def _med_tell_lock(self):
        if not self.med_locked:
            return ""
        return self.env._(
            "Locked until %(day)s: %(reason)s.",
            day=format_date(self.env, self.med_locked_until),
            reason=self.med_lock_reason or "…",
        )

    def _med_tell_origin(self, proposal):
        """Whether what holds is what was computed, or else what became of that."""
        if not proposal:
            return self.env._(
                "Nothing has been computed for this reorder rule yet: its minimum and "
                "maximum were set by hand."
            )
        number = proposal.with_env(self.env)._number
        figures = {
            "day": format_date(self.env, proposal.date),
            "low": number(self.product_min_qty),
            "top": number(self.product_max_qty),
            "new_low": number(proposal.reorder_point),
            "new_top": number(proposal.order_up_to),
        }
        if proposal.state == "published" and proposal._is_what_holds():
            return self.env._("Computed on %(day)s and published:", **figures)
        if proposal.state in ("proposed", "approved"):
            return self.env._(
                "%(low)s to %(top)s hold. Computed on %(day)s and waiting for a "
                "decision is %(new_low)s to %(new_top)s:",
                **figures,
            )
        return self.env._(
            "What holds was set otherwise: %(low)s to %(top)s. Computed on %(day)s was "
            "%(new_low)s to %(new_top)s:",
            **figures,
        )

    def _med_picture(self):
        """Past use, forecast with its band, stock to come, deliveries, dates."""
        self.ensure_one()
        today = self.company_id._med_day(fields.Datetime.now())
        proposal = self._med_last_proposals().get(self.id)
        daily = proposal.daily_mean if proposal else 0.0
        use = [daily + units for units in self._med_announced(today, proposal)]
        deliveries = self._med_deliveries(today)
        piles = self._med_piles(today)
        days = project(
            [
                *(Batch(pile["quantity"], 0, pile["day"]) for pile in piles),
                *(Batch(d["quantity"], d["day"]) for d in deliveries),
            ],
            use,
        )
        waiting = proposal and proposal.state == "proposed"
        return {
            "unit": self.product_uom.name,
            "past": self._med_past_weeks(today),
            "coming": self._med_coming_weeks(proposal, today, use, days)
            if proposal
            else [],
            "stock_now": sum(pile["quantity"] for pile in piles),
            "reorder_point": self.product_min_qty,
            "order_up_to": self.product_max_qty,
            "proposed": waiting and [proposal.reorder_point, proposal.order_up_to],
            "deliveries": [self._med_event(d, today) for d in deliveries],
            "expiries": [
                {"date": str(today + timedelta(days=day)), "quantity": outcome.expired}
                for day, outcome in enumerate(days)
                if outcome.expired > 0
            ],
        }

    def _med_announced(self, today, proposal):
        """Units on top of the forecast on each of the days shown."""
        days = 7 * COMING_WEEKS
        if not proposal:
            return [0.0] * days
        until = today - timedelta(days=1)
        Proposal = self.env["med.reorder.proposal"]
        cases, _by_hand, coming = Proposal._known_use(self, until)
        covered = proposal.interval_days
        told = Proposal._told(self, until, np.array([covered]))[0]
        # Beyond the days to cover, lists will come as they came of late.
        later = np.arange(days) >= covered
        usual = told * cases[0, -LATELY:].sum() / LATELY
        known = np.where(later, np.maximum(coming[0, :days], usual), coming[0, :days])
        return (known + proposal.need_extra).tolist()

    @api.model
    def _med_coming_weeks(self, proposal, today, use, days):
        """Forecast a week with its band, and the stock at its end."""
        band = BAND * proposal.daily_sigma * sqrt(7)
        weeks = [sum(use[7 * week : 7 * week + 7]) for week in range(COMING_WEEKS)]
        return [
            {
                "date": str(today + timedelta(days=7 * week)),
                "mean": used,
                "low": max(used - band, 0.0),
                "high": used + band,
                "stock": days[7 * week + 6].stock,
            }
            for week, used in enumerate(weeks)
        ]

    @api.model
    def _med_event(self, delivery, today):
        return {
            "date": str(today + timedelta(days=delivery["day"])),
            "quantity": delivery["quantity"],
            "name": delivery["name"],
        }

    def _med_past_weeks(self, today):
        """Units a week before today, the oldest first, with days out of stock."""
        start = today - timedelta(days=7 * PAST_WEEKS)
        rows = self.env["med.demand.day"]._read_group(
            [
                ("product_id", "=", self.product_id.id),
                ("location_id", "child_of", self.location_id.id),
                ("date", ">=", start),
                ("date", "<", today),
            ],
            ["date:day"],
            ["quantity:sum", "one_off:sum", "stockout:bool_or"],
        )
        weeks = [
            {
                "date": str(start + timedelta(days=7 * week)),
                "quantity": 0.0,
                "one_off": 0.0,
                "out": 0,
            }
            for week in range(PAST_WEEKS)
        ]
        for day, quantity, one_off, out in rows:
            day = fields.Date.to_date(day)
            week = weeks[(day - start).days // 7]
            week["quantity"] += quantity - one_off
            week["one_off"] += one_off
            week["out"] += bool(out)
        return weeks

    def _med_piles(self, today):
        """What is usable, by the day on which it must leave the shelf."""
        quants = self.env["stock.quant"]
        domain = [
            ("product_id", "=", self.product_id.id),
            ("location_id", "child_of", self.location_id.id),
        ]
        groups = quants._read_group(domain, ["removal_date:day"], ["quantity:sum"])
        usable = self._med_usable()[self]
        left = usable.usable + usable.reserved
        piles = []
        for day, quantity in groups:
            days = day and (fields.Date.to_date(day) - today).days
            if day and days < 0:
                continue
            taken = min(quantity, left)
            left -= taken
            if taken > 0:
                piles.append({"quantity": taken, "day": days if day else None})
        return piles

    def _med_deliveries(self, today):
        """Open moves into the place: what, when, from where."""
        moves = self.env["stock.move"].search(
            [
                ("product_id", "=", self.product_id.id),
                ("state", "not in", ("draft", "done", "cancel")),
                ("location_dest_id", "child_of", self.location_id.id),
                "!",
                ("location_id", "child_of", self.location_id.id),
            ],
            order="date",
        )
        return [
            {
                "day": max((fields.Date.to_date(move.date) - today).days, 0),
                "quantity": move.product_qty,
                "name": move.reference or move.origin or "",
            }
            for move in moves
        ]
