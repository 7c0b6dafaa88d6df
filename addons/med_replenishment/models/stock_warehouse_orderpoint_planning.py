from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools.misc import format_date

#: Beyond this a level is a slip of the pen.
MOST_UNITS = 100_000_000


class StockWarehouseOrderpoint(models.Model):
    """What a planner decides about a reorder rule beside its levels."""

    _inherit = "stock.warehouse.orderpoint"

    med_locked_until = fields.Date(
        string="Levels Locked until",
        index="btree_not_null",
        help="Until this day, included, nobody but a person changes minimum and "
        "maximum: no proposal is made and none is published.",
    )
    med_lock_reason = fields.Char(string="Why Locked")
    med_locked = fields.Boolean(
        string="Locked", compute="_compute_med_locked", search="_search_med_locked"
    )
    med_storage_limit = fields.Float(
        string="Room for",
        digits="Product Unit",
        help="What fits in this place, in the item's unit; zero is no limit. The "
        "maximum is never proposed above it.",
    )
    med_last_published = fields.Date(
        string="Levels Published", compute="_compute_med_last_published"
    )

    _med_storage_positive = models.Constraint(
        "CHECK(med_storage_limit >= 0)", "What fits in a place is zero or more."
    )

    @api.depends("med_locked_until")
    def _compute_med_locked(self):
        for orderpoint in self:
            until = orderpoint.med_locked_until
            company = orderpoint.company_id or self.env.company
            today = company._med_day(fields.Datetime.now())
            orderpoint.med_locked = bool(until and until >= today)

    def _search_med_locked(self, operator, value):
        if operator != "in":
            return NotImplemented
        today = self.env.company._med_day(fields.Datetime.now())
        locked = [("med_locked_until", ">=", today)]
        free = [
            "|",
            ("med_locked_until", "=", False),
            ("med_locked_until", "<", today),
        ]
        if set(value) == {True, False}:
            return [(1, "=", 1)]
        return locked if True in value else free

    def _compute_med_last_published(self):
        last = dict(
            self.env["med.reorder.proposal"]
            .sudo()  # the day only, for whoever may read the reorder rule
            ._read_group(
                [("orderpoint_id", "in", self.ids), ("state", "=", "published")],
                ["orderpoint_id"],
                ["published_at:max"],
            )
        )
        for orderpoint in self:
            company = orderpoint.company_id or self.env.company
            moment = last.get(orderpoint)
            orderpoint.med_last_published = moment and company._med_day(moment)

    @api.constrains("med_locked_until", "med_lock_reason")
    def _check_med_lock_reason(self):
        for orderpoint in self:
            if orderpoint.med_locked_until and not orderpoint.med_lock_reason:
                raise ValidationError(
                    self.env._(
                        "Say why the levels of %(rule)s are locked, for those who find "
                        "them so.",
                        rule=orderpoint.product_id.display_name,
                    )
                )

    @api.constrains("med_locked_until")
    def _check_med_locked_until(self):
        for orderpoint in self:
            if orderpoint.med_locked_until and not orderpoint.med_locked:
                raise ValidationError(
                    self.env._(
                        "The levels of %(rule)s cannot be locked until %(day)s: that "
                        "day is over.",
                        rule=orderpoint.product_id.display_name,
                        day=format_date(self.env, orderpoint.med_locked_until),
                    )
                )

    @api.constrains("product_min_qty", "product_max_qty")
    def _check_med_levels(self):
        for orderpoint in self:
            levels = orderpoint.product_min_qty, orderpoint.product_max_qty
            if min(levels) < 0 or max(levels) > MOST_UNITS:
                raise ValidationError(
                    self.env._(
                        "Minimum and maximum of %(rule)s are from zero to %(most)s.",
                        rule=orderpoint.product_id.display_name,
                        most=f"{MOST_UNITS:,}",
                    )
                )

    def action_med_unlock(self):
        self.write({"med_locked_until": False, "med_lock_reason": False})

    def _med_check_unlocked(self):
        locked = self.filtered("med_locked")
        if locked:
            raise UserError(
                self.env._(
                    "The levels of these items are locked:\n%(rules)s\n"
                    "Unlock them first, or wait until the lock ends.",
                    rules="\n".join(
                        f"{rule.product_id.display_name} · "
                        f"{rule.location_id.display_name} ({rule.med_lock_reason}, "
                        f"{rule.med_locked_until})"
                        for rule in locked[:20]
                    ),
                )
            )
