from odoo import api, models
from odoo.tools import SQL

#: Who asks again within so many days meant the same need; only the last one counts.
ASKED_AGAIN_DAYS = 7


class MedDemandDay(models.Model):
    """What use alone does not tell: requests in vain, and substitutes."""

    _inherit = "med.demand.day"

    @api.model
    def _unserved_query(self):
        """Requests that ended without being served, for the shelf and its store.

        Approved less issued; what the manager cut was no need, nor what was given up
        because it was not needed or because something else was taken: only what was not
        in stock counts. Where every use is reported, a request is for the shelf and its
        use counts by itself: so it counts only when the shelf was empty in the week
        after. What was asked again within that week counts there.
        """
        return SQL(
            """
            SELECT lost.company_id, lost.product_id, place.id AS location_id, lost.date,
                   lost.quantity, lost.changed
              FROM (
                SELECT request.company_id, asked.product_id, asked.department_id,
                       (request.asked_at AT TIME ZONE 'UTC' AT TIME ZONE zone.tz)::date
                           AS date,
                       asked.approved_qty - asked.issued_qty AS quantity,
                       greatest(request.write_date, asked.write_date) AS changed,
                       FALSE AS historical
                  FROM med_requisition_line asked
                  JOIN med_requisition request ON request.id = asked.requisition_id
                  JOIN zone ON zone.company_id = request.company_id
                 WHERE request.state IN ('issued', 'received', 'cancelled')
                   AND request.approved_at IS NOT NULL AND request.kind = 'store'
                   AND coalesce(request.closing_kind, CASE request.state
                       WHEN 'cancelled' THEN 'not_needed' ELSE 'not_in_stock' END
                   ) = 'not_in_stock'
                   AND asked.approved_qty > asked.issued_qty
                   AND NOT EXISTS (
                       SELECT FROM med_requisition_line again
                         JOIN med_requisition later ON later.id = again.requisition_id
                        WHERE again.product_id = asked.product_id
                          AND later.department_id = request.department_id
                          AND later.id <> request.id
                          AND later.state NOT IN ('draft', 'refused')
                          AND later.asked_at BETWEEN request.asked_at
                              AND request.asked_at + make_interval(days => %(days)s)
                   )
                 UNION ALL
                SELECT history.company_id, history.product_id, history.department_id,
                       (history.event_time AT TIME ZONE 'UTC'
                        AT TIME ZONE zone.tz)::date,
                       history.asked - history.quantity, history.write_date, TRUE
                  FROM med_history history
                  JOIN zone ON zone.company_id = history.company_id
                 WHERE history.kind = 'requisition'
                   AND history.consumption_id IS NOT NULL
                   AND history.asked > history.quantity
              ) AS lost
              JOIN med_department department ON department.id = lost.department_id
              JOIN stock_warehouse warehouse ON warehouse.id = department.warehouse_id
              JOIN stock_location place
                ON place.id IN (department.stock_location_id, warehouse.lot_stock_id)
             WHERE department.stock_keeping <> 'perpetual' OR lost.historical
                OR EXISTS (
                   SELECT FROM med_demand_day empty
                    WHERE empty.product_id = lost.product_id
                      AND empty.location_id = department.stock_location_id
                      AND empty.stockout
                      AND empty.date BETWEEN lost.date AND lost.date + %(days)s
                ) OR EXISTS (
                   SELECT FROM found_nothing
                    WHERE found_nothing.product_id = lost.product_id
                      AND found_nothing.location_id = department.stock_location_id
                      AND found_nothing.date BETWEEN lost.date
                          AND lost.date + %(days)s
                )
            """,
            days=ASKED_AGAIN_DAYS,
        )

    @api.model
    def _credit_query(self):
        """Substitutes: plus for the item asked for, minus for the one that stood in.

        On the day of the issue, for the shelf and for the store. Where issue is use the
        shelf keeps nothing, so only the store has rows.
        """
        return SQL(
            """
            SELECT moved.company_id, item.product_id, place.id AS location_id,
                   moved.date, item.quantity, moved.changed
              FROM (
                SELECT line.company_id, asked.product_id AS asked_id,
                       line.product_id AS issued_id, request.department_id,
                       (line.date AT TIME ZONE 'UTC' AT TIME ZONE zone.tz)::date
                           AS date,
                       line.quantity_product_uom * CASE
                           WHEN move.origin_returned_move_id IS NULL THEN 1 ELSE -1
                       END AS quantity,
                       coalesce(
                           1 / nullif(move.med_substitute_ratio, 0),
                           own.factor / unit.factor
                       ) AS ratio,
                       line.write_date AS changed
                  FROM stock_move_line line
                  JOIN stock_move move ON move.id = line.move_id
                  JOIN med_requisition_line asked
                    ON asked.id = move.med_requisition_line_id
                  JOIN med_requisition request ON request.id = asked.requisition_id
                  JOIN zone ON zone.company_id = line.company_id
                  JOIN product_product issued ON issued.id = line.product_id
                  JOIN product_template its ON its.id = issued.product_tmpl_id
                  JOIN uom_uom own ON own.id = its.uom_id
                  JOIN product_product wanted ON wanted.id = asked.product_id
                  JOIN product_template one ON one.id = wanted.product_tmpl_id
                  JOIN uom_uom unit ON unit.id = one.uom_id
                 WHERE line.state = 'done' AND line.product_id <> asked.product_id
                   AND request.kind = 'store'
              ) AS moved
              JOIN med_department department ON department.id = moved.department_id
              JOIN stock_warehouse warehouse ON warehouse.id = department.warehouse_id
              JOIN stock_location place
                ON place.id = warehouse.lot_stock_id
                OR (place.id = department.stock_location_id
                    AND department.stock_keeping <> 'expensed')
        CROSS JOIN LATERAL (
                VALUES (moved.asked_id, moved.quantity * moved.ratio),
                       (moved.issued_id, -moved.quantity)
              ) AS item (product_id, quantity)
            """
        )
