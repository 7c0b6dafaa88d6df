from odoo import api, models
from odoo.tools import SQL


class MedDemandDay(models.Model):
    """What use and issues tell of demand.

    The queries read ``line``, ``moved`` and ``zone`` of the refresh.
    """

    _inherit = "med.demand.day"

    @api.model
    def _ledger_query(self):
        """Use and returns, one row a line, and the store that must supply them.

        A return that corrects a line takes back the day of that line. There is no store
        where the shelf is the store's own, or where the department's use is not what
        the store sees (see ``_issue_query``); history has no issues, so there its lines
        stand for what the store supplied.
        """
        return SQL(
            """
            SELECT line.company_id,
                   line.product_id,
                   line.location_id,
                   CASE WHEN (department.stock_keeping = 'perpetual' OR line.historical)
                             AND shelf.parent_path NOT LIKE store.parent_path || '%%'
                        THEN store.id END AS store_id,
                   (COALESCE(original.event_time, line.event_time)
                    AT TIME ZONE 'UTC' AT TIME ZONE zone.tz)::date AS date,
                   CASE line.kind WHEN 'use' THEN line.quantity
                                  ELSE -line.quantity END AS quantity,
                   COALESCE(line.incident_code = 'no_stock', FALSE) AS short,
                   line.write_date AS changed
              FROM line
              JOIN zone ON zone.company_id = line.company_id
              JOIN med_department department ON department.id = line.department_id
              JOIN stock_location shelf ON shelf.id = line.location_id
              JOIN stock_warehouse warehouse ON warehouse.id = department.warehouse_id
              JOIN stock_location store ON store.id = warehouse.lot_stock_id
         LEFT JOIN med_consumption original ON original.id = line.reversal_of_id
             WHERE line.kind IN ('use', 'return')
               AND original.kind IS DISTINCT FROM 'waste'  -- waste never counted
               AND %s
            """,
            self.env["med.consumption"]._demand_sql("line"),
        )

    @api.model
    def _issue_query(self):
        """What a store issued to departments that report no use of their own, net.

        Moves that post the ledger are left out: their lines count already.
        """
        return SQL(
            """
            SELECT line.company_id,
                   line.product_id,
                   store.id AS store_id,
                   (line.date AT TIME ZONE 'UTC' AT TIME ZONE zone.tz)::date AS date,
                   CASE WHEN source.parent_path LIKE store.parent_path || '%%'
                        THEN line.quantity_product_uom
                        ELSE -line.quantity_product_uom END AS quantity,
                   line.write_date AS changed
              FROM moved AS line
              JOIN zone ON zone.company_id = line.company_id
              JOIN stock_location source ON source.id = line.location_id
              JOIN stock_location target ON target.id = line.location_dest_id
              JOIN med_department department
                ON department.stock_keeping IN ('counted', 'expensed')
              JOIN stock_warehouse warehouse ON warehouse.id = department.warehouse_id
              JOIN stock_location store ON store.id = warehouse.lot_stock_id
         LEFT JOIN stock_location shelf ON shelf.id = department.stock_location_id
         LEFT JOIN stock_location place
                ON place.id = department.consumption_location_id
             WHERE line.state = 'done'
               AND shelf.id IS DISTINCT FROM store.id
               AND CASE WHEN source.parent_path LIKE store.parent_path || '%%'
                        THEN target.parent_path LIKE shelf.parent_path || '%%'
                             OR target.parent_path LIKE place.parent_path || '%%'
                        WHEN target.parent_path LIKE store.parent_path || '%%'
                        THEN source.parent_path LIKE shelf.parent_path || '%%'
                             OR source.parent_path LIKE place.parent_path || '%%'
                        ELSE FALSE END
               AND NOT EXISTS (
                   SELECT FROM med_consumption_allocation allocation
                    WHERE allocation.move_line_id = line.id
               )
            """
        )
