from odoo import models
from odoo.exceptions import UserError

from ..core.udi import Udi
from ..core.udi.hibc import check_character


class MedScan(models.AbstractModel):
    """Which item a device identifier means, and how many pieces the pack holds."""

    _inherit = "med.scan"

    def _item_of(self, udi):
        """(product, units in the pack); an empty product where the code is unknown."""
        product = self.env["product.product"]
        if not udi.di:
            return product, 1.0
        codes = self._spellings(udi)
        for find in (self._by_identifier, self._by_barcode, self._by_own_code):
            found = find(codes)
            if len(found) > 1:
                raise UserError(
                    self.env._(
                        "%(code)s stands for more than one item: %(items)s.\n"
                        "Correct the codes of these items first.",
                        code=udi.di,
                        items=", ".join(item.display_name for item in found),
                    )
                )
            if found:
                return next(iter(found.items()))
        return product, 1.0

    def _spellings(self, udi):
        """A GTIN of 14 digits is also written with 13, 12 or 8; an identifier of HIBC
        or ICCBBA also with the signs around it, as the label bears it."""
        if udi.agency == "hibc":
            label = f"+{udi.di}"
            return [udi.di, label, label + check_character(label)]
        if udi.agency == "iccbba":
            return [udi.di, f"=/{udi.di}", f"=){udi.di}"]
        if udi.agency != "gs1":
            return [udi.di]
        return [
            udi.di[start:] for start in (0, 1, 2, 6) if udi.di.startswith("0" * start)
        ]

    def _by_identifier(self, codes):
        identifiers = self.env["med.udi"].search([("di", "in", codes)])
        return {
            identifier.product_id: identifier.base_units
            for identifier in identifiers
            if identifier.product_id.active
        }

    def _by_barcode(self, codes):
        # Odoo reads a barcode in a domain once more, and less well.
        plain = self.with_context(skip_preprocess_gs1=True).env
        products = plain["product.product"].search([("barcode", "in", codes)])
        if products:
            return {product.with_env(self.env): 1.0 for product in products}
        packs = plain["product.uom"].search([("barcode", "in", codes)])
        return {
            pack.product_id.with_env(self.env): pack.uom_id._compute_quantity(
                1.0, pack.product_id.uom_id, round=False
            )
            for pack in packs
        }

    def _by_own_code(self, codes):
        products = self.env["product.product"]
        return dict.fromkeys(
            products.search([("med_hospital_code", "in", codes)])
            or products.search([("default_code", "in", codes)]),
            1.0,
        )

    def _item_of_the_piece(self, di):
        """The item of whose piece the unknown GTIN ``di`` may be a larger pack."""
        if len(di) != 14 or not di.isdigit() or di[0] == "0":
            return self.env["product.product"]
        return self._item_of(Udi("gs1", di=self._gtin_of_the_piece(di)))[0]

    def _gtin_of_the_piece(self, di):
        digits = "0" + di[1:13]
        weighed = sum(
            int(digit) * (3 if index % 2 == 0 else 1)
            for index, digit in enumerate(digits)
        )
        return digits + str(-weighed % 10)
