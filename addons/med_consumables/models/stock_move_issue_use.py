from odoo import models


class StockMove(models.Model):
    """What reaches the shelf of an expensed department is used at once.

    The ledger has one line a move line, under the key ``issue/<move line>``: the same
    transfer told twice changes nothing.
    """

    _inherit = "stock.move"

    def _action_done(self, cancel_backorder=False):
        moves = super()._action_done(cancel_backorder=cancel_backorder)
        if not self.env.context.get("med_pack_issue"):  # used when it is opened
            moves._med_use_on_issue()
        return moves

    def _med_use_on_issue(self):
        goods = self.filtered(
            lambda move: (
                move.state == "done"
                and move.location_dest_id.usage == "internal"
                and move.location_id.usage in ("internal", "transit", "supplier")
            )
        )
        if not goods:
            return
        # Whoever issues need not see the department's ledger.
        rows = goods.sudo().move_line_ids
        owners = (rows.location_dest_id | rows.location_id)._med_departments()
        # Closing a transfer may write its moment again; what was told stays as told.
        keys = [row._med_issue_key() for row in rows]
        ledger = self.env["med.consumption"].sudo()
        told = ledger.search([("source", "=", "issue"), ("external_key", "in", keys)])
        told_keys = set(told.mapped("external_key"))
        reports = []
        for row in rows:
            department = owners[row.location_dest_id]
            if (
                department.stock_keeping == "expensed"
                and department != owners[row.location_id]
                and row.quantity_product_uom
                and row._med_issue_key() not in told_keys
            ):
                reports.append(row._med_issue_report(department))
        if reports:
            ledger._record(reports)
