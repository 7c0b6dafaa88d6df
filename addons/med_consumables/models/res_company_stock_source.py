from odoo import fields, models

from .med_stock_source import SOURCES


class ResCompany(models.Model):
    _inherit = "res.company"

    med_stock_source = fields.Selection(
        SOURCES,
        string="What Moves Stock",
        required=True,
        default="first",
        help="Where the ward scans and the information system charges the same use, "
        "only one of the two moves stock. Rules per department and class go before "
        "this one. 'Whichever comes first' needs the same visit on both reports.",
    )
    med_match_hours = fields.Float(
        string="Wait for the Other Report",
        required=True,
        default=24.0,
        help="Hours between a scan and a charge of one use. What is not matched by "
        "then is shown as leakage.",
    )

    _med_match_hours_positive = models.Constraint(
        "CHECK(med_match_hours > 0)",
        "The time to wait for the other report must be more than zero.",
    )
