from collections import defaultdict

from odoo import api, models


class MedTransferProposal(models.Model):
    """Beyond the departments: excess goes back to a store that would buy."""

    _inherit = "med.transfer.proposal"

    @api.model
    def _propose(self, company):
        """Also offer to the store what departments have too much of and it lacks."""
        quants, outlook = self._look_around(company)
        found = super()._propose(company)
        offered = {(p.product_id, p.lot_id, p.giver_id) for p in found}
        values = []
        here = quants.grouped("product_id")
        for (warehouse, product), wants in self._lacking_stores(company).items():
            # Nothing that another department is offered already, and no long ways.
            spare = here.get(product, quants.browse()).filtered(
                lambda quant, warehouse=warehouse: (
                    (giver := outlook.shelves[quant.location_id]).warehouse_id
                    == warehouse
                    and (quant.product_id, quant.lot_id, giver) not in offered
                )
            )
            values += self._offers_of(company, product, spare, outlook, wants)
        return found | self.create(values)

    @api.model
    def _takers(self, company):
        """Who could take most of what lies in a place and is not needed there:
        ``{(product id, location id): values of med.dead.stock}``."""
        quants, outlook = self._look_around(company)
        taken = defaultdict(float)
        for product, here in quants.grouped("product_id").items():
            for offer in self._offers_of(company, product, here, outlook):
                place = product.id, offer["giver_location_id"]
                taken[*place, offer["receiver_id"]] += offer["quantity"]
        takers = {}
        for (product, location, receiver), units in taken.items():
            if units > takers.get((product, location), {}).get("receiver_qty", 0.0):
                use = outlook.uses.get((product, receiver))
                takers[product, location] = {
                    "receiver_id": receiver,
                    "receiver_qty": units,
                    "receiver_use": 90 * use.daily if use else 0.0,
                }
        return takers

    @api.model
    def _lacking_stores(self, company):
        """What stores would have to buy now:
        ``{(warehouse, product): {store: units}}``."""
        stores = self.env["med.department"].search(
            [("company_id", "=", company.id), ("kind", "=", "store")]
        )
        by_place = {store.stock_location_id: store for store in stores}
        rules = self.env["stock.warehouse.orderpoint"].search(
            [
                ("location_id", "in", stores.stock_location_id.ids),
                ("product_max_qty", ">", 0),
            ]
        )
        usable, coming = rules._med_usable(), rules._med_on_the_way()
        lacking = {}
        for rule in rules:
            there = usable[rule].usable + coming[rule]
            if rule.product_uom.compare(there, rule.product_min_qty) < 0:
                store = by_place[rule.location_id]
                wants = lacking.setdefault((store.warehouse_id, rule.product_id), {})
                wants[store] = rule.product_max_qty - there
        return lacking
