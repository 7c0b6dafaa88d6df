from odoo import models
from odoo.exceptions import UserError


class MedRequisition(models.Model):
    """A return by an expensed department: what the issue used is given back first."""

    _inherit = "med.requisition"

    def _undo_issue_use(self, parts):
        result = super()._undo_issue_use(parts)
        if self.department_id.stock_keeping != "expensed":
            return result
        Ledger = self.env["med.consumption"].sudo()  # the return is the ward's own
        reports = [
            report for part in parts for report in self._prepare_use_returns(part)
        ]
        originals = Ledger.browse(report["reversal_of_id"] for report in reports)
        Ledger._post_pending([("id", "in", originals.ids)])
        lines = Ledger._record(reports)
        Ledger._post_pending([("id", "in", lines.ids)])
        for line in lines:
            if line.state != "posted":
                raise UserError(line.incident_text or self._busy_text())
        return result

    def _prepare_use_returns(self, part):
        """Return reports that give back ``part`` from the uses of its move lines."""
        # A ward may know what was issued to it, and not look at the store's moves.
        rows = (
            part.line.sudo()
            .move_ids.filtered(
                lambda move: move.state == "done" and not move.origin_returned_move_id
            )
            .move_line_ids.filtered(
                lambda row: row.product_id == part.product and row.lot_id == part.lot
            )
        )
        uses = self.env["med.consumption"].search(
            [
                ("source", "=", "issue"),
                ("external_key", "in", [row._med_issue_key() for row in rows]),
            ]
        )
        returned = self.env["med.consumption"].search(
            [("reversal_of_id", "in", uses.ids)]
        )
        given_back = returned.grouped("reversal_of_id")
        left, reports = part.quantity, []
        for use in uses.sorted("id", reverse=True):
            earlier = given_back.get(use, returned.browse())
            free = use.quantity - sum(earlier.mapped("quantity"))
            quantity = min(left, free)
            if part.product.uom_id.compare(quantity, 0) > 0:
                left -= quantity
                reports.append(
                    {
                        "department_id": use.department_id.id,
                        "product_id": use.product_id.id,
                        "quantity": quantity,
                        "kind": "return",
                        "event_time": self.env.cr.now().replace(microsecond=0),
                        "source": "issue",
                        "external_key": f"{use.external_key}/back/{len(earlier) + 1}",
                        "reversal_of_id": use.id,
                        "lot_name": use.lot_name,
                        "serial": use.serial,
                        "note": self.name,
                    }
                )
        return reports

    def _busy_text(self):
        return self.env._(
            "The use of %(department)s is being posted at this moment. "
            "Try again in a few seconds.",
            department=self.department_id.display_name,
        )
