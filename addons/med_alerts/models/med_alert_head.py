from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from .med_alert_activity import ACTIVITY
from .med_alert_level import RANK


class MedAlert(models.Model):
    """One alert speaks for all that rules find of the same shelf or lot.

    An empty shelf is also below its safety stock, below its reorder point and short of
    days of cover. Four rules find it, one person must act, once. Of the alerts of one
    family about the same item, lot and place the worst is the head; the others are its
    parts: they live and die by their own rules, but call nobody, are not on the boards,
    and follow what people decide about the head. When the head ends and a part goes on,
    the part takes its place; whoever has already reacted is not called again.
    """

    _inherit = "med.alert"

    head_id = fields.Many2one(
        "med.alert",
        string="Told By",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
        help="A worse alert about the same item and place, which calls people.",
    )
    part_ids = fields.One2many(
        "med.alert",
        "head_id",
        string="Also Found",
        readonly=True,
        domain=[("state", "!=", "resolved")],
    )

    def _with_parts(self):
        """These alerts and those that they speak for."""
        return self | self.part_ids

    @api.model
    def _gather(self, look=None):
        """Choose the heads anew, of what ``look`` is about or of everything.

        Returns the alerts that have become heads after having been parts.
        """
        self.env.flush_all()
        changed = self.env.execute_query(self._gather_sql(look))
        alerts = self.browse([row[0] for row in changed])
        alerts.invalidate_recordset(["head_id", "part_ids"])
        (self.browse({row[2] for row in changed if row[2]})).invalidate_recordset(
            ["part_ids"]
        )
        parts = self.browse([alert_id for alert_id, _was, head in changed if head])
        parts._fall_silent()
        return alerts - parts

    @api.model
    def _gather_sql(self, look):
        """UPDATE of the heads that changed: rows (id, head before, head now)."""
        kinds = {
            name: kind
            for name, kind in self.env["med.alert.rule"]._kinds().items()
            if kind.family
        }
        some = SQL("TRUE")
        if look is not None and look.pairs is not None:
            pairs = sorted(look.pairs)
            some = SQL(
                "alert.product_id = ANY(%(products)s)"
                " AND (alert.product_id, alert.location_id) IN"
                " (SELECT * FROM unnest(%(of_pairs)s::int[], %(places)s::int[]))",
                products=sorted({product for product, _place in pairs}),
                of_pairs=[product for product, _place in pairs],
                places=[place for _product, place in pairs],
            )
        return SQL(
            """
            UPDATE med_alert alert
               SET head_id = nullif(living.head_id, living.id)
              FROM (
                SELECT alert.id, alert.head_id AS was,
                    first_value(alert.id) OVER (
                        PARTITION BY family.name, alert.product_id, alert.lot_id,
                            alert.location_id
                        ORDER BY coalesce(level.board_only, FALSE),
                            array_position(%(severities)s, alert.severity) DESC,
                            family.weight DESC, alert.id
                    ) AS head_id
                FROM med_alert alert
                JOIN unnest(%(kinds)s, %(families)s, %(weights)s)
                    AS family (kind, name, weight) ON family.kind = alert.kind
                LEFT JOIN med_alert_level level ON level.id = alert.level_id
                WHERE alert.state != 'resolved' AND %(some)s
              ) living
             WHERE alert.id = living.id
               AND alert.head_id IS DISTINCT FROM nullif(living.head_id, living.id)
            RETURNING alert.id, living.was, alert.head_id
            """,
            severities=sorted(RANK, key=RANK.get),
            kinds=list(kinds),
            families=[kind.family for kind in kinds.values()],
            weights=[kind.weight for kind in kinds.values()],
            some=some,
        )

    def _fall_silent(self):
        """Another alert tells of the same: nothing is asked of anybody for these."""
        called = self.filtered(
            lambda alert: alert.call_at or alert.escalate_at or alert.called_at
        )
        called.write({"call_at": False, "escalate_at": False, "escalated_to_id": False})
        called.activity_unlink([ACTIVITY])

    def _take_over(self):
        """Their head has ended and they have not: they speak for themselves now."""
        living = self.filtered(lambda alert: alert.state != "resolved")
        living = living.filtered(lambda alert: not alert.covered)
        asleep = living.filtered("snoozed_until")
        for until, alerts in asleep.grouped("snoozed_until").items():
            alerts.write({"call_at": until, "call_reason": "snooze_over"})
        living -= asleep
        fresh = living.filtered(lambda alert: alert.state == "open")
        fresh._call("opened")
        # Whoever took care of the worse one keeps the task and hears nothing new.
        (living - fresh)._announce("eased")

    @api.model
    def _heads(self):
        """Domain of the alerts that speak, for boards and counts."""
        return Domain("head_id", "=", False)
