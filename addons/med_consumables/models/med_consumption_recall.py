from odoo import api, fields, models
from odoo.tools import SQL


class StockMoveLine(models.Model):
    _inherit = "stock.move.line"

    # A recall asks for the moves of a lot among millions.
    lot_id = fields.Many2one(index="btree_not_null")


class MedConsumption(models.Model):
    """What the ledger knows of a lot, in a second over millions of lines."""

    _inherit = "med.consumption"

    _lot_name_idx = models.Index("(lot_name) WHERE lot_name IS NOT NULL")
    _serial_idx = models.Index("(serial) WHERE serial IS NOT NULL")

    @api.model
    def _used_of_lots(self, lots):
        """Net use on the books: ``{(lot id, department id): quantity}``."""
        return {
            (lot_id, department_id): quantity
            for lot_id, department_id, quantity in self._rows_of_lots(
                lots,
                SQL(
                    """
                    SELECT line.lot_id, use.department_id, sum(part.quantity)
                      FROM stock_move_line line
                      JOIN med_consumption_allocation part
                        ON part.move_line_id = line.id
                      JOIN med_consumption use ON use.id = part.consumption_id
                     WHERE line.lot_id = ANY(%s) AND use.kind != 'waste'
                     GROUP BY line.lot_id, use.department_id
                    HAVING sum(part.quantity) > 0
                    """,
                    list(lots.ids),
                ),
            )
        }

    @api.model
    def _lines_of_lots(self, lots):
        """Lines of use whose pieces did not come back: whom a recall must reach."""
        rows = self._rows_of_lots(
            lots,
            SQL(
                """
                SELECT part.consumption_id
                  FROM stock_move_line line
                  JOIN med_consumption_allocation part ON part.move_line_id = line.id
                  JOIN med_consumption use ON use.id = part.consumption_id
                  LEFT JOIN LATERAL (
                       SELECT sum(back.quantity) AS quantity
                         FROM med_consumption_allocation back
                        WHERE back.origin_id = part.id) given ON TRUE
                 WHERE line.lot_id = ANY(%s) AND use.kind = 'use'
                   AND part.quantity + coalesce(given.quantity, 0) > 0
                 GROUP BY part.consumption_id
                """,
                list(lots.ids),
            ),
        )
        return self.browse(row[0] for row in rows) | self._unposted_of_lots(lots)

    @api.model
    def _unposted_of_lots(self, lots):
        """Uses that name one of these lots and are not on the books."""
        if not lots:
            return self.browse()
        lines = self.search(
            [
                ("product_id", "in", lots.product_id.ids),
                # A line that is the same use as another report is not counted twice.
                ("state", "not in", ("posted", "matched")),
                ("kind", "=", "use"),
                "|",
                ("lot_name", "in", lots.mapped("name")),
                ("serial", "in", lots.mapped("name")),
            ]
        )
        return lines.filtered(lambda line: line._named_lot(lots))

    def _named_lot(self, lots):
        return lots.filtered(
            lambda lot: (
                lot.product_id == self.product_id
                and lot.name in (self.serial, self.lot_name)
            )
        )[:1]

    @api.model
    def _rows_of_lots(self, lots, query):
        if not lots:
            return []
        self.flush_model()
        self.env["med.consumption.allocation"].flush_model()
        self.env["stock.move.line"].flush_model(["lot_id"])
        return self.env.execute_query(query)
