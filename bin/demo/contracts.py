"""Contracts with suppliers: one that runs out soon, one that is being renewed, one
that has just begun. They agree the prices and packs that the suppliers offer anyway.
"""

from datetime import timedelta

from odoo.fields import Command

#: How many days until the last day; the second has a draft that follows it.
ENDS = (24, 58, 330)
ITEMS = 3
#: Whom the hospital buys the item of.
FIRST = 1


def set_up(env, company, partners, staff, today):
    offers = env["product.supplierinfo"].search(
        [("partner_id", "in", [each.id for each in partners.values()])], order="id"
    )
    by_partner = offers.filtered(lambda o: o.sequence == FIRST).grouped("partner_id")
    # Those that sell the most items.
    largest = sorted(by_partner, key=lambda each: (-len(by_partner[each]), each.id))
    contracts = [
        _contract(env, company, by_partner[partner][:ITEMS], staff, today, days)
        for partner, days in zip(largest, ENDS, strict=False)
    ]
    contracts[1]._med_successor()


def _contract(env, company, offers, staff, today, days):
    last = today + timedelta(days=days)
    partner = offers.partner_id
    contract = env["purchase.requisition"].create(
        {
            "requisition_type": "blanket_order",
            "vendor_id": partner.id,
            "company_id": company.id,
            "user_id": staff["buyer"].id,
            "reference": f"耗材采购合同 {last.year}-{partner.id:03}",
            "date_start": last - timedelta(days=364),
            "date_end": last,
            "line_ids": [
                Command.create(
                    {
                        "product_id": offer.product_tmpl_id.product_variant_id.id,
                        "product_uom_id": offer.product_uom_id.id,
                        "product_qty": 1000,
                        "price_unit": offer.price,
                    }
                )
                for offer in offers
            ],
        }
    )
    contract.action_confirm()
    return contract
