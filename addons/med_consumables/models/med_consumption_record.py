from functools import cache

from odoo import api, fields, models
from odoo.exceptions import UserError

from .field_labels import labels_of

#: What two reports with the same key must agree on to be the same report.
IDENTITY = (
    "department_id",
    "product_id",
    "kind",
    "quantity",
    "event_time",
    "encounter_token",
    "lot_name",
    "serial",
    "reversal_of_id",
)


class ConsumptionConflict(UserError):
    """A report bears the key of a recorded line and says something else."""


class MedConsumption(models.Model):
    """The one door to the ledger: a report is recorded once, however often it comes."""

    _inherit = "med.consumption"

    @api.model
    def _record(self, vals_list):
        """Record reports; the same report twice changes nothing.

        ``vals_list`` holds one dict of reported fields a line, with at least
        department_id, product_id, quantity (in the product's unit), kind, event_time
        (UTC), source and external_key. Returns the lines in the same order: a line that
        is recorded already is returned as it stands.

        Raises ConsumptionConflict where a key is known with other content, so that a
        changed report is never taken for a repeated one.
        """
        prepared = self._prepare_reports(vals_list)
        known = self._lines_by_key(prepared)
        fresh = {}
        for vals in prepared:
            key = self._report_key(vals)
            if key in known:
                known[key]._check_same_report(vals)
            elif key in fresh:
                self._check_twin_reports(fresh[key], vals)
            else:
                fresh[key] = vals
        created = self.create(list(fresh.values()))
        known.update(zip(fresh, created, strict=True))
        created.filtered(lambda line: line.state == "recorded")._trigger_posting()
        return self.browse(known[self._report_key(vals)].id for vals in prepared)

    @api.model
    def _prepare_reports(self, vals_list):
        departments = self.env["med.department"].browse(
            {vals["department_id"] for vals in vals_list}
        )
        departments.fetch(["company_id", "stock_location_id"])
        products = self.env["product.product"].browse(
            {vals["product_id"] for vals in vals_list}
        )
        products.product_tmpl_id.fetch(["uom_id"])
        place = {
            department.id: (department.company_id.id, department.stock_location_id.id)
            for department in departments
        }
        unit = {product.id: product.product_tmpl_id.uom_id for product in products}
        rounded = cache(lambda unit, quantity: unit.round(quantity))
        prepared = []
        for vals in vals_list:
            company, shelf = place[vals["department_id"]]
            uom = unit[vals["product_id"]]
            prepared.append(
                {
                    "location_id": shelf,
                    **vals,
                    "event_time": fields.Datetime.to_datetime(vals["event_time"]),
                    "quantity": rounded(uom, float(vals["quantity"])),
                    "company_id": company,
                    "uom_id": uom.id,
                    "state": "historical" if vals.get("historical") else "recorded",
                }
            )
        return prepared

    @api.model
    def _report_key(self, vals):
        return vals["company_id"], vals["source"], vals["external_key"]

    @api.model
    def _lines_by_key(self, prepared):
        lines = self.search(
            [
                ("company_id", "in", list({vals["company_id"] for vals in prepared})),
                ("source", "in", list({vals["source"] for vals in prepared})),
                ("external_key", "in", [vals["external_key"] for vals in prepared]),
            ]
        )
        return {
            (line.company_id.id, line.source, line.external_key): line for line in lines
        }

    def _check_same_report(self, vals):
        self.ensure_one()
        stored = {
            name: self[name].id if self._fields[name].type == "many2one" else self[name]
            for name in IDENTITY
        }
        self._check_twin_reports(stored, vals)

    @api.model
    def _check_twin_reports(self, first, second):
        different = [
            name
            for name in IDENTITY
            if (first.get(name) or False) != (second.get(name) or False)
        ]
        if different:
            raise ConsumptionConflict(
                self.env._(
                    "%(reporter)s reported the line %(key)s before, with another "
                    "%(fields)s. Nothing was changed.\n"
                    "If the first report was wrong, it must be returned, and the right "
                    "one sent under a new key.",
                    reporter=second["source"],
                    key=second["external_key"],
                    fields=labels_of(self, different),
                )
            )
