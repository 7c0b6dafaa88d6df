from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from odoo import api, models
from odoo.tools import SQL

#: Two years: two times every season, and the weeks that fill them.
HISTORY_DAYS = 735


@dataclass(frozen=True, slots=True, eq=False)
class Inputs:
    """Everything a computation reads, in the order of ``orderpoints``.

    ``daily`` and ``unseen`` are (orderpoints, days), the last is ``until``;
    ``inherited`` tells where they begin with those of the item replaced. ``was_known``
    is the part of ``daily`` that had been announced, as far as it is announced again;
    ``known`` is announced use from today on, (orderpoints, days). ``roster`` multiplies
    the forecast where the duty roster helps; ``roster_tests`` is
    ``{row: (WAPE without, WAPE with)}``.
    """

    orderpoints: object
    departments: list
    supplies: list
    policies: list
    needs: list
    review_days: np.ndarray
    daily: np.ndarray
    unseen: np.ndarray
    inherited: np.ndarray
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
        places = [departments[o.location_id.id] for o in orderpoints]
        daily, unseen, inherited = self._history(orderpoints, until)
        roster, tests = self.env["med.duty.roster"]._factors_of(
            orderpoints,
            places,
            daily,
            unseen,
            until,
            [horizon[o] for o in orderpoints],
        )
        known = self._known_use(orderpoints, until)
        days = np.array([max(round(horizon[o]), 1) for o in orderpoints], int)
        told = self._told(orderpoints, until, days)
        products = orderpoints.product_id.with_company(company)
        cost = {product.id: product.standard_price for product in products}
        return Inputs(
            orderpoints=orderpoints,
            departments=places,
            supplies=[supplies[o] for o in orderpoints],
            policies=[policies[o] for o in orderpoints],
            needs=[needs[o] for o in orderpoints],
            review_days=np.array([review[o] for o in orderpoints], dtype=float),
            daily=daily,
            unseen=unseen,
            inherited=inherited,
            was_known=self._taken_out(daily, known, places, told),
            known=known[2],
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
    def _history(self, orderpoints, until):
        """Demand of the last two years until ``until``, the last whole day.

        Two arrays (orderpoints, days): the quantity, and whether the day says nothing:
        before the first use, or out of stock without a use. An item that takes the
        place of another begins with the history of that one; the third array tells
        which do. Two statements for all.
        """
        daily, unseen = self._history_of(orderpoints, until)
        heirs = [o.product_id.med_predecessor_id.id for o in orderpoints]
        inherited = np.zeros(len(orderpoints), bool)
        if any(heirs):
            before, hidden = self._history_of(orderpoints, until, heirs)
            inherited = np.array(heirs, bool) & ~hidden.all(1)
            first = inherited[:, None] & (np.cumsum(~unseen, axis=1) == 0)
            daily = np.where(first, before, daily)
            unseen = np.where(first, hidden, unseen)
        return daily, unseen, inherited

    @api.model
    def _history_of(self, orderpoints, until, products=None):
        """Of the rules' own products or of others (ids) at the same places."""
        start = until - timedelta(days=HISTORY_DAYS - 1)
        row_of = {orderpoint.id: row for row, orderpoint in enumerate(orderpoints)}
        daily = np.zeros((len(orderpoints), HISTORY_DAYS), np.float32)
        unseen = np.ones((len(orderpoints), HISTORY_DAYS), dtype=bool)
        if products is None:
            products = [orderpoint.product_id.id for orderpoint in orderpoints]
        for id_, days, quantities, empty in self.env.execute_query(
            self._history_query(orderpoints, products, start, until)
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
    def _history_query(self, orderpoints, products, start, until):
        """What was asked of each place and the shelves in it, less one-offs: of
        ``products``, one id (or none) a rule. Of an item, no rule is needed.
        """
        return SQL(
            """
            SELECT rule.id, array_agg(day.date - %(start)s::date),
                   array_agg(day.units), array_agg(day.empty)
              FROM unnest(%(ids)s, %(products)s::int[]) AS wanted (id, product_id)
              JOIN stock_warehouse_orderpoint rule ON rule.id = wanted.id
              JOIN stock_location place ON place.id = rule.location_id
              JOIN stock_location shelf
                ON shelf.parent_path LIKE place.parent_path || '%%'
        CROSS JOIN LATERAL (
                   -- By the index, however long the table: OFFSET forbids a full scan.
                   SELECT date, stockout AND location_id = rule.location_id AS empty,
                          (coalesce(quantity, 0) - coalesce(one_off, 0))::float8
                              AS units
                     FROM med_demand_day
                    WHERE product_id = wanted.product_id AND location_id = shelf.id
                      AND date BETWEEN %(start)s AND %(until)s
                   OFFSET 0
              ) AS day
          GROUP BY rule.id
            """,
            ids=orderpoints.ids,
            products=[product or None for product in products],
            start=start,
            until=until,
        )
