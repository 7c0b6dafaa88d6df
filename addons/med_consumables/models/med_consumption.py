from functools import cache

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from .written_by import WrittenBy

#: What the reporter said. It never changes: a correction is a new line.
REPORTED = (
    "company_id",
    "department_id",
    "location_id",
    "product_id",
    "uom_id",
    "kind",
    "quantity",
    "event_time",
    "source",
    "external_key",
    "encounter_token",
    "lot_name",
    "serial",
    "reversal_of_id",
    "historical",
    "note",
)
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
    """The ledger of use: one line is one use, return or waste, as it was reported.

    Reported fields are immutable, also for the superuser. The rest is the outcome:

        recorded ──> posted          the stock move is done
            │  ▲
            ▼  │ retry
         incident                    stock, lot or place was missing; nothing is lost
        historical                   before the opening date: demand only, no stock
    """

    _name = "med.consumption"
    _description = "Consumption"
    _order = "event_time desc, id desc"
    _rec_name = "external_key"
    _check_company_auto = True

    company_id = fields.Many2one("res.company", required=True, readonly=True)
    department_id = fields.Many2one(
        "med.department",
        required=True,
        readonly=True,
        ondelete="restrict",
        check_company=True,
    )
    location_id = fields.Many2one(
        "stock.location", string="Shelf", readonly=True, ondelete="restrict"
    )
    product_id = fields.Many2one(
        "product.product", required=True, readonly=True, ondelete="restrict"
    )
    product_categ_id = fields.Many2one(related="product_id.categ_id")
    uom_id = fields.Many2one(
        "uom.uom", string="Unit", required=True, readonly=True, ondelete="restrict"
    )
    kind = fields.Selection(
        [("use", "Use"), ("return", "Return"), ("waste", "Waste")],
        required=True,
        readonly=True,
    )
    quantity = fields.Float(
        digits="Product Unit",
        required=True,
        readonly=True,
        help="In the product's own unit; always positive, the kind says which way.",
    )
    event_time = fields.Datetime(
        string="When", required=True, readonly=True, help="When it took place."
    )
    source = fields.Char(required=True, readonly=True, help="Who reported it.")
    external_key = fields.Char(
        string="Key",
        required=True,
        readonly=True,
        help="The source's own identification of this line; unique per source.",
    )
    encounter_token = fields.Char(
        readonly=True,
        help="Stands for the visit. It cannot be turned back into a patient.",
    )
    lot_name = fields.Char(string="Reported Lot", readonly=True)
    serial = fields.Char(string="Reported Serial", readonly=True)
    reversal_of_id = fields.Many2one(
        "med.consumption", string="Corrects", readonly=True, index="btree_not_null"
    )
    historical = fields.Boolean(
        readonly=True, help="Took place before the opening date: counts as demand only."
    )
    note = fields.Char(readonly=True)

    create_uid = WrittenBy("res.users", string="Created by", readonly=True)
    write_uid = WrittenBy("res.users", string="Last Updated by", readonly=True)
    state = fields.Selection(
        [
            ("recorded", "Recorded"),
            ("posted", "Posted"),
            ("incident", "Incident"),
            ("historical", "Historical"),
        ],
        required=True,
        readonly=True,
        default="recorded",
    )
    incident_code = fields.Selection(
        [
            ("no_stock", "Not enough stock on the books"),
            ("unknown_lot", "Lot unknown or not on this shelf"),
            ("no_location", "Department without a shelf"),
            ("return_exceeds_use", "Return exceeds what was used"),
            ("unusable_lot", "Taken from an expired or held lot"),
            ("error", "Could not be posted"),
        ],
        readonly=True,
    )
    incident_missing = fields.Float(
        digits="Product Unit", readonly=True, help="How much could not be covered."
    )
    incident_error = fields.Char(
        readonly=True, help="The failure as the system reported it, for operators."
    )
    incident_text = fields.Char(
        string="What Is Wrong", compute="_compute_incident_text"
    )
    posted_at = fields.Datetime(readonly=True)
    lot_id = fields.Many2one(
        "stock.lot", string="Lot", readonly=True, index="btree_not_null"
    )
    allocation_ids = fields.One2many("med.consumption.allocation", "consumption_id")
    currency_id = fields.Many2one(related="company_id.currency_id")
    value = fields.Monetary(
        readonly=True,
        help="Cost of this line: positive for use and waste, negative for a return. "
        "It is the sum of its allocations.",
    )

    _external_key_uniq = models.Constraint(
        "unique(company_id, source, external_key)",
        "This source has reported a line with this key already.",
    )
    _quantity_positive = models.Constraint(
        "CHECK(quantity > 0)", "A quantity is more than zero; the kind says which way."
    )
    _todo_idx = models.Index(
        "(department_id, event_time) WHERE state IN ('recorded', 'incident')"
    )
    _product_idx = models.Index("(product_id, event_time)")
    _department_idx = models.Index("(department_id, event_time)")
    _event_time_idx = models.Index("(company_id, event_time)")

    @api.depends("external_key", "product_id", "kind")
    def _compute_display_name(self):
        for line in self:
            line.display_name = f"{line.product_id.display_name} · {line.external_key}"

    @api.depends("incident_code", "incident_missing", "incident_error")
    @api.depends_context("lang")
    def _compute_incident_text(self):
        """Say what is wrong, in the reader's language, and what to do about it."""
        texts = {
            "no_stock": self.env._(
                "%(shelf)s is short of %(missing)s %(unit)s of %(product)s. "
                "Receive or count it, then retry."
            ),
            "unknown_lot": self.env._(
                "The lot %(lot)s of %(product)s is not known; "
                "receive it or correct the report, then retry."
            ),
            "no_location": self.env._(
                "%(department)s has no shelf or no place of use; "
                "set both on the department, then retry."
            ),
            "return_exceeds_use": self.env._(
                "%(missing)s %(unit)s of %(product)s more would come back than "
                "%(department)s is known to have used. If the use was reported late, "
                "retry when it is here."
            ),
            "unusable_lot": self.env._(
                "The lot used was expired or on hold. Check on the patient and take "
                "the remaining pieces off the shelf."
            ),
            "error": self.env._(
                "%(product)s could not be posted: %(error)s. "
                "Mend the cause, then retry."
            ),
        }
        for line in self:
            text = texts.get(line.incident_code)
            line.incident_text = text and text % {
                "shelf": line.location_id.display_name,
                "missing": f"{line.incident_missing:g}",
                "unit": line.uom_id.name,
                "product": line.product_id.display_name,
                "lot": line.serial or line.lot_name,
                "department": line.department_id.display_name,
                "error": line.incident_error,
            }

    @api.constrains("kind", "reversal_of_id")
    def _check_reversal(self):
        for line in self:
            if line.reversal_of_id and line.kind != "return":
                raise ValidationError(
                    self.env._(
                        "Only a return corrects an earlier line; "
                        "%(line)s is no return.",
                        line=line.external_key,
                    )
                )

    @api.model
    def _reported_fields(self):
        """Names of the fields that stay as they were reported; others add theirs."""
        return REPORTED

    def write(self, vals):
        if changed := [name for name in self._reported_fields() if name in vals]:
            raise UserError(
                self.env._(
                    "What was reported cannot be changed: %(fields)s.\n"
                    "Record a return for the wrong line and then the right one.",
                    fields=", ".join(
                        self._fields[name]._description_string(self.env)
                        for name in changed
                    ),
                )
            )
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(
            self.env._(
                "What was reported cannot be deleted. "
                "Record a return for the wrong line instead."
            )
        )

    def action_retry(self):
        """Post incidents again; lines that still fail stay where they are."""
        self.check_access("read")
        # Posting moves stock, which whoever mends an incident may not do by hand.
        lines = self.sudo().filtered(lambda line: line.state == "incident")
        lines._set_outcome(state="recorded", incident_code=False)
        lines._post_pending(domain=[("id", "in", lines.ids)], limit=len(lines) or 1)
        return True

    def action_view_moves(self):
        self.ensure_one()
        moves = self.allocation_ids.move_line_id.move_id
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Stock Moves"),
            "res_model": "stock.move",
            "view_mode": "list,form",
            "domain": [("id", "in", moves.ids)],
        }

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
                    fields=", ".join(
                        self._fields[name]._description_string(self.env)
                        for name in different
                    ),
                )
            )

    def _set_outcome(self, **outcome):
        """Write what became of these lines; never what was reported."""
        self.write({"incident_missing": 0.0, "incident_error": False, **outcome})

    def _set_incident(self, code, missing=0.0, error=False):
        """Keep lines that cannot be posted, with the reason, until they are retried."""
        self._set_outcome(
            state="incident",
            incident_code=code,
            incident_missing=missing,
            incident_error=error,
        )
