from odoo.tests import tagged

from .committed_case import CommittedCase


@tagged("post_install", "-at_install")
class TestCountingWhileStockMoves(CommittedCase):
    """The job counts while others write."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with cls._committed() as env:
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
        with cls._committed() as env:
            env.cr.execute(
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
        return self._env_on(cr)

    def _new_place(self):
        """A shelf on which the item never lay."""
        with self._committed() as env:
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
        with self._committed() as env:
            rows = env["med.stock.overview"].search(
                [("product_id", "=", self.product_id), ("location_id", "=", place)]
            )
            return [(row.id, row.on_hand) for row in rows]

    def _work_off(self):
        with self._committed() as env:
            env["med.stock.touch"]._work_off(100_000)

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
