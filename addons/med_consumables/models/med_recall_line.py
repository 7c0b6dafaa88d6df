from odoo import api, fields, models

from ..core.recall import Spot


class MedRecallLine(models.Model):
    """Units of a recalled lot in one place, and how many are accounted for."""

    _name = "med.recall.line"
    _description = "Recalled Units"
    _inherit = ["med.stepped"]
    _order = "recall_id, product_id, lot_id, place, id"
    # Looking says what lies where; what was done is a disposition.
    _med_set_by_steps = frozenset(
        {
            "recall_id",
            "lot_id",
            "product_id",
            "place",
            "location_id",
            "department_id",
            "quantity_found",
            "quantity_unposted",
            "quantity_done",
            "quantity_in_quarantine",
            "quantity_open",
            "is_open",
        }
    )

    recall_id = fields.Many2one(
        "med.recall", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="recall_id.company_id", store=True)
    recall_state = fields.Selection(related="recall_id.state", string="Recall State")
    lot_id = fields.Many2one(
        "stock.lot",
        string="Lot / Serial",
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    product_id = fields.Many2one(
        "product.product",
        string="Item",
        compute="_compute_product_id",
        store=True,
        precompute=True,
        readonly=False,
        index=True,
        help="Of the lot, or the item itself where its pieces bear no lot.",
    )
    uom_id = fields.Many2one(related="product_id.uom_id", string="Unit")
    place = fields.Selection(
        [
            ("store", "Store"),
            ("ward", "Ward"),
            ("transit", "In transit"),
            ("quarantine", "Quarantine"),
            ("used", "Used"),
            ("left", "Left without a record"),
        ],
        required=True,
        readonly=True,
    )
    location_id = fields.Many2one("stock.location", string="Shelf", readonly=True)
    department_id = fields.Many2one("med.department", readonly=True, index=True)
    quantity_found = fields.Float(string="Found", digits="Product Unit", readonly=True)
    quantity_unposted = fields.Float(
        digits="Product Unit",
        readonly=True,
        help="Reported as used, and not on the books yet.",
    )
    disposition_ids = fields.One2many(
        "med.recall.disposition", "line_id", string="What Was Done"
    )
    quantity_done = fields.Float(
        string="Accounted for",
        compute="_compute_quantity_done",
        store=True,
        digits="Product Unit",
    )
    quantity_in_quarantine = fields.Float(
        string="In Quarantine",
        compute="_compute_quantity_done",
        store=True,
        digits="Product Unit",
    )
    quantity_open = fields.Float(
        string="Open",
        compute="_compute_quantity_open",
        store=True,
        digits="Product Unit",
    )
    is_open = fields.Boolean(compute="_compute_quantity_open", store=True)

    @api.depends("lot_id")
    def _compute_product_id(self):
        for line in self:
            line.product_id = line.lot_id.product_id or line.product_id

    @api.depends(
        "disposition_ids.quantity",
        "disposition_ids.kind",
        "disposition_ids.from_quarantine",
        "disposition_ids.undone",
    )
    def _compute_quantity_done(self):
        for line in self:
            done = line.disposition_ids.filtered(lambda each: not each.undone)
            onward = done.filtered("from_quarantine")
            line.quantity_done = sum((done - onward).mapped("quantity"))
            line.quantity_in_quarantine = sum(
                done.filtered(lambda each: each.kind == "quarantined").mapped(
                    "quantity"
                )
            ) - sum(onward.mapped("quantity"))

    @api.depends("quantity_found", "quantity_done")
    def _compute_quantity_open(self):
        for line in self:
            line.quantity_open = max(line.quantity_found - line.quantity_done, 0.0)
            line.is_open = not line.uom_id.is_zero(line.quantity_open)

    @api.depends("lot_id", "place")
    @api.depends_context("lang")
    def _compute_display_name(self):
        places = dict(self._fields["place"]._description_selection(self.env))
        for line in self:
            where = line.department_id or line.location_id
            line.display_name = " · ".join(
                filter(
                    None,
                    (
                        line.product_id.display_name,
                        line.lot_id.name,
                        places.get(line.place),
                        where.display_name,
                    ),
                )
            )

    def action_record(self):
        """What was done with these units?"""
        self.ensure_one()
        onward = not self.is_open and self.quantity_in_quarantine > 0
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("What Was Done?"),
            "res_model": "med.recall.disposition",
            "view_mode": "form",
            "target": "new",
            "context": {
                "default_line_id": self.id,
                "default_from_quarantine": onward,
                "default_quantity": (
                    self.quantity_in_quarantine if onward else self.quantity_open
                ),
                "default_kind": "used" if self.place == "used" else "returned",
            },
        }

    def _spot(self):
        self.ensure_one()
        return Spot(
            self.lot_id.id or -self.product_id.id,
            self.place,
            self.location_id.id or None,
            self.department_id.id or None,
        )

    def _open_text(self):
        return self.env._(
            "%(units)s of %(quantity)s %(unit)s: %(line)s",
            units=f"{self.quantity_open:g}",
            quantity=f"{self.quantity_found:g}",
            unit=self.uom_id.name,
            line=self.display_name,
        )
