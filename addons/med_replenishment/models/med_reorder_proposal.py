from odoo import api, fields, models
from odoo.exceptions import UserError

from .product_template import XYZ

REASONS = [
    ("first", "First computation"),
    ("demand", "Use has changed"),
    ("spread", "Use is more, or less, even"),
    ("lead", "Lead time has changed"),
    ("service", "Another service level"),
    ("need", "A clinical need"),
    ("known", "Planned use"),
    ("limits", "Pack, storage or shelf life"),
    ("hand", "Levels were set by hand"),
    ("stop", "Dead stock: it is held no more"),
]


class MedReorderProposal(models.Model):
    """A proposed reorder point and order-up-to of one reorder rule, with every input.

        proposed ──> approved ──> published ──> rolled_back   the former levels again
           └────────────┴───────> rejected

    One undecided proposal a reorder rule: a new night replaces what nobody has decided.
    A proposal with a ``problem`` cannot be computed and says why; it waits until the
    problem is mended. The figures are the job's; people decide.
    """

    _name = "med.reorder.proposal"
    _description = "Reorder Proposal"
    _order = "date desc, id desc"
    _rec_names_search = ["product_id", "department_id", "location_id"]

    orderpoint_id = fields.Many2one(
        "stock.warehouse.orderpoint",
        string="Reorder Rule",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True)
    product_id = fields.Many2one(
        "product.product", required=True, readonly=True, index=True, ondelete="cascade"
    )
    product_categ_id = fields.Many2one(
        related="product_id.categ_id", string="Product Category"
    )
    med_ved = fields.Selection(related="product_id.med_ved", string="VED Class")
    med_abc = fields.Selection(related="product_id.med_abc", string="ABC Class")
    med_xyz = fields.Selection(XYZ, compute="_compute_med_xyz", string="XYZ Class")
    uom_id = fields.Many2one(related="product_id.uom_id", string="Unit")
    location_id = fields.Many2one(
        "stock.location", required=True, readonly=True, ondelete="cascade"
    )
    department_id = fields.Many2one(
        "med.department", readonly=True, index="btree_not_null", ondelete="set null"
    )
    date = fields.Date(required=True, readonly=True, help="Computed on this day.")

    daily_mean = fields.Float(
        string="Use a Day", digits=(16, 3), readonly=True, help="Forecast."
    )
    announced_daily = fields.Float(
        string="Announced a Day",
        digits=(16, 3),
        readonly=True,
        help="Used on top of the forecast, on average of the days to cover: planned "
        "use, and what clinical needs add.",
    )
    daily_sigma = fields.Float(
        string="Spread of a Day",
        digits=(16, 3),
        readonly=True,
        help="Standard deviation of a day's use around the forecast.",
    )
    forecast_method = fields.Selection(
        [
            ("smoothed", "Exponential smoothing"),
            ("mean", "Mean of the last year"),
            ("blend", "Smoothing and mean together"),
        ],
        readonly=True,
        help="The one that foresaw this item best in the past.",
    )
    forecast_basis = fields.Selection(
        [
            ("own", "Its own use"),
            ("no_history", "Nothing: it was never used"),
            ("new", "Its own use, drawn to its category: under half a year"),
            ("inherited", "The use of the item it replaces"),
            ("ended", "Not used any more: only the minimum is held"),
            ("unseen", "Mostly out of stock of late"),
        ],
        string="Foreseen from",
        readonly=True,
    )
    history_days = fields.Integer(
        string="Days of History", readonly=True, help="Days on which use could be seen."
    )
    history_until = fields.Date(
        string="History until", readonly=True, help="The last day that was read."
    )
    weak_data = fields.Boolean(
        string="Little History",
        readonly=True,
        help="Less than half a year was seen, or the shelf was mostly empty: look "
        "twice before you approve.",
    )
    backtest_count = fields.Integer(
        string="Forecasts Tested",
        readonly=True,
        help="Past weeks from which the same method had to foresee what then came.",
    )
    wape = fields.Float(
        string="Error (WAPE)",
        readonly=True,
        help="How far off the tested forecasts were, as a share of what was used.",
    )
    coverage = fields.Float(
        string="Within the 95 % Level",
        readonly=True,
        help="How often what came stayed below the level meant for 95 of 100 times.",
    )
    interval_days = fields.Integer(
        string="Days to Cover",
        readonly=True,
        help="Lead time and days between orders: what an order must last for.",
    )
    interval_mean = fields.Float(
        string="Expected in These Days", digits="Product Unit", readonly=True
    )
    interval_high = fields.Float(
        string="In 95 of 100 Cases at Most", digits="Product Unit", readonly=True
    )
    bias = fields.Float(
        readonly=True,
        help="How much too high (or, if negative, too low) they were on the whole.",
    )
    lead_days = fields.Float(
        string="Lead Time",
        digits=(16, 2),
        readonly=True,
        help="Days from the order to the shelf.",
    )
    lead_sigma = fields.Float(
        string="Spread of Lead Time", digits=(16, 2), readonly=True
    )
    lead_promised = fields.Float(
        string="Promised Lead Time", digits=(16, 2), readonly=True
    )
    lead_receipts = fields.Integer(
        string="Receipts Measured",
        readonly=True,
        help="How many receipts corrected the promise.",
    )
    review_days = fields.Float(string="Days between Orders", readonly=True)
    supplier_ratio = fields.Float(
        string="Supplier: Actual ÷ Promised",
        digits=(16, 2),
        readonly=True,
        help="Over all its items, as far as measured.",
    )
    open_late = fields.Integer(
        string="Open Orders Late",
        readonly=True,
        help="Open orders older than promised: they move the lead time already.",
    )
    policy_id = fields.Many2one(
        "med.service.policy", readonly=True, ondelete="set null"
    )
    service_level = fields.Float(readonly=True)
    need_names = fields.Char(string="Clinical Needs", readonly=True)
    need_factor = fields.Float(
        string="Times Usual Use", digits=(16, 3), readonly=True, default=1.0
    )
    need_extra = fields.Float(string="Extra a Day", digits=(16, 3), readonly=True)
    minimum_held = fields.Float(
        string="Always Held", digits="Product Unit", readonly=True
    )
    roster_factor = fields.Float(
        string="Times by the Roster",
        digits=(16, 3),
        readonly=True,
        default=1.0,
        help="People on duty in the days to cover against the usual; one where the "
        "roster does not make the forecast better.",
    )
    roster_wape_without = fields.Float(
        string="Error without Roster", readonly=True, help="On the past, week by week."
    )
    roster_wape_with = fields.Float(string="Error with Roster", readonly=True)
    known_use = fields.Float(
        string="Planned Use",
        digits="Product Unit",
        readonly=True,
        help="Announced for the time until the next order but one: on top of the "
        "forecast.",
    )
    pack = fields.Float(
        digits="Product Unit", readonly=True, help="Ordered in multiples of this."
    )
    least_order = fields.Float(
        string="Smallest Order", digits="Product Unit", readonly=True
    )

    safety_stock = fields.Float(digits="Product Unit", readonly=True)
    held_on_shelves = fields.Float(
        string="Held by Departments",
        digits="Product Unit",
        readonly=True,
        help="Safety stock that lies on the shelves of departments already, and is not "
        "held again in the store.",
    )
    fill_expected = fields.Float(
        string="Served from the Shelf",
        readonly=True,
        help="Share of requests that these levels are expected to serve in full.",
    )
    orders_year = fields.Float(string="Orders a Year", digits=(16, 1), readonly=True)
    expired_year = fields.Float(
        string="Expires a Year", digits="Product Unit", readonly=True
    )
    stock_mean = fields.Float(
        string="Stock on Average", digits="Product Unit", readonly=True
    )
    reorder_point = fields.Float(digits="Product Unit", readonly=True)
    order_up_to = fields.Float(digits="Product Unit", readonly=True)
    current_min = fields.Float(
        string="Current Minimum", digits="Product Unit", readonly=True
    )
    current_max = fields.Float(
        string="Current Maximum", digits="Product Unit", readonly=True
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    value_change = fields.Monetary(
        string="Change in Value",
        readonly=True,
        help="What the change of the maximum is worth, at cost.",
    )
    change = fields.Float(
        readonly=True,
        help="The larger change of the two levels, as a share of what holds now.",
    )
    reason = fields.Selection(
        REASONS,
        string="Mainly Because of",
        readonly=True,
        help="Which input moved most since the levels were published last.",
    )
    explanation = fields.Text(compute="_compute_explanation")
    chart = fields.Json(related="orderpoint_id.med_chart", string="Use and Stock")
    problem = fields.Selection(
        [
            ("no_supplier", "Nobody sells it: the lead time is not known"),
            ("no_history", "No use is known"),
            ("no_room", "What must always be held does not fit"),
        ],
        readonly=True,
    )
    state = fields.Selection(
        [
            ("proposed", "Proposed"),
            ("approved", "Approved"),
            ("published", "Published"),
            ("rejected", "Rejected"),
            ("rolled_back", "Rolled Back"),
        ],
        required=True,
        readonly=True,
        default="proposed",
        index=True,
    )
    decided_by_id = fields.Many2one("res.users", readonly=True)
    decided_at = fields.Datetime(readonly=True)
    published_at = fields.Datetime(readonly=True)
    rejection = fields.Selection(
        [
            ("planner", "Rejected by the planner"),
            ("changed", "The reorder rule was changed in the meantime"),
            ("locked", "The levels were locked in the meantime"),
        ],
        string="Why Rejected",
        readonly=True,
    )

    _one_undecided = models.UniqueIndex(
        "(orderpoint_id) WHERE state IN ('proposed', 'approved')",
        "This reorder rule has an undecided proposal already.",
    )

    @api.depends("product_id", "company_id")
    def _compute_med_xyz(self):
        for proposal in self:
            product = proposal.product_id.with_company(proposal.company_id)
            proposal.med_xyz = product.med_xyz

    @api.depends("product_id", "department_id", "location_id", "date")
    def _compute_display_name(self):
        for proposal in self:
            place = proposal.department_id.name or proposal.location_id.display_name
            proposal.display_name = f"{proposal.product_id.display_name} · {place}"

    def write(self, vals):
        if not self.env.su:
            raise UserError(
                self.env._(
                    "The figures of a proposal are computed, and its state is moved by "
                    "the buttons. To hold something else, change the reorder rule."
                )
            )
        return super().write(vals)

    def action_approve(self):
        """These figures are to hold; they are written when they are published."""
        self._decide("approved", ("proposed",))

    def action_reject(self):
        """Leave the reorder rule as it is; the same figures are not proposed again."""
        self._decide("rejected", ("proposed", "approved"), rejection="planner")

    def action_publish(self):
        """Write the figures to the reorder rules; publishing is approving."""
        self._decide("approved", ("proposed",))
        approved = self.sudo().filtered(lambda p: p.state == "approved")
        approved.orderpoint_id._med_check_unlocked()
        changed = approved._changed_meanwhile()
        if changed:
            raise UserError(
                self.env._(
                    "These reorder rules were changed after their proposal was made:\n"
                    "%(rules)s\n"
                    "Reject the proposals, or let them be computed again.",
                    rules="\n".join(changed.mapped("display_name")),
                )
            )
        approved._publish()

    def action_compute_all(self):
        """Begin the nightly computation now, and watch it."""
        return self.env["med.reorder.run"].action_begin()

    def action_view_demand(self):
        return self.orderpoint_id.action_view_med_demand()

    def _decide(self, state, states, **values):
        """Move proposals in ``states`` to ``state``, for whoever may decide."""
        self.check_access("write")
        moved = self.filtered(lambda proposal: proposal.state in states)
        unsolved = moved.filtered("problem") if state == "approved" else moved[:0]
        if unsolved:
            raise UserError(
                self.env._(
                    "There is nothing to approve where nothing could be computed:\n"
                    "%(proposals)s",
                    proposals="\n".join(unsolved.mapped("display_name")),
                )
            )
        # Deciding is what a planner may do; the fields are the job's. See write().
        moved.sudo().write(
            {
                "state": state,
                "decided_by_id": self.env.uid,
                "decided_at": fields.Datetime.now(),
                **values,
            }
        )
