from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from .field_labels import labels_of
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
        "product.product",
        string="Item",
        required=True,
        readonly=True,
        ondelete="restrict",
        check_company=True,
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
                    fields=labels_of(self, changed),
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
