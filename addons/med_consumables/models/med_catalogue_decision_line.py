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

    @api.constrains("action", "reason")
    def _check_reason(self):
        for line in self:
            if line.action in NEEDS_REASON and not (line.reason or "").strip():
                raise ValidationError(
                    self.env._(
                        "Say why for %(item)s: this decision needs a reason.",
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
