from decimal import Decimal

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..core.apportion import apportion


class StockScrap(models.Model):
    """What is thrown away has a reason, a department that bears it, a ledger line.

    The scrap's own move is the one that moves stock and bears the cost; the line of the
    ledger points at it and is never posted again.
    """

    _inherit = "stock.scrap"

    med_department_id = fields.Many2one(
        "med.department",
        string="Department",
        compute="_compute_med_department_id",
        store=True,
        readonly=False,
        precompute=True,
        check_company=True,
        help="Bears the cost. That of the shelf, unless another one is answerable.",
    )
    med_cost_centre_id = fields.Many2one(
        related="med_department_id.analytic_account_id", string="Cost Centre"
    )
    med_consumable = fields.Boolean(related="product_id.med_consumable")

    @api.depends("location_id")
    def _compute_med_department_id(self):
        departments = self.location_id._med_departments()
        for scrap in self:
            scrap.med_department_id = departments.get(scrap.location_id)

    def do_scrap(self):
        medical = self.filtered("med_consumable")
        medical._check_reason()
        # What was used is not there to be thrown away.
        self.env["med.consumption"]._post_used(medical.product_id, medical.location_id)
        result = super().do_scrap()
        medical.filtered("med_department_id")._record_waste()
        return result

    def _check_reason(self):
        without = self.filtered(lambda scrap: not scrap.scrap_reason_tag_ids)
        if without:
            raise UserError(
                self.env._(
                    "Say why %(product)s is thrown away: choose a reason of scrap.",
                    product=without[0].product_id.display_name,
                )
            )

    def _record_waste(self):
        """One line of the ledger a scrap, posted already by the scrap's own move."""
        # Whoever may scrap need not be allowed to write the ledger; this is its door.
        ledger = self.env["med.consumption"].sudo()
        prepared = ledger._prepare_reports([scrap._prepare_waste() for scrap in self])
        now = fields.Datetime.now()
        lines = ledger.create(
            [{**vals, "state": "posted", "posted_at": now} for vals in prepared]
        )
        for scrap, line in zip(self, lines, strict=True):
            scrap._allocate(line)

    def _prepare_waste(self):
        return {
            "department_id": self.med_department_id.id,
            "location_id": self.location_id.id,
            "product_id": self.product_id.id,
            "quantity": self.product_uom_id._compute_quantity(
                self.scrap_qty, self.product_id.uom_id
            ),
            "kind": "waste",
            "event_time": self.date_done,
            "source": "scrap",
            "external_key": f"{self.name}/{self.id}",
            "lot_name": self.lot_id.name,
            "note": ", ".join(self.scrap_reason_tag_ids.mapped("name")),
        }

    def _allocate(self, line):
        moves = self.move_ids.sudo()  # see _record_waste
        parts = moves.move_line_ids
        currency = line.company_id.currency_id
        coin = Decimal(str(currency.rounding))
        value = Decimal(str(currency.round(sum(moves.mapped("value")))))
        shares = apportion(
            value.quantize(coin),
            [Decimal(str(part.quantity_product_uom)) for part in parts],
            coin,
        )
        line.env["med.consumption.allocation"].create(
            [
                {
                    "consumption_id": line.id,
                    "move_line_id": part.id,
                    "quantity": part.quantity_product_uom,
                    "value": float(share),
                }
                for part, share in zip(parts, shares, strict=True)
            ]
        )
        line._set_outcome(value=float(value), lot_id=self.lot_id.id)
