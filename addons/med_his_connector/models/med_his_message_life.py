from odoo import api, fields, models
from odoo.tools import SQL

from ..core.lane import LANES
from .hold import holds

#: A message in one of these states holds up nobody and is not worked on.
SETTLED = ("processed", "ignored", "dead", "quarantined")
OPEN = ("exception", "dead", "quarantined", "parked")


class MedHisMessageLife(models.Model):
    """How long a message waits, what it waits for, and whose business it is.

    A message that is received is worked on unless it waits for its next try, or behind
    an earlier one that it shares a key with (see ``core/lane.py``): ``med.his.hold``
    keeps the keys of those that are stuck, and only of those.
    """

    _inherit = "med.his.message"

    lane = fields.Integer(
        readonly=True,
        default=0,
        help="Messages of one visit share a lane, where order is kept.",
    )
    first_tried_at = fields.Datetime(string="First Tried", readonly=True)
    next_try_at = fields.Datetime(string="Next Try", readonly=True)
    blocked_by_id = fields.Many2one(
        "med.his.message",
        string="Waits Behind",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
        help="An earlier message about the same visit and item, serial or line. When "
        "that one is settled, this one goes on.",
    )
    parked_until = fields.Datetime(
        readonly=True,
        help="Until then its charge may come; later it is an exception.",
    )
    owner_id = fields.Many2one(
        "res.users", string="Owner", readonly=True, index="btree_not_null"
    )
    age_hours = fields.Float(
        string="Age (hours)", compute="_compute_age_hours", digits=(16, 1)
    )

    @api.depends("received_at")
    def _compute_age_hours(self):
        now = fields.Datetime.now()
        for message in self:
            age = now - message.received_at if message.received_at else None
            message.age_hours = age.total_seconds() / 3600 if age else 0.0

    def write(self, vals):
        result = super().write(vals)
        if "state" in vals and not holds(vals["state"], vals.get("error_code")):
            self._release()
        return result

    def action_take_over(self):
        """Whoever presses it looks after these messages from now on."""
        self._check_operator()
        # An operator may not write messages by hand, but may answer for them.
        self.sudo().write({"owner_id": self.env.uid})
        return True

    def _release(self):
        """Whoever waited behind these goes on."""
        if not self.ids:
            return
        self.flush_model(["blocked_by_id", "state"])
        self.env.cr.execute(
            SQL("DELETE FROM med_his_hold WHERE message_id = ANY(%s)", self.ids)
        )
        freed = self.env.execute_query(
            SQL(
                "UPDATE med_his_message SET blocked_by_id = NULL"
                " WHERE blocked_by_id = ANY(%s) RETURNING id",
                self.ids,
            )
        )
        if freed:
            self.browse(id_ for (id_,) in freed).invalidate_recordset(["blocked_by_id"])
            self._trigger_processing()


class MedHisHold(models.Model):
    """One key of a message that is stuck; later messages with this key wait behind it.

    Keys are hashes (``core.lane.hold_key``). Rows exist only while a message is stuck.
    """

    _name = "med.his.hold"
    _description = "Key of a Message That Is Stuck"
    _log_access = False

    message_id = fields.Many2one("med.his.message", required=True, index=True)
    key = fields.Char(required=True, index=True)

    @api.model
    def _of(self, keys):
        """``[(key, message id)]`` of stuck messages with one of these keys."""
        if not keys:
            return []
        return self.env.execute_query(
            SQL(
                "SELECT key, message_id FROM med_his_hold WHERE key = ANY(%s)",
                list(keys),
            )
        )

    @api.model
    def _put(self, keys_by_message):
        """Hold these keys for these messages: ``{message id: keys}``."""
        pairs = [(id_, key) for id_, keys in keys_by_message.items() for key in keys]
        self.env.cr.execute(
            SQL(
                "DELETE FROM med_his_hold WHERE message_id = ANY(%s)",
                list(keys_by_message),
            )
        )
        if pairs:
            self.env.cr.execute(
                SQL(
                    "INSERT INTO med_his_hold (message_id, key)"
                    " SELECT * FROM unnest(%s::int4[], %s::varchar[])",
                    [id_ for id_, _key in pairs],
                    [key for _id, key in pairs],
                )
            )


class MedHisLane(models.Model):
    """A lane: whoever works its messages locks it, and nobody ever changes it.

    Rows that are locked and never written can be taken with SKIP LOCKED by any number
    of workers without one of them losing its transaction.
    """

    _name = "med.his.lane"
    _description = "Lane of Messages"
    _log_access = False

    number = fields.Integer(required=True)

    _number_uniq = models.Constraint("unique(number)", "There is this lane already.")

    def init(self):
        self.env.cr.execute(
            SQL(
                "INSERT INTO med_his_lane (number) SELECT generate_series(0, %s - 1)"
                " EXCEPT SELECT number FROM med_his_lane",
                LANES,
            )
        )
