from odoo import api, fields, models
from odoo.exceptions import ValidationError


class MedCertificate(models.Model):
    """One revision of a registration certificate, a filing or a supplier licence."""

    _name = "med.certificate"
    _description = "Certificate"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "valid_to desc, name"

    name = fields.Char(string="Number", required=True, tracking=True)
    kind = fields.Selection(
        [
            ("registration", "Registration certificate"),
            ("filing", "Class I filing"),
            ("licence", "Supplier licence"),
        ],
        required=True,
        default="registration",
    )
    revision = fields.Integer(default=1, required=True)
    holder = fields.Char(help="Registrant or licence holder, as printed.")
    partner_id = fields.Many2one("res.partner", string="Supplier", index=True)
    product_ids = fields.Many2many(
        "product.template",
        "med_certificate_product_rel",
        "certificate_id",
        "product_tmpl_id",
        string="Products",
    )
    valid_from = fields.Date(tracking=True)
    valid_to = fields.Date(tracking=True, index=True)
    active = fields.Boolean(default=True)

    _revision_uniq = models.Constraint(
        "unique(name, revision)", "This revision of the certificate exists already."
    )

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
