from odoo import api, fields, models
from odoo.fields import Domain

from ..core.count import due_on


class StockQuant(models.Model):
    """Counts by ABC class: native counting, its own days, and what came out of it."""

    _inherit = "stock.quant"

    def _apply_inventory(self, date=None):
        counted = self._med_counted_rows()
        result = super()._apply_inventory(date)
        self.env["med.count.line"]._log(counted)
        self.exists()._med_plan_counts()
        return result

    def _med_counted_rows(self):
        return [
            {
                "company_id": (quant.company_id or self.env.company).id,
                "location_id": quant.location_id.id,
                "product_id": quant.product_id.id,
                "lot_id": quant.lot_id.id,
                "expected": quant.quantity,
                "counted": quant.inventory_quantity,
                "counted_at": quant.med_counted_at or fields.Datetime.now(),
                "settles": not quant.owner_id and not quant.package_id,
                "reason": self.env.context.get("inventory_name"),
            }
            for quant in self
            if quant.product_id.med_consumable
        ]

    @api.model
    def _cron_plan_counts(self):
        """Plan the next count of what lies on the shelves."""
        quants = self.search(
            Domain("product_id.med_consumable", "=", True)
            & Domain("location_id.usage", "=", "internal")
            & Domain("quantity", "!=", 0)
        )
        quants._med_plan_counts()

    def _med_plan_counts(self):
        """Set the day of the next count by class: from the last count, or the receipt.

        A place that is counted more often by its own settings stays so.
        """
        # Whoever counts need not be a stock manager; only the day is planned.
        medical = self.sudo().filtered(
            lambda quant: quant.product_id.med_consumable and quant.company_id
        )
        last = medical._med_last_counts()
        native = {
            place: place._get_next_inventory_date() for place in medical.location_id
        }
        days = {company: company._med_count_days() for company in medical.company_id}
        planned = {}
        for quant in medical:
            key = quant.product_id, quant.location_id, quant.lot_id
            since = last.get(key) or quant.in_date.date()
            due = due_on(since, quant.product_id.med_abc, days[quant.company_id])
            if native[quant.location_id]:
                due = min(due, native[quant.location_id])
            if quant.inventory_date != due:
                planned.setdefault(due, self.browse().sudo())
                planned[due] |= quant
        for due, quants in planned.items():
            quants.inventory_date = due

    def _med_last_counts(self):
        groups = (
            self.env["med.count.line"]
            .sudo()  # see _med_plan_counts
            ._read_group(
                Domain("product_id", "in", self.product_id.ids)
                & Domain("location_id", "in", self.location_id.ids),
                ["product_id", "location_id", "lot_id"],
                ["day:max"],
            )
        )
        return {(product, place, lot): day for product, place, lot, day in groups}
