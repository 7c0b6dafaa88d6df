from odoo.tools import SQL

from .common import ConsumablesCase

COUNTED = ("on_hand", "expired", "held", "reserved", "pending", "usable")


class StockPlaceCase(ConsumablesCase):
    """Gloves on a ward's shelf and in the store, and all places counted.

    So a figure can only be right after an event if the event itself had the place
    counted anew.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.store = cls.icu.warehouse_id.lot_stock_id
        cls.shelf = cls.icu.stock_location_id
        cls.good = cls._lot("GOOD", days=400)
        cls._stock(20, cls.good)
        cls.env["stock.quant"]._update_available_quantity(
            cls.gloves, cls.store, 100, lot_id=cls.good
        )

    def setUp(self):
        super().setUp()
        self._count_all()

    def _count_all(self):
        touches = self.env["med.stock.touch"]
        while touches._work_off():
            pass

    def _kept(self):
        """``{(place, owner): figures}`` as the table has them, without any counting."""
        names = SQL(", ").join(map(SQL.identifier, COUNTED))
        rows = self.env.execute_query(
            SQL(
                "SELECT location_id, owner_id, %s FROM med_stock_place "
                "WHERE product_id = %s",
                names,
                self.gloves.id,
            )
        )
        return {row[:2]: row[2:] for row in rows}

    def _seen(self):
        """The same, as the one view shows it."""
        self.env["med.stock.overview"].invalidate_model()
        rows = self.env["med.stock.overview"].search(
            [("product_id", "=", self.gloves.id)]
        )
        return {
            (row.location_id.id, row.owner_id.id or None): tuple(
                row[name] for name in COUNTED
            )
            for row in rows
        }

    def _truth(self):
        """The hospital's own stock as every other screen counts it, by the ORM."""
        self.env.flush_all()
        self.env.invalidate_all()
        places = self.env["stock.location"].search([("usage", "=", "internal")])
        leaves = places.filtered(lambda place: not place.child_ids)
        return {
            (place.id, None): tuple(float(getattr(found, name)) for name in COUNTED)
            for place in leaves
            for found in [self.gloves._med_stock(place)[self.gloves.id, place.id]]
        }

    def assertChanged(self, *places):
        """The view tells the truth now, of ``places`` another than before; so does
        the table once the job has run, and then nothing is left to be done."""
        before, truth, seen = self._kept(), self._truth(), self._seen()
        own = {key: figures for key, figures in seen.items() if key[1] is None}
        for key, figures in own.items():
            if key in truth:
                self.assertEqual(figures, truth[key], key)
        for place in places or [self.shelf]:
            self.assertNotEqual(seen[place.id, None], before.get((place.id, None)))
        self._count_all()
        self.assertEqual(self._seen(), seen)
        kept = self._kept()
        self.assertEqual({key: kept[key] for key in seen}, seen)
        self.assertNothingToCount()

    def assertNothingToCount(self):
        self.env.cr.execute("SELECT count(*) FROM med_stock_touch")
        self.assertEqual(self.env.cr.fetchone(), (0,))
