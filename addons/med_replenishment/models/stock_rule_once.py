"""How an item is supplied depends on few things, and is looked up once for all alike.

Odoo finds routes and rules of each reorder rule by several queries: for fifty thousand
of them that is most of a night. Which rule it finds depends on the routes of the item
and of its category, on the place, and on whether somebody sells it, as Odoo's own
``_compute_rules`` has it. Within one transaction, and only where the context says
``med_rules_once``, the answer is remembered by these.
"""

from odoo import models


def _known(records, question, answer):
    """What was answered to ``question`` in this transaction, else ``answer()``."""
    if not records.env.context.get("med_rules_once"):
        return answer()
    known = records.env.cr.cache.setdefault("med_rules_once", {})
    question = (records.env.uid, records.env.companies._ids, *question)
    if question not in known:
        known[question] = answer()
    return known[question].with_env(records.env)


class ProductProduct(models.Model):
    _inherit = "product.product"

    def _med_routes_key(self):
        """What of an item decides by which rule it is supplied."""
        return self.route_ids._ids, self.categ_id.total_route_ids._ids

    def _get_rules_from_location(self, location, route_ids=False, seen_rules=False):
        return _known(
            self,
            (
                "rules",
                *self._med_routes_key(),
                location.id,
                route_ids and route_ids._ids,
                seen_rules and seen_rules._ids,
            ),
            lambda: super(ProductProduct, self)._get_rules_from_location(
                location, route_ids=route_ids, seen_rules=seen_rules
            ),
        )

    def get_total_routes(self):
        return _known(
            self,
            ("routes", *self._med_routes_key(), bool(self.seller_ids)),
            lambda: super(ProductProduct, self).get_total_routes(),
        )


class StockWarehouseOrderpoint(models.Model):
    _inherit = "stock.warehouse.orderpoint"

    def _get_default_route(self):
        product = self.product_id
        return _known(
            self,
            (
                "route",
                *product._med_routes_key(),
                bool(product.seller_ids),
                self.location_id.id,
                self.rule_ids._ids,
            ),
            lambda: super(StockWarehouseOrderpoint, self)._get_default_route(),
        )

    def _med_recompute_orders(self):
        """What is to be ordered now, of many reorder rules together."""
        rules = self.with_context(med_rules_once=True)
        rules._fields["qty_forecast"].compute_value(rules)
        rules._recompute_recordset(["qty_to_order_computed", "deadline_date"])
