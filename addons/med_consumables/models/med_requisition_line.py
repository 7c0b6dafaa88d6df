from odoo import api, fields, models
from odoo.exceptions import UserError


class MedRequisitionLine(models.Model):
    """One item of a requisition: asked, approved, issued and received.

    All quantities are in the item's own unit. A substitute counts in it, too.
    """

    _name = "med.requisition.line"
    _description = "Requisition Item"
    _inherit = ["med.stepped"]
    _order = "requisition_id, sequence, id"
    _rec_name = "product_id"
    # Transfers, receipts and returns say these.
    _med_set_by_steps = frozenset(
        {
            "state",
            "issued_qty",
            "received_qty",
            "short_qty",
            "returned_qty",
        }
    )

    requisition_id = fields.Many2one(
        "med.requisition", required=True, index=True, ondelete="cascade"
    )
    sequence = fields.Integer(default=10)
    company_id = fields.Many2one(
        related="requisition_id.company_id", store=True, index=True
    )
    department_id = fields.Many2one(
        related="requisition_id.department_id", store=True, index=True
    )
    state = fields.Selection(related="requisition_id.state", store=True)
    urgent = fields.Boolean(related="requisition_id.urgent", store=True)
    asked_at = fields.Datetime(related="requisition_id.asked_at", store=True)
    product_id = fields.Many2one(
        "product.product",
        string="Item",
        required=True,
        index=True,
        ondelete="restrict",
        domain="[('med_consumable', '=', True)]",
    )
    product_categ_id = fields.Many2one(related="product_id.categ_id", store=True)
    uom_id = fields.Many2one(related="product_id.uom_id", string="Unit")
    asked_qty = fields.Float(
        string="Quantity Asked", digits="Product Unit", required=True, default=1.0
    )
    approved_qty = fields.Float(
        string="Quantity Approved",
        digits="Product Unit",
        copy=False,
        help="Set to what was asked; the manager may change it before approving.",
    )
    move_ids = fields.One2many(
        "stock.move", "med_requisition_line_id", string="Stock Moves", copy=False
    )
    issued_qty = fields.Float(
        string="Quantity Issued",
        digits="Product Unit",
        compute="_compute_moved",
        store=True,
        compute_sudo=True,
    )
    returned_qty = fields.Float(
        string="Returned",
        digits="Product Unit",
        compute="_compute_moved",
        store=True,
        compute_sudo=True,
    )
    received_qty = fields.Float(
        string="Received", digits="Product Unit", readonly=True, copy=False
    )
    short_qty = fields.Float(
        string="Did Not Arrive",
        digits="Product Unit",
        readonly=True,
        copy=False,
        help="Issued on the books and not found in the delivery.",
    )
    fill_rate = fields.Float(
        compute="_compute_fill_rate",
        store=True,
        aggregator="avg",
        help="Issued divided by asked.",
    )
    hours_to_receipt = fields.Float(
        related="requisition_id.hours_to_receipt", store=True, aggregator="avg"
    )
    substitute_ids = fields.Many2many(
        "product.product",
        string="Substitutes",
        compute="_compute_substitute_ids",
        compute_sudo=True,
        help="Issued instead of the item that was asked for.",
    )
    substitution_reason = fields.Char(readonly=True, copy=False)

    _product_uniq = models.Constraint(
        "unique(requisition_id, product_id)",
        "An item is asked for once in a requisition; change its quantity instead.",
    )
    _quantities_positive = models.Constraint(
        "CHECK(asked_qty >= 0 AND approved_qty >= 0)",
        "A quantity cannot be less than zero.",
    )

    @api.depends("move_ids.state", "move_ids.quantity", "move_ids.product_uom")
    def _compute_moved(self):
        for line in self:
            done = line.move_ids.filtered(lambda move: move.state == "done")
            back = done.filtered("origin_returned_move_id")
            line.issued_qty = line._in_own_unit(done - back)
            line.returned_qty = line._in_own_unit(back)

    @api.depends("asked_qty", "issued_qty")
    def _compute_fill_rate(self):
        for line in self:
            asked = line.asked_qty
            line.fill_rate = min(line.issued_qty / asked, 1.0) if asked else 1.0

    @api.depends("move_ids.product_id", "move_ids.state")
    def _compute_substitute_ids(self):
        for line in self:
            moves = line.move_ids.filtered(lambda move: move.state != "cancel")
            line.substitute_ids = moves.product_id - line.product_id

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        if not self.env.su:
            lines.requisition_id._check_state("draft")
        return lines

    def write(self, vals):
        if not self.env.su:
            requisitions = self.requisition_id
            if vals.keys() - {"approved_qty", "sequence"}:
                requisitions._check_state("draft")
            elif "approved_qty" in vals:
                requisitions._check_state("asked")
                requisitions._check_may_approve()
        result = super().write(vals)
        if not self.env.su and "requisition_id" in vals:
            self.requisition_id._check_state("draft")
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_if_draft(self):
        self.requisition_id._check_state("draft")

    def _in_own_unit(self, moves):
        """What ``moves`` brought, substitutes counted as what they stood in for."""
        total = sum(map(self._counted, moves))
        return self.uom_id.round(total) if self.uom_id else total

    def _counted(self, move):
        if move.med_substitute_ratio:
            quantity = move.product_uom._compute_quantity(
                move.quantity, move.product_id.uom_id, round=False
            )
            return quantity / move.med_substitute_ratio
        if move.product_uom._has_common_reference(self.uom_id):
            return move.product_uom._compute_quantity(
                move.quantity, self.uom_id, round=False
            )
        return move.quantity

    def _to_receive(self):
        """What went out and was neither received nor reported as missing."""
        self.ensure_one()
        return self.uom_id.round(self.issued_qty - self.received_qty - self.short_qty)

    def _check_asked(self, requisition):
        if not self:
            raise UserError(
                self.env._(
                    "%(requisition)s asks for nothing. Add an item, fill in a template "
                    "or top up to the levels of the shelf.",
                    requisition=requisition.name,
                )
            )
        for line in self:
            if line.uom_id.compare(line.asked_qty, 0) <= 0:
                raise UserError(
                    self.env._(
                        "The quantity of %(product)s must be more than zero.",
                        product=line.product_id.display_name,
                    )
                )
