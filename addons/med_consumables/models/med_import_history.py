from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from odoo import api, fields, models
from odoo.fields import Domain

from ..core import history_rows
from ..core.history_rows import Keys, at_noon
from ..core.rows import Fault, Plan

SOURCE = "import"
#: Ends the key of the line that took another one back.
UNDONE = "~undone"
LEDGER = ("use", "return", "waste")
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
    def _heading(self, key):
        return self.env["med.import.fault"]._heading(key)

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

    @api.model
    def _plan_row(self, run, record, faults, key):
        values, faults = record.values, list(faults)
        product = self._product(run, record, faults)
        department = self._department(run, record, faults)
        quantity = self._quantity(run, record, product, faults)
        event_time = self._event_time(run, record, faults)
        if any(not fault.code.startswith("unknown_supplier") for fault in faults):
            return Plan(record.row, "none", faults=tuple(faults))
        job, kind = run["job"], values["kind"]
        common = {
            "product_id": product.id,
            "department_id": department.id if department else False,
            "kind": kind,
            "quantity": quantity,
            "event_time": event_time,
            "source": SOURCE,
            "external_key": key,
            "lot_name": values.get("lot") or False,
        }
        ledger = {}
        if kind in LEDGER:
            ledger = {**common, "serial": values.get("serial") or False}
        elif kind == "requisition" and self._counts_as_use(job, department):
            ledger = {**common, "kind": "use"}
            ledger["note"] = f"requisition:{values.get('document') or ''}"
            if job.issues_as_use == "all" and department.id in run["reported"]:
                faults.append(
                    self._fault(
                        record,
                        "counted_twice",
                        "department",
                        other=department.display_name,
                    )
                )
        if ledger:
            ledger |= {"historical": True}
        history = {}
        if kind not in LEDGER:
            history = {
                **common,
                **self._of_store(run, record, product, faults),
                "company_id": job.company_id.id,
                "import_id": job.id,
            }
        return Plan(
            record.row,
            "create",
            values=ledger,
            more=history,
            faults=tuple(faults),
        )

    @api.model
    def _of_store(self, run, record, product, faults):
        """What only requisitions and receipts tell."""
        values = record.values
        supplier = values.get("supplier")
        if supplier and not run["suppliers"].get(supplier):
            faults.append(self._fault(record, "unknown_supplier", "supplier"))
        ordered = values.get("ordered")
        if isinstance(ordered, datetime):
            ordered = ordered.date()
        day = at_noon(values["date"]).date()
        return {
            "partner_id": run["suppliers"].get(supplier),
            "supplier_name": supplier,
            "uom_id": run["unit_of"][product.id],
            "asked": float(values.get("asked") or 0),
            "ordered_on": ordered,
            "lead_days": (day - ordered).days if ordered else 0,
            "price_unit": float(values.get("price") or 0),
            "document": values.get("document"),
        }

    @api.model
    def _counts_as_use(self, job, department):
        if job.issues_as_use == "by_department":
            return department.stock_keeping != "perpetual"
        return job.issues_as_use == "all"

    @api.model
    def _fault(self, record, code, key, **data):
        value = record.values.get(key)
        return Fault(
            record.row, code, key, None, "" if value is None else str(value), data
        )

    @api.model
    def _product(self, run, record, faults):
        code = record.values.get("item")
        products = self.env["product.product"].sudo()
        products = products.browse(run["products"].get(code, ()))
        if code and len(products) != 1:
            faults.append(
                self._fault(
                    record,
                    "ambiguous_item" if products else "unknown_item",
                    "item",
                    other=", ".join(products[:3].mapped("display_name")),
                )
            )
        return products[:1]

    @api.model
    def _department(self, run, record, faults):
        name = record.values.get("department")
        if not name:
            return None
        key = name.casefold()
        department = run["departments"].get(key)
        if not department:
            several = key in run["departments"]
            code = "ambiguous_department" if several else "unknown_department"
            faults.append(self._fault(record, code, "department"))
        return department

    @api.model
    def _quantity(self, run, record, product, faults):
        """In the item's own unit."""
        quantity, name = record.values.get("quantity"), record.values.get("unit")
        if not product or quantity is None:
            return 0.0
        unit = self.env["uom.uom"]
        own = unit.sudo().browse(run["unit_of"][product.id])
        if name:
            unit = unit.sudo().browse(run["units"].get(name.casefold().strip()))
            if not unit:
                faults.append(self._fault(record, "unknown_unit", "unit"))
                return 0.0
            if not unit._has_common_reference(own):
                faults.append(
                    self._fault(record, "unit_differs", "unit", other=own.name)
                )
                return 0.0
        amount = float(quantity)
        if unit and unit != own:
            amount = unit._compute_quantity(amount, own, round=False)
        if own.is_zero(amount):
            faults.append(self._fault(record, "too_small", "quantity"))
        return own.round(amount)

    @api.model
    def _event_time(self, run, record, faults):
        """The moment in UTC; the file has the hospital's clock."""
        when = record.values.get("date")
        if when is None:
            return None
        if run["opening"] and at_noon(when).date() >= run["opening"]:
            faults.append(
                self._fault(
                    record, "after_opening", "date", opening=str(run["opening"])
                )
            )
        local = at_noon(when).replace(tzinfo=run["zone"])
        return local.astimezone(UTC).replace(tzinfo=None)
