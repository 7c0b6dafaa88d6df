from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from .med_consumption_twin import REMAINDER, reported_by


class MedConsumptionMatch(models.Model):
    """One use that two sources report, or that only one of them has reported so far.

    Each source may tell of it in several reports, and of another number of pieces: what
    one told of more than the other waits, and becomes leakage.

    waiting ──> matched          the other reports came
       │
       ▼ after the window
    leak ──> matched             it came later
       ├──> explained            a person said why it never will
       └──> alone                a person let the charge move stock
    cancelled                    the report was taken back before the other came
    """

    _name = "med.consumption.match"
    _description = "Charge and Scan of One Use"
    _inherit = ["mail.thread"]
    _order = "event_time desc, id desc"
    _check_company_auto = True

    company_id = fields.Many2one("res.company", required=True, readonly=True)
    department_id = fields.Many2one(
        "med.department", required=True, readonly=True, index=True, ondelete="restrict"
    )
    product_id = fields.Many2one(
        "product.product",
        string="Item",
        required=True,
        readonly=True,
        ondelete="restrict",
    )
    product_categ_id = fields.Many2one(related="product_id.categ_id", store=True)
    uom_id = fields.Many2one(related="product_id.uom_id")
    kind = fields.Selection(
        [("use", "Use"), ("return", "Return"), ("waste", "Waste")],
        required=True,
        readonly=True,
    )
    line_ids = fields.One2many(
        "med.consumption", "match_id", string="Reports", readonly=True
    )
    quantity = fields.Float(
        digits="Product Unit",
        readonly=True,
        help="Of the use: as much as the source that told of more has told.",
    )
    charged_quantity = fields.Float(
        string="Charged", digits="Product Unit", readonly=True
    )
    scanned_quantity = fields.Float(
        string="Scanned", digits="Product Unit", readonly=True
    )
    difference = fields.Float(
        digits="Product Unit",
        readonly=True,
        help="Charged less scanned; a report of the side that has told of less still "
        "belongs to this use.",
    )
    missing_quantity = fields.Float(
        string="Missing",
        digits="Product Unit",
        readonly=True,
        help="How many pieces the other source still has to report.",
    )
    event_time = fields.Datetime(string="When", required=True, readonly=True)
    posting_line_id = fields.Many2one(
        "med.consumption",
        string="Moves Stock",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
    )
    other_line_id = fields.Many2one(
        "med.consumption",
        string="Does Not Move Stock",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
    )
    missing = fields.Selection(
        [("scan", "Charged, not scanned"), ("charge", "Scanned, not charged")],
        string="What Is Missing",
        readonly=True,
    )
    due = fields.Datetime(
        string="Wait Until", readonly=True, help="After this moment it is leakage."
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    value = fields.Monetary(
        readonly=True, help="Of what is missing, at the item's cost when reported."
    )
    state = fields.Selection(
        [
            ("waiting", "Waiting"),
            ("matched", "Matched"),
            ("leak", "Leakage"),
            ("explained", "Explained"),
            ("alone", "Posted alone"),
            ("cancelled", "Taken back"),
        ],
        required=True,
        readonly=True,
        default="waiting",
        tracking=True,
    )
    reason = fields.Char(
        tracking=True, help="Why the other report is missing; asked for to explain it."
    )
    resolved_by_id = fields.Many2one("res.users", readonly=True)
    resolved_at = fields.Datetime(readonly=True)

    _open_idx = models.Index("(company_id, due) WHERE state IN ('waiting', 'leak')")

    @api.depends("product_id", "department_id")
    def _compute_display_name(self):
        for match in self:
            match.display_name = (
                f"{match.department_id.code} · {match.product_id.display_name}"
            )

    def write(self, vals):
        if not self.env.su and (forbidden := vals.keys() - {"reason"}):
            forbidden = {name for name in forbidden if name in self._fields}
            if forbidden - self._thread_fields():
                raise AccessError(
                    self.env._(
                        "Only the reason can be entered by hand; the rest follows from "
                        "what was reported."
                    )
                )
        return super().write(vals)

    @api.model
    def _thread_fields(self):
        thread = self.env["mail.thread"]._fields
        return {name for name in thread if name not in ("id", "display_name")}

    def action_explain(self):
        """Close leakage for which a person knows the reason."""
        self.check_access("write")
        without = self.filtered(lambda match: not match.reason)
        if without:
            raise UserError(
                self.env._(
                    "Say why the other report of %(use)s is missing; then it can be "
                    "closed.",
                    use=without[0].display_name,
                )
            )
        self._resolve("explained")

    def action_post_alone(self):
        """The use took place and nobody scanned it: the charge moves stock."""
        self.check_access("write")
        waiting = self.filtered(
            lambda m: m.missing == "scan" and m.state in ("waiting", "leak")
        )
        if not waiting:
            raise UserError(
                self.env._(
                    "Only a report that waits for another one can be posted alone; "
                    "this one has moved stock already."
                )
            )
        waiting.action_explain()
        partly = waiting.filtered(lambda match: match.scanned_quantity)
        partly._post_remainder()
        waiting -= partly
        for match in waiting.sudo():  # checked above; states are not written by hand
            match.posting_line_id = match.other_line_id
            match.other_line_id = False
        # Whoever may resolve leakage need not be allowed to write the ledger.
        lines = waiting.sudo().posting_line_id
        if lines:
            lines._set_outcome(state="recorded")
            lines._trigger_posting()
        (waiting | partly).sudo().state = "alone"

    def _post_remainder(self):
        """A part was scanned; what was charged beside it moves stock by a line of its
        own, as if somebody had scanned it. Where its month is closed by now, it is
        booked on the first open day, as a late charge is.
        """
        ledger = self.env["med.consumption"].sudo()  # see action_post_alone
        rows = []
        for match in self.sudo():
            match.state = "leak"  # open, so that the line joins it
            charge = match.line_ids.filtered(
                lambda line: reported_by(line.source) == "charge"
            )[:1]
            rows.append(
                {
                    "department_id": match.department_id.id,
                    "product_id": match.product_id.id,
                    "kind": match.kind,
                    "quantity": match.missing_quantity,
                    "event_time": charge.event_time,
                    "encounter_token": charge.encounter_token,
                    "source": REMAINDER,
                    "external_key": str(match.id),
                    "note": match.reason,
                }
            )
        ledger._record(rows)

    def action_reopen(self):
        self.check_access("write")
        self.filtered(lambda m: m.state == "explained").sudo().write(
            {"state": "leak", "resolved_by_id": False, "resolved_at": False}
        )

    def action_open_lines(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "med_consumables.med_consumption_action"
        )
        lines = self.line_ids
        action.update(domain=[("id", "in", lines.ids)], context={})
        return action

    def _resolve(self, state):
        open_ones = self.filtered(lambda m: m.state in ("waiting", "leak"))
        open_ones.sudo().write(  # rights were checked; states are not written by hand
            {
                "state": state,
                "resolved_by_id": self.env.uid,
                "resolved_at": fields.Datetime.now(),
            }
        )
