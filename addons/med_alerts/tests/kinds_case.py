from datetime import timedelta

from odoo import fields

from .common import AlertsCase


class KindsCase(AlertsCase):
    """Items, lots and rules of any kind."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["med.alert.rule"].search([]).active = False
        cls.now = fields.Datetime.now()

    def _rule(self, kind, *thresholds, unit="quantity", **values):
        """A rule with a level for each threshold, watch, warning, critical in turn."""
        severities = ("watch", "warning", "critical")[3 - len(thresholds) :]
        return self.env["med.alert.rule"].create(
            {
                "name": kind,
                "kind": kind,
                "level_ids": [
                    (
                        0,
                        0,
                        {
                            "severity": severity,
                            "threshold": threshold,
                            "threshold_unit": unit,
                        },
                    )
                    for severity, threshold in zip(severities, thresholds, strict=True)
                ],
                **values,
            }
        )

    def _lot(self, days, name="L1", product=None):
        """A lot that expires in so many days."""
        product = product or self.gloves
        product.write({"tracking": "lot", "use_expiration_date": True})
        return self.env["stock.lot"].create(
            {
                "name": name,
                "product_id": product.id,
                "expiration_date": fields.Datetime.now() + timedelta(days=days),
                "removal_date": False,
            }
        )

    def _daily(self, use, product=None, department=None):
        """The average daily use of an item by a department, as of last night."""
        place = (department or self.icu).stock_location_id
        product = product or self.gloves
        self.env["med.daily.use"].search(
            [("product_id", "=", product.id), ("location_id", "=", place.id)]
        ).unlink()
        self.env["med.daily.use"].create(
            {
                "product_id": product.id,
                "location_id": place.id,
                "company_id": self.env.company.id,
                "daily_use": use,
            }
        )

    def _delivery(self, days_late, quantity=5):
        """A delivery of a supplier, promised so many days ago."""
        supplier = self.env["res.partner"].create({"name": "Late supplier"})
        warehouse = self.icu.warehouse_id
        promised = self.now - timedelta(days=days_late)
        picking = self.env["stock.picking"].create(
            {
                "picking_type_id": warehouse.in_type_id.id,
                "partner_id": supplier.id,
                "location_id": self.env.ref("stock.stock_location_suppliers").id,
                "location_dest_id": warehouse.lot_stock_id.id,
                "move_ids": [
                    (
                        0,
                        0,
                        {
                            "product_id": self.gloves.id,
                            "product_uom_qty": quantity,
                            "location_id": self.env.ref(
                                "stock.stock_location_suppliers"
                            ).id,
                            "location_dest_id": warehouse.lot_stock_id.id,
                            "date_deadline": promised,
                        },
                    )
                ],
            }
        )
        picking.action_confirm()
        picking.move_ids.date_deadline = promised
        return picking

    def _found(self, rule, product=None):
        """Evaluate ``rule``; its open alerts of the item."""
        self.env["med.alert"]._evaluate(rule)
        domain = [("rule_id", "=", rule.id), ("state", "!=", "resolved")]
        if product is not False:
            domain.append(("product_id", "=", (product or self.gloves).id))
        return self.env["med.alert"].search(domain)

    def _severity(self, rule, product=None):
        return self._found(rule, product).severity
