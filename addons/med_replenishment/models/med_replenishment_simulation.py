import logging
from dataclasses import replace
from datetime import timedelta

import numpy as np

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

from ..core import business_case
from ..core.fill_target import Target
from ..core.panel import rows

_logger = logging.getLogger(__name__)

#: More reorder rules than this are played by a job, not while somebody waits.
AT_ONCE = 300
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

    @api.depends("figure_ids.today", "figure_ids.ours", "state", "baseline")
    @api.depends_context("lang")
    def _compute_verdict(self):
        for simulation in self:
            simulation.verdict = simulation.state == "done" and simulation._tell()

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
            except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
                # Somebody wrote the same days: it still waits when the job comes back.
                self.env.cr.rollback()
                continue
            except UserError as error:
                simulation.write({"state": "failed", "problem": str(error)})
            except Exception as error:  # whatever it is, the others have their turn
                _logger.exception("Simulation %s failed", simulation.id)
                problem = self.env._(
                    "It could not be played: %(error)s. The server's log tells more.",
                    error=f"{type(error).__name__}: {error}",
                )
                simulation.write({"state": "failed", "problem": problem})
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
        self.env["med.demand.day"]._refresh_if_free()
        inputs = Proposal._inputs(orderpoints, company, today)
        weeks = MONTH_WEEKS[self.months]
        used = inputs.daily[:, -7 * weeks :].sum(1) > 0
        bought = np.array([supply.known for supply in inputs.supplies])
        # The pool of the time before is learned from these rules alone.
        categories = Proposal._categories_of(orderpoints)
        demand, supply, rules, _outlook = Proposal._panel(inputs, company, categories)
        # Asked for less than the policies do, no item is held to more than that.
        least = np.minimum(rules.least_fill, Proposal._least_fill(self.service_level))
        rules = replace(rules, least_fill=least)
        self._check_history(inputs, np.flatnonzero(used & bought), weeks)
        low, top = self._levels_compared(orderpoints, inputs, today)
        played = self._with_levels(used & bought, top)
        panel = tuple(rows(columns, played) for columns in (demand, supply, rules))
        case = business_case.business_case(
            *panel,
            low[played],
            top[played],
            weeks,
            Target(self.service_level, max(company.med_service_v, self.service_level)),
        )
        equal = business_case.at_same_service(
            *panel[:3], low[played], top[played], case
        )
        line_cost = panel[2].order_line
        self._keep(orderpoints, inputs, played, case, equal, today, line_cost)

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

    def _keep(self, orderpoints, inputs, played, case, equal, today, line_cost):
        """Store what each reorder rule and all together came to."""
        cost = inputs.cost[played]
        value = case.outcome.stock / case.days * cost
        expiry = case.outcome.expired * cost
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
                    **self._prepare_item(case.outcome, value, expiry, number),
                }
                for number, row in enumerate(played)
            ]
        )
        totals = self._totals(case.outcome, case.days, cost, line_cost)
        same = self._totals(equal.outcome, case.days, cost, line_cost) if equal else {}
        self.env["med.replenishment.simulation.figure"].create(
            [
                {
                    "simulation_id": self.id,
                    "sequence": number,
                    "figure": name,
                    "today": float(totals[name][business_case.TODAY]),
                    "ours": float(totals[name][business_case.OURS]),
                    "equal": float(same[name]) if same else 0.0,
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
                "equal_factor": equal.factor if equal else 0.0,
            }
        )

    def _totals(self, outcome, days, cost, line_cost):
        """The figures of the page, over all items: the last axis of ``outcome``."""
        years = days / 365
        value = (outcome.stock / days * cost).sum(-1)
        used = ((outcome.asked - outcome.short) * cost).sum(-1)
        # Rounded before they are added: what is read adds up to the cent.
        held = np.round(value, 2)
        totals = {
            "inventory_value": held,
            "turnover_days": value / np.maximum(used, 1e-9) * days,
            "fill": outcome.served.sum(-1) / np.maximum(outcome.lines.sum(-1), 1),
            "missed_lines": (outcome.lines - outcome.served).sum(-1),
            "stockout_days": outcome.empty.sum(-1),
            "expiry_loss": np.round((outcome.expired * cost).sum(-1) / years, 2),
            "order_lines": outcome.orders.sum(-1) / years,
            "holding_cost": np.round(held * self.company_id.med_holding_rate, 2),
            "order_cost": np.round((outcome.orders * line_cost).sum(-1) / years, 2),
        }
        totals["total_cost"] = (
            totals["holding_cost"] + totals["order_cost"] + totals["expiry_loss"]
        )
        return totals

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
