from odoo import api, fields, models

#: Days of its own use that a department keeps before it gives back to the store.
KEEP_DAYS = 90
#: The store's need must be this many units at least for a way to be worth it.
LEAST_UNITS = 1.0


class MedTransferProposal(models.Model):
    """Beyond the departments: excess goes back to a store that would buy."""

    _inherit = "med.transfer.proposal"

    @api.model
    def _propose(self, company):
        """Also offer to the store what departments have too much of and it lacks."""
        found = super()._propose(company)
        return found | self.create(self._offers_to_stores(company, found))

    @api.model
    def _offers_to_stores(self, company, found):
        """Values of proposals; nothing that another department is offered already."""
        lacking = self._lacking_stores(company)
        if not lacking:
            return []
        shelves = self._shelves(company)
        quants = self._movable(shelves).filtered(
            lambda quant: quant.product_id.id in lacking
        )
        kept = self._kept(quants.product_id, shelves)
        departments = self.env["med.department"].union(*shelves.values())
        use = quants.product_id._med_daily_use(departments)
        offered = {(p.product_id, p.lot_id, p.giver_id) for p in found}
        declined = self._declined(company)
        values = []
        for quant in quants.sorted(lambda q: (q.removal_date or q.in_date, q.id)):
            giver = shelves[quant.location_id]
            product = quant.product_id
            key = product, quant.lot_id, giver
            if key in offered or key in declined:
                continue
            store, need = lacking[product.id]
            if giver.warehouse_id != store.warehouse_id:
                continue
            daily = use.get((product.id, giver.id), 0.0)
            floor = max(kept.get(product, {}).get(giver, 0.0), KEEP_DAYS * daily)
            spare = quant.quantity - quant.reserved_quantity - floor
            units = float(int(min(spare, need)))
            if units < LEAST_UNITS:
                continue
            lacking[product.id] = store, need - units
            values.append(
                self._prepare_offer_to_store(company, quant, giver, store, units, daily)
            )
        return values

    @api.model
    def _prepare_offer_to_store(self, company, quant, giver, store, units, daily):
        cost = quant.product_id.with_company(company).standard_price
        return {
            "company_id": company.id,
            "product_id": quant.product_id.id,
            "lot_id": quant.lot_id.id,
            "giver_id": giver.id,
            "giver_location_id": quant.location_id.id,
            "receiver_id": store.id,
            "quantity": units,
            "reason": "excess",
            "value": units * cost,
            "proposed_on": company._med_day(fields.Datetime.now()),
            "giver_stock": quant.quantity,
            "giver_daily_use": daily,
        }

    @api.model
    def _lacking_stores(self, company):
        """What a store would have to buy now: ``{product id: (store, units)}``."""
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
                lacking[rule.product_id.id] = (
                    by_place[rule.location_id],
                    rule.product_max_qty - there,
                )
        return lacking
