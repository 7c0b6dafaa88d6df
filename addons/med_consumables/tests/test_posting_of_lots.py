from odoo.tests import tagged

from .common import ConsumablesCase


@tagged("post_install", "-at_install")
class TestPostingOfLots(ConsumablesCase):
    """Two patients get a stent of one item on one day; the lots differ in cost."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.stent = cls._product("Stent", lot_valuated=True)
        for name, cost in (("CHEAP", 100.0), ("DEAR", 300.0)):
            lot = cls._lot(name, product=cls.stent)
            cls._stock(1, lot, product=cls.stent)
            lot.standard_price = cost

    def test_each_use_costs_what_its_lot_cost_and_comes_back_at_that(self):
        uses = self.env["med.consumption"].union(
            *(
                self._use(
                    1,
                    name,
                    product_id=self.stent.id,
                    lot_name=name,
                    encounter_token=name,
                )
                for name in ("CHEAP", "DEAR")
            )
        )
        self._post()
        self.assertEqual(uses.mapped("value"), [100.0, 300.0])
        self.assertEqual(len(uses.allocation_ids.move_id), 1)
        backs = self.env["med.consumption"].union(
            *(
                self._use(
                    1,
                    f"back {use.external_key}",
                    product_id=self.stent.id,
                    kind="return",
                    reversal_of_id=use.id,
                )
                for use in uses
            )
        )
        self._post()
        self.assertEqual(backs.mapped("state"), ["posted", "posted"])
        self.assertEqual(backs.mapped("value"), [-100.0, -300.0])
