from odoo import api, fields, models

from .med_replenishment_simulation import FIGURES


class MedReplenishmentSimulationFigure(models.Model):
    """One figure of the page: today's levels against ours."""

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
    today = fields.Float(string="Levels Compared", digits=(16, 2), readonly=True)
    ours = fields.Float(string="Our Levels", digits=(16, 2), readonly=True)
    today_text = fields.Char(string="Today's Levels", compute="_compute_texts")
    ours_text = fields.Char(string="With Our Levels", compute="_compute_texts")
    change_text = fields.Char(string="Change", compute="_compute_texts")
    better = fields.Boolean(compute="_compute_texts")

    @api.depends("today", "ours", "figure")
    @api.depends_context("lang")
    def _compute_texts(self):
        less_is_better = dict(FIGURES)
        for row in self:
            row.today_text = row._text(row.today)
            row.ours_text = row._text(row.ours)
            gain = row.ours - row.today
            if row.figure == "fill":
                row.change_text = f"{100 * gain:+.1f}"
            else:
                row.change_text = (
                    f"{100 * gain / abs(row.today):+.0f} %" if row.today else "–"
                )
            less = less_is_better.get(row.figure, True)
            row.better = gain < 0 if less else gain > 0

    def _text(self, value):
        if self.figure == "fill":
            return f"{100 * value:.1f} %"
        if self.figure in (
            "inventory_value",
            "expiry_loss",
            "holding_cost",
            "order_cost",
            "total_cost",
        ):
            return self.simulation_id.currency_id.format(value)
        return f"{value:,.1f}" if self.figure == "turnover_days" else f"{value:,.0f}"


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
    value_today = fields.Monetary(string="Stock Value, Today's")
    value_ours = fields.Monetary(string="Stock Value, Ours")
    missed_today = fields.Integer(string="Not Served, Today's")
    missed_ours = fields.Integer(string="Not Served, Ours")
    empty_today = fields.Integer(string="Days out, Today's")
    empty_ours = fields.Integer(string="Days out, Ours")
    expiry_today = fields.Monetary(string="Expired, Today's")
    expiry_ours = fields.Monetary(string="Expired, Ours")
    orders_today = fields.Integer(string="Orders, Today's")
    orders_ours = fields.Integer(string="Orders, Ours")
