from odoo import api, models

from ..core.near_names import normal
from ..core.rows import Plan
from .med_import_fault import WARNINGS
from .med_import_items import PLAIN


class MedImportItems(models.AbstractModel):
    """What one row of an item list means: a new item, changes of one, or faults.

    Every reader of a cell appends what is wrong with it to ``faults``.
    """

    _inherit = "med.import.items"

    @api.model
    def _plan_row(self, run, record, faults, templates, identifiers):
        values, faults = record.values, list(faults)
        template = self._item(record, templates, faults)
        unit = self._find(run, record, "unit", "units", "unknown_unit", faults)
        category = self._category(run, record, faults)
        identifier = self._identifier(record, template, identifiers, faults)
        vals = self._told(values, category)
        if template:
            self._check_kept(record, template, unit, faults)
            vals = self._differing(template, vals)
        else:
            vals |= self._new_item(values, unit)
            self._check_near(run, record, faults)
        more = {}
        if values.get("di") and not identifier:
            more["di"] = values["di"]
        if values.get("category") and not category:
            more["category"] = values["category"]
        action = "create" if not template else "change" if vals or more else "keep"
        if any(fault.code not in WARNINGS for fault in faults):
            action = "none"
        return Plan(record.row, action, template.id, vals, more, tuple(faults))

    @api.model
    def _item(self, record, templates, faults):
        found = templates.get(record.values.get("code")) or self.env["product.template"]
        if len(found) > 1:
            faults.append(record.fault("ambiguous_item", "code"))
        return found[:1].sudo()

    @api.model
    def _identifier(self, record, template, identifiers, faults):
        identifier = identifiers.get(record.values.get("di"))
        if identifier and identifier.product_id.product_tmpl_id != template:
            other = identifier.product_id.display_name
            faults.append(record.fault("identifier_taken", "di", other=other))
        return identifier

    @api.model
    def _told(self, values, category):
        """Fields as the row has them; an empty cell tells nothing."""
        vals = {
            name: values[key]
            for key, name in PLAIN.items()
            if values.get(key) is not None
        }
        if values.get("name"):
            vals["name"] = values["name"]
        if category:
            vals["categ_id"] = category
        return vals

    @api.model
    def _find(self, run, record, key, table, code, faults):
        """The id that the name in the column ``key`` stands for."""
        name = record.values.get(key)
        found = run[table].get((name or "").casefold().strip())
        if name and not found:
            faults.append(record.fault(code, key))
        return found

    @api.model
    def _category(self, run, record, faults):
        name = (record.values.get("category") or "").casefold().strip()
        if run["job"].make_categories and name not in run["categories"]:
            return None
        return self._find(
            run, record, "category", "categories", "unknown_category", faults
        )

    @api.model
    def _check_kept(self, record, template, unit, faults):
        """What an import never changes on an item that exists."""
        values = record.values
        if unit and template.uom_id.id != unit:
            faults.append(
                record.fault("unit_differs", "unit", other=template.uom_id.name)
            )
        tracking = values.get("tracking")
        if tracking and tracking != template.tracking:
            labels = dict(template._fields["tracking"]._description_selection(self.env))
            faults.append(
                record.fault(
                    "tracking_differs",
                    "tracking",
                    other=labels[template.tracking],
                )
            )
        price = values.get("price")
        if price is not None:
            currency = template.currency_id
            if currency.compare_amounts(float(price), template.standard_price):
                faults.append(
                    record.fault(
                        "price_kept",
                        "price",
                        other=f"{template.standard_price:g}",
                    )
                )

    @api.model
    def _check_near(self, run, record, faults):
        values = record.values
        key = normal(self._full_name(values.get("name"), values.get("specification")))
        other = run["names"].setdefault(key, record.values.get("code"))
        if key and other != record.values.get("code"):
            faults.append(record.fault("near_name", "name", other=other or ""))

    @api.model
    def _differing(self, template, vals):
        current = template._convert_to_write({name: template[name] for name in vals})
        return {
            name: value
            for name, value in vals.items()
            if (current.get(name) or False) != (value or False)
        }

    @api.model
    def _new_item(self, values, unit):
        tracking = values.get("tracking") or "lot"
        return {
            "default_code": values.get("code"),
            "med_consumable": True,
            "type": "consu",
            "is_storable": True,
            "sale_ok": False,
            "purchase_ok": True,
            "tracking": tracking,
            "use_expiration_date": tracking != "none",
            "uom_id": unit,
            "standard_price": float(values.get("price") or 0),
        }
