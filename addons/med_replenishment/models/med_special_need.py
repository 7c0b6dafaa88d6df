from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from .reach_of import names, places_of, with_all_below

YEAR = timedelta(days=365)
#: Beyond these a figure is a slip of the pen.
MOST_TIMES, MOST_UNITS = 20.0, 10_000_000


@dataclass(frozen=True, slots=True)
class Scope:
    """What a need names, by ids; without items and categories it names all items."""

    company: int
    products: frozenset
    categories: frozenset | None
    departments: frozenset | None

    def names(self, place):
        """Whether a ``Place`` is meant."""
        every = not self.products and self.categories is None
        named = place.product in self.products or (
            self.categories is not None and place.category in self.categories
        )
        return (
            self.company == place.company
            and (every or named)
            and names(self.departments, place.department)
        )


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
    prepared in quiet times, thrown by one person in a second; see ``_switch``.
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

    @api.constrains("kind", "date_from", "date_to", "yearly")
    def _check_dates(self):
        for need in self.filtered(lambda n: n.kind in ("campaign", "change")):
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
            if need.yearly and need.date_to - need.date_from >= YEAR:
                raise ValidationError(
                    self.env._(
                        "%(need)s comes every year, so that it lasts less than a year.",
                        need=need.name,
                    )
                )

    @api.constrains("kind", "factor", "quantity")
    def _check_values(self):
        for need in self:
            words = {"need": need.name, "times": f"{MOST_TIMES:g}"}
            if need.kind == "reserve" and not need.quantity:
                raise ValidationError(
                    self.env._("Say how much %(need)s holds.", **words)
                )
            if need.kind != "reserve" and need.factor == 1 and not need.quantity:
                raise ValidationError(
                    self.env._(
                        "%(need)s changes nothing: say how many times the usual use, "
                        "or how much more a day.",
                        **words,
                    )
                )
            if need.factor > MOST_TIMES:
                raise ValidationError(
                    self.env._(
                        "%(need)s would multiply the use by more than %(times)s. Write "
                        "1.3 for thirty per cent more; what is without any comparison "
                        "is entered as a quantity.",
                        **words,
                    )
                )
            if need.quantity > MOST_UNITS:
                raise ValidationError(
                    self.env._("No hospital holds or uses so much: %(need)s.", **words)
                )

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
        Orderpoint = rules = self.env["stock.warehouse.orderpoint"]
        for need in self:
            found = Orderpoint.search(need._items_domain())
            departments = with_all_below(need.department_ids)
            if departments is not None:
                owners = self.env["med.department"]._department_of_locations(
                    found.location_id
                )
                found = found.filtered(
                    lambda rule, owners=owners, departments=departments: (
                        owners[rule.location_id.id].id in departments
                    )
                )
            rules |= found
        return rules

    def _items_domain(self):
        self.ensure_one()
        domain = [
            ("company_id", "=", self.company_id.id),
            ("product_id.active", "=", True),
        ]
        if self.product_ids or self.categ_ids:
            domain += [
                "|",
                ("product_id", "in", self.product_ids.ids),
                ("product_id.categ_id", "child_of", self.categ_ids.ids),
            ]
        return domain

    @api.model
    def _needs_of(self, orderpoints, departments, today, days):
        """What is asked of each: ``{orderpoint: Need}``.

        ``days`` is ``{orderpoint: days}`` that its next order must cover; a campaign of
        which half lies in them counts half.
        """
        found = defaultdict(Need)
        needs = self.search([("company_id", "in", orderpoints.company_id.ids)])
        places = places_of(orderpoints, departments) if needs else {}
        for need in needs:
            scope, shares = need._scope(), {}
            for orderpoint, place in places.items():
                if not scope.names(place):
                    continue
                length = max(int(days[orderpoint]), 1)
                if length not in shares:
                    shares[length] = need._share(today, length)
                need._add_to(found[orderpoint], shares[length])
        return found

    def _scope(self):
        self.ensure_one()
        return Scope(
            self.company_id.id,
            frozenset(self.product_ids._ids),
            with_all_below(self.categ_ids),
            with_all_below(self.department_ids),
        )

    def _add_to(self, asked, share):
        if not share:
            return
        if self.kind == "reserve":
            asked.held = max(asked.held, self.quantity)
        else:
            asked.factor *= 1.0 + share * (self.factor - 1.0)
            asked.extra += share * self.quantity
        asked.names += (self.name,)

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
