from odoo import api, fields, models
from odoo.exceptions import ValidationError

#: Kinds of channels through which this hospital sends.
OUTBOUND = ("out_mllp", "out_fhir")


class MedHisChannelKind(models.Model):
    """What a channel needs depends on its kind."""

    _inherit = "med.his.channel"

    direction = fields.Selection(
        [("in", "Inbound"), ("out", "Outbound")],
        compute="_compute_direction",
        store=True,
    )
    requests_per_minute = fields.Integer(
        default=600,
        required=True,
        tracking=True,
        help="More are refused until the minute is over (HTTP 429), by each worker "
        "process of the server.",
    )
    key_ids = fields.One2many("med.his.key", "channel_id", string="Keys")
    column_ids = fields.One2many(
        "med.his.column",
        "channel_id",
        string="Columns",
        copy=True,
        help="Where this sender names a field otherwise than usual.",
    )
    address = fields.Char(compute="_compute_address")

    _requests_positive = models.Constraint(
        "CHECK(requests_per_minute > 0)", "At least one request a minute."
    )

    @api.depends("transport")
    def _compute_direction(self):
        for channel in self:
            channel.direction = "out" if channel.transport in OUTBOUND else "in"

    @api.depends("transport")
    def _compute_address(self):
        paths = {"fhir": "/fhir/R4", "feed": "/med/feed/v1/lines"}
        for channel in self:
            path = paths.get(channel.transport)
            channel.address = path and f"{channel.get_base_url()}{path}"

    @api.constrains("requests_per_minute", "max_message_kb")
    def _check_body_size(self):
        largest = 64 * 1024
        for channel in self:
            if channel.max_message_kb > largest:
                raise ValidationError(
                    self.env._(
                        "A message larger than %(largest)s KiB cannot be read safely. "
                        "Choose a smaller limit.",
                        largest=largest,
                    )
                )

    def _names(self):
        """``{our field: the sender's name}``, as far as it is mapped."""
        self.ensure_one()
        return {column.field: column.name for column in self.column_ids}
