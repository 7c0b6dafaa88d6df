from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools.misc import format_date


class MedDeadStock(models.Model):
    """Stock that lies in a place and is not used there, and what to do with it.

        open ──carry out──> done
          └────keep───────> kept     not asked again while it lies there

    Looked for each month; what is decided stays, and so does the note on what is open
    still. What lies in a bin lies in the shelf, or the store, that the bin is of. Vital
    items and clinical reserves are kept on purpose and not listed.
    """

    _name = "med.dead.stock"
    _description = "Dead Stock"
    _inherit = ["mail.thread"]
    _order = "state, value desc, id"
    _rec_name = "product_id"

    company_id = fields.Many2one("res.company", required=True, readonly=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    product_id = fields.Many2one(
        "product.product", required=True, readonly=True, ondelete="cascade", index=True
    )
    product_categ_id = fields.Many2one(
        related="product_id.categ_id", string="Product Category"
    )
    uom_id = fields.Many2one(related="product_id.uom_id", string="Unit")
    location_id = fields.Many2one(
        "stock.location", required=True, readonly=True, ondelete="cascade"
    )
    department_id = fields.Many2one(
        "med.department", readonly=True, index="btree_not_null", ondelete="set null"
    )
    quantity = fields.Float(digits="Product Unit", readonly=True)
    value = fields.Monetary(readonly=True, help="At cost.")
    last_use = fields.Date(readonly=True, help="In this place.")
    lying_since = fields.Date(readonly=True, help="The last receipt of it here.")
    expires = fields.Date(readonly=True, help="The nearest date of its lots.")
    receiver_id = fields.Many2one(
        "med.department", string="Could Use It", readonly=True, ondelete="set null"
    )
    receiver_use = fields.Float(
        string="Use There in 90 Days", digits="Product Unit", readonly=True
    )
    receiver_qty = fields.Float(
        string="Could Take",
        digits="Product Unit",
        readonly=True,
        help="Units that it most likely uses in time, beside what it has.",
    )
    partner_id = fields.Many2one("res.partner", string="Supplier", readonly=True)
    proposal = fields.Selection(
        [
            ("transfer", "Transfer to who uses it"),
            ("swap", "Swap with the supplier for fresh pieces"),
            ("return", "Return to the supplier"),
            ("stop", "Stop holding it"),
        ],
        required=True,
        readonly=True,
    )
    explanation = fields.Text(compute="_compute_explanation")
    state = fields.Selection(
        [("open", "Open"), ("done", "Done"), ("kept", "Kept")],
        required=True,
        readonly=True,
        default="open",
        tracking=True,
    )
    transfer_id = fields.Many2one(
        "med.transfer.proposal", readonly=True, index="btree_not_null"
    )
    transfer_state = fields.Selection(related="transfer_id.state")
    note = fields.Char(help="Why it is kept, or what was agreed on.")

    _place_uniq = models.UniqueIndex(
        "(product_id, location_id) WHERE state IN ('open', 'kept')"
    )

    @api.depends("proposal", "quantity", "last_use", "receiver_id")
    @api.depends_context("lang")
    def _compute_explanation(self):
        for row in self:
            row.explanation = row._tell()

    def _tell(self):
        never = self.env._("never in two years")
        figures = {
            "quantity": f"{self.quantity:g}",
            "unit": self.uom_id.name,
            "place": self.department_id.name or self.location_id.display_name,
            "last": format_date(self.env, self.last_use) if self.last_use else never,
            "since": format_date(self.env, self.lying_since),
            "receiver": self.receiver_id.name,
            "use": f"{self.receiver_use:.0f}",
            "takes": f"{self.receiver_qty:g}",
            "supplier": self.partner_id.display_name,
            "expires": format_date(self.env, self.expires) if self.expires else "–",
        }
        begin = self.env._(
            "%(quantity)s %(unit)s lie in %(place)s since %(since)s; last used there: "
            "%(last)s.",
            **figures,
        )
        ends = {
            "transfer": self.env._(
                "%(receiver)s uses about %(use)s in 90 days and could take %(takes)s.",
                **figures,
            ),
            "swap": self.env._(
                "They expire on %(expires)s: ask %(supplier)s for fresh pieces while "
                "it still takes them.",
                **figures,
            ),
            "return": self.env._(
                "Nobody uses them; %(supplier)s may take them back (nearest date "
                "%(expires)s).",
                **figures,
            ),
            "stop": self.env._(
                "Nobody uses them and nobody takes them back: hold none from now on.",
                **figures,
            ),
        }
        return f"{begin} {ends[self.proposal]}"

    def write(self, vals):
        own = {name for name in self._fields if name.startswith("message_")} | {"note"}
        if not self.env.su and vals.keys() - own:
            raise UserError(
                self.env._("Dead stock is decided by the buttons; add a note only.")
            )
        return super().write(vals)

    def action_carry_out(self):
        """Do what is proposed: a transfer, a task for the buyer, levels of zero."""
        self.check_access("write")
        for row in self.sudo():  # a planner decides; stock and levels follow
            if row.state == "open":
                getattr(row, f"_carry_out_{row.proposal}")()
                row.state = "done"

    def action_keep(self):
        self.check_access("write")
        if unsaid := self.filtered(lambda row: not row.note):
            raise UserError(
                self.env._(
                    "Say in the note why it is kept: %(items)s.",
                    items=", ".join(unsaid.mapped("display_name")),
                )
            )
        self.sudo().state = "kept"

    def _carry_out_transfer(self):
        """What the nights have proposed between the two already is asked for now."""
        Proposal = self.env["med.transfer.proposal"]
        known = Proposal.search(
            [
                ("product_id", "=", self.product_id.id),
                ("giver_location_id", "=", self.location_id.id),
                ("receiver_id", "=", self.receiver_id.id),
                ("state", "in", ("proposed", "accepted")),
            ],
            order="state, id",
        )
        known.asked_for = True
        self.transfer_id = known[:1] or self._propose_transfer()
        self._tell_outcome(
            self.env._(
                "Proposed to the storekeeper under Redistribution: %(transfer)s",
                transfer=self.transfer_id.display_name,
            )
        )

    def _propose_transfer(self):
        share = self.receiver_qty / self.quantity if self.quantity else 0.0
        return self.env["med.transfer.proposal"].create(
            {
                "company_id": self.company_id.id,
                "product_id": self.product_id.id,
                "giver_id": self.department_id.id,
                "giver_location_id": self.location_id.id,
                "receiver_id": self.receiver_id.id,
                "quantity": self.receiver_qty,
                "lot_id": self._nearest_lot().id,
                "reason": "excess",
                "value": self.value * share,
                "proposed_on": self.company_id._med_day(fields.Datetime.now()),
                "asked_for": True,
                "giver_stock": self.quantity,
                "receiver_daily_use": self.receiver_use / 90,
            }
        )

    def _nearest_lot(self):
        quant = self.env["stock.quant"].search(
            [
                ("product_id", "=", self.product_id.id),
                ("location_id", "child_of", self.location_id.id),
                ("quantity", ">", 0),
            ],
            order="removal_date, in_date",
            limit=1,
        )
        return quant.lot_id

    def _carry_out_swap(self):
        self._ask_buyer()

    def _carry_out_return(self):
        self._ask_buyer()

    def _ask_buyer(self):
        buyer = self.partner_id.buyer_id or self.env.user
        self.product_id.product_tmpl_id.activity_schedule(
            "mail.mail_activity_data_todo",
            user_id=buyer.id,
            summary=self.with_context(lang=buyer.lang).explanation,
        )
        self._tell_outcome(
            self.env._(
                "Task for %(buyer)s on the item: agree on it with the supplier",
                buyer=buyer.name,
            )
        )

    def _carry_out_stop(self):
        """Levels of zero, published like any others: locks hold, and it can be rolled
        back."""
        rules = self.env["stock.warehouse.orderpoint"].search(
            [
                ("product_id", "=", self.product_id.id),
                ("location_id", "child_of", self.location_id.id),
            ]
        )
        if not rules:
            raise UserError(
                self.env._(
                    "No reorder rule orders %(item)s for %(place)s, so there is "
                    "nothing to stop. Decide what becomes of the pieces and keep the "
                    "line, with a note.",
                    item=self.product_id.display_name,
                    place=self.department_id.name or self.location_id.display_name,
                )
            )
        self.env["med.reorder.proposal"]._publish_stop(rules)
        self._tell_outcome(
            self.env._(
                "Reorder rules set to zero: %(count)s. What is left lies there until "
                "it is used, given away or scrapped",
                count=len(rules),
            )
        )

    def _tell_outcome(self, text):
        """What came of it stays on the row, in the name of who decided."""
        self.message_post(body=text, author_id=self.env.user.partner_id.id)

    def action_view_transfer(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": "med.transfer.proposal",
            "res_id": self.transfer_id.id,
            "view_mode": "form",
        }
