from zoneinfo import ZoneInfo

from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    med_analytic_plan_id = fields.Many2one(
        "account.analytic.plan",
        string="Cost Centre Plan",
        help="The analytic plan whose accounts are the hospital's cost centres.",
    )
    med_consumption_account_id = fields.Many2one(
        "account.account",
        string="Consumption Account",
        check_company=True,
        help="Expense account that takes the value of what departments use.",
    )
    med_posting = fields.Selection(
        [("at_once", "As soon as it is reported"), ("hourly", "Every hour")],
        string="Post Use to Stock",
        default="hourly",
        required=True,
        help="High-value items and implants are always posted as soon as they are "
        "reported. Screens and alerts subtract what is not posted yet.",
    )

    med_missing_lot = fields.Selection(
        [
            ("never", "Never"),
            ("implant", "For implants"),
            ("high", "For implants and high-value items"),
            ("always", "For every item that is kept by lot"),
        ],
        string="Incident Where No Lot Was Named",
        default="implant",
        required=True,
        help="A use is always recorded. Where its lot is not named, the lot that "
        "expires first is assumed, and an incident asks somebody to find the label.",
    )

    med_wristband_prefixes = fields.Char(
        string="Wristbands Begin With",
        help="How the barcodes of patients' wristbands begin, several separated by "
        "commas (ZY, MZ). Wristbands with a GS1 number (8018) need no entry.",
    )

    def _med_time_zone(self):
        """The hospital's time zone: it decides to which day a use belongs."""
        self.ensure_one()
        return ZoneInfo(self.partner_id.tz or self.env.user.tz or "UTC")

    def _med_day(self, moment):
        """The hospital's calendar day of ``moment``, a naive UTC datetime."""
        zone = self._med_time_zone()
        return moment.replace(tzinfo=ZoneInfo("UTC")).astimezone(zone).date()
