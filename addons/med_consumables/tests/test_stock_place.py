from datetime import timedelta

from odoo import SUPERUSER_ID, api
from odoo.fields import Command
from odoo.modules.registry import Registry
from odoo.tests import BaseCase, get_db_name, tagged
from odoo.tools import SQL

from .common import ConsumablesCase

COUNTED = ("on_hand", "expired", "held", "reserved", "pending", "usable")


@tagged("post_install", "-at_install")
class TestStockPlace(ConsumablesCase):
    """What is kept of a place is what lies there, whatever happened.

    Each test counts all places first, so that a figure can only be right afterwards if
    the event itself had the place counted anew.
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
        self.env.cr.execute("SELECT count(*) FROM med_stock_touch")
        self.assertEqual(self.env.cr.fetchone(), (0,))

    # ---- Every kind of event ---------------------------------------------------------

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
        self.env.cr.execute("SELECT count(*) FROM med_stock_touch")
        self.assertEqual(self.env.cr.fetchone(), (0,))

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

    def test_what_is_copied_from_the_item_follows_it(self):
        category = self.env["product.category"].create({"name": "Gloves"})
        for name, value in (
            ("categ_id", category.id),
            ("med_abc", "B"),
            ("med_ved", "V"),
            ("med_value_class", "high"),
        ):
            self.gloves.product_tmpl_id[name] = value
            self.assertShown(name, value, self.shelf, self.store)

    def test_value_follows_the_cost_of_the_item(self):
        self.assertShown("value", 20 * self.gloves.standard_price, self.shelf)
        self.gloves.standard_price = 3.21
        self.assertShown("value", 64.2, self.shelf)
        self.assertShown("value", 321, self.store)

    def test_what_is_copied_from_the_place_follows_it(self):
        self.icu.kind = "store"
        self.assertShown("place_kind", "store", self.shelf)
        self.icu.stock_location_id = False
        self.env.flush_all()
        self.er.stock_location_id = self.shelf
        self.assertShown("department_id", self.er.id, self.shelf)

    def test_value_follows_the_company_whose_own_the_stock_is(self):
        owner = self.env["res.partner"].create({"name": "The hospital itself"})
        self.env["stock.quant"]._update_available_quantity(
            self.gloves, self.shelf, 3, lot_id=self.good, owner_id=owner
        )
        self.assertShown("value", 0, self.shelf, owner=owner)
        self.company.partner_id = owner
        cost = self.gloves.standard_price
        self.assertShown("value", 3 * cost, self.shelf, owner=owner)

    def test_an_item_that_is_no_consumable_is_not_shown(self):
        self.gloves.product_tmpl_id.med_consumable = False
        self.assertEqual(self._seen(), {})
        self._count_all()
        self.assertEqual(self._seen(), {})
        self.gloves.product_tmpl_id.med_consumable = True
        self.assertEqual({place for place, _owner in self._seen()}, {*self._places()})

    def test_a_place_that_holds_no_stock_any_more_is_not_shown(self):
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                "UPDATE stock_location SET usage = 'inventory' WHERE id = %s",
                self.shelf.id,
            )
        )
        self.assertNotIn((self.shelf.id, None), self._seen())
        self._count_all()
        self.assertNotIn((self.shelf.id, None), self._seen())

    def test_what_is_not_copied_is_not_counted_again(self):
        self.gloves.product_tmpl_id.write({"name": "Other gloves", "med_implant": True})
        self.icu.name = "Other ward"
        self.env.flush_all()
        self.env.cr.execute("SELECT count(*) FROM med_stock_touch")
        self.assertEqual(self.env.cr.fetchone(), (0,))

    def assertShown(self, name, value, *places, owner=None):
        """The view shows it at once, and after the job from what is kept."""
        for _moment in ("at once", "counted"):
            self.env.flush_all()
            self.env["med.stock.overview"].invalidate_model()
            for place in places:
                row = self.env["med.stock.overview"].search(
                    [
                        ("product_id", "=", self.gloves.id),
                        ("location_id", "=", place.id),
                        ("owner_id", "=", owner.id if owner else False),
                    ]
                )
                field = row._fields[name]
                found = row[name].id if field.type == "many2one" else row[name]
                self.assertEqual(found, value, (place.name, _moment))
                [group] = row._read_group(
                    [("id", "=", row.id)],
                    [name] if field.type != "monetary" else [],
                    ["__count", "value:sum"],
                )
                self.assertEqual(group[-2:], (1, row.value))
            self._count_all()

    def _places(self):
        return self.shelf.id, self.store.id

    def test_what_a_write_leaves_alone_is_not_counted_again(self):
        self.good.quant_ids.user_id = self.env.user
        self.env.flush_all()
        self.env.cr.execute("SELECT count(*) FROM med_stock_touch")
        self.assertEqual(self.env.cr.fetchone(), (0,))

    def test_all_made_anew_is_the_same(self):
        self._use(3)
        self.good.med_hold = True
        self.env.flush_all()
        seen = self._seen()
        self.env.cr.execute("DELETE FROM med_stock_place")
        self.env["med.stock.place"]._rebuild()
        self.assertEqual(self._seen(), seen)

    def _transfer(self, quantity, origin, destination, validate=True):
        picking = self.env["stock.picking"].create(
            {
                "picking_type_id": self.icu.warehouse_id.int_type_id.id,
                "location_id": origin.id,
                "location_dest_id": destination.id,
                "move_ids": [
                    Command.create(
                        {
                            "product_id": self.gloves.id,
                            "product_uom_qty": quantity,
                            "location_id": origin.id,
                            "location_dest_id": destination.id,
                        }
                    )
                ],
            }
        )
        picking.action_confirm()
        picking.action_assign()
        if validate:
            for move in picking.move_ids:
                move.move_line_ids.lot_id = self.good
                move.quantity = quantity
                move.picked = True
            picking._action_done()
        return picking


@tagged("post_install", "-at_install")
class TestCountingWhileStockMoves(BaseCase):
    """The job counts while others write, each on a real cursor of its own."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.registry = Registry(get_db_name())
        with cls.registry.cursor() as cr:
            env = api.Environment(cr, SUPERUSER_ID, {})
            product = env["product.product"].create(
                {"name": "Counted gloves", "is_storable": True, "med_consumable": True}
            )
            warehouse = env["stock.warehouse"].search([], limit=1)
            env["stock.quant"]._update_available_quantity(
                product, warehouse.lot_stock_id, 5
            )
            cls.product_id = product.id
            cls.place_id = warehouse.lot_stock_id.id
        cls.addClassCleanup(cls._take_away)

    @classmethod
    def _take_away(cls):
        with cls.registry.cursor() as cr:
            env = api.Environment(cr, SUPERUSER_ID, {})
            cr.execute(
                "DELETE FROM stock_quant WHERE product_id = %s", [cls.product_id]
            )
            env["product.product"].browse(cls.product_id).unlink()
            env["stock.location"].search([("name", "=", "New shelf")]).unlink()
            env["med.stock.touch"]._work_off(limit=100_000)

    def _env(self):
        """A transaction of its own, that fails where it would wait for another."""
        cr = self.registry.cursor()
        self.addCleanup(cr.close)
        cr.execute("SET LOCAL lock_timeout = '1s'")
        return api.Environment(cr, SUPERUSER_ID, {})

    def _new_place(self):
        """A shelf on which the item never lay."""
        with self.registry.cursor() as cr:
            env = api.Environment(cr, SUPERUSER_ID, {})
            place = env["stock.location"].create(
                {"name": "New shelf", "location_id": self.place_id}
            )
            return place.id

    def _add(self, env, place, quantity):
        """New stock, as any way of bringing it in writes it."""
        env["stock.quant"].create(
            {
                "product_id": self.product_id,
                "location_id": place,
                "quantity": quantity,
            }
        )
        env.flush_all()

    def _rows(self, place):
        """``[(row of the view, on hand)]`` of a place, read from outside."""
        with self.registry.cursor() as cr:
            env = api.Environment(cr, SUPERUSER_ID, {})
            rows = env["med.stock.overview"].search(
                [("product_id", "=", self.product_id), ("location_id", "=", place)]
            )
            return [(row.id, row.on_hand) for row in rows]

    def _work_off(self):
        with self.registry.cursor() as cr:
            api.Environment(cr, SUPERUSER_ID, {})["med.stock.touch"]._work_off(100_000)

    def _quant(self, env):
        return env["stock.quant"].search(
            [
                ("product_id", "=", self.product_id),
                ("location_id", "=", self.place_id),
            ]
        )

    def _seen(self):
        return [on_hand for _row, on_hand in self._rows(self.place_id)]

    def test_what_is_committed_after_the_count_is_not_lost(self):
        writer, job = self._env(), self._env()
        job["med.stock.touch"]._work_off(limit=100_000)
        job.cr.commit()
        quant = self._quant(writer)
        quant.quantity = 8
        writer.flush_all()
        # The job starts before the writer ends, and ends after it.
        job.cr.execute("SELECT 1")
        writer.cr.commit()
        job["med.stock.touch"]._work_off(limit=100_000)
        job.cr.commit()
        self.assertEqual(self._seen(), [8])
        job["med.stock.touch"]._work_off(limit=100_000)
        job.cr.commit()
        self.assertEqual(self._seen(), [8])

    def test_two_who_write_in_one_place_do_not_wait_for_the_job(self):
        job = self._env()
        writer = self._env()
        quant = self._quant(writer)
        quant.quantity = 11
        writer.flush_all()
        writer.cr.commit()
        job["med.stock.touch"]._work_off(limit=100_000)  # has counted, not committed
        quant.invalidate_recordset()
        quant.quantity = 12
        writer.flush_all()
        writer.cr.commit()  # neither waits nor fails
        job.cr.commit()
        self.assertEqual(self._seen(), [12])

    def test_two_who_are_first_in_one_place_neither_wait_nor_fail(self):
        place = self._new_place()
        first, second = self._env(), self._env()
        second.cr.execute("SELECT 1")  # both have begun before either ends
        self._add(first, place, 3)
        self._add(second, place, 4)
        first.cr.commit()
        second.cr.commit()
        [(row, on_hand)] = self._rows(place)
        self.assertEqual(on_hand, 7)
        self._work_off()
        self.assertEqual(self._rows(place), [(row, 7)])  # the same row as before

    def test_who_is_first_in_a_place_while_the_job_makes_it(self):
        place = self._new_place()
        first, second = self._env(), self._env()
        second.cr.execute("SELECT 1")
        self._add(first, place, 3)
        first.cr.commit()
        job = self._env()
        job["med.stock.touch"]._work_off(100_000)  # has made it, not committed
        self._add(second, place, 4)
        second.cr.commit()
        job.cr.commit()
        [(row, on_hand)] = self._rows(place)
        self.assertEqual(on_hand, 7)
        self._work_off()
        self.assertEqual(self._rows(place), [(row, 7)])

    def test_a_place_that_is_gone_before_it_is_counted(self):
        place = self._new_place()
        writer = self._env()
        self._add(writer, place, 3)
        writer.cr.execute("DELETE FROM stock_quant WHERE location_id = %s", [place])
        writer["stock.location"].browse(place).unlink()
        writer.cr.commit()
        self._work_off()
        self.assertEqual(self._rows(place), [])
        cr = self._env().cr
        cr.execute("SELECT FROM med_stock_touch WHERE location = %s", [place])
        self.assertFalse(cr.fetchall())
