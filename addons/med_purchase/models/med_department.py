from collections import defaultdict
from datetime import timedelta

from odoo import fields, models
from odoo.fields import Domain

from ..core.cost_shares import cost_shares

USE_WINDOW_DAYS = 90


class MedDepartment(models.Model):
    _inherit = "med.department"

    def _cost_distributions(self, products):
        """Who bears the cost of buying for these departments.

        ``{(department, product): analytic distribution}`` in percent. A ward bears what
        is bought for it; what a store buys is spread over the departments of its
        warehouse as they used the product in the last 90 days, else on the store.
        """
        stores = self.filtered(lambda department: department.kind == "store")
        use = stores._use_by_cost_centre(products) if stores and products else {}
        result = {}
        for department in self:
            own = department.analytic_account_id.id
            for product in products:
                used = use.get((department.warehouse_id, product), {})
                shares = cost_shares(used if department.kind == "store" else {}, own)
                result[department, product] = {
                    str(centre): share for centre, share in shares.items()
                }
        return result

    def _receipt_type(self):
        """The operation that receives goods for this department.

        One that puts them on its own shelf, else the receipts of its warehouse.
        """
        self.ensure_one()
        # Whoever asks need not be a stock user to know where goods arrive.
        own = (
            self.env["stock.picking.type"]
            .sudo()
            .search(
                [
                    ("code", "=", "incoming"),
                    ("default_location_dest_id", "=", self.stock_location_id.id),
                ],
                limit=1,
            )
        )
        return (own or self.sudo().warehouse_id.in_type_id).sudo(self.env.su)

    def _use_by_cost_centre(self, products):
        """Net use in the window: ``{(warehouse, product): {centre id: quantity}}``.

        One query for all; waste is no use.
        """
        since = fields.Datetime.now() - timedelta(days=USE_WINDOW_DAYS)
        # Whoever buys may not read the ledger; the shares are no secret.
        Consumption = self.env["med.consumption"].sudo()
        groups = Consumption._read_group(
            Consumption._demand_domain()
            & Domain("department_id.warehouse_id", "in", self.warehouse_id.ids)
            & Domain("department_id.analytic_account_id", "!=", False)
            & Domain("product_id", "in", products.ids)
            & Domain("kind", "in", ("use", "return"))
            & Domain("event_time", ">=", since),
            ["department_id", "product_id", "kind"],
            ["quantity:sum"],
        )
        use = defaultdict(lambda: defaultdict(float))
        for department, product, kind, quantity in groups:
            centre = department.analytic_account_id.id
            sign = -1 if kind == "return" else 1
            use[department.warehouse_id, product][centre] += sign * quantity
        return use
