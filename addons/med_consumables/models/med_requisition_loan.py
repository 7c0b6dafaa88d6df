from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError


class MedRequisition(models.Model):
    """A loan from ward to ward: the lender approves, hands over and gets it back."""

    _inherit = "med.requisition"

    kind = fields.Selection(
        [("store", "From the store"), ("loan", "Loan from a department")],
        required=True,
        default="store",
        index=True,
    )
    lender_id = fields.Many2one(
        "med.department",
        index="btree_not_null",
        tracking=True,
        check_company=True,
        domain="[('id', '!=', department_id), ('kind', '!=', 'store')]",
        help="The department that lends; its manager decides.",
    )
    due_back = fields.Date(
        tracking=True, help="By when the department gives the same quantity back."
    )
    on_loan = fields.Boolean(
        compute="_compute_on_loan",
        store=True,
        help="Handed over, and not all of it was given back.",
    )
    is_lender = fields.Boolean(compute="_compute_is_lender")
    overdue = fields.Boolean(compute="_compute_overdue", search="_search_overdue")

    @api.depends("kind", "lender_id.stock_location_id", "department_id.warehouse_id")
    def _compute_source_location_id(self):
        result = super()._compute_source_location_id()
        for requisition in self.filtered(lambda r: r.kind == "loan"):
            requisition.source_location_id = requisition.lender_id.stock_location_id
        return result

    @api.depends("kind", "line_ids.issued_qty", "line_ids.returned_qty")
    def _compute_on_loan(self):
        for requisition in self:
            requisition.on_loan = requisition.kind == "loan" and any(
                line.uom_id.compare(line.issued_qty, line.returned_qty) > 0
                for line in requisition.line_ids
            )

    @api.depends("kind", "lender_id")
    @api.depends_context("uid")
    def _compute_is_lender(self):
        lenders = self.lender_id._filtered_own()
        for requisition in self:
            requisition.is_lender = (
                requisition.kind == "loan" and requisition.lender_id in lenders
            )

    @api.depends("on_loan", "due_back")
    def _compute_overdue(self):
        today = fields.Date.context_today(self)
        for requisition in self:
            due = requisition.due_back
            requisition.overdue = bool(requisition.on_loan and due and due < today)

    @api.model
    def _search_overdue(self, operator, value):
        if operator not in ("in", "not in"):
            return NotImplemented
        late = [
            ("on_loan", "=", True),
            ("due_back", "<", fields.Date.context_today(self)),
        ]
        yes = (operator == "in") == (True in value)
        return late if yes else ["!", "&", *late]

    @api.constrains("kind", "lender_id", "due_back", "department_id")
    def _check_loan(self):
        for requisition in self:
            if requisition.kind != "loan":
                continue
            if not requisition.lender_id or not requisition.due_back:
                raise ValidationError(
                    self.env._("A loan names who lends and by when it is given back.")
                )
            if requisition.lender_id == requisition.department_id:
                raise ValidationError(
                    self.env._("A department does not lend to itself.")
                )

    @api.onchange("kind")
    def _onchange_kind(self):
        if self.kind == "store":
            self.lender_id = self.due_back = False

    def write(self, vals):
        if not self.env.su and {"kind", "lender_id", "due_back"} & vals.keys():
            self._check_state("draft")
        return super().write(vals)

    def _deciding_department(self):
        if self.kind == "loan":
            return self.lender_id
        return super()._deciding_department()

    def action_hand_over(self):
        """The lender gives what the shelf has; what it lacks is not lent."""
        self.check_access("write")
        self._lock()
        self._check_state("approved")
        for requisition in self:
            requisition._check_lender()
            # A ward may move what it lends, and nothing else.
            pickings = requisition.sudo().picking_ids.filtered(
                lambda picking: picking.state not in ("done", "cancel")
            )
            # What the lender has used goes first, also where it is promised here.
            pickings.do_unreserve()
            what = pickings.move_ids.product_id, pickings.location_id
            self.env["med.consumption"]._post_used(*what)
            self.env["med.consumption"]._retry_short(*what)
            pickings.action_assign()
            if not any(pickings.move_ids.mapped("quantity")):
                raise UserError(
                    self.env._(
                        "The shelf of %(department)s has nothing usable of what was "
                        "asked. Cancel the loan and say so.",
                        department=requisition.lender_id.display_name,
                    )
                )
            pickings.move_ids.picked = True
            pickings.with_context(cancel_backorder=True)._action_done()
        return True

    def action_got_back(self):
        """The lender has the pieces back on its shelf."""
        self.check_access("write")
        self._lock()
        for requisition in self:
            requisition._check_lender()
            pickings = requisition.sudo().picking_ids.filtered(  # as in hand over
                lambda picking: (
                    picking.state not in ("done", "cancel") and picking.med_reason
                )
            )
            if not pickings:
                raise UserError(
                    self.env._(
                        "%(department)s has given nothing back yet.",
                        department=requisition.department_id.display_name,
                    )
                )
            pickings.move_ids.picked = True
            pickings._action_done()
        return True

    def _check_lender(self):
        user = self.env.user
        if self.kind != "loan" or not (
            self.lender_id._filtered_own()
            or self.lender_id.manager_id == user
            or user.has_group("med_consumables.group_storekeeper")
        ):
            raise UserError(
                self.env._(
                    "Only %(department)s, who lends, does this.",
                    department=self.lender_id.display_name or "-",
                )
            )
