from odoo import fields, models


class MedHisFile(models.Model):
    """One file that was found in a channel's folder, and what became of it."""

    _name = "med.his.file"
    _description = "Interface File"
    _inherit = ["med.his.guarded.export"]
    _order = "id desc"

    channel_id = fields.Many2one(
        "med.his.channel", required=True, readonly=True, index=True, ondelete="restrict"
    )
    company_id = fields.Many2one(related="channel_id.company_id", store=True)
    name = fields.Char(string="File", required=True, readonly=True)
    taken_at = fields.Datetime(
        required=True, readonly=True, default=lambda self: fields.Datetime.now()
    )
    sha256 = fields.Char(string="Hash", required=True, readonly=True, index=True)
    size = fields.Integer(string="Size (bytes)", readonly=True)
    state = fields.Selection(
        [
            ("taken", "Taken"),
            ("duplicate", "Taken Before"),
            ("refused", "Refused"),
        ],
        required=True,
        readonly=True,
    )
    row_count = fields.Integer(string="Lines", readonly=True)
    new_count = fields.Integer(string="New", readonly=True)
    known_count = fields.Integer(
        string="Known Before", readonly=True, help="They were not counted again."
    )
    conflict_count = fields.Integer(
        string="Other Content",
        readonly=True,
        help="A line with the same number and other content was received before: see "
        "the exceptions.",
    )
    refused_count = fields.Integer(
        string="Refused Lines", readonly=True, help="See the exceptions."
    )
    reason = fields.Char(readonly=True, help="Why the file was refused.")
    put_away_as = fields.Char(string="Put Away As", readonly=True)
