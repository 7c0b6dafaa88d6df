import re

from odoo import api, fields, models
from odoo.exceptions import ValidationError

# C, then 14 digits (class), optionally 5 (maker) and 7 (specification) more.
INSURANCE_CODE = re.compile(r"C\d{14}(\d{5}(\d{7})?)?")


class ProductTemplate(models.Model):
    _inherit = "product.template"

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
        copy=False,
        help="国家医保医用耗材代码: C and 14, 19 or 26 digits.",
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
    med_abc = fields.Selection(
        [("A", "A"), ("B", "B"), ("C", "C")],
        string="ABC",
        help="By yearly value of use: A about 70 %, B the next 20 %, C the last 10 %.",
    )
    med_ved = fields.Selection(
        [("V", "Vital"), ("E", "Essential"), ("D", "Desirable")],
        string="VED",
        tracking=True,
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
