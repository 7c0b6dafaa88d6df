from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError


class MedCatalogueDecisionLine(models.Model):
    """A temporary purchase: how much, how often and until when; what was used of it."""

    _inherit = "med.catalogue.decision.line"

    quantity_limit = fields.Float(
        digits="Product Unit",
        help="How much may be bought in all, in the item's own unit. 0 sets no limit.",
    )
    repeat_limit = fields.Integer(
        default=1, help="How many orders may be placed under this decision."
    )
    valid_until = fields.Date(help="Last day on which it may be ordered.")
    order_line_ids = fields.One2many(
        "purchase.order.line",
        "med_temporary_line_id",
        groups="purchase.group_purchase_user",
    )
    ordered_quantity = fields.Float(
        string="Ordered", digits="Product Unit", compute="_compute_ordered"
    )
    ordered_count = fields.Integer(string="Orders", compute="_compute_ordered")
    last_ordered = fields.Datetime(
        readonly=True,
        copy=False,
        help="Written with each order, so that two at once cannot both be the last.",
    )

    @api.depends("order_line_ids.product_uom_qty", "order_line_ids.state")
    def _compute_ordered(self):
        found = {
            line: (quantity, count)
            for line, quantity, count in self.env["purchase.order.line"]
            .sudo()  # what was used of a limit belongs to the decision
            ._read_group(
                [
                    ("med_temporary_line_id", "in", self.ids),
                    ("state", "=", "purchase"),
                ],
                ["med_temporary_line_id"],
                ["product_uom_qty:sum", "order_id:count_distinct"],
            )
        }
        found = {line.id: figures for line, figures in found.items()}
        for line in self:
            quantity, count = found.get(line._origin.id, (0.0, 0))
            line.ordered_quantity, line.ordered_count = quantity, count

    @api.constrains("action", "quantity_limit", "repeat_limit")
    def _check_temporary(self):
        for line in self.filtered(lambda line: line.action == "temporary"):
            if line.quantity_limit < 0 or line.repeat_limit < 1:
                raise ValidationError(
                    self.env._(
                        "A temporary purchase of %(item)s allows at least one order, "
                        "and its quantity is not below zero.",
                        item=line.product_tmpl_id.display_name,
                    )
                )

    def _check_repeats(self):
        """An item bought again and again for a time must be listed or refused."""
        temporary = self.filtered(lambda line: line.action == "temporary")
        limit = temporary.company_id.med_temporary_yearly
        if not temporary or not limit:
            return
        counts = dict(
            self._read_group(
                [
                    ("product_tmpl_id", "in", temporary.product_tmpl_id.ids),
                    ("company_id", "=", temporary.company_id.id),
                    ("action", "=", "temporary"),
                    ("state", "=", "decided"),
                    (
                        "date",
                        ">",
                        min(temporary.mapped("date")) - relativedelta(years=1),
                    ),
                ],
                ["product_tmpl_id"],
                ["__count"],
            )
        )
        for line in temporary:
            if counts.get(line.product_tmpl_id, 0) >= limit:
                raise UserError(
                    self.env._(
                        "%(item)s was allowed for temporary purchase %(count)s times "
                        "within a year, which is the limit. Admit it to the catalogue "
                        "or refuse it.",
                        item=line.product_tmpl_id.display_name,
                        count=counts[line.product_tmpl_id],
                    )
                )

    def _objections(self, quantities):
        """Why no more may be ordered under these decisions: ``{line: sentence}``."""
        today = fields.Date.context_today(self)
        objections = {}
        for line in self:
            item, unit = line.product_tmpl_id.display_name, line.uom_id
            left = line.quantity_limit - line.ordered_quantity
            wanted = quantities.get(line, 0.0)
            if line.valid_until and line.valid_until < today:
                objections[line] = self.env._(
                    "The temporary purchase of %(item)s was allowed until %(day)s.",
                    item=item,
                    day=fields.Date.to_string(line.valid_until),
                )
            elif line.ordered_count >= line.repeat_limit:
                objections[line] = self.env._(
                    "The temporary purchase of %(item)s was allowed for %(count)s "
                    "orders, which are placed.",
                    item=item,
                    count=line.repeat_limit,
                )
            elif line.quantity_limit and unit.compare(wanted, left) > 0:
                objections[line] = self.env._(
                    "The temporary purchase of %(item)s was allowed for %(limit)s "
                    "%(unit)s, of which %(left)s are left; the order asks for "
                    "%(wanted)s.",
                    item=item,
                    limit=f"{line.quantity_limit:g}",
                    unit=unit.name,
                    left=f"{max(left, 0):g}",
                    wanted=f"{wanted:g}",
                )
        return objections
