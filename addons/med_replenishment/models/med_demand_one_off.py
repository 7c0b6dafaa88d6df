from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL
from odoo.tools.misc import format_date, formatLang


class MedDemandOneOff(models.Model):
    """Demand that happened once: a project, a fitting-out, an inspection.

        left_out <──> real      the forecast reads it again

    Found in the night or marked by a planner. The demand itself stays in the table, and
    on every screen; only the forecast leaves the excess out. What somebody called real
    is not found again.
    """

    _name = "med.demand.one.off"
    _description = "One-off Demand"
    _inherit = ["mail.thread"]
    _order = "date desc, id desc"

    company_id = fields.Many2one("res.company", required=True, readonly=True)
    product_id = fields.Many2one(
        "product.product", required=True, readonly=True, index=True, ondelete="cascade"
    )
    uom_id = fields.Many2one(related="product_id.uom_id", string="Unit")
    location_id = fields.Many2one(
        "stock.location", required=True, readonly=True, ondelete="cascade"
    )
    department_id = fields.Many2one(
        "med.department", readonly=True, index="btree_not_null", ondelete="set null"
    )
    date = fields.Date(required=True, readonly=True)
    quantity = fields.Float(
        string="Demand of the Day", digits="Product Unit", readonly=True
    )
    usual = fields.Float(
        string="Usual Day",
        digits="Product Unit",
        readonly=True,
        help="Median of the days with use in two years.",
    )
    days_seen = fields.Integer(string="Days with Use", readonly=True)
    left_out = fields.Float(
        string="Units Left Out", digits="Product Unit", readonly=True
    )
    found_by = fields.Selection(
        [("night", "Found in the night"), ("planner", "Marked by a planner")],
        required=True,
        readonly=True,
        default="night",
    )
    state = fields.Selection(
        [("left_out", "Left out of the forecast"), ("real", "Real demand")],
        required=True,
        readonly=True,
        default="left_out",
        tracking=True,
    )
    note = fields.Char(
        help="What it was for: the project, the inspection, the opening."
    )
    explanation = fields.Text(compute="_compute_explanation")

    _day_uniq = models.Constraint(
        "unique(product_id, location_id, date)",
        "This day of the item is in the list already.",
    )

    @api.depends("product_id", "date")
    def _compute_display_name(self):
        for one_off in self:
            day = format_date(self.env, one_off.date)
            one_off.display_name = f"{one_off.product_id.display_name} · {day}"

    @api.depends("quantity", "usual", "left_out", "state")
    @api.depends_context("lang")
    def _compute_explanation(self):
        for one_off in self:
            figures = {
                "quantity": one_off._number(one_off.quantity),
                "unit": one_off.uom_id.name,
                "day": format_date(self.env, one_off.date),
                "usual": one_off._number(one_off.usual),
                "seen": one_off.days_seen,
                "left_out": one_off._number(one_off.left_out),
            }
            if one_off.state == "real":
                one_off.explanation = self.env._(
                    "%(quantity)s %(unit)s on %(day)s, where %(usual)s is usual "
                    "(median of %(seen)s days with use). Somebody said that this is "
                    "real demand: the forecast reads all of it.",
                    **figures,
                )
            else:
                one_off.explanation = self.env._(
                    "%(quantity)s %(unit)s on %(day)s, where %(usual)s is usual "
                    "(median of %(seen)s days with use), and no season repeats it. "
                    "The forecast leaves %(left_out)s of it out.",
                    **figures,
                )

    def _number(self, value):
        digits = 0 if float(value).is_integer() else 2
        return formatLang(self.env, value, digits=digits)

    def write(self, vals):
        if not self.env.su and vals.keys() - {"note"} - set(self._mail_fields()):
            raise UserError(
                self.env._("One-off demand is decided by the buttons; add a note only.")
            )
        return super().write(vals)

    @api.model
    def _mail_fields(self):
        return [
            name for name in self._fields if name.startswith(("message_", "rating"))
        ]

    def action_real(self):
        """This is demand like any other: the forecast reads it from now on."""
        self._decide("real")

    def action_leave_out(self):
        self._decide("left_out")

    def _decide(self, state):
        self.check_access("write")
        # The planner decides; the figures are the job's.
        self.sudo().write({"state": state})
        self.sudo()._apply()

    @api.model
    def _mark(self, days, note):
        """Leave out what is above the usual of these ``med.demand.day`` records."""
        self.check_access("write")
        found = self.sudo()._candidates(
            SQL("product_id = ANY(%s)", days.product_id.ids),
            SQL("day.id = ANY(%s)", days.ids),
            by_hand=True,
            found_by="planner",
        )
        found.write({"note": note, "state": "left_out"})
        found._apply()
        return found.with_env(self.env)
