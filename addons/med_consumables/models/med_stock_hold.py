from odoo import api, fields, models
from odoo.exceptions import UserError

from .context_defaults import without_defaults

MOVING = ("internal", "transit")
DONE = ("done", "cancel")


class MedStockHold(models.Model):
    """A hold on stock that has no lot: an item, in one place or everywhere.

    What bears a lot is held by its lot. A hold is never deleted; it ends with a reason.
    What comes in while it lasts is held as well, for nobody can tell it apart.
    """

    _name = "med.stock.hold"
    _description = "Hold of Stock Without a Lot"
    _inherit = ["mail.thread"]
    _order = "active desc, id desc"
    _check_company_auto = True

    product_id = fields.Many2one(
        "product.product",
        string="Item",
        required=True,
        index=True,
        ondelete="restrict",
        domain="[('med_consumable', '=', True), ('is_storable', '=', True)]",
        tracking=True,
    )
    location_id = fields.Many2one(
        "stock.location",
        string="Place",
        ondelete="restrict",
        check_company=True,
        domain="[('usage', 'in', ('internal', 'transit'))]",
        tracking=True,
        help="With the places in it. Empty: wherever the hospital has it.",
    )
    company_id = fields.Many2one(
        "res.company",
        required=True,
        readonly=True,
        default=lambda self: self.env.company,
    )
    reason = fields.Char(required=True, tracking=True)
    recall_id = fields.Many2one(
        "med.recall", readonly=True, index="btree_not_null", ondelete="restrict"
    )
    held_quantity = fields.Float(
        string="Held Now",
        compute="_compute_held_quantity",
        digits="Product Unit",
        help="Stock without a lot of this item in these places.",
    )
    uom_id = fields.Many2one(related="product_id.uom_id", string="Unit")
    active = fields.Boolean(string="In Force", default=True, readonly=True)
    ended_by_id = fields.Many2one("res.users", readonly=True, copy=False)
    ended_at = fields.Datetime(readonly=True, copy=False)
    end_reason = fields.Char(
        copy=False, tracking=True, help="Why the stock may be used again."
    )

    @api.depends("product_id", "location_id")
    def _compute_display_name(self):
        for hold in self:
            where = hold.location_id.display_name or self.env._("everywhere")
            hold.display_name = f"{hold.product_id.display_name} · {where}"

    @api.depends("product_id", "location_id", "active")
    def _compute_held_quantity(self):
        # Quantities only; how much is held must be right whoever asks.
        piles = (
            self.env["stock.quant"]
            .sudo()
            ._read_group(
                [
                    ("product_id", "in", self.product_id.ids),
                    ("lot_id", "=", False),
                    ("location_id.usage", "in", MOVING),
                ],
                ["product_id", "location_id"],
                ["quantity:sum"],
            )
        )
        for hold in self:
            hold.held_quantity = hold.active and sum(
                quantity
                for product, place, quantity in piles
                if product == hold.product_id and hold._covers(place)
            )

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            vals_list = [
                {name: vals[name] for name in vals.keys() - {"recall_id", "active"}}
                for vals in vals_list
            ]
        plain = without_defaults(self, {"recall_id", "active"})
        holds = super(MedStockHold, plain).create(vals_list).with_env(self.env)
        holds._free_reservations()
        return holds

    def write(self, vals):
        if not self.env.su and vals.keys() & self._fields.keys() - {
            "end_reason",
            *self.env["mail.thread"]._fields,
        }:
            raise UserError(
                self.env._(
                    "A hold stays as it was put. End it with a reason and put another."
                )
            )
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("A hold is not deleted; end it with a reason."))

    def action_end(self):
        self.check_access("write")
        for hold in self.filtered("active"):
            if hold.recall_id:
                raise UserError(
                    self.env._(
                        "%(hold)s is recalled (%(recall)s) and stays on hold.",
                        hold=hold.display_name,
                        recall=hold.recall_id.display_name,
                    )
                )
            if not hold.end_reason:
                raise UserError(
                    self.env._(
                        "Say why %(hold)s may be used again; then end the hold.",
                        hold=hold.display_name,
                    )
                )
        self._end()
        return True

    def _end(self):
        self.sudo().filtered("active").write(  # rights were checked by the caller
            {
                "active": False,
                "ended_by_id": self.env.uid,
                "ended_at": fields.Datetime.now(),
            }
        )

    def _covers(self, place):
        self.ensure_one()
        return (
            place.usage in MOVING
            and place.company_id in (self.company_id, self.env["res.company"])
            and (
                not self.location_id
                or (place.parent_path or "").startswith(self.location_id.parent_path)
            )
        )

    def _free_reservations(self):
        """Transfers that had reserved what is held now look for other stock."""
        # Whoever may hold stock need not be able to change every transfer.
        lines = (
            self.env["stock.move.line"]
            .sudo()
            .search(
                [
                    ("product_id", "in", self.product_id.ids),
                    ("lot_id", "=", False),
                    ("state", "not in", DONE),
                    ("location_id.usage", "in", MOVING),
                ]
            )
        )
        lines.filtered(
            lambda line: (
                line.product_id._med_held_without_lot(line.location_id)
                and not line._leads_out_of_use()
            )
        )._med_look_for_other_stock()


class ProductProduct(models.Model):
    _inherit = "product.product"

    med_stock_hold_ids = fields.One2many("med.stock.hold", "product_id")

    def _med_holds_without_lot(self, place):
        """Holds in force on what has no lot in this place."""
        self.ensure_one()
        holds = self.sudo().med_stock_hold_ids  # a hold counts for everybody
        return holds.filtered(lambda hold: hold.active and hold._covers(place))

    def _med_held_without_lot(self, place):
        return bool(self._med_holds_without_lot(place))


class StockQuant(models.Model):
    _inherit = "stock.quant"

    med_hold = fields.Boolean(
        string="On Hold",
        compute="_compute_med_hold",
        store=True,
        index="btree_not_null",
        help="By its lot, or where it has none by a hold on the item in this place.",
    )

    @api.depends(
        "lot_id.med_hold",
        "location_id",
        "product_id.med_stock_hold_ids.active",
        "product_id.med_stock_hold_ids.location_id",
    )
    def _compute_med_hold(self):
        for quant in self:
            if quant.lot_id:
                quant.med_hold = quant.lot_id.med_hold
            else:
                quant.med_hold = quant.product_id._med_held_without_lot(
                    quant.location_id
                )
