from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError


class MedTransferProposal(models.Model):
    """Move this lot from there to here, since there it will not be used in time.

    proposed ──accept──> accepted (a transfer is ready) ──receive──> done
        │                    └── transfer cancelled ──> cancelled
        └──decline──> declined (not offered again for a while)
    """

    _name = "med.transfer.proposal"
    _description = "Transfer Proposal"
    _inherit = ["mail.thread"]
    _order = "state, value desc, id"
    _check_company_auto = True

    name = fields.Char(compute="_compute_name")
    company_id = fields.Many2one("res.company", required=True, readonly=True)
    product_id = fields.Many2one(
        "product.product", string="Item", required=True, readonly=True
    )
    uom_id = fields.Many2one(related="product_id.uom_id")
    lot_id = fields.Many2one("stock.lot", string="Lot", readonly=True)
    expiration_date = fields.Datetime(related="lot_id.expiration_date", string="Expiry")
    giver_id = fields.Many2one(
        "med.department", string="From", required=True, readonly=True
    )
    giver_location_id = fields.Many2one("stock.location", required=True, readonly=True)
    receiver_id = fields.Many2one(
        "med.department", string="To", required=True, readonly=True
    )
    quantity = fields.Float(digits="Product Unit", required=True, readonly=True)
    reason = fields.Selection(
        [("expiry", "Would expire unused"), ("excess", "More than is needed")],
        required=True,
        readonly=True,
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    value = fields.Monetary(
        string="Value Saved",
        readonly=True,
        help="Quantity × average cost on the day of the proposal: what would be thrown "
        "away, or bought although it lies elsewhere.",
    )
    # What the proposal follows from, as it was on its day.
    proposed_on = fields.Date(required=True, readonly=True)
    asked_for = fields.Boolean(
        string="Asked For",
        readonly=True,
        help="Somebody asked for this transfer: the night does not replace it.",
    )
    giver_stock = fields.Float(
        string="Usable at the Giver", digits="Product Unit", readonly=True
    )
    giver_daily_use = fields.Float(string="Daily Use of the Giver", readonly=True)
    giver_chance = fields.Float(
        string="Used There in Time",
        digits=(16, 4),
        readonly=True,
        help="At most: the chance that the last piece of the proposal is used by the "
        "giver before its date, or within the longest cover.",
    )
    receiver_stock = fields.Float(
        string="Usable at the Receiver", digits="Product Unit", readonly=True
    )
    receiver_daily_use = fields.Float(string="Daily Use of the Receiver", readonly=True)
    receiver_chance = fields.Float(
        string="Used Here in Time",
        digits=(16, 4),
        readonly=True,
        help="At least: the chance that the last piece of the proposal is used by the "
        "receiver before its date, or within the longest cover.",
    )
    explanation = fields.Char(compute="_compute_explanation")
    decline_reason = fields.Char(readonly=True, tracking=True)
    declined_on = fields.Date(readonly=True)
    picking_id = fields.Many2one("stock.picking", string="Transfer", readonly=True)
    state = fields.Selection(
        [
            ("proposed", "Proposed"),
            ("accepted", "Accepted"),
            ("done", "Done"),
            ("declined", "Declined"),
            ("cancelled", "Cancelled"),
        ],
        compute="_compute_state",
        store=True,
        tracking=True,
    )

    may_accept = fields.Boolean(compute="_compute_may_decide")
    may_receive = fields.Boolean(compute="_compute_may_decide")

    @api.depends("product_id", "giver_id", "receiver_id")
    def _compute_name(self):
        for proposal in self:
            proposal.name = (
                f"{proposal.product_id.display_name}: "
                f"{proposal.giver_id.code} → {proposal.receiver_id.code}"
            )

    @api.depends_context("lang")
    @api.depends("product_id", "giver_id", "receiver_id", "quantity", "reason")
    def _compute_explanation(self):
        for proposal in self:
            figures = {
                "giver": proposal.giver_id.name,
                "receiver": proposal.receiver_id.name,
                "stock": f"{proposal.giver_stock:g}",
                "use": f"{proposal.giver_daily_use:.2f}",
                "other_use": f"{proposal.receiver_daily_use:.2f}",
                "other_stock": f"{proposal.receiver_stock:g}",
                "unit": proposal.uom_id.name,
                "quantity": f"{proposal.quantity:g}",
                "here": f"{proposal.giver_chance:.0%}",
                "there": f"{proposal.receiver_chance:.0%}",
            }
            proposal.explanation = (
                self.env._(
                    "%(giver)s has %(stock)s %(unit)s and uses %(use)s a day: these "
                    "%(quantity)s are used before their date with a chance of %(here)s "
                    "at most. %(receiver)s has %(other_stock)s, uses %(other_use)s a "
                    "day, and uses them in time with a chance of %(there)s at least.",
                    **figures,
                )
                if proposal.reason == "expiry"
                else self.env._(
                    "%(giver)s has %(stock)s %(unit)s and uses %(use)s a day: "
                    "%(quantity)s are more than it should hold. %(receiver)s has "
                    "%(other_stock)s and uses %(other_use)s a day.",
                    **figures,
                )
            )

    @api.depends("declined_on", "picking_id", "picking_id.state")
    def _compute_state(self):
        for proposal in self:
            if proposal.declined_on:
                proposal.state = "declined"
            elif not proposal.picking_id:
                proposal.state = "proposed"
            else:
                proposal.state = {"done": "done", "cancel": "cancelled"}.get(
                    proposal.picking_id.state, "accepted"
                )

    @api.depends("giver_id", "receiver_id", "state")
    @api.depends_context("uid")
    def _compute_may_decide(self):
        """Whether the buttons are for whoever looks; see ``_check_may_decide``."""
        everywhere, own = self._decides_for()
        for proposal in self:
            accepts = everywhere or bool(
                (proposal.receiver_id | proposal.giver_id) & own
            )
            receives = everywhere or proposal.receiver_id in own
            proposal.may_accept = accepts and proposal.state == "proposed"
            proposal.may_receive = receives and proposal.state == "accepted"

    def action_accept(self):
        """Make the transfer: the lot is reserved and ready to be handed over."""
        self._check_may_decide("receiver_id", "giver_id")
        proposals = self._in_state("proposed").sudo()  # see _make_transfer
        self.env["med.consumption"]._post_used(
            proposals.product_id, proposals.giver_location_id
        )
        for proposal in self:
            proposal._make_transfer()
        return True

    def action_receive(self):
        """The pieces have arrived: the transfer is done."""
        self._check_may_decide("receiver_id")
        pickings = self._in_state("accepted").picking_id
        # A ward manager receives for the own ward without being a stock user.
        pickings = pickings.sudo()
        pickings.move_ids.picked = True
        pickings.with_context(skip_sanity_check=False).button_validate()
        return True

    def action_decline(self):
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Decline"),
            "res_model": "med.transfer.decline",
            "view_mode": "form",
            "target": "new",
            "context": {"default_proposal_ids": self.ids},
        }

    def action_view_picking(self):
        self.ensure_one()
        return self.picking_id._get_records_action(name=self.env._("Transfer"))

    def _decline(self, reason):
        self._check_may_decide("receiver_id", "giver_id")
        # The fields are read-only to people: they decide by this action.
        self._in_state("proposed").sudo().write(
            {"decline_reason": reason, "declined_on": fields.Date.context_today(self)}
        )

    def _check_may_decide(self, *sides):
        """Storekeepers decide on all; a manager for the own departments."""
        self.check_access("read")
        everywhere, own = self._decides_for()
        if everywhere:
            return
        for proposal in self:
            if not any(proposal[side] in own for side in sides):
                raise AccessError(
                    self.env._(
                        "%(proposal)s is decided by the manager of %(departments)s or "
                        "by the store.",
                        proposal=proposal.name,
                        departments=", ".join(
                            proposal[side].display_name for side in sides
                        ),
                    )
                )

    @api.model
    def _decides_for(self):
        """Whether the user decides for all, and else for which departments."""
        user, own = self.env.user, self.env["med.department"]
        if user.has_group("med_consumables.group_storekeeper"):
            return True, own
        if user.has_group("med_consumables.group_ward_manager"):
            own = own.search([("id", "child_of", user.med_department_ids.ids)])
        return False, own

    def _in_state(self, state):
        """These proposals, which must all be in ``state``; locked against others."""
        self.lock_for_update()
        self.invalidate_recordset(["state"])
        others = self.filtered(lambda proposal: proposal.state != state)
        if others:
            labels = dict(self._fields["state"]._description_selection(self.env))
            raise UserError(
                self.env._(
                    "%(proposals)s: no longer %(state)s. Refresh the page to see who "
                    "decided.",
                    proposals=", ".join(others.mapped("name")),
                    state=labels[state],
                )
            )
        return self

    def _make_transfer(self):
        self.ensure_one()
        # Whoever may decide need not be a stock user; the lot and places are given.
        proposal = self.sudo()
        warehouse = proposal.giver_id.warehouse_id
        picking = proposal.env["stock.picking"].create(
            {
                "picking_type_id": warehouse.int_type_id.id,
                "location_id": proposal.giver_location_id.id,
                "location_dest_id": proposal.receiver_id.stock_location_id.id,
                "company_id": proposal.company_id.id,
                "origin": proposal.name,
                "move_ids": [fields.Command.create(proposal._prepare_move())],
            }
        )
        picking.action_confirm()
        picking.move_ids._do_unreserve()
        short = picking.move_ids._update_reserved_quantity(
            proposal.quantity,
            proposal.giver_location_id,
            lot_id=proposal.lot_id,
            strict=True,
        )
        if proposal.uom_id.compare(short, proposal.quantity) < 0:
            raise UserError(
                self.env._(
                    "Of %(proposal)s only %(quantity)s %(unit)s are still there and "
                    "free. Look for new proposals.",
                    proposal=proposal.name,
                    quantity=f"{short:g}",
                    unit=proposal.uom_id.name,
                )
            )
        proposal.picking_id = picking

    def _prepare_move(self):
        return {
            "product_id": self.product_id.id,
            "product_uom": self.uom_id.id,
            "product_uom_qty": self.quantity,
            "location_id": self.giver_location_id.id,
            "location_dest_id": self.receiver_id.stock_location_id.id,
            "company_id": self.company_id.id,
        }
