from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from .context_defaults import without_defaults
from .product_template_catalogue import COMMITTEE_FIELDS

#: What an item is: changed by its data owner or an administrator, asked for by others.
MASTER_FIELDS = (
    "name",
    "default_code",
    "barcode",
    "categ_id",
    "uom_id",
    "med_use_uom_id",
    "med_specification",
    "med_manufacturer",
    "med_hospital_code",
    "med_charge_code",
    "med_chargeable",
    "med_insurance_code",
    "med_insurance_payment",
    "med_tender_code",
    "med_platform_code",
    "med_value_class",
    "med_management_class",
    "med_sterile",
    "med_single_use",
    "med_implant",
    "med_storage",
    "med_cold_chain",
    "med_storage_note",
)
#: Guarded as well, but nothing that somebody asks for on a form.
OWNER_FIELDS = ("med_consumable", "med_data_owner_id", "tracking")
YES = ("yes", "true", "1", "y", "是", "对", "有")
NO = ("no", "false", "0", "n", "否", "不", "无")


class ProductTemplate(models.Model):
    """Masters have a named owner, who answers for them and agrees to changes."""

    _inherit = "product.template"

    med_data_owner_id = fields.Many2one(
        "res.users",
        string="Data Owner",
        compute="_compute_med_data_owner_id",
        store=True,
        readonly=False,
        index="btree_not_null",
        tracking=True,
        domain=lambda self: self.env["product.category"]._med_owner_domain(),
        help="Answers for this item's data and agrees to changes of it. Left as it is, "
        "it is the owner named on the category.",
    )
    med_change_count = fields.Integer(
        string="Open Changes", compute="_compute_med_change_count"
    )

    @api.depends("categ_id")
    def _compute_med_data_owner_id(self):
        for template in self:
            owner = template.categ_id._med_data_owner()
            template.med_data_owner_id = owner or template.med_data_owner_id

    def _compute_med_change_count(self):
        counts = dict(
            self.env["med.master.change"]
            .sudo()  # how many are open is no secret; what they ask for is
            ._read_group(
                [("product_tmpl_id", "in", self.ids), ("state", "=", "asked")],
                ["product_tmpl_id"],
                ["__count"],
            )
        )
        for template in self:
            template.med_change_count = counts.get(template, 0)

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            default = {"med_catalogue_state": "candidate"}
            for vals in vals_list:
                for name in COMMITTEE_FIELDS:
                    if vals.get(name) and vals[name] != default.get(name):
                        self._refuse_committee_field(name)
        plain = without_defaults(self, COMMITTEE_FIELDS)
        return super(ProductTemplate, plain).create(vals_list).with_env(self.env)

    def write(self, vals):
        self._med_check_master(vals)
        return super().write(vals)

    def _med_check_master(self, vals):
        """Only those who answer for an item write what it is."""
        if self.env.su:
            return
        items = self.filtered("med_consumable")
        for name in COMMITTEE_FIELDS:
            if name in vals and items:
                self._refuse_committee_field(name)
        guarded = [n for n in (*MASTER_FIELDS, *OWNER_FIELDS) if n in vals]
        if not guarded:
            return
        for item in items:
            if not item._med_is_owner():
                raise AccessError(
                    self.env._(
                        "%(field)s of %(item)s is changed by its data owner, "
                        "%(owner)s. Ask for the change under Item Changes.",
                        field=self._fields[guarded[0]]._description_string(self.env),
                        item=item.display_name,
                        owner=item.sudo().med_data_owner_id.name
                        or self.env._("an administrator"),
                    )
                )

    def _refuse_committee_field(self, name):
        raise AccessError(
            self.env._(
                "%(field)s is set by the committee. Enter its decision under "
                "Catalogue Decisions.",
                field=self._fields[name]._description_string(self.env),
            )
        )

    def _med_is_owner(self, user=None):
        """Whether ``user`` is the data owner of this item or an administrator."""
        self.ensure_one()
        user = user or self.env.user
        return self.sudo().med_data_owner_id == user or user.has_group(
            "med_consumables.group_administrator"
        )

    def action_med_changes(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "med_consumables.med_master_change_action"
        )
        action["domain"] = [("product_tmpl_id", "=", self.id)]
        action["context"] = {"default_product_tmpl_id": self.id}
        return action

    # ---- values in words -----------------------------------------------------------

    def _med_say(self, name):
        """The value of a field as people read it."""
        self.ensure_one()
        field, value = self._fields[name], self[name]
        if field.type == "boolean":
            return self.env._("Yes") if value else self.env._("No")
        if field.type == "selection":
            return dict(field._description_selection(self.env)).get(value, "")
        if field.type == "many2one":
            return value.display_name or ""
        return value or ""

    @api.model
    def _med_choices(self, name):
        """The words among which to choose, or None where any text will do."""
        field = self._fields[name]
        if field.type == "boolean":
            return [self.env._("Yes"), self.env._("No")]
        if field.type == "selection":
            return [label for _key, label in field._description_selection(self.env)]
        return None

    @api.model
    def _med_understand(self, name, words):
        """The value that ``words`` mean for a field, or a UserError that helps."""
        field, words = self._fields[name], (words or "").strip()
        label = field._description_string(self.env)
        if field.type == "many2one":
            records = self.env[field.comodel_name].search(
                [("display_name", "=ilike", words)], limit=2
            )
            if len(records) == 1:
                return records.id
            raise UserError(
                self.env._(
                    "%(value)s names no single %(field)s. Write its whole name as it "
                    "stands in the list.",
                    value=words,
                    field=label,
                )
            )
        choices = self._med_choices(name)
        if choices is None:
            return words or False
        if field.type == "boolean":
            known = {**dict.fromkeys(YES, True), **dict.fromkeys(NO, False)}
            known |= {choices[0].lower(): True, choices[1].lower(): False}
        else:
            known = {label.lower(): key for key, label in self._fields[name].selection}
            options = field._description_selection(self.env)
            known |= {text.lower(): key for key, text in options}
            known |= {key.lower(): key for key, _text in options}
            known[""] = False
        if words.lower() in known:
            return known[words.lower()]
        raise UserError(
            self.env._(
                "%(value)s is no value of %(field)s. Choose one of: %(choices)s.",
                value=words,
                field=label,
                choices=", ".join(choices),
            )
        )
