from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError


@dataclass(slots=True)
class Need:
    """What clinical needs ask of one reorder rule.

    ``factor`` multiplies the forecast, ``extra`` is added to it (units a day), at
    least ``held`` units lie there always.
    """

    factor: float = 1.0
    extra: float = 0.0
    held: float = 0.0
    names: tuple = ()


class MedSpecialNeed(models.Model):
    """What is known to come and no history tells.

    A reserve is held always. A campaign or a planned change of beds, theatres or staff
    holds from one day to another and changes the use that is foreseen; the part of the
    time until the next order but one that it covers counts. An epidemic is a switch:
    prepared in quiet times, thrown by one person in a second.
    """

    _name = "med.special.need"
    _description = "Clinical Need"
    _inherit = ["mail.thread"]
    _order = "sequence, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True, tracking=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company
    )
    kind = fields.Selection(
        [
            ("reserve", "Minimum always held"),
            ("campaign", "Campaign or season"),
            ("epidemic", "Epidemic switch"),
            ("change", "Change of beds, theatres or staff"),
        ],
        required=True,
        default="reserve",
        tracking=True,
    )
    product_ids = fields.Many2many(
        "product.product", string="Items", domain="[('med_consumable', '=', True)]"
    )
    categ_ids = fields.Many2many(
        "product.category", string="Categories", help="With their sub-categories."
    )
    department_ids = fields.Many2many(
        "med.department",
        string="Departments",
        check_company=True,
        help="With their sub-departments. Empty: all departments and the store.",
    )
    date_from = fields.Date(string="From", tracking=True)
    date_to = fields.Date(string="Until", tracking=True)
    yearly = fields.Boolean(help="The same days every year.")
    factor = fields.Float(
        string="Times Usual Use",
        default=1.0,
        tracking=True,
        help="1.3 is thirty per cent more than usual; 0.5 is half.",
    )
    quantity = fields.Float(
        digits="Product Unit",
        tracking=True,
        help="In the item's unit. Of a reserve: what always lies there. Else: used "
        "more each day, for each department and item named.",
    )
    switched_on = fields.Boolean(readonly=True, tracking=True, copy=False)
    switched_at = fields.Datetime(readonly=True, copy=False)
    holds_now = fields.Boolean(compute="_compute_holds_now")
    note = fields.Text(help="Who asked for it, and why.")

    _quantity_positive = models.Constraint(
        "CHECK(quantity >= 0 AND factor >= 0)",
        "Quantity and factor are zero or more.",
    )

    @api.depends("kind", "date_from", "date_to", "switched_on", "yearly")
    def _compute_holds_now(self):
        today = fields.Date.context_today(self)
        for need in self:
            need.holds_now = need._share(today, 1) > 0

    @api.constrains("kind", "date_from", "date_to", "factor", "quantity")
    def _check_values(self):
        for need in self:
            if need.kind in ("campaign", "change"):
                if not (need.date_from and need.date_to):
                    raise ValidationError(
                        self.env._(
                            "%(need)s holds from one day to another: give both.",
                            need=need.name,
                        )
                    )
                if need.date_to < need.date_from:
                    raise ValidationError(
                        self.env._("%(need)s ends before it begins.", need=need.name)
                    )
            if need.kind == "reserve" and not need.quantity:
                raise ValidationError(
                    self.env._("Say how much %(need)s holds.", need=need.name)
                )

    def action_switch(self):
        """Throw the switch of an epidemic, and compute the levels it touches anew."""
        self.check_access("write")
        if self.filtered(lambda need: need.kind != "epidemic"):
            raise UserError(
                self.env._("Only an epidemic is switched; other needs have their days.")
            )
        for need in self:
            need.write(
                {
                    "switched_on": not need.switched_on,
                    "switched_at": fields.Datetime.now(),
                }
            )
        rules = self._orderpoints()
        if not rules:
            return False
        return rules.action_med_propose()

    def action_view_orderpoints(self):
        rules = self._orderpoints()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "med_replenishment.stock_warehouse_orderpoint_action"
        )
        action["domain"] = [("id", "in", rules.ids)]
        action["context"] = {}
        return action

    def _orderpoints(self):
        """Reorder rules that these needs touch."""
        Orderpoint = self.env["stock.warehouse.orderpoint"]
        rules = Orderpoint.search([("company_id", "in", self.company_id.ids)])
        places = self.env["med.department"]._department_of_locations(rules.location_id)
        return rules.filtered(
            lambda rule: any(
                need._touches(rule.product_id, places[rule.location_id.id])
                for need in self
            )
        )

    @api.model
    def _needs_of(self, orderpoints, departments, today, days):
        """What is asked of each: ``{orderpoint: Need}``.

        ``days`` is ``{orderpoint: days}`` that its next order must cover; a campaign of
        which half lies in them counts half.
        """
        needs = self.search([("company_id", "in", orderpoints.company_id.ids)])
        found = defaultdict(Need)
        if not needs:
            return found
        for orderpoint in orderpoints:
            department = departments[orderpoint.location_id.id]
            for need in needs:
                if need._touches(orderpoint.product_id, department):
                    share = need._share(today, days[orderpoint])
                    need._add_to(found[orderpoint], share)
        return found

    def _add_to(self, asked, share):
        if not share:
            return
        if self.kind == "reserve":
            asked.held = max(asked.held, self.quantity)
        else:
            asked.factor *= 1.0 + share * (self.factor - 1.0)
            asked.extra += share * self.quantity
        asked.names += (self.name,)

    def _touches(self, product, department):
        self.ensure_one()
        if self.product_ids or self.categ_ids:
            category = product.categ_id.parent_path or ""
            named = product in self.product_ids or any(
                category.startswith(categ.parent_path) for categ in self.categ_ids
            )
            if not named:
                return False
        path = department.parent_path or ""
        return not self.department_ids or any(
            path.startswith(above.parent_path) for above in self.department_ids
        )

    def _share(self, today, days):
        """Which share of the next ``days`` this need covers, 0 to 1."""
        self.ensure_one()
        if self.kind == "reserve":
            return 1.0
        if self.kind == "epidemic":
            return float(self.switched_on)
        if not (self.date_from and self.date_to):
            return 0.0
        days = max(int(days), 1)
        end = today + timedelta(days=days - 1)
        covered = 0
        for begin, until in self._seasons(today):
            both = (min(until, end) - max(begin, today)).days + 1
            covered += max(both, 0)
        return min(covered / days, 1.0)

    def _seasons(self, today):
        if not self.yearly:
            return [(self.date_from, self.date_to)]
        length = self.date_to - self.date_from
        begins = []
        for year in (today.year - 1, today.year, today.year + 1):
            leap = (self.date_from.month, self.date_from.day) == (2, 29)
            begin = self.date_from.replace(
                year=year, day=28 if leap else self.date_from.day
            )
            begins.append((begin, begin + length))
        return begins
