from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain

from ..core.certificate import Revision

#: Kinds that say of an item that it may be used, and of a partner that they may supply.
OF_ITEMS = ("registration", "filing")
OF_SUPPLIERS = (
    "operating_licence",
    "business_licence",
    "authorisation",
    "quality_agreement",
)


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

    @api.depends("valid_from", "valid_to", "superseded_on")
    @api.depends_context("company")
    def _compute_state(self):
        today = self.env.company._med_day(fields.Datetime.now())
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
        today = self.env.company._med_day(fields.Datetime.now())
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
