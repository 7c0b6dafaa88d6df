from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools.misc import format_date, formatLang

from ..core.reorder_point import normal_quantile


class MedReorderProposal(models.Model):
    """A proposed reorder point and order-up-to of one reorder rule, with every input.

        proposed ──> approved ──> published   minimum and maximum are written
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
    daily_sigma = fields.Float(
        string="Spread of a Day",
        digits=(16, 3),
        readonly=True,
        help="Standard deviation of a day's use around the forecast.",
    )
    forecast_method = fields.Selection(
        [
            ("ses", "Exponential smoothing"),
            ("mean", "Plain average: little history"),
        ],
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
        help="Less than eight weeks were seen: look twice before you approve.",
    )
    backtest_count = fields.Integer(
        string="Forecasts Tested",
        readonly=True,
        help="Past weeks from which the same method had to foresee what then came.",
    )
    backtest_weeks = fields.Integer(
        string="Weeks Ahead", readonly=True, help="How far the tested forecasts looked."
    )
    wape = fields.Float(
        string="Error (WAPE)",
        readonly=True,
        help="How far off the tested forecasts were, as a share of what was used.",
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
    service_level = fields.Float(readonly=True)
    pack = fields.Float(
        digits="Product Unit", readonly=True, help="Ordered in multiples of this."
    )
    least_order = fields.Float(
        string="Smallest Order", digits="Product Unit", readonly=True
    )

    safety_stock = fields.Float(digits="Product Unit", readonly=True)
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
    explanation = fields.Text(compute="_compute_explanation")
    problem = fields.Selection(
        [
            ("no_supplier", "Nobody sells it: the lead time is not known"),
            ("no_history", "Less than a week of use is known"),
        ],
        readonly=True,
    )
    state = fields.Selection(
        [
            ("proposed", "Proposed"),
            ("approved", "Approved"),
            ("published", "Published"),
            ("rejected", "Rejected"),
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
        ],
        string="Why Rejected",
        readonly=True,
    )

    _one_undecided = models.UniqueIndex(
        "(orderpoint_id) WHERE state IN ('proposed', 'approved')",
        "This reorder rule has an undecided proposal already.",
    )

    @api.depends("product_id", "department_id", "location_id", "date")
    def _compute_display_name(self):
        for proposal in self:
            place = proposal.department_id.name or proposal.location_id.display_name
            proposal.display_name = f"{proposal.product_id.display_name} · {place}"

    @api.depends("problem", "daily_mean", "lead_days", "reorder_point", "order_up_to")
    @api.depends_context("lang")
    def _compute_explanation(self):
        for proposal in self:
            proposal.explanation = "\n".join(proposal._explain())

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

    def action_view_demand(self):
        return self.orderpoint_id.action_view_med_demand()

    @api.model
    def _publish_approved(self):
        """Publish what is approved; a step of the nightly run."""
        approved = self.search([("state", "=", "approved")])
        changed = approved._changed_meanwhile()
        changed.write({"state": "rejected", "rejection": "changed"})
        (approved - changed)._publish()

    def _publish(self):
        for proposal in self:
            # Both at once: the maximum may never be below the minimum.
            proposal.orderpoint_id.write(
                {
                    "product_min_qty": proposal.reorder_point,
                    "product_max_qty": proposal.order_up_to,
                }
            )
        self.write({"state": "published", "published_at": fields.Datetime.now()})

    def _changed_meanwhile(self):
        """Proposals whose reorder rule no longer is what they were compared with."""

        def differs(proposal):
            rule = proposal.orderpoint_id
            compare = rule.product_uom.compare
            return (
                compare(rule.product_min_qty, proposal.current_min) != 0
                or compare(rule.product_max_qty, proposal.current_max) != 0
            )

        return self.filtered(differs)

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

    def _explain(self):
        """The number's story, a list of sentences in the reader's language."""
        self.ensure_one()
        if self.problem == "no_supplier":
            return [
                self.env._(
                    "No vendor is set on %(product)s, so nobody knows how long an "
                    "order takes. Add a vendor with a delivery lead time.",
                    product=self.product_id.display_name,
                )
            ]
        if self.problem == "no_history":
            return [
                self.env._(
                    "Less than a week of use of %(product)s is known here, so nothing "
                    "can be foreseen. The minimum and maximum stay as they are.",
                    product=self.product_id.display_name,
                )
            ]
        return [
            self._explain_forecast(),
            self._explain_backtest(),
            self._explain_lead_time(),
            self._explain_levels(),
        ]

    def _explain_forecast(self):
        return self.env._(
            "Forecast: %(mean)s %(unit)s a day, give or take %(sigma)s, from %(days)s "
            "days of use until %(until)s (%(method)s).",
            mean=self._number(self.daily_mean),
            sigma=self._number(self.daily_sigma),
            unit=self.uom_id.name,
            days=self.history_days,
            until=format_date(self.env, self.history_until),
            method=self._label("forecast_method"),
        )

    def _explain_backtest(self):
        if not self.backtest_count:
            return self.env._(
                "The history is too short to test the forecast on it; look twice."
            )
        figures = {
            "count": self.backtest_count,
            "weeks": self.backtest_weeks,
            "wape": self._number(100 * self.wape, 0),
            "bias": self._number(100 * abs(self.bias), 0),
        }
        if self.bias < 0:
            return self.env._(
                "Tested on the past: %(count)s forecasts, each of %(weeks)s weeks, "
                "were off by %(wape)s %%; on the whole they were %(bias)s %% too low.",
                **figures,
            )
        return self.env._(
            "Tested on the past: %(count)s forecasts, each of %(weeks)s weeks, were "
            "off by %(wape)s %%; on the whole they were %(bias)s %% too high.",
            **figures,
        )

    def _explain_lead_time(self):
        return self.env._(
            "Lead time: %(lead)s days, give or take %(sigma)s; promised are "
            "%(promised)s, measured were %(receipts)s receipts.",
            lead=self._number(self.lead_days),
            sigma=self._number(self.lead_sigma),
            promised=self._number(self.lead_promised),
            receipts=self.lead_receipts,
        )

    def _explain_levels(self):
        z = float(normal_quantile(self.service_level))
        return self.env._(
            "To be in stock in %(service)s %% of cycles, a safety stock of %(z)s × "
            "√(%(lead)s × %(sigma)s² + %(mean)s² × %(lead_sigma)s²) = %(safety)s is "
            "held. Reorder at %(mean)s × %(lead)s + %(safety)s, rounded up: %(point)s. "
            "With %(review)s days between orders and packs of %(pack)s, order up to "
            "%(top)s.",
            service=self._number(100 * self.service_level),
            z=self._number(z),
            lead=self._number(self.lead_days),
            sigma=self._number(self.daily_sigma),
            mean=self._number(self.daily_mean),
            lead_sigma=self._number(self.lead_sigma),
            safety=self._number(self.safety_stock),
            point=self._number(self.reorder_point),
            review=self._number(self.review_days),
            pack=self._number(self.pack),
            top=self._number(self.order_up_to),
        )

    def _label(self, name):
        """What the reader sees for the value of a selection field."""
        labels = dict(self._fields[name]._description_selection(self.env))
        return labels.get(self[name], "")

    def _number(self, value, digits=2):
        whole = digits == 0 or float(round(value, digits)).is_integer()
        return formatLang(self.env, value, digits=0 if whole else digits)
