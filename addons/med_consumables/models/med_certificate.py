from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Command, Domain

from ..core import registration_number
from ..core.certificate import Revision

#: Kinds that say of an item that it may be used, and of a partner that they may supply.
OF_ITEMS = ("registration", "filing")
OF_SUPPLIERS = (
    "operating_licence",
    "business_licence",
    "authorisation",
    "quality_agreement",
)
USUAL_YEARS = 5


class MedCertificate(models.Model):
    """One revision of a certificate of items or of a supplier's licence.

    A renewal keeps the number and is the next revision, with its own validity, so that
    it stays clear under which one a piece was made and bought. By date a revision is
    future -> valid -> expiring -> expired, or superseded once the next one begins.
    """

    _name = "med.certificate"
    _description = "Certificate"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "valid_to desc, name, revision desc"
    _check_company_auto = True
    _rec_names_search = ["name", "holder", "product_ids.name"]

    name = fields.Char(string="Number", required=True, index=True, tracking=True)
    kind = fields.Selection(
        [
            ("registration", "Registration certificate"),
            ("filing", "Class I filing"),
            ("operating_licence", "Operating licence"),
            ("business_licence", "Business licence"),
            ("authorisation", "Authorisation letter"),
            ("quality_agreement", "Quality agreement"),
        ],
        required=True,
        default="registration",
        tracking=True,
    )
    holder = fields.Char(
        tracking=True, help="Registrant or licence holder, as printed."
    )
    partner_id = fields.Many2one(
        "res.partner",
        string="Supplier",
        index=True,
        tracking=True,
        help="Whose licence it is, or who supplies the items under this certificate.",
    )
    product_ids = fields.Many2many(
        "product.template",
        "med_certificate_product_rel",
        "certificate_id",
        "product_tmpl_id",
        string="Products",
        check_company=True,
    )
    scope = fields.Text(
        tracking=True, help="What it covers, as printed: models, uses, classes, area."
    )
    valid_from = fields.Date(tracking=True)
    valid_to = fields.Date(tracking=True, index=True)
    revision = fields.Integer(default=1, required=True, readonly=True)
    previous_id = fields.Many2one(
        "med.certificate",
        string="Previous Revision",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
    )
    next_ids = fields.One2many("med.certificate", "previous_id", string="Next Revision")
    superseded_on = fields.Date(
        compute="_compute_superseded_on",
        store=True,
        help="The first day of the next revision.",
    )
    attachment_ids = fields.Many2many(
        "ir.attachment",
        string="Files",
        copy=False,
        help="Scans of the certificate and its annexes.",
    )
    responsible_id = fields.Many2one(
        "res.users",
        default=lambda self: self.env.user,
        tracking=True,
        help="Is told in good time before it runs out, to ask for the renewal.",
    )
    company_id = fields.Many2one(
        "res.company", help="Left empty, it counts in every company."
    )
    active = fields.Boolean(default=True)
    state = fields.Selection(
        [
            ("future", "Not valid yet"),
            ("valid", "Valid"),
            ("expiring", "Expiring"),
            ("expired", "Expired"),
            ("superseded", "Superseded"),
        ],
        compute="_compute_state",
        search="_search_state",
    )
    days_left = fields.Integer(compute="_compute_state")
    non_standard = fields.Boolean(
        string="Non-standard Number",
        compute="_compute_number",
        store=True,
        help="The number follows no format issued today. Old numbers stay valid on old "
        "stock; check that it was copied rightly.",
    )
    management_class = fields.Selection(
        [("1", "Class I"), ("2", "Class II"), ("3", "Class III")],
        string="Class in the Number",
        compute="_compute_number",
        store=True,
    )
    origin = fields.Selection(
        [
            ("domestic", "Domestic"),
            ("imported", "Imported"),
            ("special_region", "Hong Kong, Macao or Taiwan"),
        ],
        compute="_compute_number",
        store=True,
    )
    first_year = fields.Char(
        string="First Registered in", compute="_compute_number", store=True
    )
    class_conflict = fields.Char(compute="_compute_class_conflict")

    _revision_uniq = models.UniqueIndex(
        "(name, kind, COALESCE(partner_id, 0), revision)",
        "This revision of the certificate exists already.",
    )

    @api.depends("next_ids.valid_from")
    def _compute_superseded_on(self):
        for certificate in self:
            days = certificate.next_ids.filtered("valid_from").mapped("valid_from")
            certificate.superseded_on = min(days, default=False)

    @api.depends("valid_from", "valid_to", "superseded_on")
    def _compute_state(self):
        today = fields.Date.context_today(self)
        horizon = self.env.company._med_certificate_steps()[0]
        for certificate in self:
            certificate.state = certificate._revision_value().state(today, horizon)
            end = certificate.valid_to
            certificate.days_left = (end - today).days if end else 0

    def _search_state(self, operator, value):
        if operator not in ("in", "not in"):
            return NotImplemented
        domain = Domain.OR(self._state_domain(state) for state in value)
        return domain if operator == "in" else ~domain

    def _state_domain(self, state):
        today = fields.Date.context_today(self)
        horizon = today + relativedelta(
            days=self.env.company._med_certificate_steps()[0]
        )
        begun = Domain("valid_from", "=", False) | Domain("valid_from", "<=", today)
        superseded = Domain("superseded_on", "<=", today)
        current = begun & ~superseded
        ended = Domain("valid_to", "<", today)
        late = Domain("valid_to", ">=", today) & Domain("valid_to", "<=", horizon)
        return {
            "future": ~begun,
            "superseded": begun & superseded,
            "expired": current & ended,
            "expiring": current & late,
            "valid": current & ~ended & ~late,
        }.get(state, Domain.FALSE)

    @api.depends("name", "kind")
    def _compute_number(self):
        for certificate in self:
            told = registration_number.read(certificate.name or "")
            of_items = certificate.kind in OF_ITEMS
            certificate.non_standard = of_items and not told.standard
            certificate.management_class = told.management_class
            certificate.origin = told.origin
            certificate.first_year = str(told.year) if told.year else False

    @api.depends("management_class", "product_ids.med_management_class")
    def _compute_class_conflict(self):
        for certificate in self:
            class_ = certificate.management_class
            others = certificate.product_ids.filtered(
                lambda item, class_=class_: (
                    class_
                    and item.med_management_class
                    and item.med_management_class != class_
                )
            )
            certificate.class_conflict = ", ".join(others.mapped("display_name"))

    @api.depends("name", "revision")
    def _compute_display_name(self):
        for certificate in self:
            name = certificate.name or ""
            if certificate.revision > 1:
                name = self.env._(
                    "%(number)s (revision %(revision)s)",
                    number=name,
                    revision=certificate.revision,
                )
            certificate.display_name = name

    @api.onchange("name")
    def _onchange_name(self):
        told = registration_number.read(self.name or "")
        if told.kind and self.kind in OF_ITEMS:
            self.kind = told.kind

    @api.constrains("valid_from", "valid_to")
    def _check_validity(self):
        for certificate in self:
            start, end = certificate.valid_from, certificate.valid_to
            if start and end and end < start:
                raise ValidationError(
                    self.env._(
                        "Certificate %(number)s ends before it begins; "
                        "check its validity.",
                        number=certificate.name,
                    )
                )

    @api.constrains("valid_from", "previous_id")
    def _check_revision(self):
        for certificate in self.filtered("previous_id") | self.next_ids:
            start, before = certificate.valid_from, certificate.previous_id.valid_from
            if not start or (before and start <= before):
                raise ValidationError(
                    self.env._(
                        "Revision %(revision)s of certificate %(number)s must begin "
                        "after the revision before it; enter its first day.",
                        revision=certificate.revision,
                        number=certificate.name,
                    )
                )

    @api.constrains("kind", "partner_id")
    def _check_partner(self):
        for certificate in self:
            if certificate.kind in OF_SUPPLIERS and not certificate.partner_id:
                raise ValidationError(
                    self.env._(
                        "%(number)s is a licence: name the supplier who holds it.",
                        number=certificate.name,
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        certificates = super().create(vals_list)
        certificates._adopt_files()
        return certificates

    def write(self, vals):
        result = super().write(vals)
        if "attachment_ids" in vals:
            self._adopt_files()
        return result

    def copy_data(self, default=None):
        default = dict(default or {})
        rows = super().copy_data(default)
        if "name" not in default:
            for row in rows:
                row["name"] = self.env._("%(number)s (copy)", number=row["name"])
        return rows

    def action_renew(self):
        """Open the next revision: same number, the years after this one."""
        self.ensure_one()
        if self.next_ids:
            return self._open(self.next_ids[:1])
        start = (self.valid_to or fields.Date.context_today(self)) + relativedelta(
            days=1
        )
        renewed = self.copy(
            {
                "name": self.name,
                "revision": self.revision + 1,
                "previous_id": self.id,
                "valid_from": start,
                "valid_to": start + relativedelta(years=USUAL_YEARS, days=-1),
                "product_ids": [Command.set(self.product_ids.ids)],
            }
        )
        return self._open(renewed)

    def action_view_revisions(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "med_consumables.med_certificate_action"
        )
        same = [("name", "=", self.name), ("kind", "=", self.kind)]
        if self.kind in OF_SUPPLIERS:
            same.append(("partner_id", "=", self.partner_id.id))
        action.update(domain=same, context={"active_test": False})
        return action

    def _open(self, certificate):
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": certificate.id,
            "view_mode": "form",
        }

    def _revision_value(self):
        """This revision as a value of ``core.certificate``."""
        self.ensure_one()
        return Revision(
            self.valid_from or None, self.valid_to or None, self.superseded_on or None
        )

    def _adopt_files(self):
        """Whoever reads the certificate reads its files."""
        for certificate in self:
            stray = certificate.attachment_ids.filtered(lambda file: not file.res_id)
            # Made by the person who uploads it here, a moment ago.
            stray.sudo().write({"res_model": self._name, "res_id": certificate.id})
