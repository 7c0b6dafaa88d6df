from odoo import fields, models


class ResCompany(models.Model):
    """When stock of one department is offered to another."""

    _inherit = "res.company"

    med_redistribution = fields.Boolean(
        string="Offer Spare Stock",
        default=True,
        help="Every night, what a department will not use in time is offered to those "
        "that will.",
    )
    med_near_expiry_days = fields.Integer(
        string="Near Expiry",
        default=90,
        help="A lot is near its date when it has this many days left.",
    )
    med_cover_days = fields.Integer(
        string="Longest Cover",
        default=90,
        help="More than this many days of use on one shelf is more than is needed.",
    )
    med_redistribution_value = fields.Monetary(
        string="Least Value of a Transfer",
        default=50.0,
        help="Below this value a transfer is more work than it saves.",
    )

    _med_days_positive = models.Constraint(
        "CHECK(med_near_expiry_days > 0 AND med_cover_days > 0)",
        "Days of cover and of near expiry are more than zero.",
    )
