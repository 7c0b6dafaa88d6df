from odoo import api, fields, models


class MedPiece(models.Model):
    """One high-value piece with the hospital's own label (院内码), made at receipt.

    A label stays with its piece for life; a damaged one is printed again, never
    numbered anew.
    """

    _name = "med.piece"
    _description = "Labelled Piece"
    _inherit = ["med.labelled"]
    _order = "id desc"
    _check_company_auto = True

    name = fields.Char(
        string="Hospital Code",
        required=True,
        readonly=True,
        copy=False,
        help="Unique for each piece; scanned at the point of use.",
    )
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, index=True
    )
    product_id = fields.Many2one(
        "product.product",
        string="Item",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    lot_id = fields.Many2one("stock.lot", string="Lot", readonly=True, index=True)
    expires_on = fields.Datetime(related="lot_id.expiration_date")
    move_line_id = fields.Many2one(
        "stock.move.line", readonly=True, ondelete="restrict", index=True
    )
    number = fields.Integer(readonly=True, help="Which piece of this receipt.")
    picking_id = fields.Many2one(
        "stock.picking",
        string="Receipt",
        related="move_line_id.move_id.picking_id",
        store=True,
        index=True,
    )
    supplier_id = fields.Many2one(related="picking_id.partner_id", string="Supplier")
    printed_at = fields.Datetime(readonly=True)
    consumption_id = fields.Many2one(
        "med.consumption",
        string="Used In",
        compute="_compute_consumption_id",
        compute_sudo=True,
    )

    _name_uniq = models.Constraint("unique(name)", "Another piece has this code.")
    _once_per_receipt = models.UniqueIndex(
        "(move_line_id, number)", "This piece of the receipt has a label already."
    )

    def _compute_consumption_id(self):
        """The use of this piece that was not given back."""
        # That it was used is a warning to all who scan it.
        Ledger = self.env["med.consumption"].sudo()
        lines = Ledger.search([("piece_id", "in", self.ids)], order="id")
        given_back = Ledger.search([("reversal_of_id", "in", lines.ids)])
        used = {
            line.piece_id.id: line
            for line in lines - given_back.reversal_of_id
            if line.kind != "return"
        }
        for piece in self:
            piece.consumption_id = used.get(piece.id, False)

    def action_print(self):
        # Nobody writes labels by hand; whoever may read them may print them.
        fresh = self.sudo().filtered(lambda piece: not piece.printed_at)
        fresh.printed_at = fields.Datetime.now()
        return self.env.ref("med_consumables.report_piece_label").report_action(
            self, config=False
        )

    @api.model
    def _label(self, move_lines):
        """Make the labels of received high-value pieces; twice changes nothing."""
        wanted = [
            (row, number)
            for row in move_lines
            for number in range(1, int(row.quantity_product_uom) + 1)
        ]
        known = {
            (piece.move_line_id.id, piece.number)
            for piece in self.search([("move_line_id", "in", move_lines.ids)])
        }
        return self.create(
            [
                {
                    "name": self.env["ir.sequence"].next_by_code("med.piece"),
                    "company_id": row.company_id.id,
                    "product_id": row.product_id.id,
                    "lot_id": row.lot_id.id,
                    "move_line_id": row.id,
                    "number": number,
                }
                for row, number in wanted
                if (row.id, number) not in known
            ]
        )
