from datetime import timedelta

from odoo.tests import tagged
from odoo.tools import SQL

from .stock_place_case import StockPlaceCase


@tagged("post_install", "-at_install")
class TestStockPlace(StockPlaceCase):
    """What is kept of a place is what lies there, whatever happened."""

    def test_receipt(self):
        self._transfer(7, self.env.ref("stock.stock_location_suppliers"), self.shelf)
        self.assertChanged()

    def test_issue_on_its_way_and_done(self):
        picking = self._transfer(6, self.store, self.shelf, validate=False)
        self.assertChanged(self.store)
        (row,) = self.env["med.stock.overview"].search(
            [
                ("product_id", "=", self.gloves.id),
                ("location_id", "=", self.shelf.id),
            ]
        )
        self.assertEqual(row.in_transit, 6)
        picking.move_ids.picked = True
        picking._action_done()
        self.assertChanged(self.store, self.shelf)
        row.invalidate_recordset()
        self.assertEqual((row.in_transit, row.on_hand), (0, 26))

    def test_cancelled_issue(self):
        picking = self._transfer(6, self.store, self.shelf, validate=False)
        self.assertChanged(self.store)
        picking.action_cancel()
        self.assertChanged(self.store)

    def test_use_and_its_posting(self):
        self._use(3)
        self.assertChanged()
        self._post()
        self.assertChanged()
        self.assertEqual(self._kept()[self.shelf.id, None][0], 17)

    def test_use_that_cannot_be_posted(self):
        self._use(30)
        self.assertChanged()
        self._post()
        self._truth()
        self.assertEqual(self._seen()[self.shelf.id, None][-1], -10)

    def test_return_of_a_use(self):
        use = self._use(3)
        self._post()
        self.assertChanged()
        self._use(2, "back", kind="return", reversal_of_id=use.id)
        self.assertChanged()
        self._post()
        self.assertChanged()

    def test_history_changes_nothing(self):
        self._use(3, event_time=self.now - timedelta(days=9), historical=True)
        self.assertNothingToCount()

    def test_scrap(self):
        scrap = self.env["stock.scrap"].create(
            {
                "product_id": self.gloves.id,
                "lot_id": self.good.id,
                "scrap_qty": 2,
                "location_id": self.shelf.id,
                "scrap_reason_tag_ids": self.env["stock.scrap.reason.tag"]
                .search([], limit=1)
                .ids,
            }
        )
        scrap.do_scrap()
        self.assertChanged()

    def test_count(self):
        quant = self.good.quant_ids.filtered(lambda q: q.location_id == self.shelf)
        quant.inventory_quantity = 11
        quant.action_apply_inventory()
        self.assertChanged()

    def test_hold_and_release(self):
        self.good.med_hold = True
        self.assertChanged(self.store, self.shelf)
        self.good.med_hold = False
        self.assertChanged(self.store, self.shelf)

    def test_quarantine(self):
        self.shelf.med_quarantine = True
        self.assertChanged()

    def test_expiry_date_corrected(self):
        self.good.expiration_date = self.now - timedelta(days=1)
        self.good.removal_date = self.now - timedelta(days=1)
        self.assertChanged(self.store, self.shelf)

    def test_date_that_passes(self):
        late = self._lot("LATE", days=-1)
        self._stock(4, late)
        self._count_all()
        # As it was kept yesterday, when the lot was good.
        self.env.cr.execute(
            SQL(
                "UPDATE med_stock_place SET expired = 0, usable = on_hand, "
                "changes_at = %s WHERE product_id = %s AND location_id = %s",
                late.removal_date,
                self.gloves.id,
                self.shelf.id,
            )
        )
        self.assertChanged()
        self.assertEqual(self._kept()[self.shelf.id, None][1], 4)

    def test_stock_of_a_supplier(self):
        owner = self.env["res.partner"].create({"name": "Stent maker"})
        self.env["stock.quant"]._update_available_quantity(
            self.gloves, self.shelf, 3, lot_id=self.good, owner_id=owner
        )
        self.env.flush_all()
        self.assertEqual(self._seen()[self.shelf.id, owner.id][0], 3)
        self._count_all()
        self.assertEqual(self._kept()[self.shelf.id, owner.id][0], 3)

    def test_statement_that_goes_round_the_orm(self):
        self.env.cr.execute(
            SQL(
                "UPDATE stock_quant SET quantity = 5 WHERE location_id = %s",
                self.shelf.id,
            )
        )
        self.assertChanged()

    def test_emptied_shelf(self):
        self._stock(-20, self.good)
        self.env["stock.quant"]._unlink_zero_quants()
        self.assertChanged()

    def test_daily_use_made_anew(self):
        self._use(20, event_time=self.now - timedelta(days=10), historical=True)
        self.env["med.daily.use"]._refresh()
        row = self.env["med.stock.overview"].search(
            [
                ("product_id", "=", self.gloves.id),
                ("location_id", "=", self.shelf.id),
            ]
        )
        self.assertAlmostEqual(row.days_of_cover, 10.0, places=1)
        self._count_all()
        row.invalidate_recordset()
        self.assertAlmostEqual(row.days_of_cover, 10.0, places=1)
        self.icu.kind = "store"  # covers what its warehouse's departments use
        self.env.flush_all()
        seen = row._read_group([("id", "=", row.id)], [], ["daily_use:sum"])
        self.assertEqual(
            seen[0][0],
            self.env["med.daily.use"]
            .search(
                [
                    ("product_id", "=", self.gloves.id),
                    ("location_id", "=", self.store.id),
                ]
            )
            .daily_use,
        )

    def test_what_a_write_leaves_alone_is_not_counted_again(self):
        self.good.quant_ids.user_id = self.env.user
        self.env.flush_all()
        self.assertNothingToCount()

    def test_all_made_anew_is_the_same(self):
        self._use(3)
        self.good.med_hold = True
        self.env.flush_all()
        seen = self._seen()
        self.env.cr.execute("DELETE FROM med_stock_place")
        self.env["med.stock.place"]._rebuild()
        self.assertEqual(self._seen(), seen)

    def _transfer(self, quantity, origin, destination, validate=True):
        picking = self._picking(quantity, origin, destination)
        picking.action_confirm()
        picking.action_assign()
        if validate:
            for move in picking.move_ids:
                move.move_line_ids.lot_id = self.good
                move.quantity = quantity
                move.picked = True
            picking._action_done()
        return picking
