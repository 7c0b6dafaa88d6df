from datetime import timedelta

import numpy as np

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..core import business_case
from ..core.fill_target import Target
from ..core.panel import rows

#: More reorder rules than this are played by a job, not while somebody waits.
AT_ONCE = 1500
MONTH_WEEKS = {"6": 26, "9": 39, "12": 52}
#: Figures of the page: name, and whether less of it is better.
FIGURES = (
    ("inventory_value", True),
    ("turnover_days", True),
    ("fill", False),
    ("missed_lines", True),
    ("stockout_days", True),
    ("expiry_loss", True),
    ("order_lines", True),
    ("holding_cost", True),
    ("order_cost", True),
    ("total_cost", True),
)


class MedReplenishmentSimulation(models.Model):
    """What would have been: the hospital's past under today's levels and under ours.

    draft ──> waiting ──> done        small ones go to done at once
                 └─────> failed ──> draft
    """

    _name = "med.replenishment.simulation"
    _description = "Business Case of the Levels"
    _inherit = ["mail.thread"]
    _order = "id desc"
    _check_company_auto = True

    name = fields.Char(
        required=True, default=lambda self: self.env._("Business case"), copy=False
    )
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    months = fields.Selection(
        [("6", "6 months"), ("9", "9 months"), ("12", "12 months")],
        string="Play Again the Last",
        required=True,
        default="12",
        help="Half a year before them is needed to learn from.",
    )
    baseline = fields.Selection(
        [
            ("now", "The levels of today"),
            ("before", "The levels before the first publication"),
        ],
        string="Compare with",
        required=True,
        default="before",
        help="Levels that were already published by this suite are no fair comparison; "
        "before the first publication stands what people had set.",
    )
    department_ids = fields.Many2many(
        "med.department",
        "med_simulation_department_rel",
        string="Departments",
        check_company=True,
        help="With their sub-departments. Empty: all places.",
    )
    categ_ids = fields.Many2many(
        "product.category",
        "med_simulation_categ_rel",
        string="Categories",
        help="With their sub-categories. Empty: all.",
    )
    service_level = fields.Float(
        string="Service Asked",
        default=lambda self: self.env.company.med_service_e,
        required=True,
        help="The share of requests that our rule has to serve in full.",
    )
    state = fields.Selection(
        [
            ("draft", "Draft"),
            ("waiting", "Waiting"),
            ("done", "Done"),
            ("failed", "Failed"),
        ],
        required=True,
        readonly=True,
        default="draft",
        copy=False,
        tracking=True,
    )
    problem = fields.Char(readonly=True, copy=False)
    run_at = fields.Datetime(string="Played on", readonly=True, copy=False)
    date_from = fields.Date(string="From", readonly=True, copy=False)
    date_to = fields.Date(string="Until", readonly=True, copy=False)
    rule_count = fields.Integer(
        string="Reorder Rules Played", readonly=True, copy=False
    )
    figure_ids = fields.One2many(
        "med.replenishment.simulation.figure", "simulation_id", copy=False
    )
    item_ids = fields.One2many(
        "med.replenishment.simulation.item", "simulation_id", copy=False
    )
    verdict = fields.Text(compute="_compute_verdict")

    _service_range = models.Constraint(
        "CHECK(service_level >= 0.5 AND service_level < 1)",
        "A service level is at least 50 % and less than 100 %.",
    )

    @api.depends("figure_ids.today", "figure_ids.ours", "state")
    @api.depends_context("lang")
    def _compute_verdict(self):
        for simulation in self:
            simulation.verdict = simulation.state == "done" and simulation._tell()

    def _tell(self):
        figure = {row.figure: row for row in self.figure_ids}
        money = self.currency_id.format
        value, total = figure["inventory_value"], figure["total_cost"]
        saved = total.today - total.ours
        more_fill = 100 * (figure["fill"].ours - figure["fill"].today)
        return self.env._(
            "From %(begin)s to %(end)s, %(rules)s reorder rules: stock worth "
            "%(ours)s instead of %(today)s, %(fill)s %% of requests served instead of "
            "%(before)s %% (%(more)+.1f points), and %(saved)s a year for holding, "
            "ordering and expiry (%(cost)s instead of %(cost_today)s).",
            begin=fields.Date.to_string(self.date_from),
            end=fields.Date.to_string(self.date_to),
            rules=self.rule_count,
            ours=money(value.ours),
            today=money(value.today),
            fill=f"{100 * figure['fill'].ours:.1f}",
            before=f"{100 * figure['fill'].today:.1f}",
            more=more_fill,
            saved=money(saved) if saved >= 0 else f"−{money(-saved)}",
            cost=money(total.ours),
            cost_today=money(total.today),
        )

    def action_run(self):
        """Play now; large ones are left to a job that begins at once."""
        self.check_access("write")
        for simulation in self:
            rules = simulation._orderpoints()
            if not rules:
                raise UserError(
                    self.env._("There is no reorder rule in what you have chosen.")
                )
            if len(rules) > AT_ONCE:
                simulation.sudo().state = "waiting"
                self.env.ref(
                    "med_replenishment.ir_cron_simulate"
                ).sudo()._trigger()  # a planner asks for it; the job belongs to root
            else:
                # Demand and levels of all places, for whoever may plan them.
                simulation.sudo()._play(rules.sudo())

    def action_reset(self):
        self.check_access("write")
        self.sudo().write({"state": "draft", "problem": False})
        self.sudo().figure_ids.unlink()
        self.sudo().item_ids.unlink()

    def action_view_items(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "med_replenishment.med_replenishment_simulation_item_action"
        )
        return {**action, "domain": [("simulation_id", "=", self.id)]}

    def action_download(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_url",
            "url": f"/med_replenishment/simulation/{self.id}.xlsx",
            "target": "download",
        }

    @api.model
    def _cron_simulate(self):
        """Play what waits; one that fails says why and does not hold up the others."""
        cron = self.env["ir.cron"]
        waiting = self.search([("state", "=", "waiting")], order="id")
        cron._commit_progress(remaining=len(waiting))
        for simulation in waiting:
            try:
                with self.env.cr.savepoint():
                    simulation._play(simulation._orderpoints())
            except UserError as error:
                simulation.write({"state": "failed", "problem": str(error)})
            if not cron._commit_progress(1):
                break

    def _orderpoints(self):
        self.ensure_one()
        domain = [
            ("company_id", "=", self.company_id.id),
            ("product_id.active", "=", True),
        ]
        if self.categ_ids:
            domain.append(("product_id.categ_id", "child_of", self.categ_ids.ids))
        if self.department_ids:
            shelves = (
                self.env["med.department"]
                .search([("id", "child_of", self.department_ids.ids)])
                .stock_location_id
            )
            domain.append(("location_id", "child_of", shelves.ids))
        return self.env["stock.warehouse.orderpoint"].search(domain, order="id")

    def _play(self, orderpoints):
        self.ensure_one()
        company = self.company_id
        today = company._med_day(fields.Datetime.now())
        Proposal = self.env["med.reorder.proposal"].with_company(company)
        self.env["med.demand.day"]._refresh()
        inputs = Proposal._inputs(orderpoints, company, today)
        weeks = MONTH_WEEKS[self.months]
        used = inputs.daily[:, -7 * weeks :].sum(1) > 0
        bought = np.array([supply.known for supply in inputs.supplies])
        demand, supply, rules, _outlook = Proposal._panel(inputs, company)
        played = np.flatnonzero(used & bought)
        self._check_history(inputs, played, weeks)
        low, top = self._levels_compared(orderpoints)
        panel = tuple(rows(columns, played) for columns in (demand, supply, rules))
        case = business_case.business_case(
            *panel,
            low[played],
            top[played],
            weeks,
            Target(self.service_level, max(company.med_service_v, self.service_level)),
        )
        line_cost = panel[2].order_line
        self._keep(orderpoints, inputs, played, case, today, line_cost)

    def _check_history(self, inputs, played, weeks):
        if not len(played):
            raise UserError(
                self.env._("Nothing that you have chosen was used in these months.")
            )
        before = ~inputs.unseen[played, : -7 * weeks]
        if before.sum(1).max(initial=0) < 7 * 12:
            raise UserError(
                self.env._(
                    "There are less than twelve weeks of history before the months to "
                    "be played, so nothing could be learned from. Choose fewer months."
                )
            )

    def _levels_compared(self, orderpoints):
        """Minimum and maximum of the comparison, two arrays."""
        first = {}
        if self.baseline == "before":
            for proposal in self.env["med.reorder.proposal"].search(
                [
                    ("orderpoint_id", "in", orderpoints.ids),
                    ("state", "in", ("published", "rolled_back")),
                ],
                order="published_at desc, id desc",
            ):
                first[proposal.orderpoint_id.id] = (
                    proposal.current_min,
                    proposal.current_max,
                )
        levels = [
            first.get(o.id, (o.product_min_qty, o.product_max_qty)) for o in orderpoints
        ]
        return tuple(np.array(column, float) for column in zip(*levels, strict=True))

    def _keep(self, orderpoints, inputs, played, case, today, line_cost):
        """Store what each reorder rule and all together came to."""
        company = self.company_id
        cost = inputs.cost[played]
        outcome, years = case.outcome, case.days / 365
        value = outcome.stock / case.days * cost
        expiry = outcome.expired * cost
        self.figure_ids.unlink()
        self.item_ids.unlink()
        self.env["med.replenishment.simulation.item"].create(
            [
                {
                    "simulation_id": self.id,
                    "orderpoint_id": orderpoints[int(row)].id,
                    "product_id": orderpoints[int(row)].product_id.id,
                    "location_id": orderpoints[int(row)].location_id.id,
                    "department_id": inputs.departments[int(row)].id,
                    **self._prepare_item(outcome, value, expiry, number),
                }
                for number, row in enumerate(played)
            ]
        )
        used = ((outcome.asked - outcome.short) * cost).sum(1)
        # Rounded before they are added: what is read adds up to the cent.
        held = np.round(value.sum(1), 2)
        ordering = (outcome.orders * line_cost).sum(1) / years
        totals = {
            "inventory_value": held,
            "turnover_days": value.sum(1) / np.maximum(used, 1e-9) * case.days,
            "fill": outcome.served.sum(1) / np.maximum(outcome.lines.sum(1), 1),
            "missed_lines": (outcome.lines - outcome.served).sum(1),
            "stockout_days": outcome.empty.sum(1),
            "expiry_loss": np.round(expiry.sum(1) / years, 2),
            "order_lines": outcome.orders.sum(1) / years,
            "holding_cost": np.round(held * company.med_holding_rate, 2),
            "order_cost": np.round(ordering, 2),
        }
        totals["total_cost"] = (
            totals["holding_cost"] + totals["order_cost"] + totals["expiry_loss"]
        )
        self.env["med.replenishment.simulation.figure"].create(
            [
                {
                    "simulation_id": self.id,
                    "sequence": number,
                    "figure": name,
                    "today": float(totals[name][business_case.TODAY]),
                    "ours": float(totals[name][business_case.OURS]),
                }
                for number, (name, _less) in enumerate(FIGURES)
            ]
        )
        self.write(
            {
                "state": "done",
                "problem": False,
                "run_at": fields.Datetime.now(),
                "date_from": today - timedelta(days=case.days),
                "date_to": today - timedelta(days=1),
                "rule_count": len(played),
            }
        )

    @api.model
    def _prepare_item(self, outcome, value, expiry, number):
        today, ours = business_case.TODAY, business_case.OURS
        return {
            "value_today": float(value[today, number]),
            "value_ours": float(value[ours, number]),
            "missed_today": int((outcome.lines - outcome.served)[today, number]),
            "missed_ours": int((outcome.lines - outcome.served)[ours, number]),
            "empty_today": int(outcome.empty[today, number]),
            "empty_ours": int(outcome.empty[ours, number]),
            "expiry_today": float(expiry[today, number]),
            "expiry_ours": float(expiry[ours, number]),
            "orders_today": int(outcome.orders[today, number]),
            "orders_ours": int(outcome.orders[ours, number]),
        }
