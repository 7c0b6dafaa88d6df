from odoo import api, fields, models
from odoo.exceptions import UserError


class MedRequisitionSubstitute(models.TransientModel):
    """The store lacks what was asked: which item goes out instead, and why?"""

    _name = "med.requisition.substitute"
    _description = "Issue a Substitute"

    requisition_line_id = fields.Many2one(
        "med.requisition.line", string="Asked Item", required=True, ondelete="cascade"
    )
    asked_product_id = fields.Many2one(related="requisition_line_id.product_id")
    product_id = fields.Many2one(
        "product.product",
        string="Issue Instead",
        required=True,
        domain="[('med_consumable', '=', True), ('id', '!=', asked_product_id)]",
    )
    quantity = fields.Float(
        string="Replaces",
        digits="Product Unit",
        compute="_compute_quantity",
        store=True,
        readonly=False,
        help="How much of the asked item the substitute stands in for.",
    )
    uom_id = fields.Many2one(related="requisition_line_id.uom_id")
    issue_quantity = fields.Float(
        string="Goes Out", digits="Product Unit", compute="_compute_issue_quantity"
    )
    issue_uom_id = fields.Many2one(related="product_id.uom_id")
    reason = fields.Char(required=True)

    @api.depends("requisition_line_id")
    def _compute_quantity(self):
        for wizard in self:
            moves = wizard.requisition_line_id._open_moves()
            wizard.quantity = sum(moves.mapped("product_uom_qty"))

    @api.depends("product_id", "quantity", "requisition_line_id")
    def _compute_issue_quantity(self):
        for wizard in self:
            line, product = wizard.requisition_line_id, wizard.product_id
            known = line and product
            wizard.issue_quantity = (
                line._issue_instead(product, wizard.quantity) if known else 0.0
            )

    def action_confirm(self):
        self.ensure_one()
        line = self.requisition_line_id
        line.requisition_id._lock()
        line.requisition_id._check_state("approved", "partial")
        self._check_answer()
        moves = line._open_moves()
        line._replace_moves(moves, self.product_id, self.quantity)
        line.sudo().substitution_reason = self.reason  # kept, not entered by hand
        line.requisition_id.message_post(
            body=self.env._(
                "%(issued)s %(its_unit)s of %(substitute)s instead of %(quantity)s "
                "%(unit)s of %(product)s: %(reason)s",
                issued=f"{self.issue_quantity:g}",
                its_unit=self.issue_uom_id.name,
                quantity=f"{self.quantity:g}",
                unit=line.uom_id.name,
                substitute=self.product_id.display_name,
                product=line.product_id.display_name,
                reason=self.reason,
            )
        )
        return {"type": "ir.actions.act_window_close"}

    def _check_answer(self):
        line, substitute = self.requisition_line_id, self.product_id
        left = sum(line._open_moves().mapped("product_uom_qty"))
        unit = line.uom_id
        if substitute == line.product_id:
            raise UserError(self.env._("A substitute is another item."))
        if not line._ratio_of(substitute):
            raise UserError(
                self.env._(
                    "%(substitute)s is counted in %(its_unit)s and %(product)s in "
                    "%(unit)s; such a substitute cannot count for it. Link the two "
                    "items as substitutes and say in which ratio.",
                    substitute=substitute.display_name,
                    its_unit=substitute.uom_id.name,
                    product=line.product_id.display_name,
                    unit=unit.name,
                )
            )
        if unit.compare(self.quantity, 0) <= 0 or unit.compare(self.quantity, left) > 0:
            raise UserError(
                self.env._(
                    "%(left)s %(unit)s of %(product)s are still to be issued; "
                    "substitute more than zero and not more than that.",
                    left=f"{left:g}",
                    unit=unit.name,
                    product=line.product_id.display_name,
                )
            )
