from collections import defaultdict

from odoo import models
from odoo.fields import Domain

from ..core.substitution import Substitute


class ProductProduct(models.Model):
    """What may be used instead, and how much of it there is."""

    _inherit = "product.product"

    def _med_substitute_links(self):
        """``{product: [(substitute, ratio, note)]}``, those meant both ways too."""
        links = self.env["med.substitute"].search(
            Domain("product_id", "in", self.ids)
            | (Domain("substitute_id", "in", self.ids) & Domain("symmetric", "=", True))
        )
        found = defaultdict(list)
        for link in links:
            item, other, note = link.product_id, link.substitute_id, link.note or ""
            if item in self:
                found[item].append((other, link.ratio, note))
            if link.symmetric and other in self:
                found[other].append((item, 1 / link.ratio, note))
        return {
            item: list({other: (other, *rest) for other, *rest in others}.values())
            for item, others in found.items()
        }

    def _med_substitutes(self, locations):
        """What can be used instead in ``locations``: ``{product: [Substitute]}``.

        Those that make up for most come first; items without substitutes are left out.
        """
        links = self._med_substitute_links()
        others = self.browse(
            {other.id for each in links.values() for other, *_ in each}
        )
        stock = others._med_stock(locations)
        return {
            item: sorted(
                (
                    Substitute(
                        other.id,
                        ratio,
                        sum(stock[other.id, place.id].usable for place in locations),
                        note,
                    )
                    for other, ratio, note in each
                    if other.active
                ),
                key=lambda substitute: -substitute.covers,
            )
            for item, each in links.items()
        }
