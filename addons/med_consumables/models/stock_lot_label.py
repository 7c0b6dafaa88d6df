import base64

from reportlab.graphics.barcode import createBarcodeDrawing

from odoo import models


class StockLot(models.Model):
    """What a label and a form say about a lot."""

    _inherit = "stock.lot"

    def action_report_adverse_event(self):
        self.ensure_one()
        return self.env["med.adverse.event"]._action_report(
            product_id=self.product_id.id, lot_id=self.id
        )

    def _med_udi_text(self, product=None):
        """The unique device identification in brackets, as far as it is known."""
        product = self.product_id or product
        units = product.med_udi_ids.filtered(lambda udi: udi.pack_level == "unit")
        udi = (units or product.med_udi_ids)[:1]
        if udi.agency == "gs1":
            parts = [f"(01){udi.di.zfill(14)}"]
            if self.med_production_date:
                parts.append(f"(11){self.med_production_date:%y%m%d}")
            if self.use_expiration_date and (expiry := self._med_expiry_day()):
                parts.append(f"(17){expiry:%y%m%d}")
            if self.name:
                serial = product.tracking == "serial"
                parts.append(f"({21 if serial else 10}){self.name}")
            return "".join(parts)
        return " ".join(filter(None, (udi.di, self.name)))

    def _med_udi_image(self):
        """The data matrix of it as an SVG picture, in base64."""
        # What may be longer stands last, so that no separator is needed.
        code = self._med_udi_text().replace("(", "").replace(")", "")
        drawing = createBarcodeDrawing("ECC200DataMatrix", value=code or self.name)
        return base64.b64encode(drawing.asString("svg").encode()).decode()
