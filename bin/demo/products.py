"""Suppliers, units, categories and items, with codes, certificates and prices."""

from datetime import timedelta

from odoo.fields import Command

from . import catalogue

QUIET = {"tracking_disable": True, "mail_create_nolog": True, "mail_notrack": True}


def set_up(env, company, today):
    """``{item code: product}`` and ``{supplier code: partner}``."""
    env = env(context={**env.context, **QUIET})
    items, suppliers = catalogue.items(), catalogue.suppliers()
    partners = _partners(env, suppliers)
    units, packs = _units(env, items)
    categories = _categories(env)
    products = _products(env, items, units, packs, categories)
    # Odoo notes of each new product that it costs nothing, as of this moment. Receipts
    # that are dated back lie before it, and the average would begin anew from nothing.
    env["product.value"].search([("value", "=", 0)]).unlink()
    _identifiers(env, items, products)
    _box_barcodes(env, items, products, packs)
    _certificates(env, items, suppliers, products, partners, today)
    _prices(env, items, products, partners, packs)
    return products, partners


def _partners(env, suppliers):
    country = env.ref("base.cn").id
    partners = env["res.partner"].create(
        [
            {
                "name": f"{supplier.name} {supplier.name_en}",
                "ref": supplier.code,
                "is_company": True,
                "country_id": country,
                "lang": "zh_CN",
                "email": f"{supplier.code.lower()}@supplier.example.com",
                "supplier_rank": 1,
            }
            for supplier in suppliers.values()
        ]
    )
    return dict(zip(suppliers, partners, strict=True))


def _units(env, items):
    """The units and, per unit and number, its box; boxes convert into their unit."""
    names = catalogue.UNITS
    units = env["uom.uom"].create(
        [{"name": english} for english, _zh in names.values()]
    )
    for unit, (english, chinese) in zip(units, names.values(), strict=True):
        unit.update_field_translations("name", {"en_US": english, "zh_CN": chinese})
    units = dict(zip(names, units, strict=True))
    sizes = sorted({(i.unit, i.per_pack) for i in items.values() if i.per_pack > 1})
    boxes = env["uom.uom"].create(
        [
            {
                "name": f"box of {size} {names[unit][0]}",
                "relative_uom_id": units[unit].id,
                "relative_factor": size,
            }
            for unit, size in sizes
        ]
    )
    for box, (unit, size) in zip(boxes, sizes, strict=True):
        english, chinese = names[unit]
        box.update_field_translations(
            "name",
            {"en_US": f"box of {size} {english}", "zh_CN": f"盒（{size}{chinese}）"},
        )
    return units, dict(zip(sizes, boxes, strict=True))


def _categories(env):
    parent = env["product.category"].create({"name": "卫生材料 Consumables"})
    parent.removal_strategy_id = env.ref("product_expiry.removal_fefo")
    rows = catalogue.CATEGORIES
    categories = env["product.category"].create(
        [
            {"name": f"{chinese} {english}", "parent_id": parent.id}
            for english, chinese, _number in rows.values()
        ]
    )
    return dict(zip(rows, categories, strict=True))


def _products(env, items, units, packs, categories):
    abc = catalogue.abc_classes(items)
    templates = env["product.template"].create(
        [
            {
                "name": item.name,
                "default_code": item.code,
                "categ_id": categories[item.category].id,
                "type": "consu",
                "is_storable": True,
                "sale_ok": False,
                "purchase_ok": True,
                "uom_id": units[item.unit].id,
                "uom_ids": [
                    Command.link(packs[key].id)
                    for key in [(item.unit, item.per_pack)]
                    if key in packs
                ],
                "tracking": item.tracking,
                "use_expiration_date": True,
                "expiration_time": item.shelf_days,
                "alert_time": min(90, item.shelf_days // 4),
                "removal_time": 0,
                "use_time": 0,
                "purchase_request": True,
                "barcode": catalogue.unit_identifier(item),
                "med_consumable": True,
                "med_hospital_code": f"YX{item.code[2:]}",
                "med_charge_code": item.charge_code,
                "med_chargeable": item.chargeable,
                "med_insurance_code": item.insurance_code,
                "med_value_class": item.value_class,
                "med_management_class": item.management_class,
                "med_sterile": item.sterile,
                "med_single_use": item.single_use,
                "med_implant": item.implant,
                "med_storage": item.storage,
                "med_abc": abc[item.code],
                "med_ved": item.ved,
            }
            for item in items.values()
        ]
    )
    for template, item in zip(templates, items.values(), strict=True):
        template.update_field_translations(
            "name", {"en_US": item.name, "zh_CN": item.name_zh}
        )
    return {
        item.code: template.product_variant_id
        for template, item in zip(templates, items.values(), strict=True)
    }


def _identifiers(env, items, products):
    env["med.udi"].create(
        [
            {
                "product_id": products[item.code].id,
                "agency": "gs1",
                "di": identifier,
                "pack_level": level,
                "base_units": units,
            }
            for item in items.values()
            for level, units, identifier in catalogue.identifiers(item)
        ]
    )


def _box_barcodes(env, items, products, packs):
    """Odoo's own barcode per unit: a scanned box is so many pieces."""
    env["product.uom"].create(
        [
            {
                "product_id": products[item.code].id,
                "uom_id": packs[item.unit, item.per_pack].id,
                "barcode": identifier,
            }
            for item in items.values()
            for level, _units, identifier in catalogue.identifiers(item)
            if level == "inner"
        ]
    )


def _certificates(env, items, suppliers, products, partners, today):
    """One certificate for items of one kind and maker; it holds five years."""
    by_number = {}
    for item in items.values():
        maker = suppliers[item.suppliers[0]]
        key = maker.code, item.insurance_class, item.management_class
        by_number.setdefault(key, []).append(item)
    values = []
    for serial, (key, same_kind) in enumerate(by_number.items(), start=9001):
        maker, first = suppliers[key[0]], same_kind[0]
        # Spread over the five years, so that some run out within the coming months.
        start = today - timedelta(days=300 + (serial * 397) % 1480)
        kind, number = catalogue.certificate_number(first, maker, start.year, serial)
        values.append(
            {
                "name": number,
                "kind": kind,
                "holder": maker.name,
                "partner_id": partners[maker.code].id,
                "product_ids": [
                    Command.set(
                        [products[item.code].product_tmpl_id.id for item in same_kind]
                    )
                ],
                "valid_from": start,
                "valid_to": start + timedelta(days=5 * 365),
            }
        )
    env["med.certificate"].create(values)


def _prices(env, items, products, partners, packs):
    """The first supplier's price, and a second one's that is a little dearer.

    Prices are per box where there are boxes; nobody sells less than one.
    """
    suppliers = catalogue.suppliers()
    env["product.supplierinfo"].create(
        [
            {
                "partner_id": partners[code].id,
                "product_tmpl_id": products[item.code].product_tmpl_id.id,
                "sequence": rank + 1,
                "delay": suppliers[code].lead_days,
                "min_qty": 1,
                "product_uom_id": _sold_in(item, products, packs).id,
                "price": round(
                    item.price * item.per_pack * (1 if rank == 0 else 1.06), 2
                ),
                "product_code": f"{code}-{item.number:04d}",
            }
            for item in items.values()
            for rank, code in enumerate(item.suppliers)
        ]
    )


def _sold_in(item, products, packs):
    """The unit of a supplier's price: the box, or the piece where there is none."""
    return packs.get((item.unit, item.per_pack)) or products[item.code].uom_id
