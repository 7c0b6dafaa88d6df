from datetime import timedelta

from freezegun import freeze_time

from odoo.tests import tagged

from .around_threshold import AroundThreshold
from .kinds_case import KindsCase


@tagged("post_install", "-at_install")
class TestThresholdsOfKinds(AroundThreshold, KindsCase):
    """Each kind of this addon, with one shelf, lot or paper of its own."""

    ADDON = "med_alerts"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # Hours go on while a test looks at them.
        frozen = freeze_time(cls.now)
        frozen.start()
        cls.addClassCleanup(frozen.stop)

    def _shelf(self, usable, minimum=0, maximum=None):
        """A new item, so much of it on its shelf, with a reorder rule."""
        product = self._product(f"Item with {usable}")
        self._orderpoint(minimum, maximum, product=product)
        self._stock(usable, product=product)
        return product

    def _make_reorder_point(self):
        product = self._shelf(13, minimum=20)
        return self._rule("reorder_point", 1), {"product_id": product.id}

    def _make_safety_stock(self):
        product = self._shelf(7.5, minimum=20)
        self.env["stock.warehouse.orderpoint"].search(
            [("product_id", "=", product.id)]
        ).med_safety_stock = 10
        return self._rule("safety_stock", 1), {"product_id": product.id}

    def _make_days_of_cover(self):
        product = self._shelf(25)
        self._daily(2.0, product=product)
        return self._rule("days_of_cover", 1), {"product_id": product.id}

    def _make_out_of_stock(self):
        product = self._shelf(3, minimum=20)
        return self._rule("out_of_stock", 1), {"product_id": product.id}

    def _make_over_stock(self):
        product = self._shelf(60, minimum=20, maximum=40)
        return self._rule("over_stock", 1), {"product_id": product.id}

    def _make_dead_stock(self):
        product = self._shelf(5)
        quants = self.env["stock.quant"].search([("product_id", "=", product.id)])
        quants.in_date = self.now - timedelta(days=100)
        return self._rule("dead_stock", 1), {"product_id": product.id}

    def _lot_on_shelf(self, days, quantity):
        product = self._product(f"Item of {days} days")
        lot = self._lot(days, product=product)
        self._stock(quantity, product=product, lot=lot)
        return product, {"lot_id": lot.id}

    def _make_expiry(self):
        return self._rule("expiry", 1), self._lot_on_shelf(40, 5)[1]

    def _make_expiry_unused(self):
        product, lot = self._lot_on_shelf(20, 40)
        self._daily(1.5, product=product)
        return self._rule("expiry_unused", 1, window_days=90), lot

    def _make_expired(self):
        return self._rule("expired", 1), self._lot_on_shelf(-2, 5)[1]

    def _paper(self, **values):
        last = self.now.date() + timedelta(days=40)
        paper = self.env["med.certificate"].create(
            {"name": "Paper", "valid_to": last, **values}
        )
        return {"subject_id": paper.id}

    def _make_certificate(self):
        paper = self._paper(product_ids=self.gloves.product_tmpl_id.ids)
        return self._rule("certificate", 1), paper

    def _make_licence(self):
        supplier = self.env["res.partner"].create({"name": "Licensed supplier"})
        paper = self._paper(kind="operating_licence", partner_id=supplier.id)
        return self._rule("licence", 1), paper

    def _make_late_receipt(self):
        picking = self._delivery(5)
        return self._rule("late_receipt", 1), {"subject_id": picking.id}

    def _make_cold_chain(self):
        product = self._product("Vaccine", med_storage="cold")
        self._stock(5, product=product)
        self.env["stock.location"].create(
            {
                "name": "Fridge",
                "location_id": self.icu.stock_location_id.id,
                "med_refrigerated": True,
            }
        )
        quants = self.env["stock.quant"].search([("product_id", "=", product.id)])
        quants.in_date = self.now - timedelta(hours=3, minutes=20)
        return self._rule("cold_chain", 1), {"product_id": product.id}

    def _make_count_difference(self):
        product = self._product("Counted item")
        self.env["med.count.line"]._log(
            [
                {
                    "company_id": self.env.company.id,
                    "location_id": self.icu.stock_location_id.id,
                    "product_id": product.id,
                    "expected": 100,
                    "counted": 80,
                }
            ]
        )
        rule = self._rule("count_difference", 1, window_days=30)
        return rule, {"product_id": product.id}

    def _make_recall_open(self):
        product, lot = self._lot_on_shelf(300, 5)
        recall = self.env["med.recall"].create(
            {
                "subject": "Torn gloves",
                "manager_id": self.head_of_store.id,
                "lot_ids": [lot["lot_id"]],
            }
        )
        recall.action_start()
        return self._rule("recall_open", 1), {"subject_id": recall.id}
