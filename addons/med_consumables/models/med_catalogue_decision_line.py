from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

#: What each decision sets on the item.
EFFECTS = {
    "list": {"med_catalogue_state": "listed", "med_temporary_line_id": False},
    "temporary": {"med_catalogue_state": "temporary"},
    "remove": {"med_catalogue_state": "removed", "med_temporary_line_id": False},
    "monitor": {"med_key_monitored": True},
    "unmonitor": {"med_key_monitored": False},
    "ved_v": {"med_ved": "V"},
    "ved_e": {"med_ved": "E"},
    "ved_d": {"med_ved": "D"},
}
NEEDS_REASON = ("temporary", "remove", "monitor", "unmonitor")


class MedCatalogueDecisionLine(models.Model):
    """What the committee decided on one item, and what the item was before."""

    _name = "med.catalogue.decision.line"
    _description = "Catalogue Decision: Item"
    _order = "decision_id desc, id"
    _check_company_auto = True

    decision_id = fields.Many2one(
        "med.catalogue.decision",
        string="Meeting",
        required=True,
        index=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(related="decision_id.company_id", store=True)
    date = fields.Date(related="decision_id.date", store=True)
    state = fields.Selection(related="decision_id.state", store=True)
    product_tmpl_id = fields.Many2one(
        "product.template",
        string="Item",
        required=True,
        index=True,
        ondelete="restrict",
        domain="[('med_consumable', '=', True)]",
    )
    action = fields.Selection(
        [
            ("list", "Admit to the catalogue"),
            ("temporary", "Allow a temporary purchase"),
            ("remove", "Remove from the catalogue"),
            ("monitor", "Put on the key-monitored list"),
            ("unmonitor", "Take off the key-monitored list"),
            ("ved_v", "Class as vital"),
            ("ved_e", "Class as essential"),
            ("ved_d", "Class as desirable"),
        ],
        string="Decision",
        required=True,
    )
    department_id = fields.Many2one(
        "med.department",
        string="Asked by",
        check_company=True,
        help="The department that wants or uses the item.",
    )
    reason = fields.Char(help="Why; needed for all but admissions and VED classes.")
    quantity_limit = fields.Float(
        digits="Product Unit",
        help="How much may be bought in all, in the item's own unit. 0 sets no limit.",
    )
    repeat_limit = fields.Integer(
        default=1, help="How many orders may be placed under this decision."
    )
    valid_until = fields.Date(help="Last day on which it may be ordered.")
    uom_id = fields.Many2one(related="product_tmpl_id.uom_id", string="Unit")
    before_state = fields.Selection(
        lambda self: self._item_selection("med_catalogue_state"),
        string="Before",
        readonly=True,
        copy=False,
    )
    before_monitored = fields.Boolean(readonly=True, copy=False)
    before_ved = fields.Selection(
        lambda self: self._item_selection("med_ved"), readonly=True, copy=False
    )
    before_temporary_id = fields.Many2one(
        "med.catalogue.decision.line", readonly=True, copy=False
    )
    order_line_ids = fields.One2many(
        "purchase.order.line",
        "med_temporary_line_id",
        groups="purchase.group_purchase_user",
    )
    ordered_quantity = fields.Float(
        string="Ordered", digits="Product Unit", compute="_compute_ordered"
    )
    ordered_count = fields.Integer(string="Orders", compute="_compute_ordered")
    last_ordered = fields.Datetime(
        readonly=True,
        copy=False,
        help="Written with each order, so that two at once cannot both be the last.",
    )

    _item_uniq = models.Constraint(
        "unique(decision_id, product_tmpl_id, action)",
        "The same is decided twice on one item; keep one of the lines.",
    )

    @api.model
    def _item_selection(self, name):
        template = self.env["product.template"]
        return template._fields[name]._description_selection(self.env)

    @api.depends("product_tmpl_id", "action")
    def _compute_display_name(self):
        labels = dict(self._fields["action"]._description_selection(self.env))
        for line in self:
            item, label = line.product_tmpl_id.display_name, labels.get(line.action)
            line.display_name = f"{item}: {label}"

    @api.depends("order_line_ids.product_uom_qty", "order_line_ids.state")
    def _compute_ordered(self):
        found = {
            line: (quantity, count)
            for line, quantity, count in self.env["purchase.order.line"]
            .sudo()  # what was used of a limit belongs to the decision
            ._read_group(
                [
                    ("med_temporary_line_id", "in", self.ids),
                    ("state", "=", "purchase"),
                ],
                ["med_temporary_line_id"],
                ["product_uom_qty:sum", "order_id:count_distinct"],
            )
        }
        found = {line.id: figures for line, figures in found.items()}
        for line in self:
            quantity, count = found.get(line._origin.id, (0.0, 0))
            line.ordered_quantity, line.ordered_count = quantity, count

    @api.constrains("action", "reason", "quantity_limit", "repeat_limit")
    def _check_temporary(self):
        for line in self:
            if line.action in NEEDS_REASON and not (line.reason or "").strip():
                raise ValidationError(
                    self.env._(
                        "Say why for %(item)s: this decision needs a reason.",
                        item=line.product_tmpl_id.display_name,
                    )
                )
            if line.action == "temporary" and (
                line.quantity_limit < 0 or line.repeat_limit < 1
            ):
                raise ValidationError(
                    self.env._(
                        "A temporary purchase of %(item)s allows at least one order, "
                        "and its quantity is not below zero.",
                        item=line.product_tmpl_id.display_name,
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines._check_draft()
        return lines

    def write(self, vals):
        self.check_access("write")
        self._check_draft()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_drafts_only(self):
        self._check_draft()

    def _check_draft(self):
        settled = self.decision_id.filtered(lambda d: d.state != "draft")
        if settled and not self.env.su:
            raise UserError(
                self.env._(
                    "%(decision)s is %(state)s and stays as it is. Enter a new "
                    "decision instead.",
                    decision=settled[0].name,
                    state=settled[0]._state_name(),
                )
            )

    def _apply(self):
        """Set what was decided; called by the decision."""
        self._check_repeats()
        for line in self:
            item = line.product_tmpl_id
            # On behalf of the committee: nobody sets these fields by hand.
            line.sudo().write(
                {
                    "before_state": item.med_catalogue_state,
                    "before_monitored": item.med_key_monitored,
                    "before_ved": item.med_ved,
                    "before_temporary_id": item.sudo().med_temporary_line_id.id,
                }
            )
            item.sudo().write(line._effect())

    def _effect(self):
        self.ensure_one()
        effect = dict(EFFECTS[self.action])
        if self.action == "temporary":
            effect["med_temporary_line_id"] = self.id
        return effect

    def _revert(self):
        """Give back what was before, unless a later decision changed it again."""
        for line in self.sorted("id", reverse=True):
            item, effect = line.product_tmpl_id.sudo(), line._effect()
            before = {
                "med_catalogue_state": line.before_state,
                "med_key_monitored": line.before_monitored,
                "med_ved": line.before_ved,
                "med_temporary_line_id": line.before_temporary_id.id,
            }
            for name, value in effect.items():
                now = item[name].id if name == "med_temporary_line_id" else item[name]
                if now != value:
                    raise UserError(
                        self.env._(
                            "%(item)s was changed by a later decision. Cancel that one "
                            "first, or enter a new one.",
                            item=item.display_name,
                        )
                    )
            item.write({name: before[name] for name in effect})

    def _check_repeats(self):
        """An item bought again and again for a time must be listed or refused."""
        temporary = self.filtered(lambda line: line.action == "temporary")
        limit = temporary.company_id.med_temporary_yearly
        if not temporary or not limit:
            return
        counts = dict(
            self._read_group(
                [
                    ("product_tmpl_id", "in", temporary.product_tmpl_id.ids),
                    ("company_id", "=", temporary.company_id.id),
                    ("action", "=", "temporary"),
                    ("state", "=", "decided"),
                    (
                        "date",
                        ">",
                        min(temporary.mapped("date")) - relativedelta(years=1),
                    ),
                ],
                ["product_tmpl_id"],
                ["__count"],
            )
        )
        for line in temporary:
            if counts.get(line.product_tmpl_id, 0) >= limit:
                raise UserError(
                    self.env._(
                        "%(item)s was allowed for temporary purchase %(count)s times "
                        "within a year, which is the limit. Admit it to the catalogue "
                        "or refuse it.",
                        item=line.product_tmpl_id.display_name,
                        count=counts[line.product_tmpl_id],
                    )
                )

    def _objections(self, quantities):
        """Why no more may be ordered under these decisions: ``{line: sentence}``."""
        today = fields.Date.context_today(self)
        objections = {}
        for line in self:
            item, unit = line.product_tmpl_id.display_name, line.uom_id
            left = line.quantity_limit - line.ordered_quantity
            wanted = quantities.get(line, 0.0)
            if line.valid_until and line.valid_until < today:
                objections[line] = self.env._(
                    "The temporary purchase of %(item)s was allowed until %(day)s.",
                    item=item,
                    day=fields.Date.to_string(line.valid_until),
                )
            elif line.ordered_count >= line.repeat_limit:
                objections[line] = self.env._(
                    "The temporary purchase of %(item)s was allowed for %(count)s "
                    "orders, which are placed.",
                    item=item,
                    count=line.repeat_limit,
                )
            elif line.quantity_limit and unit.compare(wanted, left) > 0:
                objections[line] = self.env._(
                    "The temporary purchase of %(item)s was allowed for %(limit)s "
                    "%(unit)s, of which %(left)s are left; the order asks for "
                    "%(wanted)s.",
                    item=item,
                    limit=f"{line.quantity_limit:g}",
                    unit=unit.name,
                    left=f"{max(left, 0):g}",
                    wanted=f"{wanted:g}",
                )
        return objections
