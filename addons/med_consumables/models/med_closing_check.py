from odoo import api, fields, models
from odoo.fields import Domain

POINTS = [
    ("unposted", "Use that is not posted to stock"),
    ("incidents", "Open incidents"),
    ("transfers", "Open transfers of the month"),
    ("uncounted", "High-value stock not counted this month"),
    ("negative", "Negative stock"),
    ("unvalued", "Moves without value"),
    ("unsigned", "Daily piece checks that are not signed"),
    ("leakage", "Charges and scans without each other"),
]


class MedClosingCheck(models.Model):
    """One point of the checklist: how many records stand against closing, and which."""

    _name = "med.closing.check"
    _description = "Month Closing: Point to Check"
    _order = "closing_id desc, id"

    closing_id = fields.Many2one(
        "med.closing", required=True, index=True, ondelete="cascade", readonly=True
    )
    company_id = fields.Many2one(related="closing_id.company_id", store=True)
    point = fields.Selection(POINTS, required=True, readonly=True)
    count = fields.Integer(readonly=True)
    accepted_reason = fields.Char(
        string="Accepted, Because",
        help="Why the month may be closed although something is open here.",
    )

    @api.depends("point", "count")
    @api.depends_context("lang")
    def _compute_display_name(self):
        points = dict(self._fields["point"]._description_selection(self.env))
        for check in self:
            check.display_name = f"{points.get(check.point)}: {check.count}"

    def write(self, vals):
        if not self.env.su:
            vals = {
                name: value for name, value in vals.items() if name == "accepted_reason"
            }
            self.closing_id._check_state("draft")
        return super().write(vals)

    def action_open(self):
        """The records behind the count."""
        self.ensure_one()
        model, domain = self._behind()
        return {
            "type": "ir.actions.act_window",
            "name": self.display_name,
            "res_model": model,
            "view_mode": "list,form",
            "domain": list(domain),
            "context": {"create": False},
        }

    def _open(self):
        return self.filtered(lambda check: check.count and not check.accepted_reason)

    def _refresh(self, closing):
        """Count anew; ``self`` are the points there are, missing ones are added."""
        missing = [
            point for point, _label in POINTS if point not in self.mapped("point")
        ]
        checks = self | self.create(
            [{"closing_id": closing.id, "point": point} for point in missing]
        )
        for check in checks:  # eight points, one count each
            model, domain = check._behind()
            count = self.env[model].sudo().search_count(domain)
            if count > check.count:
                # The reason was given for what was open then.
                check.accepted_reason = False
            check.count = count

    def _behind(self):
        closing = self.closing_id
        start, end = closing._bounds()
        scope = Domain("company_id", "=", closing.company_id.id)
        return getattr(self, f"_behind_{self.point}")(closing, scope, start, end)

    def _of_department(self, closing, name="department_id"):
        department = closing.department_id
        return Domain(name, "child_of", department.id) if department else Domain.TRUE

    def _of_shelf(self, closing, *names):
        shelf = closing.department_id.stock_location_id
        if not closing.department_id:
            return Domain.TRUE
        return Domain.OR(Domain(name, "child_of", shelf.ids) for name in names)

    def _ledger(self, closing, scope, end, state):
        return "med.consumption", (
            scope
            & Domain("state", "=", state)
            & Domain("event_time", "<", end)
            & self._of_department(closing)
        )

    def _behind_unposted(self, closing, scope, start, end):
        return self._ledger(closing, scope, end, "recorded")

    def _behind_incidents(self, closing, scope, start, end):
        return self._ledger(closing, scope, end, "incident")

    def _behind_transfers(self, closing, scope, start, end):
        return "stock.picking", (
            scope
            & Domain("state", "in", ("waiting", "confirmed", "assigned"))
            & Domain("scheduled_date", "<", end)
            & Domain("move_ids.product_id.med_consumable", "=", True)
            & self._of_shelf(closing, "location_id", "location_dest_id")
        )

    def _on_shelves(self, closing, scope):
        return (
            scope
            & Domain("location_id.usage", "=", "internal")
            & Domain("product_id.med_consumable", "=", True)
            & self._of_shelf(closing, "location_id")
        )

    def _behind_uncounted(self, closing, scope, start, end):
        quants = (
            self.env["stock.quant"]
            .sudo()
            .search(  # ids of the list behind
                self._on_shelves(closing, scope)
                & Domain("quantity", ">", 0)
                & (
                    Domain("product_id.med_value_class", "=", "high")
                    | Domain("product_id.med_implant", "=", True)
                )
            )
        )
        counted = {
            (product, department)
            for product, department in self.env["med.count.line"]
            .sudo()  # see above
            ._read_group(
                Domain("day", ">=", closing.month.replace(day=1))
                & Domain("product_id", "in", quants.product_id.ids),
                ["product_id", "department_id"],
            )
        }
        owners = quants.location_id._med_departments()
        left = quants.filtered(
            lambda quant: (quant.product_id, owners[quant.location_id]) not in counted
        )
        return "stock.quant", Domain("id", "in", left.ids)

    def _behind_negative(self, closing, scope, start, end):
        return "stock.quant", (
            self._on_shelves(closing, scope) & Domain("quantity", "<", 0)
        )

    def _behind_unvalued(self, closing, scope, start, end):
        return "stock.move", (
            scope
            & Domain("state", "=", "done")
            & Domain("date", ">=", start)
            & Domain("date", "<", end)
            & (Domain("is_in", "=", True) | Domain("is_out", "=", True))
            & Domain("value", "=", 0)
            & Domain("quantity", ">", 0)
            & Domain("product_id.med_consumable", "=", True)
            & self._of_shelf(closing, "location_id", "location_dest_id")
        )

    def _behind_unsigned(self, closing, scope, start, end):
        return "med.daily.check", (
            scope
            & Domain("state", "=", "draft")
            & Domain("day", ">=", closing.month.replace(day=1))
            & Domain("day", "<=", closing.date_to)
            & self._of_department(closing)
        )

    def _behind_leakage(self, closing, scope, start, end):
        return "med.consumption.match", (
            scope
            & Domain("state", "in", ("waiting", "leak"))
            & Domain("event_time", ">=", start)
            & Domain("event_time", "<", end)
            & self._of_department(closing)
        )
