from odoo import api, fields, models
from odoo.tools import SQL


class MedHisResource(models.Model):
    """A FHIR resource that was accepted, under each of its identifiers.

    The resource itself is in its message, sealed. An identifier names a ChargeItem or
    an order and never a person. ``taken_back`` tells the report of a use from the
    report that it was an error: both bear the same identifier.
    """

    _name = "med.his.resource"
    _description = "Received FHIR Resource"
    _order = "id desc"
    _rec_name = "logical_id"

    channel_id = fields.Many2one(
        "med.his.channel", required=True, readonly=True, ondelete="restrict"
    )
    company_id = fields.Many2one(related="channel_id.company_id", store=True)
    message_id = fields.Many2one(
        "med.his.message",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    kind = fields.Char(string="Resource", required=True, readonly=True)
    logical_id = fields.Char(required=True, readonly=True, index=True)
    system = fields.Char(readonly=True, default="")
    value = fields.Char(string="Identifier", readonly=True)
    taken_back = fields.Boolean(readonly=True)
    unsettled = fields.Boolean(
        readonly=True, help="It uses nothing yet: a later state of it may follow."
    )
    sha256 = fields.Char(string="Hash", required=True, readonly=True)
    entry = fields.Integer(readonly=True, help="Its place in the message.")
    request = fields.Char(
        readonly=True, index=True, help="What came together in one request."
    )

    _identifier_uniq = models.UniqueIndex(
        "(channel_id, kind, value, system, taken_back) WHERE value IS NOT NULL",
        "A resource with this identifier was received before.",
    )

    @api.model
    def _named(self, channel, names):
        """Resources by ``{(kind, value)}``: ``{(kind, value): records}``."""
        if not names:
            return {}
        found = self.search(
            [
                ("channel_id", "=", channel.id),
                ("kind", "in", [kind for kind, _value in names]),
                ("value", "in", [value for _kind, value in names]),
            ]
        )
        return found.grouped(lambda each: (each.kind, each.value))

    @api.model
    def _insert(self, rows):
        """Add rows; where another request was faster this one is tried again.

        (A conflict with a row that this transaction cannot see is a serialization
        failure, which the server answers by running the request anew.)
        """
        names = list(rows[0])
        self.env.cr.execute(
            SQL(
                "INSERT INTO med_his_resource (%s) VALUES %s"
                " ON CONFLICT (channel_id, kind, value, system, taken_back)"
                " WHERE value IS NOT NULL DO UPDATE"
                " SET message_id = EXCLUDED.message_id, sha256 = EXCLUDED.sha256,"
                " entry = EXCLUDED.entry,"
                " request = EXCLUDED.request, unsettled = EXCLUDED.unsettled"
                # A case has states, each a message of its own, as has what uses nothing
                # yet; the rest is made once.
                " WHERE med_his_resource.kind = 'Appointment'"
                " OR med_his_resource.unsettled",
                SQL(", ").join(SQL.identifier(name) for name in names),
                SQL(", ").join(tuple(row[name] for name in names) for row in rows),
            )
        )
        if self.env.cr.rowcount < len(rows):
            # An identifier that would name two: nothing of it may be kept.
            raise RuntimeError("an identifier was received before")
        self.invalidate_model()
