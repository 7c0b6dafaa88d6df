from dataclasses import replace

from odoo import api, models

from ..core.rows import Fault, Plan
from .field_labels import labels_of
from .med_import_history import SOURCE, UNDONE


class MedImportHistory(models.AbstractModel):
    """What came with an earlier file stays; what says something else is a fault."""

    _inherit = "med.import.history"

    @api.model
    def _against_what_is_there(self, run, plans):
        """Keep what was imported before; a changed line under its key is a fault.

        A line that was taken back once and comes again gets the next key.
        """
        company = run["job"].company_id
        settled = {plan.row: plan for plan in plans if plan.action == "none"}
        todo = [plan for plan in plans if plan.action != "none"]
        while todo:
            found = self._found(company, [self._key(plan) for plan in todo])
            again = []
            for plan in todo:
                if f"{self._key(plan)}{UNDONE}" in found:
                    again.append(self._with_next_key(plan))
                else:
                    settled[plan.row] = self._settled(plan, found)
            todo = again
        return [settled[plan.row] for plan in plans]

    @api.model
    def _key(self, plan):
        return (plan.values or plan.more)["external_key"]

    @api.model
    def _with_next_key(self, plan):
        base, _mark, times = self._key(plan).partition("~")
        key = f"{base}~{int(times or 1) + 1}"
        return replace(
            plan,
            values=plan.values and {**plan.values, "external_key": key},
            more=plan.more and {**plan.more, "external_key": key},
        )

    @api.model
    def _found(self, company, keys):
        """``{key: ledger line or row of the store}`` of those that are known."""
        keys = [*keys, *(f"{key}{UNDONE}" for key in keys)]
        found = {}
        for model in ("med.history", "med.consumption"):
            rows = (
                self.env[model]
                .sudo()
                .search_fetch(
                    [
                        ("company_id", "=", company.id),
                        ("source", "=", SOURCE),
                        ("external_key", "in", keys),
                    ],
                    [
                        "external_key",
                        "product_id",
                        "department_id",
                        "quantity",
                        "uom_id",
                    ],
                )
            )
            found |= {row.external_key: row for row in rows}
        return found

    @api.model
    def _settled(self, plan, found):
        known, reported = found.get(self._key(plan)), plan.values or plan.more
        if not known:
            return plan
        same = {
            "product_id": known.product_id.id == reported["product_id"],
            "department_id": known.department_id.id == reported["department_id"],
            "quantity": not known.uom_id.compare(known.quantity, reported["quantity"]),
        }
        if all(same.values()):
            return replace(plan, action="keep", values={}, more={})
        other = labels_of(known, [name for name, equal in same.items() if not equal])
        fault = Fault(plan.row, "changed_report", data={"other": other})
        return Plan(plan.row, "none", faults=(*plan.faults, fault))
