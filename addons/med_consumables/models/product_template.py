import re

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain

# C, then 14 digits (class), optionally 5 (maker) and 7 (specification) more.
INSURANCE_CODE = re.compile(r"C\d{14}(\d{5}(\d{7})?)?")


class ProductTemplate(models.Model):
    """An item of the hospital: what it is, its codes, how it is kept and charged."""

    _name = "product.template"
    _inherit = ["med.product.search", "product.template"]

    med_consumable = fields.Boolean(string="Medical Consumable", index=True)
    med_hospital_code = fields.Char(
        string="Hospital Code",
        index="btree_not_null",
        copy=False,
        help="The hospital's own code (院内码), used where a pack bears no other.",
    )
    med_charge_code = fields.Char(
        string="Charge Code",
        index="btree_not_null",
        copy=False,
        help="The code under which the hospital information system charges this item.",
    )
    med_chargeable = fields.Boolean(
        string="Charged to Patients", help="Used items appear on the patient's bill."
    )
    med_insurance_code = fields.Char(
        string="National Insurance Code",
        index="btree_not_null",
        copy=False,
        help="国家医保医用耗材代码: C and 14, 19 or 26 digits.",
    )
    med_insurance_class = fields.Char(
        string="Insurance Class Code",
        compute="_compute_med_insurance_class",
        store=True,
        help="The first 15 characters of the national insurance code: discipline, use, "
        "part, generic name and material. Supervision reports go by it.",
    )
    med_insurance_payment = fields.Selection(
        [
            ("full", "Class A: paid by the insurance"),
            ("part", "Class B: paid in part"),
            ("self", "Paid by the patient"),
        ],
        string="Insurance Payment",
        help="How the medical insurance pays for it where it is charged.",
    )
    med_tender_code = fields.Char(
        string="Tender Code", copy=False, help="Sub-code of the tender (招采子编码)."
    )
    med_platform_code = fields.Char(
        string="Platform Code",
        copy=False,
        help="Code on the provincial purchasing platform (阳光产品码).",
    )
    med_specification = fields.Char(
        string="Specification", help="Model and size as the label says them."
    )
    med_manufacturer = fields.Char(
        string="Manufacturer", help="As the registration certificate names it."
    )
    med_value_class = fields.Selection(
        [("low", "Low value"), ("high", "High value")],
        string="Value Class",
        default="low",
        help="High-value items are posted at once and traced piece by piece.",
    )
    med_management_class = fields.Selection(
        [("1", "Class I"), ("2", "Class II"), ("3", "Class III")],
        string="Management Class",
    )
    med_sterile = fields.Boolean(string="Sterile")
    med_single_use = fields.Boolean(string="Single Use")
    med_implant = fields.Boolean(string="Implant")
    med_storage = fields.Selection(
        [
            ("room", "Room temperature"),
            ("cool", "Cool, below 20 °C"),
            ("cold", "Refrigerated, 2-8 °C"),
            ("frozen", "Frozen"),
        ],
        string="Storage",
        default="room",
    )
    med_cold_chain = fields.Boolean(
        string="Cold Chain",
        compute="_compute_med_cold_chain",
        store=True,
        readonly=False,
        help="Must stay cold from the maker to the patient; a delivery comes with its "
        "temperature record. Refrigerated and frozen items do unless said otherwise.",
    )
    med_storage_note = fields.Char(
        string="Storage Condition", help="As the label says it, where that says more."
    )
    med_ved = fields.Selection(
        [("V", "Vital"), ("E", "Essential"), ("D", "Desirable")],
        string="VED",
        tracking=True,
        copy=False,
        help="How much care depends on it; set by the hospital's committee.",
    )
    med_udi_ids = fields.One2many(
        related="product_variant_ids.med_udi_ids",
        string="Device Identifiers",
        readonly=False,
    )
    med_certificate_ids = fields.Many2many(
        "med.certificate",
        "med_certificate_product_rel",
        "product_tmpl_id",
        "certificate_id",
        string="Certificates",
    )

    @api.depends("med_insurance_code")
    def _compute_med_insurance_class(self):
        for template in self:
            template.med_insurance_class = (template.med_insurance_code or "")[:15]

    @api.depends("med_storage")
    def _compute_med_cold_chain(self):
        for template in self:
            template.med_cold_chain = template.med_storage in ("cold", "frozen")

    @api.constrains("med_insurance_code")
    def _check_med_insurance_code(self):
        for template in self:
            code = template.med_insurance_code
            if code and not INSURANCE_CODE.fullmatch(code):
                raise ValidationError(
                    self.env._(
                        "%(code)s of %(product)s is not a national insurance code: "
                        "it has C and then 14, 19 or 26 digits.",
                        code=code,
                        product=template.display_name,
                    )
                )

    @api.model
    def _med_keyed(self, conditions):
        # Also through archived variants: an archived item is looked for in the archive.
        variants = self.env["product.product"].with_context(active_test=False)
        found = variants._search(super()._med_keyed(conditions))
        return Domain("id", "in", found.subselect("product_tmpl_id"))

    @api.model
    def _med_of_variants(self, variants):
        return Domain("product_variant_ids", "in", variants.ids)
