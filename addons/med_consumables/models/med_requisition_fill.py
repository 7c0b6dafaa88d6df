from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

from ..core.top_up import top_up


class MedRequisition(models.Model):
    """Ways to fill a draft: a template, the levels of the shelf, a scan."""

    _name = "med.requisition"
    _inherit = ["med.requisition", "barcodes.barcode_events_mixin"]

    template_id = fields.Many2one(
        "med.requisition.template",
        string="Fill in Template",
        copy=False,
        check_company=True,
        domain="['|', ('department_id', '=', False),"
        " ('department_id', '=', department_id)]",
        help="Its items and quantities are added; change them as you need.",
    )
    scan_code = fields.Char(
        string="Scan",
        store=False,
        help="Scan or type any code of an item; each scan adds what the pack holds.",
    )

    @api.onchange("template_id")
    def _onchange_template_id(self):
        wanted = {line.product_id: line.quantity for line in self.template_id.line_ids}
        self._ask_at_least(wanted)

    @api.onchange("scan_code")
    def _onchange_scan_code(self):
        code, self.scan_code = self.scan_code, False
        return self.on_barcode_scanned(code) if code else None

    def on_barcode_scanned(self, barcode):
        read = self.env["med.scan"]._read(barcode, department=self.department_id)
        product = self.env["product.product"].browse(read.get("product_id"))
        if not product:
            raise UserError(
                self.env._(
                    "%(code)s names no item that can be asked for. "
                    "Search the item by its name instead.",
                    code=read.get("label") or barcode,
                )
            )
        line = self.line_ids.filtered(lambda line: line.product_id == product)
        quantity = read.get("quantity") or 1.0
        if line:
            line.asked_qty += quantity
        else:
            self._add_items({product: quantity})

    def action_top_up(self):
        """Ask for what the shelf lacks to its agreed levels."""
        self.check_access("write")
        self._check_state("draft")
        for requisition in self:
            wanted = requisition._lacking()
            if not wanted:
                raise UserError(
                    self.env._(
                        "The shelf of %(department)s is at its levels: nothing is "
                        "lacking, counting what is on the way. Levels are kept on the "
                        "department.",
                        department=requisition.department_id.display_name,
                    )
                )
            requisition._ask_at_least(wanted)
        return True

    def _lacking(self):
        """``{product: quantity}`` up to the levels: up-to − usable − on the way."""
        self.ensure_one()
        shelf = self.department_id.stock_location_id
        # A ward may know the levels and the stock of its own shelf.
        levels = (
            self.env["stock.warehouse.orderpoint"]
            .sudo()
            .search([("location_id", "=", shelf.id)])
        )
        products = levels.product_id
        stock = products._med_stock(shelf)
        coming = self._coming(products)
        lacking = {}
        for level in levels:
            product = level.product_id
            pack = level.replenishment_uom_id
            quantity = top_up(
                level.product_max_qty,
                stock[product.id, shelf.id].usable,
                coming.get(product, 0.0),
                pack._compute_quantity(1, product.uom_id) if pack else 0.0,
            )
            if product.uom_id.compare(quantity, 0) > 0:
                lacking[product.sudo(False)] = quantity
        return lacking

    def _coming(self, products):
        """``{product: quantity}`` on the way to the shelf, asked for ones included."""
        shelf = self.department_id.stock_location_id
        moves = (
            self.env["stock.move"]
            .sudo()  # see _lacking
            ._read_group(
                [
                    ("state", "not in", ("draft", "done", "cancel")),
                    ("product_id", "in", products.ids),
                    ("location_dest_id", "child_of", shelf.id),
                    "!",
                    ("location_id", "child_of", shelf.id),
                ],
                ["product_id"],
                ["product_qty:sum"],
            )
        )
        asked = self.env["med.requisition.line"]._read_group(
            [
                ("department_id", "=", self.department_id.id),
                ("state", "=", "asked"),
                ("product_id", "in", products.ids),
                ("requisition_id", "not in", self.ids),
            ],
            ["product_id"],
            ["approved_qty:sum"],
        )
        coming = {}
        for product, quantity in [*moves, *asked]:
            product = products.browse(product.id)
            coming[product] = coming.get(product, 0.0) + quantity
        return coming

    def _ask_at_least(self, wanted):
        """Raise or add items so that at least ``{product: quantity}`` is asked."""
        by_product = {line.product_id.id: line for line in self.line_ids}
        fresh = {}
        for product, quantity in wanted.items():
            line = by_product.get(product.id)
            if not line:
                fresh[product] = quantity
            elif line.asked_qty < quantity:
                line.asked_qty = quantity
        self._add_items(fresh)

    def _add_items(self, wanted):
        self.line_ids = [
            Command.create({"product_id": product.id, "asked_qty": quantity})
            for product, quantity in wanted.items()
        ]
