from datetime import timedelta

from .kinds_case import KindsCase


class TestColdChain(KindsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.vaccine = cls._product("Test vaccine", med_storage="cold")

    def _fridge(self, inside=None):
        return self.env["stock.location"].create(
            {
                "name": "Fridge",
                "location_id": (inside or self.icu.stock_location_id).id,
                "med_refrigerated": True,
            }
        )

    def _bring(self, quantity, hours, lot=None):
        """Units that came out of the fridge of the store so many hours ago."""
        move = self.env["stock.move"].create(
            {
                "product_id": self.vaccine.id,
                "product_uom_qty": quantity,
                "location_id": self.env.ref("stock.stock_location_suppliers").id,
                "location_dest_id": self.icu.stock_location_id.id,
            }
        )
        move._action_confirm()
        move.quantity = quantity
        move.move_line_ids.lot_id = lot
        move.picked = True
        move._action_done()
        move.move_line_ids.date = self.now - timedelta(hours=hours)

    def test_cold_goods_out_of_the_cold(self):
        rule = self._rule("cold_chain", 0, 2)
        vaccine = self.vaccine
        self._stock(5, product=vaccine)
        self.assertFalse(self._found(rule, vaccine), "no fridge is named: nobody knows")
        fridge = self._fridge()
        self.assertEqual(self._severity(rule, vaccine), "warning")
        quants = self.env["stock.quant"].search([("product_id", "=", vaccine.id)])
        quants.in_date = self.now - timedelta(hours=1, minutes=59)
        self.assertEqual(self._severity(rule, vaccine), "warning")
        quants.in_date = self.now - timedelta(hours=2, minutes=1)
        self.assertEqual(self._severity(rule, vaccine), "critical")
        self._stock(-5, product=vaccine)
        self._stock(5, product=vaccine, place=fridge)
        self.assertFalse(self._found(rule, vaccine))

    def test_what_came_later_does_not_start_the_clock_anew(self):
        rule = self._rule("cold_chain", 0, 2)
        self._fridge()
        self._bring(5, hours=3)
        self._bring(5, hours=1)
        self.assertEqual(self._severity(rule, self.vaccine), "critical")
        # The first ones are used up: what is left came an hour ago.
        self._stock(-5, product=self.vaccine)
        alert = self._found(rule, self.vaccine)
        self.assertEqual(alert.severity, "warning")
        self.assertAlmostEqual(alert.measured, 1, delta=0.05)

    def test_each_lot_has_its_own_clock(self):
        rule = self._rule("cold_chain", 0, 2)
        self._fridge()
        old, new = (self._lot(90, name, self.vaccine) for name in ("OLD", "NEW"))
        self._bring(5, 3, old)
        self._bring(5, 1, new)
        alerts = self._found(rule, self.vaccine)
        self.assertEqual(
            {alert.lot_id: alert.severity for alert in alerts},
            {old: "critical", new: "warning"},
        )

    def test_a_shelf_inside_a_fridge_is_cold(self):
        rule = self._rule("cold_chain", 0)
        fridge = self._fridge()
        shelf = self.env["stock.location"].create(
            {"name": "Top shelf", "location_id": fridge.id}
        )
        self._stock(5, product=self.vaccine, place=shelf)
        self.assertFalse(self._found(rule, self.vaccine))
