"""What was promised of an order line, what came of it, and what is still to come.

Each is a SELECT of one row beside ``pol``, a row of purchase_order_line. Quantities are
in the product's own unit, moments are naive UTC.
"""

from odoo.tools import SQL

#: What is still to come of ``pol``: its open moves, whatever was ordered. Rests that
#: nobody will send ("no backorder", a cancelled receipt) are not. Lines that never had
#: a move, as services, are not ``by_moves``: what was ordered less what came, there.
TO_COME = SQL(
    """
    SELECT count(*) > 0 AS by_moves,
           coalesce(sum(move.product_qty)
               FILTER (WHERE move.state NOT IN ('done', 'cancel')), 0) AS quantity
      FROM stock_move move
      JOIN stock_location source ON source.id = move.location_id
     WHERE move.purchase_line_id = pol.id AND source.usage IN ('supplier', 'transit')
    """
)
#: What was promised of ``pol``, and the end of the last day that is on time: days of
#: the hospital (``zone``), not of Greenwich.
PROMISE = SQL(
    """
    SELECT said.promised_at, said.promised_on,
           (said.promised_on + 1 + coalesce(company.med_otif_grace_days, 0))::timestamp
               AT TIME ZONE zone.tz AT TIME ZONE 'UTC' AS last_day
      FROM (
        SELECT coalesce(pol.med_promised_at, pol.date_planned) AS promised_at,
               (coalesce(pol.med_promised_at, pol.date_planned)
                AT TIME ZONE 'UTC' AT TIME ZONE zone.tz)::date AS promised_on
      ) AS said
    """
)
#: What came of ``pol`` less what went back. ``on_dock``: some of it went to a place in
#: front of ``store`` first (receipts in two or three steps).
CAME = SQL(
    """
    SELECT max(move.date) FILTER (WHERE part.quantity > 0) AS received_at,
           sum(part.quantity) AS received,
           sum(part.quantity) FILTER (WHERE move.date < promise.last_day) AS in_time,
           bool_or(move.date >= promise.last_day AND part.quantity > 0) AS came_late,
           sum(part.quantity * extract(epoch FROM move.date
               - coalesce(po.med_sent_at, po.date_approve)) / 86400)
               FILTER (WHERE part.quantity > 0)
           / nullif(sum(part.quantity) FILTER (WHERE part.quantity > 0), 0)
               AS lead_days,
           coalesce(bool_or(part.quantity > 0 AND target.usage = 'internal'
               AND target.parent_path NOT LIKE store.parent_path || '%%'), FALSE)
               AS on_dock
      FROM stock_move move
      JOIN stock_location source ON source.id = move.location_id
      JOIN stock_location target ON target.id = move.location_dest_id
      JOIN uom_uom unit ON unit.id = move.product_uom
CROSS JOIN LATERAL (
        SELECT CASE WHEN source.usage IN ('supplier', 'transit') THEN move.quantity
                    ELSE -move.quantity END * unit.factor / own.factor AS quantity
      ) AS part
     WHERE move.purchase_line_id = pol.id AND move.state = 'done'
    """
)
#: When what came over the dock lay in ``store``: the moves after the receipt, followed
#: until then. ``waiting``: some of it is not there yet.
ACCEPTED = SQL(
    """
    WITH RECURSIVE onward AS (
        SELECT move.id, move.date, move.quantity * unit.factor AS quantity,
               move.state = 'done' AS done,
               target.parent_path LIKE store.parent_path || '%%' AS in_store
          FROM stock_move move
          JOIN stock_location source ON source.id = move.location_id
          JOIN stock_location target ON target.id = move.location_dest_id
          JOIN uom_uom unit ON unit.id = move.product_uom
         WHERE move.purchase_line_id = pol.id AND move.state = 'done'
           AND source.usage IN ('supplier', 'transit')
         UNION
        SELECT move.id, move.date, move.quantity * unit.factor,
               move.state = 'done',
               target.parent_path LIKE store.parent_path || '%%'
          FROM onward
          JOIN stock_move_move_rel link ON link.move_orig_id = onward.id
          JOIN stock_move move ON move.id = link.move_dest_id
          JOIN stock_location target ON target.id = move.location_dest_id
          JOIN uom_uom unit ON unit.id = move.product_uom
         WHERE onward.done AND NOT onward.in_store
           AND move.purchase_line_id IS NULL AND target.usage = 'internal'
           AND move.state <> 'cancel'
    )
    SELECT sum(quantity * extract(epoch FROM date
               - coalesce(po.med_sent_at, po.date_approve)) / 86400)
               FILTER (WHERE done AND in_store)
           / nullif(sum(quantity) FILTER (WHERE done AND in_store), 0) AS lead_days,
           coalesce(bool_or(NOT done), FALSE) AS waiting
      FROM onward
     WHERE came.on_dock
    """
)
