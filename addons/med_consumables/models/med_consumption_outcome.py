from odoo import api, fields, models
from odoo.tools.translate import LazyTranslate

_lt = LazyTranslate(__name__)

#: What is wrong with a line that could not be posted, and what to do about it.
TEXTS = {
    "no_stock": _lt(
        "%(shelf)s is short of %(missing)s %(unit)s of %(product)s. "
        "Receive or count it, then retry."
    ),
    "unknown_lot": _lt(
        "The lot %(lot)s of %(product)s is not known; "
        "receive it or correct the report, then retry."
    ),
    "no_location": _lt(
        "%(department)s has no shelf or no place of use; "
        "set both on the department, then retry."
    ),
    "return_exceeds_use": _lt(
        "%(missing)s %(unit)s of %(product)s more would come back than "
        "%(department)s is known to have used. If the use was reported late, "
        "retry when it is here."
    ),
    "unusable_lot": _lt(
        "The lot used was expired or on hold. Check on the patient and take "
        "the remaining pieces off the shelf."
    ),
    "error": _lt(
        "%(product)s could not be posted: %(error)s. Mend the cause, then retry."
    ),
}


class MedConsumption(models.Model):
    """What became of a line: posted with its lots and value, or an incident."""

    _inherit = "med.consumption"

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

    @api.depends("incident_code", "incident_missing", "incident_error")
    @api.depends_context("lang")
    def _compute_incident_text(self):
        """Say what is wrong, in the reader's language, and what to do about it."""
        for line in self:
            text = TEXTS.get(line.incident_code)
            line.incident_text = text and self.env._(text) % {
                "shelf": line.location_id.display_name,
                "missing": f"{line.incident_missing:g}",
                "unit": line.uom_id.name,
                "product": line.product_id.display_name,
                "lot": line.serial or line.lot_name,
                "department": line.department_id.display_name,
                "error": line.incident_error,
            }

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
