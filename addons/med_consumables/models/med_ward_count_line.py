from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command

from ..core.back_flush import back_flush, split_surplus


class MedWardCountLine(models.Model):
    """One item of a count sheet, in its own unit; figures are live until confirmed."""

    _name = "med.ward.count.line"
    _description = "Ward Count Item"
    _order = "count_id, counted, id"
    _rec_name = "product_id"

    count_id = fields.Many2one(
        "med.ward.count", required=True, index=True, ondelete="cascade"
    )
    state = fields.Selection(related="count_id.state")
    department_id = fields.Many2one(
        related="count_id.department_id", store=True, index=True
    )
    company_id = fields.Many2one(related="count_id.company_id", store=True)
    product_id = fields.Many2one(
        "product.product",
        string="Item",
        required=True,
        ondelete="restrict",
        domain="[('med_consumable', '=', True)]",
    )
    uom_id = fields.Many2one(related="product_id.uom_id", string="Unit")
    counted = fields.Boolean(help="Zero pieces are counted, too.")
    counted_qty = fields.Float(string="Is There", digits="Product Unit")
    opening_qty = fields.Float(
        string="Opening",
        digits="Product Unit",
        compute="_compute_figures",
        help="What the last confirmed count found; what the books say where there is "
        "none.",
    )
    received_qty = fields.Float(
        string="Received",
        digits="Product Unit",
        compute="_compute_figures",
        help="Came to the shelf since then, less what was sent back or on.",
    )
    recorded_qty = fields.Float(
        string="Recorded",
        digits="Product Unit",
        compute="_compute_figures",
        help="Use that is in the ledger already and is not counted again.",
    )
    used_qty = fields.Float(
        string="Used", digits="Product Unit", compute="_compute_figures"
    )
    surplus_qty = fields.Float(
        string="Too Many", digits="Product Unit", compute="_compute_figures"
    )
    kept_opening = fields.Float(readonly=True, copy=False)
    kept_received = fields.Float(readonly=True, copy=False)
    kept_recorded = fields.Float(readonly=True, copy=False)
    reason = fields.Char(help="Why there is more than there should be.")
    lot_id = fields.Many2one(
        "stock.lot",
        string="Lot of the Surplus",
        domain="[('product_id', '=', product_id)]",
        help="Needed where more is there than was ever used.",
    )

    _product_uniq = models.Constraint(
        "unique(count_id, product_id)", "An item stands once on a count sheet."
    )
    _counted_positive = models.Constraint(
        "CHECK(counted_qty >= 0)", "A count cannot be less than zero."
    )

    @api.depends("product_id", "counted", "counted_qty", "count_id.counted_at")
    def _compute_figures(self):
        for sheet, lines in self.grouped("count_id").items():
            if sheet.state == "done":
                for line in lines:
                    line._set_figures(
                        line.kept_opening, line.kept_received, line.kept_recorded
                    )
                continue
            products = lines.product_id
            shelf = sheet.department_id.stock_location_id
            stock = products._med_stock(shelf)
            opening, since = sheet._opening()
            received = (
                sheet._received(products, since, sheet.counted_at) if since else {}
            )
            # What came after the count is not missing.
            later = sheet._received(products, sheet.counted_at)
            for line in lines:
                product = line.product_id
                figures = stock[product.id, shelf.id]
                book = figures.on_hand - figures.pending - later[product.id]
                came = received.get(product.id, 0.0)
                before = opening.get(product, 0.0) if since else book
                line._set_figures(before, came, before + came - book)

    @api.constrains("product_id", "lot_id")
    def _check_lot_id(self):
        for line in self:
            if line.lot_id and line.lot_id.product_id != line.product_id:
                raise ValidationError(
                    self.env._("The lot of a surplus is a lot of the same item.")
                )

    @api.onchange("counted_qty")
    def _onchange_counted_qty(self):
        self.counted = True

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        if not self.env.su:
            lines.count_id._check_draft()
        return lines

    def write(self, vals):
        if not self.env.su:
            self.count_id._check_draft()
            if "counted_qty" in vals:
                vals = {"counted": True, **vals}
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_if_draft(self):
        self.count_id._check_draft()

    def _set_figures(self, opening, received, recorded):
        unit = self.uom_id
        self.opening_qty = opening
        self.received_qty = received
        self.recorded_qty = recorded
        outcome = back_flush(opening, received, recorded, self.counted_qty)
        self.used_qty = unit.round(outcome.used) if self.counted else 0.0
        self.surplus_qty = unit.round(outcome.surplus) if self.counted else 0.0

    def _keep_figures(self):
        """What the outcome was reckoned from stays readable, whatever comes later."""
        for line in self.sudo():  # see action_confirm
            line.write(
                {
                    "kept_opening": line.opening_qty,
                    "kept_received": line.received_qty,
                    "kept_recorded": line.recorded_qty,
                }
            )

    def _check_reasons(self):
        for line in self:
            if line.surplus_qty and not (line.reason or "").strip():
                raise UserError(
                    self.env._(
                        "%(surplus)s %(unit)s of %(product)s more are there than "
                        "should be. Count again, or say why.",
                        surplus=f"{line.surplus_qty:g}",
                        unit=line.uom_id.name,
                        product=line.product_id.display_name,
                    )
                )

    def _report_key(self):
        return f"{self.count_id.id}/{self.product_id.id}"

    def _prepare_reports(self, surplus):
        """One line of the ledger an item: the use, or what was used too early.

        ``surplus`` is what ``_split_surplus`` gave.
        """
        reports = []
        for line in self:
            returned, _unknown = surplus[line]
            quantity = line.used_qty or returned
            if not quantity:
                continue
            note = f"{line.count_id.name} {line.reason or ''}".strip()
            reports.append(
                {
                    "department_id": line.department_id.id,
                    "product_id": line.product_id.id,
                    "quantity": quantity,
                    "kind": "use" if line.used_qty else "return",
                    "event_time": line.count_id.counted_at,
                    "source": "count",
                    "external_key": line._report_key(),
                    "note": note,
                }
            )
        return reports

    def _split_surplus(self):
        """``{line: (put down as used too early, unknown until now)}``."""
        used = dict.fromkeys(self.product_id, 0.0)
        for product, kind, quantity in self.env["med.consumption"]._read_group(
            [
                ("department_id", "in", self.department_id.ids),
                ("product_id", "in", self.filtered("surplus_qty").product_id.ids),
                ("state", "in", ("recorded", "posted")),
            ],
            ["product_id", "kind"],
            ["quantity:sum"],
        ):
            used[product] += -quantity if kind == "return" else quantity
        return {
            line: split_surplus(line.surplus_qty, used[line.product_id])
            for line in self
        }

    def _post_surplus(self, surplus):
        """What nobody knew of comes onto the books by a native inventory move."""
        vals_list = []
        for line in self:
            _returned, unknown = surplus[line]
            if line.uom_id.is_zero(unknown):
                continue
            if line.product_id.tracking != "none" and not line.lot_id:
                raise UserError(
                    self.env._(
                        "%(product)s was never used up to this count; name the lot of "
                        "the %(surplus)s %(unit)s that are too many.",
                        product=line.product_id.display_name,
                        surplus=f"{unknown:g}",
                        unit=line.uom_id.name,
                    )
                )
            vals_list.append(line._prepare_surplus_move(unknown))
        # The ward counts its own shelf; it may make no other stock move.
        moves = self.env["stock.move"].sudo().create(vals_list)
        moves._action_done()

    def _prepare_surplus_move(self, quantity):
        shelf = self.department_id.stock_location_id
        product = self.product_id.with_company(self.company_id)
        loss = product.property_stock_inventory
        return {
            "product_id": product.id,
            "product_uom": product.uom_id.id,
            "product_uom_qty": quantity,
            "company_id": self.company_id.id,
            "location_id": loss.id,
            "location_dest_id": shelf.id,
            "is_inventory": True,
            "inventory_name": f"{self.count_id.name} {self.reason}",
            "picked": True,
            "move_line_ids": [
                Command.create(
                    {
                        "product_id": product.id,
                        "product_uom_id": product.uom_id.id,
                        "company_id": self.company_id.id,
                        "lot_id": self.lot_id.id,
                        "quantity": quantity,
                        "location_id": loss.id,
                        "location_dest_id": shelf.id,
                        "picked": True,
                    }
                )
            ],
        }
