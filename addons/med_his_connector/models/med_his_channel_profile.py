from datetime import timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from odoo import fields, models
from odoo.addons.base.models.res_partner import _tz_get

from ..core.charges import Profile
from ..core.charset import CHANNEL_CODECS


class MedHisChannelProfile(models.Model):
    """How a channel's sender writes, as far as the standard leaves it open."""

    _inherit = "med.his.channel"

    tz = fields.Selection(
        _tz_get,
        string="Time Zone",
        required=True,
        default="Asia/Shanghai",
        tracking=True,
        help="Of times in messages that bear no offset.",
    )
    charset = fields.Selection(
        CHANNEL_CODECS,
        string="Character Set",
        required=True,
        default="utf-8",
        tracking=True,
        help="Of messages that name none (MSH-18).",
    )
    empty_quantity = fields.Selection(
        [("reject", "Is an exception"), ("one", "Means one")],
        required=True,
        default="reject",
        tracking=True,
    )
    negative_credit = fields.Selection(
        [
            ("reject", "Is an exception"),
            ("return", "Is a return"),
            ("use", "Is a use"),
        ],
        string="Credit with a Negative Quantity",
        required=True,
        default="reject",
        tracking=True,
    )
    line_numbers = fields.Selection(
        [
            ("lasting", "Are the line's own in every message"),
            ("message", "Begin anew in each message"),
        ],
        string="Numbers of Lines",
        required=True,
        default="lasting",
        tracking=True,
        help="Whether a line that another message reports under the same number is "
        "the same use (FT1-2, ORC-2). Where a sender only counts its lines, 1, 2, 3, "
        "each message has uses of its own.",
    )
    largest_quantity = fields.Float(
        default=10000,
        digits="Product Unit",
        tracking=True,
        help="More in one line is taken for an error; 0 for no limit.",
    )
    oldest_days = fields.Integer(
        string="Oldest Use (days)",
        tracking=True,
        help="An older use is an exception; 0 for no limit.",
    )

    def _profile(self):
        """How this channel's sender writes."""
        self.ensure_one()
        own_places, own_codes = self._own_places()
        return Profile(
            zone=ZoneInfo(self.tz),
            empty_quantity=self.empty_quantity,
            negative_credit=self.negative_credit,
            line_numbers=self.line_numbers,
            largest_quantity=Decimal(str(self.largest_quantity)) or None,
            oldest=timedelta(days=self.oldest_days) or None,
            paths=own_places,
            codes=own_codes,
            read_udi=self._read_udi,
        )
