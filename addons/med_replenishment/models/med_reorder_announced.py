from datetime import timedelta

import numpy as np

from odoo import api, models
from odoo.tools import SQL

from ..core.announced import LATELY, REACH, expected
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
        """What was and is announced for each place, the day after ``until`` first.

        Two arrays (orderpoints, days) of the past and of the time to come, and units a
        day (orderpoints,) that cases of the last quarter announced: these come again,
        what somebody enters by hand does not. A store plans for the departments it
        supplies.
        """
        start = until - timedelta(days=HISTORY_DAYS - 1)
        row_of = {orderpoint.id: row for row, orderpoint in enumerate(orderpoints)}
        past = np.zeros((len(orderpoints), HISTORY_DAYS), np.float32)
        coming = np.zeros((len(orderpoints), KNOWN_DAYS))
        usual = np.zeros(len(orderpoints))
        for id_, state, by_case, days, quantities in self.env.execute_query(
            self._known_query(orderpoints, start)
        ):
            row, days, units = row_of[id_], np.array(days), np.array(quantities)
            if state == "done":
                inside = (days >= 0) & (days < HISTORY_DAYS)
                # Each case is a row of its own: some days come more than once.
                np.add.at(past[row], days[inside], units[inside])
                if by_case:
                    late = inside & (days >= HISTORY_DAYS - LATELY)
                    usual[row] = units[late].sum() / LATELY
            else:
                days = days - HISTORY_DAYS
                inside = (days >= 0) & (days < KNOWN_DAYS)
                np.add.at(coming[row], days[inside], units[inside])
        return past, coming, usual

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
        days): what is announced, what lists to come will announce, what needs add."""
        extra = np.array([need.extra for need in inputs.needs], float)
        return expected(inputs.known, inputs.usual_known, days) + extra[:, None]
