from odoo import api, fields, models

from ..core.simulation_workbook import Page, money_format, workbook

#: A typeface that has Chinese characters; where it lacks, the reader's program has one.
FONT = "等线"
TEXTS = ("product_id", "department_id", "location_id")
NUMBERS = (
    "value_today",
    "value_ours",
    "missed_today",
    "missed_ours",
    "empty_today",
    "empty_ours",
    "expiry_today",
    "expiry_ours",
    "orders_today",
    "orders_ours",
)


class MedReplenishmentSimulation(models.Model):
    """The business case on paper and as a workbook."""

    _inherit = "med.replenishment.simulation"

    method = fields.Text(string="How It Is Counted", compute="_compute_method")

    @api.depends("figure_ids")
    @api.depends_context("lang")
    def _compute_method(self):
        Figure = self.env["med.replenishment.simulation.figure"]
        labels = dict(Figure._fields["figure"]._description_selection(self.env))
        for simulation in self:
            simulation.method = "\n".join(
                f"{labels[row.figure]}: {row.how}" for row in simulation.figure_ids
            )

    def _notes(self):
        """What the reader must know to believe, or doubt, the figures."""
        self.ensure_one()
        company = self.company_id
        return [
            self.env._(
                "Both rules met the same demand of the hospital, the same lead times "
                "and shelf lives, and order every %(days)s days unless a policy says "
                "otherwise. Our levels of each week know only what was known before "
                "it.",
                days=f"{company.med_review_days:g}",
            ),
            self.env._(
                "Holding costs %(rate)s %% of the value a year, an order line "
                "%(line)s, a line from the store %(internal)s; all are settings. "
                "One-off demand is left out of both. Each place is played by itself.",
                rate=f"{100 * company.med_holding_rate:g}",
                line=self.currency_id.format(company.med_order_line_cost),
                internal=self.currency_id.format(company.med_internal_line_cost),
            ),
            self.env._(
                "Two sets of levels can be compared by cost only where they serve "
                "alike. The column at our service is what the levels compared come to "
                "when all of them are multiplied by one factor, so that they serve as "
                "many requests as ours. What a missed request costs a ward is in none "
                "of the costs."
            ),
        ]

    def _workbook(self):
        self.ensure_one()
        Item = self.env["med.replenishment.simulation.item"]
        currency = self.currency_id
        kinds = dict.fromkeys(TEXTS, "text") | {
            name: "money" if Item._fields[name].type == "monetary" else "count"
            for name in NUMBERS
        }
        return workbook(
            Page(
                title=self.name,
                verdict=self.verdict or "",
                notes=self._notes(),
                headers=self._headers(),
                figures=self.figure_ids._lines(),
                money=money_format(
                    currency.symbol or "",
                    currency.position == "before",
                    currency.decimal_places,
                ),
                points=self.env._("points"),
                total=self.env._("Total"),
                font=FONT,
                sheets=(self.env._("Business case"), self.env._("Reorder rules")),
                columns=[
                    (Item._fields[name]._description_string(self.env), kind)
                    for name, kind in kinds.items()
                ],
                rows=(
                    [
                        *(item[name].display_name or "" for name in TEXTS),
                        *(item[name] for name in NUMBERS),
                    ]
                    for item in self.item_ids
                ),
            )
        )

    def _headers(self):
        Figure = self.env["med.replenishment.simulation.figure"]
        return [
            self.env._("Figure"),
            *(
                Figure._fields[name]._description_string(self.env)
                for name in (
                    "today_text",
                    "ours_text",
                    "equal_text",
                    "change_text",
                    "how",
                )
            ),
        ]
