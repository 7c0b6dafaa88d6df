import random
from datetime import timedelta

from freezegun import freeze_time

from .common import ReplenishmentCase


class TestDemand(ReplenishmentCase):
    def setUp(self):
        super().setUp()
        # From here on the table is brought up to date, not made anew.
        self._refresh()

    def test_demand_is_use_less_returns(self):
        self._use(10)
        self._use(5)
        self._use(3, kind="return")
        self._refresh()
        self.assertEqual(self._demand(), (12, 0))

    def test_waste_is_no_demand(self):
        self._use(10, kind="waste")
        self._refresh()
        self.assertEqual(self._demand(), (0, 0))

    def test_transfers_scrap_and_counts_are_no_demand(self):
        inventory = self.env["stock.location"].search(
            [("usage", "=", "inventory"), ("company_id", "=", self.company.id)], limit=1
        )
        shelf = self.icu.stock_location_id
        self._move(50, inventory, self.shelf_of_store)
        self._move(20, self.shelf_of_store, shelf)
        self._move(5, shelf, inventory)
        self._refresh()
        self.assertFalse(
            self.env["med.demand.day"].search([("product_id", "=", self.gloves.id)])
        )

    def test_lines_without_stock_are_demand_all_the_same(self):
        line = self._use(7, historical=False)
        line._post_pending([("id", "=", line.id)])
        self.assertEqual(line.incident_code, "no_stock")
        self._refresh()
        self.assertEqual(self._demand(), (7, 0))
        row = self.env["med.demand.day"].search(
            [("product_id", "=", self.gloves.id), ("used", ">", 0)]
        )
        self.assertTrue(row.stockout)

    def test_the_day_is_the_hospitals_not_greenwichs(self):
        self._use(3, event_time=self._moment(self.yesterday, hour=1))
        self._use(4, event_time=self._moment(self.yesterday, hour=23))
        self._refresh()
        self.assertEqual(self._demand(), (7, 0))

    def test_a_correction_takes_back_the_day_it_corrects(self):
        before = self.yesterday - timedelta(days=5)
        wrong = self._use(100, before)
        self._use(100, kind="return", reversal_of_id=wrong.id)
        self._use(10, before)
        self._refresh()
        self.assertEqual(self._demand(before), (10, 0))
        self.assertEqual(self._demand(), (0, 0))

    def test_use_of_departments_is_asked_of_their_store(self):
        self._use(10)
        self._use(4, department_id=self.er.id)
        self._refresh()
        self.assertEqual(self._demand(place=self.shelf_of_store), (0, 14))

    def test_use_from_the_stores_own_shelf_counts_once(self):
        self._use(6, location_id=self.shelf_of_store.id)
        self._refresh()
        self.assertEqual(self._demand(place=self.shelf_of_store), (6, 0))

    def test_departments_that_report_nothing_ask_by_what_is_issued_to_them(self):
        self.er.stock_keeping = "counted"
        shelf = self.er.stock_location_id
        self._move(30, self.shelf_of_store, shelf)
        self._move(10, shelf, self.shelf_of_store)
        self._use(8, department_id=self.er.id, historical=False)
        self._refresh()
        self.assertEqual(self._demand(self.today, place=self.shelf_of_store), (0, 20))
        self.assertEqual(self._demand(place=shelf), (8, 0))
        self.assertEqual(self._demand(place=self.shelf_of_store), (0, 0))

    def test_what_wards_give_each_other_is_asked_of_no_store(self):
        self.er.stock_keeping = self.icu.stock_keeping = "counted"
        lender, borrower = self.er.stock_location_id, self.icu.stock_location_id
        self._move(30, self.shelf_of_store, lender)
        self._move(10, lender, borrower)
        self._refresh()
        self.assertEqual(self._demand(self.today, place=self.shelf_of_store), (0, 30))

    def test_history_of_departments_that_report_nothing_is_asked_of_the_store(self):
        self.er.stock_keeping = "counted"
        self._use(8, department_id=self.er.id, historical=True)
        self._refresh()
        self.assertEqual(self._demand(place=self.er.stock_location_id), (8, 0))
        self.assertEqual(self._demand(place=self.shelf_of_store), (0, 8))

    def test_waste_that_is_taken_back_is_no_negative_demand(self):
        self._use(10)
        wasted = self._use(4, kind="waste")
        self._use(4, kind="return", reversal_of_id=wasted.id)
        self._refresh()
        self.assertEqual(self._demand(), (10, 0))

    def test_issues_that_post_the_ledger_do_not_count_twice(self):
        self.er.stock_keeping = "expensed"
        self._move(30, self._inventory(), self.shelf_of_store)
        line = self._use(
            5,
            department_id=self.er.id,
            location_id=self.shelf_of_store.id,
            historical=False,
        )
        line._post_pending([("id", "=", line.id)])
        self.assertEqual(line.state, "posted")
        self._refresh()
        self.assertEqual(self._demand(place=self.shelf_of_store), (5, 0))
        self.assertEqual(self._demand(self.today, place=self.shelf_of_store), (0, 0))

    def test_a_late_report_changes_its_own_day(self):
        self._use(10)
        self._refresh()
        self._use(2, self.yesterday - timedelta(days=200))
        self._refresh()
        self.assertEqual(self._demand(), (10, 0))
        self.assertEqual(self._demand(self.yesterday - timedelta(days=200)), (2, 0))

    def test_what_is_found_to_be_the_same_use_counts_no_longer(self):
        early = self.yesterday - timedelta(days=9)
        twin, other = self._use(10, early), self._use(3, early)
        alone = self._use(5, early - timedelta(days=1))
        # As after nights in which nothing happened to these lines.
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE med_consumption SET write_date = write_date - interval '9 days'"
            " WHERE id = ANY(%s)",
            [(twin | other | alone).ids],
        )
        self._refresh(date_from=early - timedelta(days=1))
        self.assertEqual(self._demand(early), (13, 0))
        (twin | alone)._set_outcome(state="matched")
        self._refresh()
        self.assertEqual(self._demand(early), (3, 0))
        self.assertEqual(self._demand(early - timedelta(days=1)), (0, 0))

    def test_refreshing_twice_changes_nothing(self):
        self._use(10)
        self._refresh()
        rows = self._rows()
        self._refresh()
        self.assertEqual(self._rows(), rows)

    def test_demand_adds_up_to_the_ledger_whatever_happened(self):
        rng = random.Random(11)
        items = [self.gloves, self._product("Masks"), self._product("Gauze")]
        reports = [
            self._report(
                rng.randint(1, 20),
                self.today - timedelta(days=rng.randint(1, 60)),
                product_id=rng.choice(items).id,
                department_id=rng.choice([self.icu, self.er]).id,
                kind=rng.choice(["use", "use", "use", "return", "waste"]),
            )
            for _ in range(400)
        ]
        for part in (reports[:150], reports[150:300], reports[300:]):
            self.env["med.consumption"]._record(part)
            self._refresh()
        incremental = self._rows()
        self.assertEqual(self._ledger_sums(), self._demand_sums())
        self._refresh(date_from=self.today - timedelta(days=100))
        self.assertEqual(self._rows(), incremental)

    def test_an_empty_shelf_marks_the_day_and_a_rebuild_keeps_the_mark(self):
        orderpoint = self._orderpoint(product_min_qty=5, product_max_qty=10)
        with freeze_time(self._moment(self.today, 1)):
            self.env["med.demand.day"]._mark_stockouts(orderpoint)
        self._use(4)
        for date_from in (None, self.today - timedelta(days=30)):
            self._refresh(date_from=date_from)
            row = self.env["med.demand.day"].search(
                [("location_id", "=", self.icu.stock_location_id.id)]
            )
            self.assertEqual((row.date, row.used), (self.yesterday, 4))
            self.assertTrue(row.stockout)
            self.assertEqual(row.department_id, self.icu)

    def test_a_shelf_that_served_its_last_piece_missed_nothing(self):
        orderpoint = self._orderpoint(product_min_qty=5, product_max_qty=10)
        self._use(4)
        self._refresh()
        self.env["med.demand.day"]._mark_stockouts(orderpoint)
        achieved = self._achieved()
        self.assertEqual((achieved["lines"], achieved["missed"]), (1, 0))
        line = self._use(7, self.yesterday - timedelta(days=1), historical=False)
        line._post_pending([("id", "=", line.id)])
        self._refresh()
        achieved = self._achieved()
        self.assertEqual((achieved["lines"], achieved["missed"]), (2, 1))

    def _achieved(self):
        pool = self.env["med.plan.pool"].create({"company_id": self.company.id})
        achieved = pool._achieved(self.today)
        pool.unlink()
        return achieved

    def test_an_evening_job_marks_the_day_that_it_sees(self):
        """Where the job of the night begins at six in the evening."""
        orderpoint = self._orderpoint(product_min_qty=5, product_max_qty=10)
        with freeze_time(self._moment(self.yesterday, 18)):
            self.env["med.demand.day"]._mark_stockouts(orderpoint)
        row = self.env["med.demand.day"].search([("product_id", "=", self.gloves.id)])
        self.assertEqual(row.date, self.yesterday)

    def test_a_filled_shelf_is_not_marked(self):
        orderpoint = self._orderpoint(product_min_qty=5, product_max_qty=10)
        self._move(1, self._inventory(), self.icu.stock_location_id)
        self.env["med.demand.day"]._mark_stockouts(orderpoint)
        self.assertFalse(
            self.env["med.demand.day"].search([("product_id", "=", self.gloves.id)])
        )

    def _inventory(self):
        return self.env["stock.location"].search(
            [("usage", "=", "inventory"), ("company_id", "=", self.company.id)], limit=1
        )

    def _move(self, quantity, source, destination):
        move = self.env["stock.move"].create(
            {
                "product_id": self.gloves.id,
                "product_uom_qty": quantity,
                "location_id": source.id,
                "location_dest_id": destination.id,
                "company_id": self.company.id,
                "quantity": quantity,
                "picked": True,
            }
        )
        move._action_done()
        self.assertEqual(move.state, "done")

    def _rows(self):
        return {
            (row.product_id, row.location_id, row.date): (row.used, row.dependent)
            for row in self.env["med.demand.day"].search(
                [("company_id", "=", self.company.id)]
            )
            if row.used or row.dependent
        }

    def _ledger_sums(self):
        sums = {}
        for kind, sign in (("use", 1), ("return", -1)):
            for product, place, quantity in self.env["med.consumption"]._read_group(
                [("company_id", "=", self.company.id), ("kind", "=", kind)],
                ["product_id", "location_id"],
                ["quantity:sum"],
            ):
                key = product, place
                sums[key] = sums.get(key, 0) + sign * quantity
        return sums

    def _demand_sums(self):
        return {
            (product, place): used
            for product, place, used in self.env["med.demand.day"]._read_group(
                [
                    ("company_id", "=", self.company.id),
                    ("location_id", "!=", self.shelf_of_store.id),
                ],
                ["product_id", "location_id"],
                ["used:sum"],
            )
        }
