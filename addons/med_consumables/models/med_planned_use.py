from odoo import api, fields, models
from odoo.exceptions import UserError


class MedPlannedUse(models.Model):
    """Known demand: so much of an item will be used on a day in a department.

    From a case of the schedule (by its preference card, or as the schedule names it),
    or entered by hand for what no schedule knows, such as a vaccination campaign.
    """

    _name = "med.planned.use"
    _description = "Planned Use"
    _order = "date, department_id, product_id, id"
    _rec_name = "product_id"
    _check_company_auto = True

    case_id = fields.Many2one("med.case", index="btree_not_null", ondelete="cascade")
    company_id = fields.Many2one(
        related="department_id.company_id", store=True, precompute=True
    )
    department_id = fields.Many2one(
        "med.department",
        compute="_compute_from_case",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
        check_company=True,
    )
    product_id = fields.Many2one(
        "product.product",
        string="Item",
        required=True,
        ondelete="restrict",
        domain="[('med_consumable', '=', True)]",
    )
    uom_id = fields.Many2one(related="product_id.uom_id", string="Unit")
    date = fields.Date(
        string="Day",
        compute="_compute_from_case",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
    )
    quantity = fields.Float(
        string="Expected Use",
        digits="Product Unit",
        required=True,
        default=1.0,
        help="In the item's own unit: what counts as demand.",
    )
    prepared_qty = fields.Float(
        string="Lay Out",
        digits="Product Unit",
        help="How many are prepared for the case; more than is expected to be used.",
    )
    origin = fields.Selection(
        [("hand", "By hand"), ("card", "Preference card"), ("schedule", "Schedule")],
        required=True,
        readonly=True,
        default="hand",
    )
    note = fields.Char()
    state = fields.Selection(
        [("planned", "Planned"), ("done", "Done"), ("cancelled", "Cancelled")],
        compute="_compute_from_case",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
    )

    _demand_idx = models.Index("(date, product_id) WHERE state = 'planned'")
    _quantity_positive = models.Constraint(
        "CHECK(quantity >= 0 AND prepared_qty >= 0)", "A quantity is not below zero."
    )

    @api.depends("case_id.department_id", "case_id.date", "case_id.state")
    def _compute_from_case(self):
        """What belongs to a case moves with it; the rest is as it was entered."""
        own = self.env.user.med_department_ids[:1]
        today = fields.Date.context_today(self)
        for line in self:
            case = line.case_id
            line.department_id = case.department_id or line.department_id or own
            line.date = case.date or line.date or today
            line.state = case.state or line.state or "planned"

    def action_done(self):
        self._check_by_hand()
        self.state = "done"
        return True

    def action_cancel(self):
        self._check_by_hand()
        self.state = "cancelled"
        return True

    def action_plan_again(self):
        self._check_by_hand()
        self.state = "planned"
        return True

    @api.model
    def _cron_close(self):
        """What was planned by hand for a day that is over is done."""
        today = self.env.company._med_day(fields.Datetime.now())
        yesterday = fields.Date.subtract(today, days=1)
        self.search(
            [
                ("case_id", "=", False),
                ("state", "=", "planned"),
                ("date", "<", yesterday),
            ]
        ).state = "done"

    def _check_by_hand(self):
        self.check_access("write")
        of_case = self.filtered("case_id")
        if of_case:
            raise UserError(
                self.env._(
                    "This belongs to %(case)s. Move the case on instead.",
                    case=of_case[0].case_id.display_name,
                )
            )
