from odoo import api, fields, models
from odoo.exceptions import ValidationError


class ResCompany(models.Model):
    """What the hospital decides about its items."""

    _inherit = "res.company"

    med_catalogue_policy = fields.Selection(
        [
            ("off", "Say nothing"),
            ("warn", "Warn on the order"),
            ("block", "Refuse the order"),
        ],
        string="Outside the Supply Catalogue",
        default="warn",
        required=True,
        help="What happens when an order is confirmed for an item that the committee "
        "has not admitted, has removed, or has admitted for less.",
    )
    med_temporary_yearly = fields.Integer(
        string="Temporary Purchases a Year",
        default=2,
        help="How often within twelve months one item may be admitted for a temporary "
        "purchase before it must be listed or refused. 0 sets no limit.",
    )
    med_abc_a = fields.Float(
        string="Class A up to",
        default=0.7,
        help="Share of the yearly value of use that class A items make together.",
    )
    med_abc_b = fields.Float(
        string="Class B up to",
        default=0.9,
        help="Share that class A and B items make together; the rest is class C.",
    )
    med_consumption_account_high_id = fields.Many2one(
        "account.account",
        string="Consumption Account, High Value",
        check_company=True,
        help="Expense account that takes the value of high-value items that are used. "
        "Left empty, it is the one of all others.",
    )
    med_valuation_account_high_id = fields.Many2one(
        "account.account",
        string="Stock Account, High Value",
        check_company=True,
        help="Balance sheet account of high-value items in stock, whatever their "
        "category says. Left empty, their category decides.",
    )

    @api.constrains("med_abc_a", "med_abc_b")
    def _check_med_abc(self):
        for company in self:
            if not 0 < company.med_abc_a < company.med_abc_b < 1:
                raise ValidationError(
                    self.env._(
                        "The cut-offs of the ABC classes must rise from 0 to 100 %: "
                        "first class A, then class B."
                    )
                )
