from datetime import timedelta
from uuid import uuid4

from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.tools import SQL

from .med_his_channel_kind import OUTBOUND

OPEN = ("waiting", "dead")
#: An import of items becomes visible when it ends, and bears the time when it began.
OVERLAP = timedelta(days=1)
KEPT = timedelta(days=30)
FORGOTTEN_AT_ONCE = 10_000


class MedHisOutbound(models.Model):
    """A message to another system: stored first, then sent until it is acknowledged.

        waiting ──> sent           acknowledged (AA, CA) under its own id
          │  ▲
          ▼  │ send again
         dead                      refused, or tried too often: somebody must look
          └────> given up          with a reason

    It is made in the transaction of what it tells of, so neither is without the other.
    Its content is written when it is sent, and kept nowhere. The id stays the same at
    every try, by which the receiver knows a repetition. Messages about the same visit
    or item keep their order: one that is stuck holds up only those.
    """

    _name = "med.his.outbound"
    _description = "Outbound Message"
    _inherit = ["med.his.guarded.export", "mail.thread"]
    _order = "id desc"
    _rec_name = "control_id"

    channel_id = fields.Many2one(
        "med.his.channel", required=True, readonly=True, ondelete="restrict"
    )
    company_id = fields.Many2one(related="channel_id.company_id", store=True)
    kind = fields.Selection(
        [
            ("charge", "Charge"),
            ("refund", "Refund"),
            ("item", "Item"),
        ],
        required=True,
        readonly=True,
    )
    control_id = fields.Char(
        string="Message ID",
        required=True,
        readonly=True,
        default=lambda self: uuid4().hex[:20],
    )
    consumption_id = fields.Many2one(
        "med.consumption",
        string="Recorded Line",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
    )
    product_id = fields.Many2one(
        "product.product", string="Item", readonly=True, index="btree_not_null"
    )
    department_id = fields.Many2one(related="consumption_id.department_id")
    order_key = fields.Char(
        required=True, readonly=True, help="Messages of one key keep their order."
    )
    state = fields.Selection(
        [
            ("waiting", "To Be Sent"),
            ("sent", "Acknowledged"),
            ("dead", "Not Delivered"),
            ("given_up", "Given Up"),
        ],
        required=True,
        readonly=True,
        default="waiting",
        tracking=True,
    )
    attempts = fields.Integer(readonly=True)
    next_try_at = fields.Datetime(readonly=True)
    sent_at = fields.Datetime(string="Acknowledged At", readonly=True)
    answer_code = fields.Char(string="Answer", readonly=True)  # MSA-1
    problem = fields.Char(readonly=True)

    _charge_uniq = models.UniqueIndex(
        "(channel_id, consumption_id) WHERE consumption_id IS NOT NULL",
        "This use is told to this channel already.",
    )
    _waiting_idx = models.Index(
        "(channel_id, order_key, id) WHERE state IN ('waiting', 'dead')"
    )

    def action_send_again(self):
        self._check_operator()
        # Operators may not write messages by hand.
        self.sudo().filtered(lambda each: each.state == "dead").write(
            {"state": "waiting", "attempts": 0, "next_try_at": False}
        )
        self._trigger_sending()

    def _give_up(self, reason):
        """It will not be sent; whoever comes behind it goes on."""
        self._check_operator()
        stuck = self.sudo().filtered(lambda each: each.state in OPEN)
        stuck.write({"state": "given_up"})
        for message in stuck:
            message.message_post(body=reason, author_id=self.env.user.partner_id.id)
        self._trigger_sending()

    def _behind(self):
        """Those of these that wait behind one that was not delivered."""
        dead = self.search(
            [
                ("state", "=", "dead"),
                ("channel_id", "in", self.channel_id.ids),
                ("order_key", "in", self.mapped("order_key")),
            ]
        ).grouped(lambda each: (each.channel_id, each.order_key))
        return self.filtered(
            lambda each: (
                each.state == "waiting"
                and any(
                    stuck.id < each.id
                    for stuck in dead.get((each.channel_id, each.order_key), ())
                )
            )
        )

    def _check_operator(self):
        operator = "med_his_connector.group_integration_operator"
        if not self.env.su and not self.env.user.has_group(operator):
            raise AccessError(
                self.env._("Only an integration operator works on messages.")
            )
        self.check_access("read")

    @api.model
    def _queue_charges(self, lines):
        """Tell of uses and what takes them back, where a channel wants to know."""
        channels = self.env["med.his.channel"].search(
            [
                ("transport", "in", OUTBOUND),
                ("sends_charges", "=", True),
                ("company_id", "in", lines.company_id.ids),
            ]
        )
        wanted = lines.filtered(
            lambda line: line.kind != "waste" and line.product_id.med_chargeable
        )
        known = self.search(
            [
                ("channel_id", "in", channels.ids),
                ("consumption_id", "in", wanted.ids),
            ]
        )
        there = {(each.channel_id, each.consumption_id) for each in known}
        queued = self.create(
            [
                {
                    "channel_id": channel.id,
                    "kind": "charge" if line.kind == "use" else "refund",
                    "consumption_id": line.id,
                    "product_id": line.product_id.id,
                    # A refund waits for its charge, and no other charge for either.
                    "order_key": "/".join(
                        (line.encounter_token or "item", str(line.product_id.id))
                    ),
                }
                for channel in channels
                for line in wanted
                if line.company_id == channel.company_id
                and (channel, line) not in there
            ]
        )
        if queued:
            self._trigger_sending()
        return queued

    @api.model
    def _cron_queue_items(self):
        for channel in self.env["med.his.channel"].search(
            [
                ("transport", "in", OUTBOUND),
                "|",
                ("sends_items", "=", True),
                ("sends_stock", "=", True),
            ]
        ):
            self._queue_items(channel)

    @api.model
    def _queue_items(self, channel, everything=False):
        """Queue items that changed (all, where levels are sent); how many they are."""
        now, since = fields.Datetime.now(), channel.items_sent_until
        domain = [
            ("med_consumable", "=", True),
            ("company_id", "in", (False, channel.company_id.id)),
        ]
        if since and not everything and not channel.sends_stock:
            domain += [
                "|",
                ("write_date", ">=", since - OVERLAP),
                ("product_tmpl_id.write_date", ">=", since - OVERLAP),
            ]
        products = self.env["product.product"].with_context(active_test=False)
        products = products.search(domain, order="id")
        # On behalf of the channel: operators may not write messages by hand.
        self = self.sudo()  # noqa: PLW0642
        waiting = self.search(
            [
                ("channel_id", "=", channel.id),
                ("kind", "=", "item"),
                ("state", "=", "waiting"),
            ]
        ).product_id
        # What waits will be written when it is sent, and so be as it is then.
        self.create(
            [
                {
                    "channel_id": channel.id,
                    "kind": "item",
                    "product_id": product.id,
                    "order_key": f"item/{product.id}",
                }
                for product in products - waiting
            ]
        )
        channel.sudo().items_sent_until = now
        self._trigger_sending()
        return len(products)

    @api.model
    def _trigger_sending(self, at=None):
        # The job belongs to the system, whoever has work for it.
        self.env.ref("med_his_connector.ir_cron_send").sudo()._trigger(at)

    @api.autovacuum
    def _gc_items(self):
        """What was told each night and acknowledged is forgotten after a month; charges
        stay, and so does the last message about each item."""
        rows = self.env.execute_query(
            SQL(
                """
                SELECT old.id FROM med_his_outbound old
                 WHERE old.kind = 'item' AND old.state IN ('sent', 'given_up')
                   AND old.create_date < %s
                   AND EXISTS (
                       SELECT 1 FROM med_his_outbound newer
                        WHERE newer.channel_id = old.channel_id
                          AND newer.product_id = old.product_id
                          AND newer.kind = 'item' AND newer.state = 'sent'
                          AND newer.id > old.id)
                 LIMIT %s
                """,
                fields.Datetime.now() - KEPT,
                FORGOTTEN_AT_ONCE,
            )
        )
        self.browse(row[0] for row in rows).unlink()
        return len(rows), len(rows) == FORGOTTEN_AT_ONCE
