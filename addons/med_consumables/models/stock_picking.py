from odoo import api, fields, models
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
    med_override_user_id = fields.Many2one(
        "res.users", string="Allowed by", copy=False, readonly=True
    )

    @api.model_create_multi
    def create(self, vals_list):
        pickings = super().create(vals_list)
        # A default in the context would come past the values.
        overridden = pickings.filtered("med_override_reason")
        if overridden or any("med_override_user_id" in vals for vals in vals_list):
            self._check_may_override()
            overridden.write({"med_override_user_id": self.env.uid})
        return pickings

    def write(self, vals):
        if "med_override_reason" in vals or "med_override_user_id" in vals:
            self._check_may_override()
            vals = {**vals, "med_override_user_id": self.env.uid}
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
