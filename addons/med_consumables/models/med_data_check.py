from collections import defaultdict

from odoo import api, models
from odoo.fields import Domain

from ..core.near_names import near_pairs


class MedDataCheck(models.AbstractModel):
    """Looks at items and stock of a company: what was looked at, what is wrong.

    Everything is read in a fixed number of queries. ``_item_checks`` and
    ``_stock_checks`` tell of each kind of fault what they looked at and what of it is
    wrong; that is counted per responsible person and department.
    """

    _name = "med.data.check"
    _description = "Checks of Data Quality"

    @api.model
    def _run(self, company):
        """``(faults by key, {(user id, department id): {kind: number looked at}})``."""
        # Quality is a figure of the whole hospital, whoever asks for it.
        self = self.sudo().with_company(company)  # noqa: PLW0642
        items = self._items(company)
        stock = self._stock(company, items)
        looked = defaultdict(lambda: defaultdict(int))
        faults = {}
        owner = self._owners(items)
        for kind, checked, wrong in self._item_checks(items):
            for item in checked:
                looked[owner[item.id], False][kind] += 1
            for item, values in wrong:
                key = f"{kind}/{item.id}"
                faults[key] = {
                    "kind": kind,
                    "product_id": item.id,
                    "user_id": owner[item.id],
                    "department_id": False,
                    **values,
                }
        for kind, line, place, wrong in self._stock_checks(stock):
            looked[place][kind] += 1
            if wrong:
                product, location, lot, quantity = line
                key = f"{kind}/{product.id}/{location.id}/{lot.id or 0}"
                faults[key] = {
                    "kind": kind,
                    "product_id": product.id,
                    "location_id": location.id,
                    "lot_id": lot.id,
                    "quantity": quantity,
                    "user_id": place[0],
                    "department_id": place[1],
                }
        return faults, looked

    @api.model
    def _items(self, company):
        domain = Domain("med_consumable", "=", True)
        domain &= Domain("company_id", "in", (False, company.id))
        items = self.env["product.product"].search(domain, order="id")
        items.fetch(["default_code", "uom_id", "product_tmpl_id", "tracking"])
        items.product_tmpl_id.fetch(
            ["name", "med_hospital_code", "med_charge_code", "med_insurance_code"]
        )
        return items

    @api.model
    def _owners(self, items):
        """``{item id: id of the person who answers for its data, or False}``."""
        return {item.id: item.med_data_owner_id.id for item in items}

    @api.model
    def _item_checks(self, items):
        """(kind, items looked at, [(faulty item, values)]) of every kind."""
        charged = items.filtered("med_chargeable")
        traced = items.filtered(lambda item: item.med_management_class != "1")
        identified = {
            product.id
            for (product,) in self.env["med.udi"]._read_group(
                [("product_id", "in", items.ids)], ["product_id"]
            )
        }
        return [
            self._missing("hospital_code", items, "med_hospital_code"),
            self._missing("charge_code", charged, "med_charge_code"),
            self._missing("insurance_code", charged, "med_insurance_code"),
            ("di", traced, [(i, {}) for i in traced if i.id not in identified]),
            ("duplicate_code", items, self._same_codes(items)),
            ("near_name", items, self._near_names(items)),
            ("unit_conflict", items, [(i, {}) for i in self._odd_units(items)]),
        ]

    @api.model
    def _missing(self, kind, items, field):
        return kind, items, [(item, {}) for item in items if not item[field]]

    @api.model
    def _same_codes(self, items):
        """Items with a code that another has; a code of 27 digits names one item."""
        by_code = defaultdict(list)
        for item in items:
            by_code["item", (item.default_code or "").casefold()].append(item)
            by_code["hospital", (item.med_hospital_code or "").casefold()].append(item)
            insurance = item.med_insurance_code or ""
            by_code["insurance", insurance if len(insurance) == 27 else ""].append(item)
        found = {}
        for (_kind, code), same in by_code.items():
            for item in same if code and len(same) > 1 else ():
                other = next(one for one in same if one != item)
                found.setdefault(item, {"other_product_id": other.id})
        return list(found.items())

    @api.model
    def _near_names(self, items):
        """Items whose name, with what tells variants apart, another nearly has."""
        names = {item.id: self._full_name(item) for item in items}
        found = {}
        for first, second, _likeness in near_pairs(names):
            found.setdefault(first, {"other_product_id": second})
            found.setdefault(second, {"other_product_id": first})
        return [(items.browse(item), values) for item, values in found.items()]

    @api.model
    def _full_name(self, item):
        values = item.product_template_attribute_value_ids.mapped("name")
        return " ".join([item.name or "", item.med_specification or "", *values])

    @api.model
    def _odd_units(self, items):
        """Items with a pack, a price or an identifier that does not convert."""
        odd = set()
        for item in items:
            units = item.uom_ids | item.product_tmpl_id.seller_ids.product_uom_id
            if any(not unit._has_common_reference(item.uom_id) for unit in units):
                odd.add(item.id)
        identifiers = self.env["med.udi"]._read_group(
            Domain("product_id", "in", items.ids)
            & (
                (Domain("pack_level", "=", "unit") & Domain("base_units", "!=", 1))
                | (Domain("pack_level", "!=", "unit") & Domain("base_units", "<=", 1))
            ),
            ["product_id"],
        )
        odd |= {product.id for (product,) in identifiers}
        return items.browse(sorted(odd))

    @api.model
    def _stock(self, company, items):
        """(item, place, lot, quantity) of everything on the books."""
        return self.env["stock.quant"]._read_group(
            [
                ("product_id", "in", items.ids),
                ("location_id.usage", "=", "internal"),
                ("company_id", "=", company.id),
            ],
            ["product_id", "location_id", "lot_id"],
            ["quantity:sum"],
        )

    @api.model
    def _stock_checks(self, stock):
        """(kind, stock line, (user id, department id), whether it is faulty)."""
        locations = self.env["stock.location"].browse(
            {location.id for _product, location, _lot, _quantity in stock}
        )
        departments = self.env["med.department"]._department_of_locations(locations)
        places = {
            location.id: (department.manager_id.id, department.id)
            for location in locations
            for department in [
                departments.get(location.id) or self.env["med.department"]
            ]
        }
        for line in stock:
            product, location, lot, quantity = line
            place = places[location.id]
            sign = product.uom_id.compare(quantity, 0)
            if sign:
                yield "negative_stock", line, place, sign < 0
            if sign > 0 and product.tracking != "none":
                yield "missing_lot", line, place, not lot
            if sign > 0 and lot and product.use_expiration_date:
                yield "missing_expiry", line, place, not lot.expiration_date
