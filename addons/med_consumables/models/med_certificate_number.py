from odoo import api, fields, models

from ..core import registration_number
from .med_certificate import OF_ITEMS


class MedCertificate(models.Model):
    """What the number of a certificate tells, and where an item says otherwise."""

    _inherit = "med.certificate"

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

    @api.onchange("name")
    def _onchange_name(self):
        told = registration_number.read(self.name or "")
        if told.kind and self.kind in OF_ITEMS:
            self.kind = told.kind

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
