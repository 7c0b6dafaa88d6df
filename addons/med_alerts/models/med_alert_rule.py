from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain

from ..core.kind import Look


class MedAlertRule(models.Model):
    """What to watch, where, when, and from which level on somebody must act.

    How an addon contributes a kind is in ``med_alert_kind.py``.
    """

    _name = "med.alert.rule"
    _description = "Alert Rule"
    _inherit = ["mail.thread"]
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True, tracking=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True, tracking=True)
    company_id = fields.Many2one(
        "res.company", help="Empty: the rule holds in every company."
    )
    kind = fields.Selection(
        [],
        string="Watches",
        required=True,
        default=lambda self: self._default_kind(),
        tracking=True,
    )
    axis = fields.Selection(
        [("item", "Items"), ("lot", "Lots"), ("paper", "Papers and systems")],
        compute="_compute_kind_facts",
        help="An item that runs low and a lot that expires are two alerts.",
    )
    kind_worse = fields.Char(compute="_compute_kind_facts")
    kind_unit = fields.Char(compute="_compute_kind_facts")
    kind_percent = fields.Boolean(compute="_compute_kind_facts")

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
    supplier_ids = fields.Many2many(
        "res.partner",
        string="Suppliers",
        help="Only items that one of them sells, and their own papers and deliveries. "
        "Empty: every supplier.",
    )
    value_class = fields.Selection(
        [("low", "Low value"), ("high", "High value")],
        help="Empty: items of every value class.",
    )
    ved = fields.Selection(
        [
            ("V", "Vital"),
            ("VE", "Vital and essential"),
            ("ED", "All but vital"),
            ("E", "Essential"),
            ("D", "Desirable"),
        ],
        string="VED",
        help="Empty: whatever care depends on it.",
    )
    abc = fields.Selection(
        [("A", "A"), ("B", "B"), ("C", "C")],
        string="ABC",
        help="Empty: items of every class.",
    )

    date_from = fields.Date(string="From", help="First day on which the rule holds.")
    date_to = fields.Date(string="Until", help="Last day on which the rule holds.")
    at_once = fields.Boolean(
        string="At Once",
        default=True,
        help="Also right after each posting or transfer, for what it touched.",
    )
    every_days = fields.Integer(
        string="Check Everything Every",
        default=1,
        help="Days between two complete checks; they run at night.",
    )
    last_run_at = fields.Datetime(string="Last Complete Check", readonly=True)
    quiet_from = fields.Float(
        help="From this hour on nobody is called, in the hospital's time."
    )
    quiet_to = fields.Float(
        help="Until this hour. What happens in between is told then; a level may call "
        "all the same."
    )
    reopen_hours = fields.Integer(
        string="Same Alert If Back Within",
        default=24,
        help="A condition that returns within so many hours opens the same alert "
        "again, with its history; later it is a new one.",
    )
    window_days = fields.Integer(
        string="Looks Around",
        default=30,
        help="Days that a kind takes into account which looks back (counts) or ahead "
        "(what will expire unused).",
    )

    level_ids = fields.One2many(
        "med.alert.level", "rule_id", string="Levels", copy=True
    )
    alert_count = fields.Integer(string="Open Alerts", compute="_compute_alert_count")

    _every_days_positive = models.Constraint(
        "CHECK(every_days > 0)", "A rule is checked every day, or every few days."
    )
    _reopen_hours_positive = models.Constraint(
        "CHECK(reopen_hours >= 0 AND window_days > 0)",
        "Hours to reopen are zero or more; days to look back are more than zero.",
    )
    _quiet_hours = models.Constraint(
        "CHECK(least(quiet_from, quiet_to) >= 0 "
        "AND greatest(quiet_from, quiet_to) < 24)",
        "Quiet hours are hours of the day, from 0:00 to 23:59.",
    )

    @api.model
    def _default_kind(self):
        return self._fields["kind"].get_values(self.env)[0]

    @api.depends("kind")
    def _compute_kind_facts(self):
        kinds = self._kinds()
        for rule in self:
            facts = kinds.get(rule.kind)
            rule.axis = facts.axis if facts else False
            rule.kind_worse = facts.worse if facts else False
            rule.kind_unit = facts.unit if facts else False
            rule.kind_percent = bool(facts and facts.percent)

    def _compute_alert_count(self):
        counts = self.env["med.alert"]._count_open("rule_id", self)
        for rule in self:
            rule.alert_count = counts.get(rule, 0)

    @api.constrains("date_from", "date_to")
    def _check_dates(self):
        for rule in self:
            if rule.date_from and rule.date_to and rule.date_to < rule.date_from:
                raise ValidationError(
                    self.env._(
                        "%(rule)s would end before it begins; change one of the dates.",
                        rule=rule.name,
                    )
                )

    @api.constrains("kind", "level_ids")
    def _check_percent(self):
        for rule in self:
            if not rule.kind_percent and "percent" in rule.level_ids.mapped(
                "threshold_unit"
            ):
                raise ValidationError(
                    self.env._(
                        "There is nothing of which %(rule)s could take a percentage. "
                        "Measure its levels by the quantity.",
                        rule=rule.name,
                    )
                )

    def action_view_alerts(self):
        self.ensure_one()
        return self.env["med.alert"]._action_open_of("rule_id", self)

    def action_evaluate(self):
        """Check these rules against this moment."""
        self.check_access("write")
        # Alerts are written by the engine only, here at the wish of whoever may
        # change the rule.
        self.env["med.alert"].sudo()._evaluate(rules=self.sudo())
        return True

    def _holds_today(self):
        """Whether this rule watches at all: active, with levels, on its dates."""
        self.ensure_one()
        company = self.company_id or self.env.company
        today = company._med_day(fields.Datetime.now())
        return bool(
            self.active
            and self.level_ids
            and (not self.date_from or self.date_from <= today)
            and (not self.date_to or today <= self.date_to)
        )

    @api.model
    def _touched_kinds(self):
        """Kinds that a change of stock can raise or end."""
        return [name for name, kind in self._kinds().items() if kind.touched]

    def _find(self, look=None):
        """What breaks this rule now: ``[(Measure, level record)]``."""
        self.ensure_one()
        if not self._holds_today():
            return []
        levels, worse = self.level_ids, self._kind_facts().worse
        found = (
            (measure, levels._reached(measure, worse))
            for measure in self._measures(look or Look())
        )
        return [(measure, level) for measure, level in found if level]

    # ---- scope -----------------------------------------------------------------------

    def _product_domain(self, sellers=True):
        """The products that this rule watches; of any seller without ``sellers``."""
        self.ensure_one()
        domain = Domain("active", "=", True)
        chosen = []
        if self.product_ids:
            chosen.append(Domain("id", "in", self.product_ids.ids))
        if self.category_ids:
            chosen.append(Domain("categ_id", "child_of", self.category_ids.ids))
        if chosen:
            domain &= Domain.OR(chosen)
        if self.value_class:
            domain &= Domain("med_value_class", "=", self.value_class)
        if self.ved == "ED":
            domain &= Domain("med_ved", "!=", "V")
        elif self.ved:
            domain &= Domain("med_ved", "in", list(self.ved))
        if self.abc:
            domain &= Domain("med_abc", "=", self.abc)
        if sellers and self.supplier_ids:
            partners = self.supplier_ids.commercial_partner_id
            domain &= Domain("seller_ids.partner_id", "child_of", partners.ids)
        return domain

    def _watches_every_product(self, sellers=True):
        return not (
            self.product_ids
            or self.category_ids
            or self.value_class
            or self.ved
            or self.abc
            or (sellers and self.supplier_ids)
        )

    def _department_scope(self):
        """The departments that this rule watches; empty for every place."""
        if not self.department_ids:
            return self.department_ids
        return self.env["med.department"].search(
            [("id", "child_of", self.department_ids.ids)]
        )

    def _scope_domain(self, product="product_id", location="location_id"):
        """Records of any model that this rule watches, by the names of its fields."""
        self.ensure_one()
        domain = Domain.TRUE
        if self.company_id:
            domain &= Domain("company_id", "=", self.company_id.id)
        if product and not self._watches_every_product():
            domain &= Domain(product, "any", self._product_domain())
        if location and self.department_ids:
            shelves = self._department_scope().stock_location_id
            domain &= Domain(location, "child_of", shelves.ids)
        return domain
