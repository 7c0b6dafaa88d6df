from zoneinfo import ZoneInfo

from odoo import api, fields, models
from odoo.fields import Domain

from ..core import history_rows
from ..core.history_rows import Keys

SOURCE = "import"
#: Ends the key of the line that took another one back.
UNDONE = "~undone"
#: Where a code of the file is looked for; the first place that knows it decides.
ITEM_CODES = (
    "default_code",
    "med_hospital_code",
    "barcode",
    "med_udi_ids.di",
    "med_charge_code",
)


class MedImportHistory(models.AbstractModel):
    """Rows of history: they tell what was needed, and move no stock.

    Use, return and waste become lines of the ledger in the state historical;
    requisitions and receipts become ``med.history``.
    """

    _name = "med.import.history"
    _description = "Import of History"

    @api.model
    def _columns(self):
        return history_rows.COLUMNS

    @api.model
    def _why_not(self, job):
        if self.env.user.has_groups(
            "med_consumables.group_storekeeper,med_consumables.group_administrator"
        ):
            return None
        return self.env._("A storekeeper or an administrator imports history.")

    @api.model
    def _start(self, job):
        company = job.company_id
        return {
            "job": job,
            "keys": Keys(),
            "zone": ZoneInfo(str(company._med_time_zone())),
            "today": company._med_day(fields.Datetime.now()),
            "opening": self._opening(company),
            "departments": self._departments(company),
            # Ids, not records: a commit between two batches empties the cache.
            "products": {},
            "unit_of": {},
            "units": self.env["med.import.items"]._by_name("uom.uom"),
            "suppliers": {},
            "reported": self._departments_reported(company),
        }

    @api.model
    def _opening(self, company):
        """The day on which the hospital began to report its use here."""
        first = (
            self.env["med.consumption"]
            .sudo()
            .search(
                [("company_id", "=", company.id), ("historical", "=", False)],
                order="event_time",
                limit=1,
            )
        )
        return first and company._med_day(first.event_time)

    @api.model
    def _departments_reported(self, company):
        """Departments with historical use that no requisition stands for."""
        groups = (
            self.env["med.consumption"]
            .sudo()
            ._read_group(
                [
                    ("company_id", "=", company.id),
                    ("historical", "=", True),
                    ("kind", "=", "use"),
                    ("note", "not like", "requisition:%"),
                ],
                ["department_id"],
            )
        )
        return {department.id for (department,) in groups}

    @api.model
    def _departments(self, company):
        """``{code or name in any language: department}``; None where several."""
        departments = self.env["med.department"].sudo()
        departments = departments.search([("company_id", "=", company.id)])
        found = {}
        for language, _label in self.env["res.lang"].get_installed():
            for department in departments.with_context(lang=language):
                key = department.name.casefold().strip()
                other = found.setdefault(key, department)
                if other != department:
                    found[key] = None
        found |= {department.code.casefold(): department for department in departments}
        return found

    @api.model
    def _prepare(self, run, record):
        faults = record.faults + tuple(
            history_rows.check(record, run["today"], run["job"].history_kind)
        )
        key = "" if faults else run["keys"].key(record.values)
        return record, faults, key

    @api.model
    def _plan(self, run, prepared):
        self._look_up(run, prepared)
        plans = [self._plan_row(run, *row) for row in prepared]
        return self._against_what_is_there(run, plans)

    @api.model
    def _look_up(self, run, prepared):
        """Find the items and suppliers of a batch that are not known yet."""
        values = [record.values for record, _faults, _key in prepared]
        codes = {v.get("item") for v in values} - {None} - set(run["products"])
        found = self._products(run["job"].company_id, codes)
        run["products"] |= {code: products.ids for code, products in found.items()}
        items = self.env["product.product"].sudo().concat(*found.values())
        run["unit_of"] |= {item.id: item.uom_id.id for item in items}
        names = {v.get("supplier") for v in values} - {None} - set(run["suppliers"])
        partners = self.env["res.partner"].sudo()
        domain = Domain("name", "in", list(names)) | Domain("ref", "in", list(names))
        firms = partners.search(domain & Domain("is_company", "=", True), order="id")
        by_name = {p.ref: p.id for p in firms} | {p.name: p.id for p in firms}
        run["suppliers"] |= {name: by_name.get(name) for name in names}

    @api.model
    def _products(self, company, codes):
        """``{code: products}``, in one query a kind of code."""
        found, left = {}, set(codes)
        Product = self.env["product.product"].sudo().with_context(active_test=False)
        for field in ITEM_CODES:
            if not left:
                break
            domain = Domain("company_id", "in", (False, company.id))
            products = Product.search(domain & Domain(field, "in", list(left)))
            for product in products:
                for code in set(product.mapped(field)) & left:
                    found.setdefault(code, set()).add(product.id)
            left -= set(found)
        # One prefetch for all: the units of thousands of items are read together.
        everything = Product.browse({id_ for ids in found.values() for id_ in ids})
        everything.product_tmpl_id.fetch(["uom_id"])
        return {
            code: Product.browse(sorted(found.get(code, ()))).with_prefetch(
                everything.ids
            )
            for code in codes
        }
