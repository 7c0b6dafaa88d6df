from datetime import UTC, datetime

from odoo import api, models

from ..core.history_rows import at_noon
from ..core.rows import Plan
from .med_import_history import SOURCE

LEDGER = ("use", "return", "waste")


class MedImportHistory(models.AbstractModel):
    """What one row of history means: a line of the ledger, a row of the store, or both.

    Every reader of a cell appends what is wrong with it to ``faults``.
    """

    _inherit = "med.import.history"

    @api.model
    def _plan_row(self, run, record, faults, key):
        faults = list(faults)
        line = self._line(run, record, key, faults)
        if faults:
            return Plan(record.row, "none", faults=tuple(faults))
        use = self._use(run, record, line, faults)
        history = {}
        if line["kind"] not in LEDGER:
            unit = {"uom_id": run["unit_of"][line["product_id"]]}
            history = {**line, **unit, **self._of_store(run, record, faults)}
        return Plan(
            record.row, "create", values=use, more=history, faults=tuple(faults)
        )

    @api.model
    def _line(self, run, record, key, faults):
        """What every row tells: what, where, how much, when."""
        product = self._product(run, record, faults)
        department = self._department(run, record, faults)
        return {
            "product_id": product.id,
            "department_id": department.id if department else False,
            "kind": record.values.get("kind"),
            "quantity": self._quantity(run, record, product, faults),
            "event_time": self._event_time(run, record, faults),
            "source": SOURCE,
            "external_key": key,
            "lot_name": record.values.get("lot") or False,
        }

    @api.model
    def _use(self, run, record, line, faults):
        """The line of the ledger; none where the row does not stand for use."""
        if line["kind"] in LEDGER:
            serial = record.values.get("serial") or False
            return {**line, "serial": serial, "historical": True}
        if line["kind"] != "requisition":
            return {}
        job = run["job"]
        department = self._department(run, record, faults)
        if not self._counts_as_use(job, department):
            return {}
        if job.issues_as_use == "all" and department.id in run["reported"]:
            other = department.display_name
            faults.append(record.fault("counted_twice", "department", other=other))
        note = f"requisition:{record.values.get('document') or ''}"
        return {**line, "kind": "use", "note": note, "historical": True}

    @api.model
    def _counts_as_use(self, job, department):
        if job.issues_as_use == "by_department":
            return department.stock_keeping != "perpetual"
        return job.issues_as_use == "all"

    @api.model
    def _of_store(self, run, record, faults):
        """What only requisitions and receipts tell."""
        values = record.values
        supplier = values.get("supplier")
        if supplier and not run["suppliers"].get(supplier):
            faults.append(record.fault("unknown_supplier", "supplier"))
        ordered = values.get("ordered")
        if isinstance(ordered, datetime):
            ordered = ordered.date()
        day = at_noon(values["date"]).date()
        return {
            "import_id": run["job"].id,
            "company_id": run["job"].company_id.id,
            "partner_id": run["suppliers"].get(supplier),
            "supplier_name": supplier,
            "asked": float(values.get("asked") or 0),
            "ordered_on": ordered,
            "lead_days": (day - ordered).days if ordered else 0,
            "price_unit": float(values.get("price") or 0),
            "document": values.get("document"),
        }

    @api.model
    def _product(self, run, record, faults):
        code = record.values.get("item")
        products = self.env["product.product"].sudo()
        products = products.browse(run["products"].get(code, ()))
        if code and len(products) != 1:
            faults.append(
                record.fault(
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
            faults.append(record.fault(code, "department"))
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
                faults.append(record.fault("unknown_unit", "unit"))
                return 0.0
            if not unit._has_common_reference(own):
                faults.append(record.fault("unit_differs", "unit", other=own.name))
                return 0.0
        amount = float(quantity)
        if unit and unit != own:
            amount = unit._compute_quantity(amount, own, round=False)
        if own.is_zero(amount):
            faults.append(record.fault("too_small", "quantity"))
        return own.round(amount)

    @api.model
    def _event_time(self, run, record, faults):
        """The moment in UTC; the file has the hospital's clock."""
        when = record.values.get("date")
        if when is None:
            return None
        if run["opening"] and at_noon(when).date() >= run["opening"]:
            faults.append(
                record.fault("after_opening", "date", opening=str(run["opening"]))
            )
        local = at_noon(when).replace(tzinfo=run["zone"])
        return local.astimezone(UTC).replace(tzinfo=None)
