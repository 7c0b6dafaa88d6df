from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..models.med_his_message import MAPPABLE
from ..models.med_his_message_life import OPEN


class MedHisCause(models.Model):
    """One row per cause: all messages of a channel that one mend would set free.

    Three thousand messages with one unknown code are one row. A row bears the id of
    the first of its messages.
    """

    _name = "med.his.cause"
    _description = "Cause of Exceptions"
    _inherit = ["med.his.guarded.export"]
    _auto = False
    _rec_name = "cause_code"
    _order = "message_count desc, first_at, id"
    _depends = {
        "med.his.message": [
            "cause_code",
            "channel_id",
            "company_id",
            "error_code",
            "owner_id",
            "received_at",
            "state",
        ]
    }

    channel_id = fields.Many2one("med.his.channel", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    state = fields.Selection(
        selection=lambda self: self._message_selection("state"), readonly=True
    )
    error_code = fields.Selection(
        selection=lambda self: self._message_selection("error_code"),
        string="Cause",
        readonly=True,
    )
    cause_code = fields.Char(
        string="Code", readonly=True, help="The code of theirs that must be mapped."
    )
    sample_id = fields.Many2one(
        "med.his.message", string="First Message", readonly=True
    )
    message_count = fields.Integer(string="Messages", readonly=True)
    held_count = fields.Integer(
        string="Held Up",
        readonly=True,
        help="Later messages about the same, which go on when these are settled.",
    )
    first_at = fields.Datetime(string="Since", readonly=True)
    last_at = fields.Datetime(string="Last", readonly=True)
    age_hours = fields.Float(
        string="Age (hours)", readonly=True, aggregator="max", digits=(16, 1)
    )
    owner_id = fields.Many2one(
        "res.users", readonly=True, help="Whoever looks after all of them."
    )
    can_map = fields.Boolean(readonly=True)

    def _message_selection(self, name):
        return (
            self.env["med.his.message"]._fields[name]._description_selection(self.env)
        )

    @property
    def _table_query(self):
        return SQL(
            """
            SELECT min(message.id) AS id, min(message.id) AS sample_id,
                   message.channel_id, message.company_id, message.state,
                   message.error_code, message.cause_code,
                   count(*)::integer AS message_count,
                   (SELECT count(*)::integer FROM med_his_message behind
                     WHERE behind.blocked_by_id = ANY(array_agg(message.id)))
                       AS held_count,
                   min(message.received_at) AS first_at,
                   max(message.received_at) AS last_at,
                   EXTRACT(EPOCH FROM
                       now() AT TIME ZONE 'UTC' - min(message.received_at)
                   ) / 3600 AS age_hours,
                   CASE WHEN count(message.owner_id) = count(*)
                         AND min(message.owner_id) = max(message.owner_id)
                        THEN min(message.owner_id) END AS owner_id,
                   (message.state IN ('exception', 'dead')
                    AND message.cause_code IS NOT NULL
                    AND message.error_code = ANY(%s)) AS can_map
              FROM med_his_message message
             WHERE message.state = ANY(%s)
             GROUP BY message.channel_id, message.company_id, message.state,
                      message.error_code, message.cause_code
            """,
            list(MAPPABLE),
            list(OPEN),
        )

    def action_view_messages(self):
        """The messages behind the row: as many as it counts."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "med_his_connector.med_his_message_action"
        )
        return {**action, "domain": [("id", "in", self._messages().ids)], "context": {}}

    def action_map_code(self):
        """Say what the code stands for; every message of the row goes on."""
        self.ensure_one()
        return self.sample_id.action_map_code()

    def action_retry(self):
        """Try all messages of these rows again."""
        return self._messages().action_retry()

    def action_take_over(self):
        """Whoever presses it looks after these rows from now on."""
        return self._messages().action_take_over()

    def action_dry_run(self):
        """What would become of the messages now; nothing is recorded."""
        return self._messages().action_dry_run()

    def action_ignore(self):
        """Ask why these messages are none of ours, then leave them out."""
        return self._messages().action_ignore()

    def _messages(self):
        """The messages behind these rows."""
        Message = self.env["med.his.message"]
        found = Message.browse()
        for cause in self:
            found |= Message.search(
                [
                    ("channel_id", "=", cause.channel_id.id),
                    ("state", "=", cause.state),
                    ("error_code", "=", cause.error_code),
                    ("cause_code", "=", cause.cause_code),
                ],
                order="id",
            )
        if not found:
            raise UserError(
                self.env._("These messages are settled. Look at the list again.")
            )
        return found
