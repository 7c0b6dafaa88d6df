from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command


class MedLoanerLine(models.Model):
    """Pieces of one item and lot in a loaner set.

    received = used + returned + missing
    """

    _name = "med.loaner.line"
    _description = "Loaner Set: Piece"
    _order = "loaner_id, id"

    loaner_id = fields.Many2one(
        "med.loaner", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="loaner_id.company_id", store=True)
    state = fields.Selection(related="loaner_id.state", string="State of the Set")
    product_id = fields.Many2one(
        "product.product",
        string="Item",
        required=True,
        domain="[('med_consumable', '=', True)]",
    )
    lot_name = fields.Char(string="Lot or Serial")
    expiration_date = fields.Datetime(string="Expiry")
    lot_id = fields.Many2one("stock.lot", string="Lot", readonly=True, copy=False)
    uom_id = fields.Many2one(related="product_id.uom_id")
    quantity = fields.Float(
        string="Received", digits="Product Unit", required=True, default=1.0
    )
    used = fields.Float(
        compute="_compute_used",
        digits="Product Unit",
        help="Recorded as used since the set was received, less what came back from "
        "use; each is settled with the supplier.",
    )
    returned = fields.Float(
        digits="Product Unit",
        copy=False,
        help="Counted when the set goes back.",
    )
    missing = fields.Float(
        compute="_compute_missing",
        digits="Product Unit",
        help="Received − used − returned.",
    )
    missing_reason = fields.Char(string="Why Missing", copy=False)

    @api.depends("lot_id", "loaner_id.picking_ids")
    def _compute_used(self):
        settled = (
            self.env["med.consignment.settlement"]
            .sudo()  # quantities of this set only; prices are not shown
            .search(
                [
                    ("product_id", "in", self.product_id.ids),
                    ("supplier_id", "in", self.loaner_id.supplier_id.ids),
                    ("department_id", "in", self.loaner_id.department_id.ids),
                ]
            )
        )
        for line in self:
            loaner = line.loaner_id
            began = min(loaner.picking_ids.mapped("create_date"), default=False)
            line.used = sum(
                settlement.quantity - settlement.reversed_quantity
                for settlement in settled
                if began
                and settlement.create_date >= began
                and settlement.product_id == line.product_id
                and settlement.lot_id == line.lot_id
                and settlement.supplier_id == loaner.supplier_id
                and settlement.department_id == loaner.department_id
            )

    @api.depends("quantity", "used", "returned", "loaner_id.state")
    def _compute_missing(self):
        for line in self:
            here = line.loaner_id.state in ("released", "refused", "closed")
            missing = line.quantity - line.used - line.returned if here else 0.0
            line.missing = line.uom_id.round(missing) if line.uom_id else 0.0

    @api.constrains("quantity", "returned")
    def _check_quantities(self):
        for line in self:
            if line.quantity < 0 or line.returned < 0:
                raise ValidationError(
                    self.env._(
                        "%(product)s: pieces are counted from zero upwards.",
                        product=line.product_id.display_name,
                    )
                )
            if line.uom_id.compare(line.used + line.returned, line.quantity) > 0:
                raise ValidationError(
                    self.env._(
                        "%(product)s: %(used)s used and %(returned)s returned are more "
                        "than the %(received)s received. Count again.",
                        product=line.product_id.display_name,
                        used=f"{line.used:g}",
                        returned=f"{line.returned:g}",
                        received=f"{line.quantity:g}",
                    )
                )

    def write(self, vals):
        fixed = {"product_id", "lot_name", "expiration_date", "quantity"} & vals.keys()
        if fixed and any(line.state != "announced" for line in self):
            raise UserError(
                self.env._(
                    "What was received is on record. Enter what is returned or missing."
                )
            )
        return super().write(vals)

    def _make_lots(self):
        """Find or make the lots of tracked pieces."""
        for line in self:
            if line.product_id.tracking == "none":
                continue
            if not line.lot_name:
                raise UserError(
                    self.env._(
                        "Enter the lot or serial of %(product)s.",
                        product=line.product_id.display_name,
                    )
                )
        tracked = self.filtered(lambda line: line.product_id.tracking != "none")
        found = self.env["stock.lot"].search(
            [
                ("product_id", "in", tracked.product_id.ids),
                ("name", "in", tracked.mapped("lot_name")),
            ]
        )
        known = {(lot.product_id, lot.name): lot for lot in found}
        for line in tracked:
            key = line.product_id, line.lot_name
            if key not in known:
                line._check_expiry()
                known[key] = self.env["stock.lot"].create(line._prepare_lot())
            line.lot_id = known[key]

    def _check_expiry(self):
        """A new lot without a date would be one that expires today."""
        if self.product_id.use_expiration_date and not self.expiration_date:
            raise UserError(
                self.env._(
                    "Enter the expiry of %(product)s, lot %(lot)s.",
                    product=self.product_id.display_name,
                    lot=self.lot_name,
                )
            )

    def _prepare_lot(self):
        values = {
            "name": self.lot_name,
            "product_id": self.product_id.id,
            "company_id": self.company_id.id,
        }
        if self.expiration_date:
            values["expiration_date"] = self.expiration_date
        return values

    def _prepare_move(self, quantity, source, destination):
        owner = self.loaner_id.supplier_id
        piece = {
            "product_id": self.product_id.id,
            "product_uom_id": self.uom_id.id,
            "lot_id": self.lot_id.id,
            "quantity": quantity,
            "location_id": source.id,
            "location_dest_id": destination.id,
            "owner_id": owner.id,
            "picked": True,
        }
        return {
            "product_id": self.product_id.id,
            "product_uom": self.uom_id.id,
            "product_uom_qty": quantity,
            "location_id": source.id,
            "location_dest_id": destination.id,
            "company_id": self.company_id.id,
            "restrict_partner_id": owner.id,
            "move_line_ids": [Command.create(piece)],
        }
