from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    # A confirmed order is what was agreed to; it is not edited in passing.
    po_lock = fields.Selection(default="lock")
    med_approval_amount = fields.Monetary(
        string="Approval Amount",
        default=10000.0,
        help="A purchase request of this amount or more, taxes included, needs an "
        "approver besides the buyer. So does one whose cost is not known. "
        "0: every request.",
    )
