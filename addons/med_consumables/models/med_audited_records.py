"""What is under audit: masters, rights and policies."""

from odoo import api, models

#: Native fields of an item beside our own (``med_...``). Stock changes all the time and
#: has a history of its own; prices are in ``med_audited_prices``.
ITEM = (
    "name",
    "default_code",
    "barcode",
    "active",
    "categ_id",
    "uom_id",
    "tracking",
    "use_expiration_date",
    "is_storable",
    "purchase_ok",
)


def ours(model):
    """Stored fields of ``model`` that we added and people enter."""
    return [
        name
        for name, field in model._fields.items()
        if name.startswith("med_")
        and field.store
        and not field.compute
        and not field.related
        and field.type not in ("one2many", "binary")
    ]


class ProductTemplate(models.Model):
    _name = "product.template"
    _inherit = ["product.template", "med.audited"]

    @api.model
    def _med_audited_fields(self):
        # What the monthly job computes has a history of its own.
        own = [name for name in ours(self) if not name.startswith("med_abc")]
        return (*(name for name in ITEM if name in self._fields), *own)

    def _med_is_audited(self):
        return self.filtered("med_consumable")


class ProductProduct(models.Model):
    _name = "product.product"
    _inherit = ["product.product", "med.audited"]

    @api.model
    def _med_audited_fields(self):
        return "default_code", "barcode", "active"

    def _med_is_audited(self):
        return self.filtered("med_consumable")


class MedDepartment(models.Model):
    _name = "med.department"
    _inherit = ["med.department", "med.audited"]

    @api.model
    def _med_audited_fields(self):
        return (
            "name",
            "code",
            "kind",
            "active",
            "parent_id",
            "manager_id",
            "user_ids",
            "analytic_account_id",
            "warehouse_id",
            "stock_location_id",
            "consumption_location_id",
            "stock_keeping",
        )


class MedUdi(models.Model):
    _name = "med.udi"
    _inherit = ["med.udi", "med.audited"]

    @api.model
    def _med_audited_fields(self):
        return "di", "agency", "product_id", "pack_level", "base_units"


class MedCertificate(models.Model):
    _name = "med.certificate"
    _inherit = ["med.certificate", "med.audited"]

    @api.model
    def _med_audited_fields(self):
        return (
            "name",
            "kind",
            "revision",
            "holder",
            "partner_id",
            "product_ids",
            "valid_from",
            "valid_to",
            "quantity_limit",
            "active",
        )


class MedStockSource(models.Model):
    _name = "med.stock.source"
    _inherit = ["med.stock.source", "med.audited"]
    _med_audit_subject = "policy"

    @api.model
    def _med_audited_fields(self):
        return "department_id", "categ_id", "value_class", "source"


class ResCompany(models.Model):
    _name = "res.company"
    _inherit = ["res.company", "med.audited"]
    _med_audit_subject = "policy"

    @api.model
    def _med_audited_fields(self):
        return ours(self)


class ResUsers(models.Model):
    _name = "res.users"
    _inherit = ["res.users", "med.audited"]
    _med_audit_subject = "right"

    @api.model
    def _med_audited_fields(self):
        return "login", "active", "group_ids", "med_department_ids", "company_ids"

    def _med_audit_company(self):
        return self.env["res.company"]  # a person's rights are not one company's


class ResGroups(models.Model):
    _name = "res.groups"
    _inherit = ["res.groups", "med.audited"]
    _med_audit_subject = "right"

    @api.model
    def _med_audited_fields(self):
        return "name", "user_ids", "implied_ids", "implied_by_ids"


class IrRule(models.Model):
    _name = "ir.rule"
    _inherit = ["ir.rule", "med.audited"]
    _med_audit_subject = "right"

    @api.model
    def _med_audited_fields(self):
        return (
            "name",
            "active",
            "model_id",
            "groups",
            "domain_force",
            "perm_read",
            "perm_write",
            "perm_create",
            "perm_unlink",
        )


class IrModelAccess(models.Model):
    _name = "ir.model.access"
    _inherit = ["ir.model.access", "med.audited"]
    _med_audit_subject = "right"

    @api.model
    def _med_audited_fields(self):
        return (
            "name",
            "active",
            "model_id",
            "group_id",
            "perm_read",
            "perm_write",
            "perm_create",
            "perm_unlink",
        )
