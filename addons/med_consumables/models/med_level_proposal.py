from odoo import api, fields, models
from odoo.exceptions import UserError


class MedLevelProposal(models.Model):
    """A ward manager proposes the level of an item; the store decides.

    proposed ─accept─> accepted      the native reorder rule of the shelf is written
       └──refuse──> refused
    """

    _name = "med.level.proposal"
    _description = "Proposed Level"
    _inherit = ["med.stepped", "mail.thread"]
    _order = "id desc"
    _rec_name = "product_id"
    _check_company_auto = True
    _med_set_by_steps = frozenset(
        {
            "state",
            "proposed_by_id",
            "decided_by_id",
            "decided_at",
            "company_id",
        }
    )

    department_id = fields.Many2one(
        "med.department",
        required=True,
        index=True,
        check_company=True,
        domain="[('kind', '!=', 'store')]",
        default=lambda self: self.env.user.med_department_ids[:1],
    )
    company_id = fields.Many2one(
        related="department_id.company_id", store=True, index=True
    )
    product_id = fields.Many2one(
        "product.product",
        string="Item",
        required=True,
        ondelete="cascade",
        domain="[('med_consumable', '=', True)]",
    )
    uom_id = fields.Many2one(related="product_id.uom_id", string="Unit")
    current_min = fields.Float(
        digits="Product Unit", compute="_compute_current", string="Now: Reorder Below"
    )
    current_max = fields.Float(
        digits="Product Unit", compute="_compute_current", string="Now: Fill Up To"
    )
    proposed_min = fields.Float(
        string="Reorder Below", digits="Product Unit", required=True
    )
    proposed_max = fields.Float(
        string="Fill Up To", digits="Product Unit", required=True
    )
    reason = fields.Char(required=True, help="Why the level should change.")
    state = fields.Selection(
        [("proposed", "Proposed"), ("accepted", "Accepted"), ("refused", "Refused")],
        required=True,
        readonly=True,
        copy=False,
        tracking=True,
        default="proposed",
    )
    proposed_by_id = fields.Many2one(
        "res.users", readonly=True, copy=False, default=lambda self: self.env.user
    )
    decided_by_id = fields.Many2one("res.users", readonly=True, copy=False)
    decided_at = fields.Datetime(readonly=True, copy=False)

    _levels_in_order = models.Constraint(
        "CHECK(proposed_min >= 0 AND proposed_max >= proposed_min)",
        "The shelf is filled up to no less than the level below which it is reordered.",
    )

    @api.depends("product_id", "department_id")
    def _compute_current(self):
        levels = self._levels()
        for proposal in self:
            level = levels.get(proposal._level_key())
            proposal.current_min = level.product_min_qty if level else 0.0
            proposal.current_max = level.product_max_qty if level else 0.0

    def write(self, vals):
        if not self.env.su:
            self._check_proposed()
        return super().write(vals)

    def action_accept(self):
        """Write the native reorder rule of the shelf, or make it."""
        self._check_decides()
        levels = self._levels()
        # The store decides about levels without being a stock manager.
        Level = self.env["stock.warehouse.orderpoint"].sudo()
        fresh = []
        for proposal in self:
            values = {
                "product_min_qty": proposal.proposed_min,
                "product_max_qty": proposal.proposed_max,
            }
            if level := levels.get(proposal._level_key()):
                level.sudo().write(values)
            else:
                department = proposal.department_id
                fresh.append(
                    {
                        **values,
                        "product_id": proposal.product_id.id,
                        "location_id": department.stock_location_id.id,
                        "warehouse_id": department.warehouse_id.id,
                        "company_id": proposal.company_id.id,
                        "trigger": "manual",
                    }
                )
        Level.create(fresh)
        self._decide("accepted")
        return True

    def action_refuse(self):
        self._check_decides()
        self._decide("refused")
        return True

    def _decide(self, state):
        self.sudo().write(  # for the person whose right _check_decides has seen
            {
                "state": state,
                "decided_by_id": self.env.uid,
                "decided_at": fields.Datetime.now(),
            }
        )

    def _levels(self):
        """``{(product id, shelf id): reorder rule}``, in one query."""
        levels = (
            self.env["stock.warehouse.orderpoint"]
            .sudo()  # a ward may know the levels of its own shelf
            .search(
                [
                    ("product_id", "in", self.product_id.ids),
                    ("location_id", "in", self.department_id.stock_location_id.ids),
                ]
            )
        )
        return {(level.product_id.id, level.location_id.id): level for level in levels}

    def _level_key(self):
        return self.product_id.id, self.department_id.stock_location_id.id

    def _check_decides(self):
        self.check_access("write")
        self._check_proposed()
        if not self.env.user.has_group("med_consumables.group_storekeeper"):
            raise UserError(
                self.env._("The store decides about levels; ask a storekeeper.")
            )
        if self.filtered(lambda proposal: proposal.proposed_by_id == self.env.user):
            raise UserError(
                self.env._(
                    "You proposed this yourself. Somebody else decides, or you set "
                    "the level on the department directly."
                )
            )

    def _check_proposed(self):
        for proposal in self:
            if proposal.state != "proposed":
                raise UserError(
                    self.env._(
                        "The level of %(product)s is decided already; propose it anew.",
                        product=proposal.product_id.display_name,
                    )
                )
