from odoo import api, fields, models

from ..core.simulation_workbook import Line
from .med_replenishment_simulation import FIGURES

#: Shares and money are kept exactly; how many digits are shown is said by ``_text``.
EXACT = (16, 6)
#: What the sum is made of.
SUM, SUMMANDS = "total_cost", ("holding_cost", "order_cost", "expiry_loss")
MONEY = ("inventory_value", "expiry_loss", "holding_cost", "order_cost", "total_cost")


class MedReplenishmentSimulationFigure(models.Model):
    """One figure of the page: the levels compared against ours."""

    _name = "med.replenishment.simulation.figure"
    _description = "Figure of a Business Case"
    _order = "simulation_id, sequence"
    _rec_name = "figure"

    simulation_id = fields.Many2one(
        "med.replenishment.simulation", required=True, index=True, ondelete="cascade"
    )
    sequence = fields.Integer()
    figure = fields.Selection(
        [
            ("inventory_value", "Value of stock on average"),
            ("turnover_days", "Turnover days"),
            ("fill", "Requests served in full"),
            ("missed_lines", "Requests not served in full"),
            ("stockout_days", "Days out of stock (rule × day)"),
            ("expiry_loss", "Expired a year"),
            ("order_lines", "Order lines a year"),
            ("holding_cost", "Holding cost a year"),
            ("order_cost", "Ordering cost a year"),
            ("total_cost", "Holding, ordering and expiry a year"),
        ],
        required=True,
        readonly=True,
    )
    today = fields.Float(string="Compared", digits=EXACT, readonly=True)
    ours = fields.Float(string="Ours", digits=EXACT, readonly=True)
    equal = fields.Float(
        string="Compared, at Our Service",
        digits=EXACT,
        readonly=True,
        help="The levels compared, all times one factor, so that they serve as many "
        "requests as ours: costs can be compared only where the service is the same.",
    )
    today_text = fields.Char(string="Levels Compared", compute="_compute_texts")
    ours_text = fields.Char(string="Our Levels", compute="_compute_texts")
    equal_text = fields.Char(
        string="Levels Compared, at Our Service", compute="_compute_texts"
    )
    change_text = fields.Char(
        string="Change", compute="_compute_texts", help="From the first to ours."
    )
    how = fields.Char(string="How It Is Counted", compute="_compute_how")
    better = fields.Boolean(compute="_compute_texts")
    worse = fields.Boolean(compute="_compute_texts")

    @api.depends("today", "ours", "equal", "figure", "simulation_id.equal_factor")
    @api.depends_context("lang")
    def _compute_texts(self):
        less_is_better = dict(FIGURES)
        for row in self:
            row.today_text = row._text(row.today)
            row.ours_text = row._text(row.ours)
            known = row.simulation_id.equal_factor
            row.equal_text = row._text(row.equal) if known else "–"
            gain = row.ours - row.today
            row.change_text = row._change(gain)
            gain = -gain if less_is_better.get(row.figure, True) else gain
            row.better, row.worse = gain > 0, gain < 0

    @api.depends("figure")
    @api.depends_context("lang")
    def _compute_how(self):
        for row in self:
            row.how = row._how()

    def _how(self):
        company = self.simulation_id.company_id
        return {
            "inventory_value": self.env._(
                "What lies on the shelves at the end of a day, at today's cost: the "
                "mean of all days played."
            ),
            "turnover_days": self.env._(
                "Mean value ÷ value of what was used in a day: for so many days the "
                "stock lasts."
            ),
            "fill": self.env._(
                "A request is what one place used of one item on one day. Served is "
                "one that found all of it on the shelf."
            ),
            "missed_lines": self.env._(
                "Requests that found less on the shelf than they asked for, in all "
                "days played."
            ),
            "stockout_days": self.env._(
                "Days that ended with an empty shelf, counted for each reorder rule."
            ),
            "expiry_loss": self.env._(
                "What passed its date on the shelf, at today's cost, for a year."
            ),
            "order_lines": self.env._(
                "Orders of one item for one place, purchases and lines from the store, "
                "for a year."
            ),
            "holding_cost": self.env._(
                "%(rate)s %% of the mean value, for a year.",
                rate=f"{100 * company.med_holding_rate:g}",
            ),
            "order_cost": self.env._(
                "Purchases at %(line)s a line, lines from the store at %(internal)s.",
                line=self.simulation_id.currency_id.format(company.med_order_line_cost),
                internal=self.simulation_id.currency_id.format(
                    company.med_internal_line_cost
                ),
            ),
            "total_cost": self.env._("Holding, ordering and expiry, added."),
        }.get(self.figure, "")

    def _lines(self):
        """These figures for the workbook."""
        labels = dict(self._fields["figure"]._description_selection(self.env))
        place_of = {row.figure: place for place, row in enumerate(self)}
        return [
            Line(
                labels[row.figure],
                row._kind(),
                row.today,
                row.ours,
                row.equal if row.simulation_id.equal_factor else None,
                row.how,
                tuple(place_of[name] for name in SUMMANDS if name in place_of)
                if row.figure == SUM
                else (),
            )
            for row in self
        ]

    def _change(self, gain):
        if self.figure == "fill":
            return self.env._(
                "%(points)s points", points=self._signed(100 * gain, digits=1)
            )
        if not self.today:
            return "–" if self.ours else "0 %"
        return f"{self._signed(100 * gain / abs(self.today), digits=0)} %"

    @api.model
    def _signed(self, value, digits):
        """With its sign, and no minus before nothing."""
        value = round(value, digits) or 0.0
        return f"{value:+.{digits}f}".replace("-", "−") if value else "0"

    def _kind(self):
        """How the figure is written: money, share, days or count."""
        if self.figure in MONEY:
            return "money"
        return {"fill": "share", "turnover_days": "days"}.get(self.figure, "count")

    def _text(self, value):
        kind = self._kind()
        if kind == "money":
            return self.simulation_id.currency_id.format(value)
        if kind == "share":
            return f"{100 * value:.1f} %"
        return f"{value:,.1f}" if kind == "days" else f"{value:,.0f}"


class MedReplenishmentSimulationItem(models.Model):
    """What one reorder rule came to, under both."""

    _name = "med.replenishment.simulation.item"
    _description = "Reorder Rule of a Business Case"
    _order = "simulation_id, value_today desc, id"
    _rec_name = "product_id"
    _log_access = False

    simulation_id = fields.Many2one(
        "med.replenishment.simulation", required=True, index=True, ondelete="cascade"
    )
    orderpoint_id = fields.Many2one(
        "stock.warehouse.orderpoint", string="Reorder Rule", ondelete="set null"
    )
    product_id = fields.Many2one("product.product", ondelete="cascade")
    product_categ_id = fields.Many2one(
        related="product_id.categ_id", string="Product Category"
    )
    location_id = fields.Many2one("stock.location", ondelete="cascade")
    department_id = fields.Many2one("med.department", ondelete="set null")
    currency_id = fields.Many2one(related="simulation_id.currency_id")
    value_today = fields.Monetary(string="Stock Value, Compared")
    value_ours = fields.Monetary(string="Stock Value, Ours")
    missed_today = fields.Integer(string="Not Served, Compared")
    missed_ours = fields.Integer(string="Not Served, Ours")
    empty_today = fields.Integer(string="Days out, Compared")
    empty_ours = fields.Integer(string="Days out, Ours")
    expiry_today = fields.Monetary(string="Expired, Compared")
    expiry_ours = fields.Monetary(string="Expired, Ours")
    orders_today = fields.Integer(string="Orders, Compared")
    orders_ours = fields.Integer(string="Orders, Ours")
