from odoo import models


class StockMoveLine(models.Model):
    _inherit = "stock.move.line"

    def _med_issue_key(self):
        return f"issue/{self.id}"

    def _med_issue_report(self, department):
        """This move line as a line of use, see ``stock.move._med_use_on_issue``."""
        serial = self.product_id.tracking == "serial"
        return {
            "department_id": department.id,
            "product_id": self.product_id.id,
            "quantity": self.quantity_product_uom,
            "kind": "use",
            "event_time": self.date,
            "source": "issue",
            "external_key": self._med_issue_key(),
            "lot_name": False if serial else self.lot_id.name,
            "serial": self.lot_id.name if serial else False,
            "note": self.reference,
        }
