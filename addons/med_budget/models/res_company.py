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
    med_budget_request = fields.Selection(
        [
            ("pass", "Do not look"),
            ("warn", "Say so on the request"),
            ("block", "Refuse the approval"),
        ],
        string="Request above the Budget",
        default="warn",
        required=True,
        help="What happens to the last approval of a request that a budget cannot pay.",
    )
