from datetime import timedelta

import numpy as np

from odoo import api, models
from odoo.tools import SQL

from ..core.announced import LATELY, REACH, share_told, taken_up
from .med_reorder_inputs import HISTORY_DAYS

#: How far ahead announced use is read.
KNOWN_DAYS = 120
#: A department that counts its shelf records use on the day of the count.
COUNTED_REACH = 35


class MedReorderProposal(models.Model):
    """Announced use, of the past and of the time to come."""

    _inherit = "med.reorder.proposal"

    @api.model
    def _known_use(self, orderpoints, until):
        """What was and is announced for each place, from the day after ``until`` on.

        Arrays (orderpoints, days): what cases announced in the past, what was entered
        by hand, and what both announce for the time to come. A store plans for the
        departments it supplies.
        """
        start = until - timedelta(days=HISTORY_DAYS - 1)
        row_of = {orderpoint.id: row for row, orderpoint in enumerate(orderpoints)}
        cases, by_hand = np.zeros((2, len(orderpoints), HISTORY_DAYS), np.float32)
        coming = np.zeros((len(orderpoints), KNOWN_DAYS))
        for id_, state, by_case, days, quantities in self.env.execute_query(
            self._known_query(orderpoints, start)
        ):
            row, days, units = row_of[id_], np.array(days), np.array(quantities)
            if state == "done":
                past = cases if by_case else by_hand
                _add(past[row], days, units)
            else:
                _add(coming[row], days - HISTORY_DAYS, units)
        return cases, by_hand, coming

    @api.model
    def _taken_out(self, daily, known, places, told):
        """The part of the past that the forecast does not read, (orderpoints, days)."""
        cases, by_hand, _coming = known
        if not (cases.any() or by_hand.any()):
            return None
        reach = self._reach(places)
        hand = taken_up(daily, by_hand, reach)
        rest = taken_up(daily - hand, cases, reach)
        return hand + told[:, None].astype(np.float32) * rest

    @api.model
    def _told(self, orderpoints, until, days):
        """Share of what cases use in the next ``days`` that is on a list already."""
        lists = {
            id_: (coming, usual)
            for id_, coming, usual in self.env.execute_query(
                self._lists_query(orderpoints, until)
            )
        }
        coming = np.zeros((len(orderpoints), KNOWN_DAYS))
        usual = np.zeros(len(orderpoints))
        for row, orderpoint in enumerate(orderpoints):
            ahead, late = lists.get(orderpoint.location_id.id, ((), 0))
            ahead = np.array([day for day in ahead if day is not None], int)
            _add(coming[row], ahead, np.ones(len(ahead)))
            usual[row] = late / LATELY
        return share_told(coming, usual, days)

    @api.model
    def _lists_query(self, orderpoints, until):
        """Days ahead of the lines on the list of each place, and how many of late."""
        return SQL(
            """
            SELECT place.id,
                   array_agg(planned.date - %(until)s::date - 1)
                       FILTER (WHERE planned.state = 'planned'),
                   count(*) FILTER (WHERE planned.state = 'done')
              FROM stock_location place
              JOIN med_department department ON TRUE
              JOIN stock_warehouse warehouse ON warehouse.id = department.warehouse_id
         LEFT JOIN stock_location shelf ON shelf.id = department.stock_location_id
              JOIN med_planned_use planned ON planned.department_id = department.id
             WHERE place.id = ANY(%(places)s) AND planned.case_id IS NOT NULL
               AND (shelf.parent_path LIKE place.parent_path || '%%'
                    OR (warehouse.lot_stock_id = place.id
                        AND department.stock_keeping = 'perpetual'))
               AND ((planned.state = 'planned' AND planned.date > %(until)s)
                    OR (planned.state = 'done' AND planned.date <= %(until)s
                        AND planned.date > %(until)s::date - %(lately)s))
          GROUP BY place.id
            """,
            places=orderpoints.location_id.ids,
            until=until,
            lately=LATELY,
        )

    @api.model
    def _known_query(self, orderpoints, start):
        """Planned use by rule; of the past also that of the item it replaces."""
        self.env["med.planned.use"].flush_model()
        return SQL(
            """
            SELECT rule.id, planned.state, planned.case_id IS NOT NULL,
                   array_agg(planned.date - %(start)s::date),
                   array_agg(planned.quantity::float8)
              FROM stock_warehouse_orderpoint rule
              JOIN stock_location place ON place.id = rule.location_id
              JOIN product_product product ON product.id = rule.product_id
              JOIN product_template template ON template.id = product.product_tmpl_id
        CROSS JOIN LATERAL (
                   VALUES (rule.product_id, FALSE), (template.med_predecessor_id, TRUE)
              ) AS item (product_id, replaced)
              JOIN med_planned_use planned
                ON planned.product_id = item.product_id
               AND (planned.state = 'done' OR NOT item.replaced)
              JOIN med_department department ON department.id = planned.department_id
              JOIN stock_warehouse warehouse ON warehouse.id = department.warehouse_id
         LEFT JOIN stock_location shelf ON shelf.id = department.stock_location_id
             WHERE rule.id = ANY(%(ids)s) AND planned.date >= %(start)s
               AND planned.state IN ('planned', 'done')
               AND (shelf.parent_path LIKE place.parent_path || '%%'
                    OR (warehouse.lot_stock_id = rule.location_id
                        AND department.stock_keeping = 'perpetual'))
          GROUP BY rule.id, planned.state, planned.case_id IS NOT NULL
            """,
            ids=orderpoints.ids,
            start=start,
        )

    @api.model
    def _reach(self, departments):
        """Days within which use is recorded after it was announced, (orderpoints,)."""
        return np.array(
            [
                REACH if department.stock_keeping != "counted" else COUNTED_REACH
                for department in departments
            ],
            int,
        )

    @api.model
    def _coming_use(self, inputs, days):
        """Use of the coming ``days`` that is on top of the forecast, (orderpoints,
        days): what is announced, and what clinical needs add."""
        extra = np.array([need.extra for need in inputs.needs], float)
        coming = np.zeros((len(extra), days))
        width = min(days, KNOWN_DAYS)
        coming[:, :width] = inputs.known[:, :width]
        return coming + extra[:, None]


def _add(row, days, units):
    """Add ``units`` to their ``days`` of ``row``; some days come more than once."""
    inside = (days >= 0) & (days < len(row))
    np.add.at(row, days[inside], units[inside])
