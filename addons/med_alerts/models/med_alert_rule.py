from odoo import api, fields, models
from odoo.fields import Domain


class MedAlertRule(models.Model):
    """What to watch, where, and from which level on somebody must act.

    A kind is contributed by an addon in one file that extends this model: a value of
    ``kind`` (``selection_add``), ``_find_<kind>``, ``_explain_<kind>`` and, where a
    change of stock can raise or end it, its name in ``_touched_kinds``.
    """

    _name = "med.alert.rule"
    _description = "Alert Rule"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company", help="Empty: the rule holds in every company."
    )
    kind = fields.Selection(
        [("reorder_point", "At or below the reorder point")],
        string="Watches",
        required=True,
        default="reorder_point",
    )
    product_ids = fields.Many2many(
        "product.product", string="Products", help="Empty: every product."
    )
    category_ids = fields.Many2many(
        "product.category",
        string="Categories",
        help="With their sub-categories, beside the products named. "
        "Empty: every category.",
    )
    department_ids = fields.Many2many(
        "med.department",
        string="Departments",
        help="With the departments below them. Empty: every place.",
    )
    level_ids = fields.One2many(
        "med.alert.level", "rule_id", string="Levels", copy=True
    )
    alert_count = fields.Integer(string="Open Alerts", compute="_compute_alert_count")

    def _compute_alert_count(self):
        counts = self.env["med.alert"]._count_open("rule_id", self)
        for rule in self:
            rule.alert_count = counts.get(rule, 0)

    def action_view_alerts(self):
        self.ensure_one()
        return self.env["med.alert"]._action_open_of("rule_id", self)

    def action_evaluate(self):
        """Check these rules against the stock of this moment."""
        self.check_access("write")
        # Alerts are written by the engine only, here at the wish of whoever may
        # change the rule.
        self.env["med.alert"].sudo()._evaluate(rules=self.sudo())
        return True

    @api.model
    def _touched_kinds(self):
        """Kinds that a change of stock can raise or end."""
        return ["reorder_point"]

    def _find(self, subjects=None):
        """What breaks this rule now: a list of findings.

        ``subjects`` is None for everything, or a set of (product id, location id) in
        which the ancestors of each location are included already.

        A finding is a dict of values of ``med.alert``: ``subject_key`` (what the alert
        is about, unique within the rule), ``level_id``, ``measured``, ``threshold``,
        ``inputs`` (what the explanation is made of), ``company_id`` and those of
        product_id, location_id, department_id, lot_id and orderpoint_id that apply.
        """
        self.ensure_one()
        return getattr(self, f"_find_{self.kind}")(subjects)

    def _explain(self, alert):
        """How ``alert`` came about, from its stored inputs, to its reader."""
        self.ensure_one()
        return getattr(self, f"_explain_{self.kind}")(alert)

    def _scope_domain(self, product="product_id", location="location_id"):
        """Records of any model that this rule watches, by the names of its fields."""
        self.ensure_one()
        domain = Domain.TRUE
        if self.company_id:
            domain &= Domain("company_id", "=", self.company_id.id)
        chosen = []
        if self.product_ids:
            chosen.append(Domain(product, "in", self.product_ids.ids))
        if self.category_ids:
            chosen.append(
                Domain(f"{product}.categ_id", "child_of", self.category_ids.ids)
            )
        if chosen:
            domain &= Domain.OR(chosen)
        if self.department_ids:
            departments = self.env["med.department"].search(
                [("id", "child_of", self.department_ids.ids)]
            )
            shelves = departments.stock_location_id
            domain &= Domain(location, "child_of", shelves.ids)
        return domain
