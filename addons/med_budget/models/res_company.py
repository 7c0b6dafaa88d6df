from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    med_budget_missing = fields.Selection(
        [
            ("block", "Refuse the order"),
            ("warn", "Warn and let the order pass"),
        ],
        string="Order without a Budget",
        default="block",
        required=True,
        help="What happens to an order whose budget cannot be checked: it names no "
        "cost centre, or its cost centre has no approved budget for the day.",
    )
