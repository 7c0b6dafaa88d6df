import re

from odoo import api, fields, models
from odoo.fields import Domain

from ..core.search_key import words
from ..core.udi import UdiError, parse

#: Operators of somebody who types, and their opposites.
TYPED = ("ilike", "like")
NOT_TYPED = ("not ilike", "not like")
#: What a scanner sends for a pack, and nobody types.
SCANNED = re.compile(
    r"\][A-Za-z]\d|\(\d{2,4}\)|01\d{14}.|\*?\+[A-Z][A-Z0-9]{4}|=[/)][A-Z0-9]{10}"
)


class MedProductSearch(models.AbstractModel):
    """Find items by name, pinyin, initials or any code, wherever one can be picked.

    The variant bears the stored key (``med_search_key``); templates look through their
    variants. Many2one fields, search views and RPC all come here, so that the same
    words find the same items everywhere.
    """

    _name = "med.product.search"
    _description = "Search of Items"

    @api.model
    def _search_display_name(self, operator, value):
        if not isinstance(value, str) or not value.strip():
            return super()._search_display_name(operator, value)
        if operator in TYPED:
            found = self._med_found(value)
            if self.env.context.get("partner_id"):
                # The supplier's own code and name of the item count there too.
                found |= Domain(super()._search_display_name(operator, value))
            return found
        if operator in NOT_TYPED:
            return ~self._med_found(value)
        return super()._search_display_name(operator, value)

    @api.model
    def name_search(self, name="", domain=None, operator="ilike", limit=100):
        """Exact codes first, then what begins with the words, then the rest."""
        if operator not in TYPED or not name or not name.strip():
            return super().name_search(name, domain, operator, limit)
        domain = Domain(domain or Domain.TRUE)
        bearing = self._med_of_variants(self._med_bearing(name.strip()))
        found = self.search_fetch(domain & bearing, ["display_name"], limit=limit)
        if not limit or len(found) < limit:
            rest = Domain(self._search_display_name(operator, name)) & ~bearing
            found += self.search_fetch(
                domain & rest, ["display_name"], limit=limit and limit - len(found)
            )
        # As Odoo does: whoever may pick the item may read its name.
        return [(record.id, record.display_name) for record in found.sudo()]

    @api.model
    def _med_bearing(self, code):
        """The variants that bear exactly this code; indexes answer it."""
        spellings = [code, code.upper()]
        own = [Domain(name, "in", spellings) for name in ("default_code", "barcode")]
        shared = [
            Domain(name, "in", spellings)
            for name in ("med_hospital_code", "med_charge_code", "med_insurance_code")
        ]
        variants = self.env["product.product"].search(Domain.OR(own))
        variants |= self.env["med.udi"].search([("di", "in", spellings)]).product_id
        templates = self.env["product.template"].search(Domain.OR(shared))
        return variants | templates.product_variant_ids

    @api.model
    def _med_of_variants(self, variants):
        """The domain on this model of records of these variants."""
        return Domain("id", "in", variants.ids)

    @api.model
    def _med_found(self, text):
        return self._med_keyed(
            [Domain("med_search_key", "like", word) for word in self._med_words(text)]
        )

    @api.model
    def _med_words(self, text):
        """The words to look for; a scanned barcode is looked for by its identifier."""
        if SCANNED.match(text):
            try:
                read = parse(text, fields.Date.context_today(self))
            except UdiError:
                return words(text)
            return words(read.di or text)
        return words(text)

    @api.model
    def _med_keyed(self, conditions):
        """The domain on this model of conditions on the variants' key."""
        return Domain.AND(conditions) if conditions else Domain.FALSE
