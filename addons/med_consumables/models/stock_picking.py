from odoo import fields, models
from odoo.exceptions import AccessError


class StockPicking(models.Model):
    _inherit = "stock.picking"

    med_override_reason = fields.Char(
        string="Moved All the Same, Because",
        copy=False,
        tracking=True,
        help="Lets expired or held lots move in this transfer. An administrator gives "
        "the reason; it is kept with the transfer.",
    )

    def write(self, vals):
        if "med_override_reason" in vals:
            self._check_may_override()
        return super().write(vals)

    def _check_may_override(self):
        if self.env.su or self.env.user.has_group(
            "med_consumables.group_administrator"
        ):
            return
        raise AccessError(
            self.env._(
                "Only an administrator lets expired or held lots move. "
                "Ask one to enter the reason on the transfer."
            )
        )
