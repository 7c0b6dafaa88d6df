from odoo import fields, models

from .med_certificate_limit import in_own_units


class StockPicking(models.Model):
    """The gate at receipt: what comes from a supplier must be covered."""

    _inherit = "stock.picking"

    def _action_done(self):
        for picking in self:
            if picking.location_id.usage == "supplier" and picking.state != "done":
                picking.with_company(picking.company_id)._med_pass_certificates()
        return super()._action_done()

    def _med_pass_certificates(self):
        company = self.company_id
        if company._med_certificate_policy("receipt") == "off":
            return
        lines = self.move_line_ids.filtered(
            lambda line: line.quantity and line.product_id.med_consumable
        )
        if not lines:
            return
        troubles = []
        for items, days in self._med_days_that_count(lines):
            troubles += items._med_certificate_troubles(days)
        # The gate judges for everybody alike, whoever presses the button.
        certificates = self.env["med.certificate"].sudo()
        today = company._med_day(fields.Datetime.now())
        supplier = lines.move_id.purchase_line_id.order_id.partner_id or self.partner_id
        wanted = in_own_units(lines, "quantity", "product_uom_id")
        troubles += certificates._limit_troubles(wanted, today, received_only=True)
        troubles += certificates._supplier_troubles(supplier, today)
        troubles = list(dict.fromkeys(troubles))
        overridden = bool(self.med_override_reason)
        company._med_gate("receipt", troubles, overridden)
        troubles += company._med_unlicensed(
            supplier, lines.product_id.product_tmpl_id, overridden
        )
        self.env["med.certificate"]._warn(self, troubles)

    def _med_days_that_count(self, lines):
        """Rounds of (items, {item: day}): as many as one item has production dates."""
        if not self.company_id.med_certificate_by_production:
            return [(lines.product_id.product_tmpl_id, {})]
        days = {}
        for line in lines:
            made = line._med_production_day()
            days.setdefault(line.product_id.product_tmpl_id, {})[made] = True
        rounds = []
        for number in range(max(map(len, days.values()))):
            chosen = {
                item: list(made)[number]
                for item, made in days.items()
                if len(made) > number
            }
            items = self.env["product.template"].union(*chosen)
            rounds.append((items, chosen))
        return rounds
