from odoo import api, models
from odoo.exceptions import AccessError


class PurchaseRequestAllocation(models.Model):
    """What was ordered and received for a request line, kept by orders and receipts.

    The access rights of ``purchase_request`` let every internal user change them.
    """

    _inherit = "purchase.request.allocation"

    @api.model_create_multi
    def create(self, vals_list):
        self._check_keeper()
        return super().create(vals_list)

    def write(self, vals):
        self._check_keeper()
        return super().write(vals)

    def _check_keeper(self):
        keepers = ("purchase.group_purchase_user", "stock.group_stock_user")
        if not self.env.su and not any(map(self.env.user.has_group, keepers)):
            raise AccessError(
                self.env._(
                    "What was ordered and received for a request follows from orders "
                    "and receipts; it is not entered by hand."
                )
            )
