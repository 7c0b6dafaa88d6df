from odoo import models
from odoo.tools import float_round


class ProductProduct(models.Model):
    """How much a vendor must be asked for, in the packs that the vendor sells."""

    _inherit = "product.product"

    def _med_vendor_terms(self, quantity, uom, vendor=False):
        """The vendor price for ``quantity`` of ``uom``, else the nearest one there is.

        Empty where nobody (or not ``vendor``) sells the product.
        """
        self.ensure_one()
        return self._select_seller(
            partner_id=vendor, quantity=quantity, uom_id=uom
        ) or self._select_seller(partner_id=vendor, quantity=None)

    def _med_order_quantity(self, quantity, uom, terms):
        """What ``quantity`` of ``uom`` becomes when ordered on ``terms``; in ``uom``.

        At least the vendor's minimum and, where the price is for a pack (a box of 50),
        whole packs. ``terms`` is a vendor price, or empty.
        """
        self.ensure_one()
        if not terms:
            return quantity
        pack = terms.product_uom_id
        packs = max(
            uom._compute_quantity(quantity, pack, round=False), terms.min_qty or 0.0
        )
        if pack != self.uom_id:
            # A hundredth is the rounding of units: 0.999 boxes from thirds are one.
            packs = float_round(pack.round(packs), 0, rounding_method="UP")
        return pack._compute_quantity(packs, uom)
