from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL
from odoo.tools.misc import format_date

#: A return is proposed for goods with at least so many days left.
DAYS_TO_RETURN = 180
#: Fresh pieces are asked for where fewer days are left than this.
DAYS_TO_SWAP = 180


class MedDeadStock(models.Model):
    """Stock that lies in a place and is not used there, and what to do with it.

        open ──carry out──> done
          └────keep───────> kept     not asked again while it lies there

    Made anew each month; what is decided stays. Vital items and clinical reserves are
    kept on purpose and not listed.
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
                ("location_id", "=", self.location_id.id),
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
        rules = self.env["stock.warehouse.orderpoint"].search(
            [
                ("product_id", "=", self.product_id.id),
                ("location_id", "=", self.location_id.id),
            ]
        )
        rules._med_write_levels(dict.fromkeys(rules, (0.0, 0.0, 0.0)))
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

    @api.model
    def _look(self, company):
        """Replace what is open by what lies dead today."""
        for name in ("stock.quant", "stock.move", "med.demand.day"):
            self.env[name].flush_model()
        self.search([("company_id", "=", company.id), ("state", "=", "open")]).unlink()
        kept = {
            (row.product_id.id, row.location_id.id)
            for row in self.search(
                [("company_id", "=", company.id), ("state", "=", "kept")]
            )
        }
        reserved = self._held_on_purpose(company)
        takers = self.env["med.transfer.proposal"]._takers(company)
        values = [
            self._prepare_row(row, company, takers)
            for row in self.env.execute_query_dict(self._query(company))
            if (row["product_id"], row["location_id"]) not in kept
            and (row["product_id"], row["department_id"]) not in reserved
        ]
        return self.create(values)

    @api.model
    def _held_on_purpose(self, company):
        """Clinical reserves: ``{(product id, department id)}``."""
        needs = self.env["med.special.need"].search(
            [("company_id", "=", company.id), ("kind", "=", "reserve")]
        )
        rules = (
            needs._orderpoints() if needs else needs.env["stock.warehouse.orderpoint"]
        )
        places = self.env["med.department"]._department_of_locations(rules.location_id)
        return {(rule.product_id.id, places[rule.location_id.id].id) for rule in rules}

    @api.model
    def _prepare_row(self, row, company, takers):
        product = self.env["product.product"].browse(row["product_id"])
        seller = product.with_company(company)._select_seller(quantity=None)
        days = row["expires"] and (row["expires"] - row["today"]).days
        proposal = "stop"
        taker = takers.get((row["product_id"], row["location_id"]), {})
        if taker and row["department_id"]:
            proposal = "transfer"
        elif seller and days is not None and 0 < days < DAYS_TO_SWAP:
            proposal = "swap"
        elif seller and (days is None or days >= DAYS_TO_RETURN):
            proposal = "return"
        row = dict(row)
        row.pop("today")
        return {
            **row,
            **taker,
            "company_id": company.id,
            "value": row["quantity"] * product.with_company(company).standard_price,
            "partner_id": seller.partner_id.id,
            "proposal": proposal,
        }

    @api.model
    def _query(self, company):
        """Own stock by item and place that came long ago and was not used since."""
        today = company._med_day(fields.Datetime.now())
        return SQL(
            """
            SELECT lying.*, owner.id AS department_id, used.last_use,
                   %(today)s AS today
              FROM (
                SELECT quant.product_id, quant.location_id,
                       sum(quant.quantity)::float8 AS quantity,
                       max(quant.in_date)::date AS lying_since,
                       min(quant.expiration_date)::date AS expires
                  FROM stock_quant quant
                  JOIN stock_location place ON place.id = quant.location_id
                  JOIN product_product product ON product.id = quant.product_id
                  JOIN product_template item ON item.id = product.product_tmpl_id
                 WHERE quant.company_id = %(company)s AND quant.owner_id IS NULL
                   AND place.usage = 'internal' AND item.med_consumable
                   AND item.med_ved IS DISTINCT FROM 'V'
              GROUP BY quant.product_id, quant.location_id
                HAVING sum(quant.quantity) > 0
                   AND max(quant.in_date)::date < %(since)s
              ) AS lying
         LEFT JOIN LATERAL (
                SELECT department.id
                  FROM med_department department
                 WHERE department.stock_location_id = lying.location_id
                   AND department.active
                 LIMIT 1
              ) AS owner ON TRUE
         LEFT JOIN LATERAL (
                SELECT max(day.date) AS last_use FROM med_demand_day day
                 WHERE day.product_id = lying.product_id
                   AND day.location_id = lying.location_id AND day.quantity > 0
              ) AS used ON TRUE
             WHERE coalesce(used.last_use, '-infinity') < %(since)s
            """,
            today=today,
            company=company.id,
            since=self.env["med.item.class"]._dead_since(company),
        )
