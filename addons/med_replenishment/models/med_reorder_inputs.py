from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from odoo import api, models
from odoo.tools import SQL

#: Two years: two times every season, and the weeks that fill them.
HISTORY_DAYS = 735
#: How far ahead announced use is read.
KNOWN_DAYS = 120


@dataclass(frozen=True, slots=True, eq=False)
class Inputs:
    """Everything a computation reads, in the order of ``orderpoints``.

    ``daily`` and ``unseen`` are (orderpoints, days), the last is ``until``;
    ``was_known`` the part of ``daily`` that had been announced; ``known`` is announced
    use from today on, (orderpoints, days). ``roster`` multiplies the forecast where the
    duty roster helps; ``roster_tests`` is ``{row: (WAPE without, WAPE with)}``.
    """

    orderpoints: object
    departments: list
    supplies: list
    policies: list
    needs: list
    review_days: np.ndarray
    daily: np.ndarray
    unseen: np.ndarray
    was_known: np.ndarray | None
    known: np.ndarray
    roster: np.ndarray
    roster_tests: dict
    cost: np.ndarray
    shelf_days: np.ndarray
    until: object


class MedReorderProposal(models.Model):
    """What a computation reads: demand, supply, policy and clinical needs."""

    _inherit = "med.reorder.proposal"

    @api.model
    def _inputs(self, orderpoints, company, today):
        """Read everything for ``orderpoints`` of one company; queries do not grow."""
        departments = self.env["med.department"]._department_of_locations(
            orderpoints.location_id
        )
        supplies = orderpoints._med_supplies()
        policies = self.env["med.service.policy"]._policies_of(orderpoints, departments)
        review = {
            orderpoint: policies[orderpoint].review_days or company.med_review_days
            for orderpoint in orderpoints
        }
        horizon = {
            orderpoint: supplies[orderpoint].lead.mean + review[orderpoint]
            for orderpoint in orderpoints
        }
        needs = self.env["med.special.need"]._needs_of(
            orderpoints, departments, today, horizon
        )
        until = today - timedelta(days=1)
        daily, unseen = self._history(orderpoints, until)
        roster, tests = self.env["med.duty.roster"]._factors_of(
            orderpoints,
            [departments[o.location_id.id] for o in orderpoints],
            daily,
            unseen,
            until,
            [horizon[o] for o in orderpoints],
        )
        was_known, known = self._known_use(orderpoints, until)
        products = orderpoints.product_id.with_company(company)
        cost = {product.id: product.standard_price for product in products}
        return Inputs(
            orderpoints=orderpoints,
            departments=[departments[o.location_id.id] for o in orderpoints],
            supplies=[supplies[o] for o in orderpoints],
            policies=[policies[o] for o in orderpoints],
            needs=[needs[o] for o in orderpoints],
            review_days=np.array([review[o] for o in orderpoints], dtype=float),
            daily=daily,
            unseen=unseen,
            was_known=was_known,
            known=known,
            roster=roster,
            roster_tests=tests,
            cost=np.array([cost[o.product_id.id] for o in orderpoints], dtype=float),
            shelf_days=self._shelf_days(orderpoints),
            until=until,
        )

    @api.model
    def _shelf_days(self, orderpoints):
        """Days a delivery can be used for; without an expiry date endless, (items,)."""
        return np.array(
            [
                float(o.product_id.expiration_time - o.product_id.removal_time)
                if o.product_id.use_expiration_date and o.product_id.expiration_time
                else np.inf
                for o in orderpoints
            ]
        )

    @api.model
    def _known_use(self, orderpoints, until):
        """Announced use: of the past (None where there was none), and from tomorrow on.

        Two arrays (orderpoints, days). A store plans for the departments it supplies.
        The past is taken out of the history that the forecast reads, since what is
        announced is planned by itself; never more than was used on that day.
        """
        start = until - timedelta(days=HISTORY_DAYS - 1)
        row_of = {orderpoint.id: row for row, orderpoint in enumerate(orderpoints)}
        past = np.zeros((len(orderpoints), HISTORY_DAYS), np.float32)
        coming = np.zeros((len(orderpoints), KNOWN_DAYS))
        for id_, state, days, quantities in self.env.execute_query(
            self._known_query(orderpoints, start)
        ):
            row, days, units = row_of[id_], np.array(days), np.array(quantities)
            if state == "done":
                inside = (days >= 0) & (days < HISTORY_DAYS)
                # Each case is a row of its own: some days come more than once.
                np.add.at(past[row], days[inside], units[inside])
            else:
                days = days - HISTORY_DAYS
                inside = (days >= 0) & (days < KNOWN_DAYS)
                np.add.at(coming[row], days[inside], units[inside])
        return (past if past.any() else None), coming

    @api.model
    def _known_query(self, orderpoints, start):
        self.env["med.planned.use"].flush_model()
        return SQL(
            """
            SELECT rule.id, planned.state, array_agg(planned.date - %(start)s::date),
                   array_agg(planned.quantity::float8)
              FROM stock_warehouse_orderpoint rule
              JOIN stock_location place ON place.id = rule.location_id
              JOIN med_planned_use planned ON planned.product_id = rule.product_id
              JOIN med_department department ON department.id = planned.department_id
              JOIN stock_warehouse warehouse ON warehouse.id = department.warehouse_id
         LEFT JOIN stock_location shelf ON shelf.id = department.stock_location_id
             WHERE rule.id = ANY(%(ids)s) AND planned.date >= %(start)s
               AND planned.state IN ('planned', 'done')
               AND (shelf.parent_path LIKE place.parent_path || '%%'
                    OR (warehouse.lot_stock_id = rule.location_id
                        AND department.stock_keeping = 'perpetual'))
          GROUP BY rule.id, planned.state
            """,
            ids=orderpoints.ids,
            start=start,
        )

    @api.model
    def _history(self, orderpoints, until):
        """Demand of the last two years until ``until``, the last whole day.

        Two arrays (orderpoints, days): the quantity, and whether the day says nothing:
        before the first use, or out of stock without a use. One statement for all.
        """
        start = until - timedelta(days=HISTORY_DAYS - 1)
        row_of = {orderpoint.id: row for row, orderpoint in enumerate(orderpoints)}
        daily = np.zeros((len(orderpoints), HISTORY_DAYS), np.float32)
        unseen = np.ones((len(orderpoints), HISTORY_DAYS), dtype=bool)
        for id_, days, quantities, empty in self.env.execute_query(
            self._history_query(orderpoints, start, until)
        ):
            row, days = row_of[id_], np.array(days)
            # A place and the shelves in it: some days come more than once.
            np.add.at(daily[row], days, quantities)
            used = np.flatnonzero(daily[row])
            if len(used):
                unseen[row, used[0] :] = False
                empty = days[np.array(empty)]
                unseen[row, empty] |= daily[row, empty] == 0
        return daily, unseen

    @api.model
    def _history_query(self, orderpoints, start, until):
        """What was asked of each place and the shelves in it, less one-offs."""
        return SQL(
            """
            SELECT rule.id, array_agg(day.date - %(start)s::date),
                   array_agg(day.units), array_agg(day.empty)
              FROM stock_warehouse_orderpoint rule
              JOIN stock_location place ON place.id = rule.location_id
              JOIN stock_location shelf
                ON shelf.parent_path LIKE place.parent_path || '%%'
        CROSS JOIN LATERAL (
                   -- By the index, however long the table: OFFSET forbids a full scan.
                   SELECT date, stockout AND location_id = rule.location_id AS empty,
                          (coalesce(quantity, 0) - coalesce(one_off, 0))::float8
                              AS units
                     FROM med_demand_day
                    WHERE product_id = rule.product_id AND location_id = shelf.id
                      AND date BETWEEN %(start)s AND %(until)s
                   OFFSET 0
              ) AS day
             WHERE rule.id = ANY(%(ids)s)
          GROUP BY rule.id
            """,
            ids=orderpoints.ids,
            start=start,
            until=until,
        )
