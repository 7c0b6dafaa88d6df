from datetime import timedelta

import numpy as np

from odoo import api, fields, models
from odoo.tools import SQL, split_every

from ..core.forecast import DAYS, forecast, weekly_use
from ..core.reorder_point import Varying, policy

#: Two years: two times every season.
HISTORY_DAYS = 728
#: Reorder rules that are computed, and committed, together.
BATCH = 2500


class MedReorderProposal(models.Model):
    """The nightly computation: demand and lead times in, proposals out."""

    _inherit = "med.reorder.proposal"

    @api.model
    def _cron_propose(self):
        """Every night: bring demand up to date, publish what is approved, propose."""
        cron = self.env["ir.cron"]
        orderpoints = self.env["stock.warehouse.orderpoint"].search(
            [("product_id.active", "=", True)]
        )
        cron._commit_progress(remaining=len(orderpoints) + 1)
        self.env["med.demand.day"]._refresh()
        self.env["med.demand.day"]._mark_stockouts(orderpoints)
        self._publish_approved()
        cron._commit_progress(1)
        for ids in split_every(BATCH, orderpoints.ids):
            self._propose(orderpoints.browse(ids))
            if not cron._commit_progress(len(ids)):
                break

    @api.model
    def _propose(self, orderpoints):
        """Propose levels for ``orderpoints``; returns the new proposals.

        What nobody has decided is replaced; what is approved is left until it is
        published. No proposal is made where the figures are what holds already, or
        what was rejected last.
        """
        waiting = self.search(
            [("orderpoint_id", "in", orderpoints.ids), ("state", "=", "approved")]
        )
        proposals = self.browse()
        for company, ours in (
            (orderpoints - waiting.orderpoint_id).grouped("company_id").items()
        ):
            for ids in split_every(BATCH, ours.ids):
                batch = self.with_company(company)
                proposals |= batch._propose_batch(ours.browse(ids))
        return proposals

    def _propose_batch(self, orderpoints):
        company = orderpoints.company_id
        today = company._med_day(fields.Datetime.now())
        figures = self._compute_figures(orderpoints, company, today)
        departments = self.env["med.department"]._department_of_locations(
            orderpoints.location_id
        )
        values = [
            {
                **figures[orderpoint],
                "orderpoint_id": orderpoint.id,
                "company_id": company.id,
                "product_id": orderpoint.product_id.id,
                "location_id": orderpoint.location_id.id,
                "department_id": departments[orderpoint.location_id.id].id,
                "date": today,
                "current_min": orderpoint.product_min_qty,
                "current_max": orderpoint.product_max_qty,
            }
            for orderpoint in orderpoints
        ]
        rejected = self._rejected_last(orderpoints)
        self.search(
            [("orderpoint_id", "in", orderpoints.ids), ("state", "=", "proposed")]
        ).unlink()
        return self.create([vals for vals in values if self._is_news(vals, rejected)])

    def _compute_figures(self, orderpoints, company, today):
        """Everything computed about each reorder rule: ``{orderpoint: values}``."""
        until = today - timedelta(days=1)
        supplies = list(orderpoints._med_supplies().values())
        daily, unseen = self._history(orderpoints, until)
        weekly = weekly_use(daily, unseen)
        lead = Varying(
            np.array([supply.lead.mean for supply in supplies]),
            np.array([supply.lead.deviation for supply in supplies]),
        )
        review = company.med_review_days
        horizon = np.ceil(np.maximum((lead.mean + review) / DAYS, 1)).astype(int)
        foreseen = forecast(weekly, horizon)
        service = np.array(
            [company._med_service_level(o.product_id.med_ved) for o in orderpoints]
        )
        levels = policy(
            Varying(foreseen.mean, foreseen.deviation),
            lead,
            review,
            service,
            np.array([supply.pack for supply in supplies]),
            np.array([supply.least for supply in supplies]),
        )
        return {
            orderpoint: self._prepare_figures(orderpoint, supply, foreseen, levels, row)
            | {
                "history_days": int((~unseen[row]).sum()),
                "history_until": until,
                "backtest_weeks": int(horizon[row]),
                "review_days": review,
                "service_level": float(service[row]),
            }
            for row, (orderpoint, supply) in enumerate(
                zip(orderpoints, supplies, strict=True)
            )
        }

    def _prepare_figures(self, orderpoint, supply, foreseen, levels, row):
        problem = self._problem(supply, int(foreseen.weeks[row]))
        tested = bool(np.isfinite(foreseen.wape[row]))
        figures = {
            "problem": problem,
            "daily_mean": float(foreseen.mean[row]),
            "daily_sigma": float(foreseen.deviation[row]),
            "forecast_method": "mean" if foreseen.weak[row] else "ses",
            "weak_data": bool(foreseen.weak[row]),
            "backtest_count": int(foreseen.origins[row]) if tested else 0,
            "wape": float(foreseen.wape[row]) if tested else 0.0,
            "bias": float(foreseen.bias[row]) if tested else 0.0,
            "lead_days": supply.lead.mean,
            "lead_sigma": supply.lead.deviation,
            "lead_promised": supply.promised,
            "lead_receipts": supply.receipts,
            "pack": supply.pack,
            "least_order": supply.least,
            "reorder_point": orderpoint.product_min_qty,
            "order_up_to": orderpoint.product_max_qty,
        }
        if not problem:
            top = float(levels.order_up_to[row])
            change = top - orderpoint.product_max_qty
            figures |= {
                "safety_stock": float(levels.safety_stock[row]),
                "reorder_point": float(levels.reorder_point[row]),
                "order_up_to": top,
                "value_change": change * orderpoint.product_id.standard_price,
            }
        return figures

    @api.model
    def _problem(self, supply, weeks):
        if not supply.known:
            return "no_supplier"
        return False if weeks else "no_history"

    @api.model
    def _history(self, orderpoints, until):
        """Demand of the last two years until ``until``, the last whole day.

        Two arrays (orderpoints, days): the quantity, and whether the day says nothing:
        before the first use, or out of stock without a use. One statement for all.
        """
        start = until - timedelta(days=HISTORY_DAYS - 1)
        row_of = {orderpoint.id: row for row, orderpoint in enumerate(orderpoints)}
        daily = np.zeros((len(orderpoints), HISTORY_DAYS))
        unseen = np.ones((len(orderpoints), HISTORY_DAYS), dtype=bool)
        for id_, days, quantities, empty in self.env.execute_query(
            self._history_query(orderpoints, start, until)
        ):
            row, days = row_of[id_], np.array(days)
            daily[row, days] = quantities
            used = days[daily[row, days] != 0]
            if len(used):
                unseen[row, used.min() :] = False
                unseen[row, days] |= np.array(empty) & (daily[row, days] == 0)
        return daily, unseen

    @api.model
    def _history_query(self, orderpoints, start, until):
        return SQL(
            """
            SELECT id, array_agg(date - %(start)s::date), array_agg(quantity),
                   array_agg(stockout)
              FROM (
                SELECT rule.id, day.date, coalesce(sum(day.quantity), 0)::float8
                           AS quantity,
                       bool_or(day.stockout AND day.location_id = rule.location_id)
                           AS stockout
                  FROM stock_warehouse_orderpoint rule
                  JOIN stock_location place ON place.id = rule.location_id
                  JOIN med_demand_day day ON day.product_id = rule.product_id
                  JOIN stock_location shelf
                    ON shelf.id = day.location_id
                   AND shelf.parent_path LIKE place.parent_path || '%%'
                 WHERE rule.id = ANY(%(ids)s)
                   AND day.date BETWEEN %(start)s AND %(until)s
              GROUP BY rule.id, day.date
              ) AS demand
          GROUP BY id
            """,
            ids=orderpoints.ids,
            start=start,
            until=until,
        )

    @api.model
    def _rejected_last(self, orderpoints):
        """What planners did not want: ``{orderpoint id: (reorder point, maximum)}``."""
        rejected = self.search_fetch(
            [
                ("orderpoint_id", "in", orderpoints.ids),
                ("state", "=", "rejected"),
                ("rejection", "=", "planner"),
            ],
            ["orderpoint_id", "reorder_point", "order_up_to"],
            order="id",
        )
        return {p.orderpoint_id.id: (p.reorder_point, p.order_up_to) for p in rejected}

    @api.model
    def _is_news(self, vals, rejected):
        """Whether there is something to decide, or a problem to mend."""
        if vals["problem"]:
            return True
        levels = vals["reorder_point"], vals["order_up_to"]
        if levels == (vals["current_min"], vals["current_max"]):
            return False
        return levels != rejected.get(vals["orderpoint_id"])
