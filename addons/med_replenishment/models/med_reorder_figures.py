import numpy as np

from odoo import api, models
from odoo.tools import SQL

from ..core.echelon import held_below
from ..core.panel import ENDLESS, NO_ITEM, Demand, Outlook, Rules, Supply
from ..core.planning import METHODS, Reason, propose
from .med_reorder_announced import KNOWN_DAYS

#: Column of the 95 % quantile among ``core.demand_quantiles.SHARES``.
HIGH = 3
#: Times the use of its category: what an item that was never used is expected to need.
NOTHING = 1e-6
#: What all miss together is shared out where it costs least; no item misses more than
#: so many times what its class may.
MOST_MISSED = 4.0


class MedReorderProposal(models.Model):
    """Numbers from the records, through ``core``, into the values of proposals."""

    _inherit = "med.reorder.proposal"

    @api.model
    def _compute_figures(self, inputs, company, today):
        """Values of one proposal per reorder rule, in their order."""
        pool, categories = self.env["med.plan.pool"]._of_company(company, today)
        demand, supply, rules, outlook = self._panel(inputs, company, categories)
        plan = propose(demand, supply, rules, pool, outlook)
        shared = self._held_on_shelves(inputs, plan)
        announced = outlook.units_within(supply.protection_days)
        return [
            self._prepare_figures(
                inputs, row, plan, float(shared[row]), float(announced[row])
            )
            | {"service_level": float(service)}
            for row, service in enumerate(self._service(inputs, company))
        ]

    @api.model
    def _panel(self, inputs, company, categories):
        """``inputs`` as columns for ``core``: demand, supply, rules, outlook.

        ``categories`` are ids in the order in which the laws of each are kept; others
        come after the last of them.
        """
        products = [o.product_id for o in inputs.orderpoints]
        number = {id_: number for number, id_ in enumerate(categories)}
        demand = Demand(
            quantity=inputs.daily,
            unseen=inputs.unseen,
            category=np.array(
                [number.get(p.categ_id.id or 0, len(number)) for p in products], int
            ),
            # What it replaces has lent its history already; see _history.
            predecessor=np.where(inputs.inherited, np.arange(len(products)), NO_ITEM),
            known=inputs.was_known,
        )
        supply = Supply(
            lead_mean=np.array([s.lead.mean for s in inputs.supplies], float),
            lead_deviation=np.array([s.lead.deviation for s in inputs.supplies], float),
            review_days=np.maximum(inputs.review_days, 1.0),
            pack=np.array([s.pack for s in inputs.supplies], float),
            least=np.array([s.least for s in inputs.supplies], float),
        )
        factor = np.array([need.factor for need in inputs.needs], float)
        # The usual use of a category is no forecast for what was never used here.
        used = ~inputs.unseen.all(1)
        outlook = Outlook.of(
            len(products),
            known=self._coming_use(
                inputs, int(supply.protection_days.max(initial=KNOWN_DAYS))
            ),
            factor=np.where(used, factor * inputs.roster, NOTHING),
        )
        return demand, supply, self._rules(inputs, company), outlook

    @api.model
    def _categories_of(self, orderpoints):
        """Ids of the categories of their items, 0 for none, as they are learned."""
        return sorted({o.product_id.categ_id.id or 0 for o in orderpoints})

    @api.model
    def _rules(self, inputs, company):
        """What holding, ordering and missing cost, and the bounds of levels."""
        service = self._service(inputs, company)
        vital = np.array(
            [o.product_id.med_ved == "V" for o in inputs.orderpoints], bool
        )
        usual = np.where(vital, company.med_service_v, company.med_service_e)
        room = np.array(
            [o.med_storage_limit or ENDLESS * 1e3 for o in inputs.orderpoints]
        )
        return Rules.of(
            inputs.cost,
            vital=vital,
            weight=(1.0 - usual) / (1.0 - service),
            shelf_days=np.minimum(inputs.shelf_days, ENDLESS),
            minimum=np.array([need.held for need in inputs.needs], float),
            storage=room,
            least_fill=self._least_fill(service),
            holding_rate=company.med_holding_rate,
            order_line=np.where(
                [s.internal for s in inputs.supplies],
                company.med_internal_line_cost,
                company.med_order_line_cost,
            ),
        )

    @api.model
    def _least_fill(self, service):
        """What an item must reach by itself, its class being asked for ``service``."""
        return np.maximum(1.0 - MOST_MISSED * (1.0 - service), 0.0)

    @api.model
    def _service(self, inputs, company):
        """The share of demand to be served from the shelf, (orderpoints,)."""
        return np.array(
            [
                policy.service_level
                or company._med_service_level(orderpoint.product_id.med_ved)
                for orderpoint, policy in zip(
                    inputs.orderpoints, inputs.policies, strict=True
                )
            ]
        )

    @api.model
    def _held_on_shelves(self, inputs, plan):
        """Safety stock that the shelves of a store hold already, (orderpoints,)."""
        stores = [
            bool(department) and department.kind == "store"
            for department in inputs.departments
        ]
        shelves = np.zeros(len(stores))
        if any(stores):
            found = self._safety_of_shelves(inputs.orderpoints)
            shelves = np.array(
                [found.get(o.id, 0.0) for o in inputs.orderpoints], float
            )
        held = np.array([need.held for need in inputs.needs], float)
        safety = np.maximum(plan.safety_stock - held, 0.0)
        return held_below(safety, np.where(stores, shelves, 0.0))

    @api.model
    def _safety_of_shelves(self, orderpoints):
        """Safety stock on the shelves that a store fills: ``{store's rule id: units}``.

        Of the levels that hold there, as far as they were computed; what a shelf must
        always hold is there for nobody else.
        """
        self.flush_model()
        self.env.cr.execute(
            SQL(
                """
                SELECT store.id, sum(held.units)
                  FROM stock_warehouse_orderpoint store
                  JOIN stock_warehouse warehouse
                    ON warehouse.lot_stock_id = store.location_id
                  JOIN stock_warehouse_orderpoint shelf
                    ON shelf.product_id = store.product_id
                   AND shelf.warehouse_id = warehouse.id AND shelf.active
                   AND shelf.location_id <> store.location_id
                   AND shelf.supplier_id IS NULL
            CROSS JOIN LATERAL (
                       SELECT greatest(
                                  proposal.safety_stock
                                  - coalesce(proposal.minimum_held, 0), 0
                              ) AS units
                         FROM med_reorder_proposal proposal
                        WHERE proposal.orderpoint_id = shelf.id
                          AND proposal.state = 'published'
                          AND abs(
                              proposal.reorder_point - shelf.product_min_qty
                          ) < 1e-6
                     ORDER BY proposal.id DESC LIMIT 1
                  ) AS held
                 WHERE store.id = ANY(%s)
              GROUP BY store.id
                """,
                orderpoints.ids,
            )
        )
        return {id_: float(units) for id_, units in self.env.cr.fetchall()}

    def _prepare_figures(self, inputs, row, plan, shared, announced):
        orderpoint, supply = inputs.orderpoints[row], inputs.supplies[row]
        need = inputs.needs[row]
        reason = Reason(int(plan.reason[row]))
        problem = self._problem(orderpoint, supply, reason, need, announced)
        tested = bool(np.isfinite(plan.wape[row])) and int(plan.origins[row]) > 0
        covered = tested and bool(np.isfinite(plan.coverage[row]))
        figures = {
            "problem": problem,
            "policy_id": inputs.policies[row].id,
            "daily_mean": float(plan.daily[row]),
            "announced_daily": announced / float(plan.interval_days[row]),
            "daily_sigma": float(plan.deviation[row])
            * need.factor
            * float(inputs.roster[row])
            / np.sqrt(7),
            "forecast_method": METHODS[int(plan.method[row])],
            "forecast_basis": reason.name.lower(),
            "history_days": int((~inputs.unseen[row]).sum()),
            "history_until": inputs.until,
            "weak_data": reason
            in (Reason.NO_HISTORY, Reason.NEW, Reason.INHERITED, Reason.UNSEEN),
            "backtest_count": int(plan.origins[row]) if tested else 0,
            "wape": float(plan.wape[row]) if tested else 0.0,
            "bias": float(plan.bias[row]) if tested else 0.0,
            "coverage": float(plan.coverage[row]) if covered else 0.0,
            "review_days": float(inputs.review_days[row]),
            "interval_days": int(plan.interval_days[row]),
            "interval_mean": float(plan.interval_mean[row]),
            "interval_high": float(plan.quantiles[row, HIGH]),
            "reorder_point": orderpoint.product_min_qty,
            "order_up_to": orderpoint.product_max_qty,
            "safety_stock": 0.0,
            "known_use": announced,
            "roster_factor": float(inputs.roster[row]),
            **dict(
                zip(
                    ("roster_wape_without", "roster_wape_with"),
                    inputs.roster_tests.get(row, (0.0, 0.0)),
                    strict=True,
                )
            ),
            **self._prepare_supply(supply),
            **self._prepare_need(need),
        }
        if not problem:
            figures |= self._prepare_levels(inputs, row, plan, shared)
        return figures

    @api.model
    def _prepare_levels(self, inputs, row, plan, shared):
        """Whole units, at least what is always held, no more than there is room for."""
        orderpoint = inputs.orderpoints[row]
        low = max(float(plan.reorder_point[row]) - shared, inputs.needs[row].held)
        low = float(np.ceil(low - 1e-6))
        top = max(float(plan.order_up_to[row]) - shared, low + 1.0)
        top = float(np.ceil(top - 1e-6))
        if room := orderpoint.med_storage_limit:
            top, low = min(top, room), min(low, room)
        top = max(top, low)
        return {
            "safety_stock": max(float(plan.safety_stock[row]) - shared, 0.0),
            "held_on_shelves": shared,
            "reorder_point": low,
            "order_up_to": top,
            "fill_expected": float(plan.fill[row]),
            "orders_year": float(plan.orders[row]),
            "expired_year": float(plan.expired[row]),
            "stock_mean": float(plan.stock[row]),
            "value_change": (top - orderpoint.product_max_qty)
            * float(inputs.cost[row]),
        }

    @api.model
    def _prepare_supply(self, supply):
        return {
            "lead_days": supply.lead.mean,
            "lead_sigma": supply.lead.deviation,
            "lead_promised": supply.promised,
            "lead_receipts": supply.receipts,
            "supplier_ratio": supply.supplier_ratio,
            "open_late": supply.open_late,
            "pack": supply.pack,
            "least_order": supply.least,
        }

    @api.model
    def _prepare_need(self, need):
        return {
            "need_factor": need.factor,
            "need_extra": need.extra,
            "minimum_held": need.held,
            "need_names": ", ".join(need.names) or False,
        }

    @api.model
    def _problem(self, orderpoint, supply, reason, need, announced):
        if not supply.known:
            return "no_supplier"
        if need.held > (orderpoint.med_storage_limit or ENDLESS * 1e3):
            return "no_room"
        nothing = reason is Reason.NO_HISTORY and not (need.held or announced)
        return "no_history" if nothing else False
