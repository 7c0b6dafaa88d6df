from odoo import api, fields, models
from odoo.exceptions import UserError

from .product_template_master import MASTER_FIELDS

#: What is asked for; it stands still while somebody decides.
ASKED = {"product_tmpl_id", "field_name", "new_value", "reason"}


class MedMasterChange(models.Model):
    """A change of one item's data: asked for by one person, approved by another.

    draft ──> asked ──> approved          the approval applies it
      ▲         ├─────> refused
      └─────────┘ withdrawn
    """

    _name = "med.master.change"
    _description = "Item Change"
    _inherit = ["med.numbered", "med.stepped", "mail.thread", "mail.activity.mixin"]
    _order = "id desc"
    _med_set_by_steps = frozenset(
        {
            "name",
            "state",
            "lang",
            "requester_id",
            "asked_at",
            "decided_by_id",
            "decided_at",
        }
    )

    company_id = fields.Many2one(
        "res.company",
        required=True,
        readonly=True,
        default=lambda self: self.env.company,
    )
    product_tmpl_id = fields.Many2one(
        "product.template",
        string="Item",
        required=True,
        index=True,
        ondelete="cascade",
        domain="[('med_consumable', '=', True)]",
        tracking=True,
    )
    owner_id = fields.Many2one(
        related="product_tmpl_id.med_data_owner_id", string="Data Owner", store=True
    )
    field_name = fields.Selection(
        lambda self: self._field_selection(),
        string="What",
        required=True,
        tracking=True,
        help="What about the item should change.",
    )
    lang = fields.Char(
        readonly=True,
        copy=False,
        default=lambda self: self.env.lang,
        help="The language of the new name, where a name changes.",
    )
    old_value = fields.Char(
        string="Now", compute="_compute_old_value", store=True, tracking=True
    )
    new_value = fields.Char(string="Should Be", tracking=True)
    choices = fields.Char(string="Choose One of", compute="_compute_choices")
    reason = fields.Text(required=True)
    requester_id = fields.Many2one(
        "res.users",
        string="Asked by",
        required=True,
        readonly=True,
        copy=False,
        default=lambda self: self.env.user,
    )
    asked_at = fields.Datetime(readonly=True, copy=False)
    decided_by_id = fields.Many2one("res.users", readonly=True, copy=False)
    decided_at = fields.Datetime(readonly=True, copy=False)
    refusal = fields.Char(string="Why Refused", copy=False)
    state = fields.Selection(
        [
            ("draft", "Draft"),
            ("asked", "Asked"),
            ("approved", "Approved"),
            ("refused", "Refused"),
        ],
        required=True,
        readonly=True,
        default="draft",
        copy=False,
        tracking=True,
        index=True,
    )
    may_decide = fields.Boolean(compute="_compute_may_decide")

    @api.model
    def _field_selection(self):
        template = self.env["product.template"]
        return [
            (name, template._fields[name]._description_string(self.env))
            for name in MASTER_FIELDS
        ]

    @api.depends("product_tmpl_id", "field_name")
    def _compute_old_value(self):
        """What stands now; asking writes down what stood then."""
        for change in self:
            known = change.product_tmpl_id and change.field_name
            change.old_value = known and change._item()._med_say(change.field_name)

    @api.depends("field_name")
    @api.depends_context("lang")
    def _compute_choices(self):
        for change in self:
            name = change.field_name
            choices = name and change.product_tmpl_id._med_choices(name)
            change.choices = ", ".join(choices) if choices else False

    @api.depends("state", "requester_id", "product_tmpl_id")
    @api.depends_context("uid")
    def _compute_may_decide(self):
        for change in self:
            change.may_decide = (
                change.state == "asked"
                and self.env.user not in change._authors()
                and change.product_tmpl_id._med_is_owner()
            )

    def write(self, vals):
        self.check_access("write")
        if not self.env.su and ASKED & vals.keys():
            self._check_not_asked()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_drafts_only(self):
        if any(change.state != "draft" for change in self):
            raise UserError(
                self.env._("A change that was asked for stays on record; refuse it.")
            )

    def _check_not_asked(self):
        settled = self.filtered(lambda change: change.state != "draft")
        if settled:
            raise UserError(
                self.env._(
                    "%(change)s was asked for as it stands. Withdraw it to change it.",
                    change=settled[0].name,
                )
            )

    def _item(self):
        """The item in the language in which the change was asked for."""
        return self.product_tmpl_id.with_context(lang=self.lang or self.env.lang)

    def _authors(self):
        """Whoever had a hand in what is asked, and so does not agree to it."""
        return self.requester_id | self.sudo().create_uid
