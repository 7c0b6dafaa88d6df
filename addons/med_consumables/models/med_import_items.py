from odoo import api, models

from ..core import item_rows
from ..core.near_names import normal

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
    def _full_name(self, name, specification):
        """Two sizes of one name are two items."""
        return " ".join(part for part in (name, specification) if part)
