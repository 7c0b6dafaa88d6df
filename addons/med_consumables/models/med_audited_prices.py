"""Prices and system parameters under audit: old and new value, and who."""

from odoo import api, models

#: Parts of a parameter's name that tell that its value must not be read by others.
SECRET = ("secret", "password", "passwd", "token", "key", "uuid")
HIDDEN = "•••"


class ProductProduct(models.Model):
    """The cost as people set it; what receipts make of it is stock's own history."""

    _inherit = "product.product"

    @api.model
    def _med_audited_fields(self):
        names = super()._med_audited_fields()
        if self.env.context.get("disable_auto_revaluation"):
            return names
        return (*names, "standard_price")

    def _med_audit_company(self):
        return self.company_id or self.env.company


class ProductSupplierinfo(models.Model):
    """What a supplier asks for an item."""

    _name = "product.supplierinfo"
    _inherit = ["product.supplierinfo", "med.audited"]

    @api.model
    def _med_audited_fields(self):
        return (
            "partner_id",
            "price",
            "currency_id",
            "discount",
            "min_qty",
            "product_uom_id",
            "date_start",
            "date_end",
            "delay",
        )

    def _med_is_audited(self):
        return self.filtered(
            lambda offer: (offer.product_tmpl_id or offer.product_id).med_consumable
        )

    def _med_audit_name(self):
        item = self.product_id or self.product_tmpl_id
        return f"{item.display_name} · {self.partner_id.display_name}"


class IrConfigParameter(models.Model):
    """Parameters of the system; of a secret only that it was changed.

    Where a job keeps how far it has read (``..._seen_until``) nobody has set anything.
    """

    _name = "ir.config_parameter"
    _inherit = ["ir.config_parameter", "med.audited"]
    _med_audit_subject = "policy"

    @api.model
    def _med_audited_fields(self):
        return "key", "value"

    def _med_is_audited(self):
        return self.filtered(lambda one: not one.key.endswith("_seen_until"))

    def _med_audit_name(self):
        return self.key

    def _med_rows(self, action, changes):
        rows = super()._med_rows(action, changes)
        for row in rows:
            if any(part in row["record_name"].lower() for part in SECRET):
                for side in ("old_value", "new_value"):
                    row[side] = row[side] and HIDDEN
        return rows
