from datetime import timedelta

from odoo import models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ..core.period import start_of_day


class MedRecall(models.Model):
    """Which lots a recall asks for: by item, lot, code, supplier or delivery."""

    _inherit = "med.recall"

    def _criteria(self):
        """What lots must fit, as a domain; empty where nothing was asked for."""
        self.ensure_one()
        products, names = self.product_ids, self._names()
        coded, code_names = self._read_code()
        parts = []
        if products or coded:
            parts.append(Domain("product_id", "in", (products | coded).ids))
        if names or code_names:
            parts.append(Domain("name", "in", names | code_names))
        if self.supplier_id or self.received_from or self.received_to:
            parts.append(Domain("id", "in", self._received_lots()))
        return Domain.AND(parts) if parts else False

    def _find_lots(self):
        self.ensure_one()
        criteria = self._criteria()
        if not criteria:
            return self.env["stock.lot"]
        return self.env["stock.lot"].search(
            criteria & Domain("company_id", "in", [False, self.company_id.id])
        )

    def _names(self):
        return {line.strip() for line in (self.lot_names or "").splitlines()} - {""}

    def _read_code(self):
        """``(items, lot names)`` of the device identifier or scanned code."""
        code = (self.code or "").strip()
        if not code:
            return self.env["product.product"], set()
        read = self.env["med.udi"]._med_read(code)
        products = self.env["product.product"].browse(read["product_ids"])
        if not products:
            raise UserError(
                self.env._(
                    "No item has the device identifier %(code)s. "
                    "Name the item instead.",
                    code=read["di"] or code,
                )
            )
        return products, {read["lot"], read["serial"]} - {""}

    def _received_lots(self):
        """A query of the lots that this supplier delivered in these days."""
        domain = Domain("state", "=", "done") & Domain(
            "location_id.usage", "=", "supplier"
        )
        domain &= Domain("lot_id", "!=", False)
        if self.supplier_id:
            domain &= Domain(
                "move_id.picking_id.partner_id",
                "child_of",
                self.supplier_id.commercial_partner_id.id,
            )
        zone = self.company_id._med_time_zone()
        if self.received_from:
            domain &= Domain("date", ">=", start_of_day(self.received_from, zone))
        if self.received_to:
            after = start_of_day(self.received_to + timedelta(days=1), zone)
            domain &= Domain("date", "<", after)
        # Whoever leads a recall may know what was received, whoever received it.
        rows = self.env["stock.move.line"].sudo()._read_group(domain, ["lot_id"])
        return [lot.id for (lot,) in rows]
