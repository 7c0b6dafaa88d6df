from odoo import api, models

from ..core import item_rows
from ..core.near_names import normal
from ..core.rows import Fault, Plan

#: Column of the file -> field of the item, where the value is written as it is.
PLAIN = {
    "hospital_code": "med_hospital_code",
    "charge_code": "med_charge_code",
    "chargeable": "med_chargeable",
    "insurance_code": "med_insurance_code",
    "value_class": "med_value_class",
    "management_class": "med_management_class",
    "sterile": "med_sterile",
    "single_use": "med_single_use",
    "implant": "med_implant",
    "storage": "med_storage",
    "specification": "med_specification",
    "manufacturer": "med_manufacturer",
}


class MedImportItems(models.AbstractModel):
    """Rows of an item list: an item is known by its code, and changed or created.

    An empty cell changes nothing, so that a list of five columns does not wipe the
    others. Unit, tracking and cost of an item that exists are never changed here: stock
    and money hang on them.
    """

    _name = "med.import.items"
    _description = "Import of an Item List"

    @api.model
    def _columns(self):
        return item_rows.COLUMNS

    @api.model
    def _heading(self, key):
        return self.env["med.import.fault"]._heading(key)

    @api.model
    def _why_not(self, job):
        """A sentence where this person may not import items."""
        if self.env["product.template"].has_access("create"):
            return None
        return self.env._(
            "You may check item lists; a data owner or an administrator imports them. "
            "Your check is kept: hand it over with this page's address."
        )

    @api.model
    def _start(self, job):
        """What is looked up once a file: units, categories, names."""
        # Whoever checks a file must see every item that it could collide with.
        templates = self.env["product.template"].sudo().with_context(lang=job.lang)
        names = {}
        for template in templates.search_fetch(
            [("med_consumable", "=", True)],
            ["name", "default_code", "med_specification"],
        ):
            full = self._full_name(template.name, template.med_specification)
            names.setdefault(normal(full), template.default_code)
        return {
            "job": job,
            "seen": {},
            "names": names,
            "units": self._by_name("uom.uom"),
            "categories": self._by_name("product.category", "complete_name"),
        }

    @api.model
    def _by_name(self, model, *more):
        """``{name in any language: id}``; the first record of a name has it."""
        found = {}
        records = self.env[model].sudo().search([("id", "!=", False)], order="id")
        for code, _language in self.env["res.lang"].get_installed():
            for record in records.with_context(lang=code):
                for name in (record.name, *(record[field] for field in more)):
                    found.setdefault((name or "").casefold().strip(), record.id)
        return found

    @api.model
    def _prepare(self, run, record):
        """The row and the faults that the file alone shows."""
        return record, record.faults + tuple(item_rows.check(record, run["seen"]))

    @api.model
    def _plan(self, run, prepared):
        templates = self._known(run, prepared)
        identifiers = self._known_identifiers(prepared)
        return [
            self._plan_row(run, record, faults, templates, identifiers)
            for record, faults in prepared
        ]

    @api.model
    def _known(self, run, prepared):
        """``{code: items}`` of those that bear a code of the batch."""
        codes = [record.values.get("code") for record, _faults in prepared]
        templates = (
            self.env["product.template"]
            .sudo()
            .with_context(active_test=False, lang=run["job"].lang)
            .search(
                [
                    ("default_code", "in", [code for code in codes if code]),
                    ("company_id", "in", (False, run["job"].company_id.id)),
                ]
            )
        )
        templates.fetch(["name", "uom_id", "categ_id", "tracking", *PLAIN.values()])
        return templates.grouped("default_code")

    @api.model
    def _known_identifiers(self, prepared):
        wanted = {record.values.get("di") for record, _faults in prepared} - {None}
        found = self.env["med.udi"].sudo().search([("di", "in", list(wanted))])
        return {identifier.di: identifier for identifier in found}

    @api.model
    def _plan_row(self, run, record, faults, templates, identifiers):
        values = record.values
        found = templates.get(values.get("code")) or self.env["product.template"]
        faults = list(faults)
        if len(found) > 1:
            faults.append(self._fault(record, "ambiguous_item", "code"))
        template = found[:1].sudo()
        unit = self._find(run, record, "unit", "units", "unknown_unit", faults)
        category = self._category(run, record, faults)
        identifier = identifiers.get(values.get("di"))
        if identifier and identifier.product_id.product_tmpl_id != template:
            faults.append(
                self._fault(
                    record,
                    "identifier_taken",
                    "di",
                    other=identifier.product_id.display_name,
                )
            )
        vals = {
            name: values[key]
            for key, name in PLAIN.items()
            if values.get(key) is not None
        }
        if values.get("name"):
            vals["name"] = values["name"]
        if category:
            vals["categ_id"] = category
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
        errors = [
            fault
            for fault in faults
            if fault.code not in self.env["med.import.fault"]._warnings()
        ]
        action = "create" if not template else "change" if vals or more else "keep"
        return Plan(
            record.row,
            "none" if errors else action,
            template.id,
            vals,
            more,
            tuple(faults),
        )

    @api.model
    def _full_name(self, name, specification):
        """Two sizes of one name are two items."""
        return " ".join(part for part in (name, specification) if part)

    @api.model
    def _fault(self, record, code, key, **data):
        job_value = record.values.get(key)
        return Fault(
            record.row,
            code,
            key,
            None,
            "" if job_value is None else str(job_value),
            data,
        )

    @api.model
    def _find(self, run, record, key, table, code, faults):
        """The id that the name in the column ``key`` stands for."""
        name = record.values.get(key)
        found = run[table].get((name or "").casefold().strip())
        if name and not found:
            faults.append(self._fault(record, code, key))
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
                self._fault(record, "unit_differs", "unit", other=template.uom_id.name)
            )
        tracking = values.get("tracking")
        if tracking and tracking != template.tracking:
            labels = dict(template._fields["tracking"]._description_selection(self.env))
            faults.append(
                self._fault(
                    record,
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
                    self._fault(
                        record,
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
            faults.append(self._fault(record, "near_name", "name", other=other or ""))

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
