from datetime import datetime, timedelta
from unittest.mock import patch

from odoo.tests import tagged
from odoo.tools import SQL

from .common import ConsumablesCase

#: What differs between any two records, or between two equal departments.
OWN = {
    "id",
    "create_date",
    "write_date",
    "create_uid",
    "write_uid",
    "name",
    "reference",
    "date_done",
    "picking_id",
    "move_id",
    "location_id",
    "location_dest_id",
    "med_department_id",
    "med_stock_move_id",
    "ref",
    "origin",
    "in_date",
}


@tagged("post_install", "-at_install")
class TestPostingInOneGo(ConsumablesCase):
    """Moves made in one go are, column by column, what Odoo's own steps make."""

    def setUp(self):
        super().setUp()
        # Two lots on one shelf: the first does not last for the day.
        self.lots = self._lot("SOON", 100), self._lot("LATE", 300)
        self.plain = self._product("Tape", tracking="none", use_expiration_date=False)
        self.stent = self._product("Stent", tracking="serial")
        self.pieces = [self._lot(name, 300, self.stent) for name in ("S1", "S2", "S3")]
        for department in (self.icu, self.er):
            for piece in self.pieces:
                self._stock(1, piece, department, self.stent)
            self._stock(5, self.lots[0], department)
            self._stock(50, self.lots[1], department)
            self._stock(40, None, department, self.plain)

    def _post_day(self, department, by_steps):
        noon = self._utc("2026-01-15 04:00")  # in Shanghai
        lines = self.env["med.consumption"]._record(
            [
                self._report(
                    quantity,
                    f"{department.code} {number}",
                    department_id=department.id,
                    product_id=product.id,
                    event_time=noon - timedelta(hours=hours),
                )
                for number, (product, quantity, hours) in enumerate(
                    [
                        (self.gloves, 3, 2),
                        (self.gloves, 4, 1),
                        (self.plain, 2.5, 3),
                        (self.gloves, 1, 30),
                        (self.stent, 1, 1),
                        (self.stent, 1, 2),
                    ]
                )
            ]
        )
        Ledger = self.env.registry["med.consumption"]
        with patch.object(Ledger, "_is_hooked", lambda self: by_steps):
            self._post()
        self.env.flush_all()
        self.env.invalidate_all()
        return lines

    def _both_ways(self):
        return self._post_day(self.icu, False), self._post_day(self.er, True)

    def _columns(self, records, *more_own):
        self.env.flush_all()
        names = [
            name
            for name, field in records._fields.items()
            if field.store and field.column_type and name not in {*OWN, *more_own}
        ]
        self.env.cr.execute(
            SQL(
                "SELECT %s FROM %s WHERE id IN %s",
                SQL(", ").join(map(SQL.identifier, names)),
                SQL.identifier(records._table),
                tuple(records.ids),
            )
        )
        return sorted(
            [{n: v for n, v in row.items() if v is not None} for row in self._dicts()],
            key=lambda row: (row["product_id"], repr(sorted(row.items()))),
        )

    def _dicts(self):
        for row in self.env.cr.dictfetchall():
            yield {
                name: value.replace(microsecond=0)
                if isinstance(value, datetime)
                else value
                for name, value in row.items()
            }

    def test_the_moves_are_equal(self):
        ours, theirs = (lines.allocation_ids.move_id for lines in self._both_ways())
        self.assertEqual(len(ours), 4)
        self.assertEqual(self._columns(ours), self._columns(theirs))

    def test_the_move_lines_are_equal(self):
        ours, theirs = (
            lines.allocation_ids.move_line_id for lines in self._both_ways()
        )
        self.assertEqual(len(ours), 6)
        self.assertEqual(self._columns(ours), self._columns(theirs))

    def test_the_transfers_are_equal(self):
        ours, theirs = (
            lines.allocation_ids.move_id.picking_id for lines in self._both_ways()
        )
        self.assertEqual(len(ours), 1)
        self.assertEqual(self._pickings(ours), self._pickings(theirs))
        self.assertFalse(ours.message_ids)

    def _pickings(self, pickings):
        names = ["state", "move_type", "is_locked", "shipping_weight"]
        names += ["company_id", "picking_type_id"]
        return [{name: picking[name] for name in names} for picking in pickings]

    def test_the_costs_are_equal(self):
        ours, theirs = (
            lines.allocation_ids.move_id.analytic_account_line_ids
            for lines in self._both_ways()
        )
        self.assertEqual(len(ours), 4)
        column = self.plan._column_name()
        self.assertEqual(ours[column], self.icu.analytic_account_id)
        self.assertEqual(
            self._columns(ours, column, "general_account_id"),
            self._columns(theirs, column, "general_account_id"),
        )

    def test_the_stock_is_equal(self):
        self._both_ways()
        places = ("stock_location_id", "consumption_location_id")
        for place in places:
            ours, theirs = (
                self._columns(
                    self.env["stock.quant"].search(
                        [("location_id", "=", department[place].id)]
                    )
                )
                for department in (self.icu, self.er)
            )
            self.assertEqual(ours, theirs)

    def test_the_ledger_is_equal(self):
        ours, theirs = self._both_ways()
        for one, other in zip(ours, theirs, strict=True):
            self.assertEqual(
                (one.state, one.value, one.lot_id, len(one.allocation_ids)),
                (other.state, other.value, other.lot_id, len(other.allocation_ids)),
            )

    def test_a_lot_in_one_place_bears_that_place(self):
        sole = self._lot("SOLE")
        self._stock(4, sole)
        self._use(4, lot_name="SOLE")
        self._post()
        self.assertEqual(sole.location_id, self.icu.consumption_location_id)

    def test_a_piece_that_was_used_already_waits_as_an_incident(self):
        outcomes = []
        for department, by_steps in ((self.icu, False), (self.er, True)):
            Ledger = self.env.registry["med.consumption"]
            with patch.object(Ledger, "_is_hooked", lambda self, by=by_steps: by):
                for number in range(2):
                    line = self._use(
                        1,
                        f"{department.code} piece {number}",
                        department_id=department.id,
                        product_id=self.stent.id,
                        lot_name="S1",
                    )
                    self._post()
                    outcomes.append((line.state, line.incident_code))
                    self._stock(1, self.pieces[0], department, self.stent)
        self.assertEqual(outcomes[:2], outcomes[2:])
        self.assertEqual(outcomes[:2], [("posted", False), ("incident", "error")])

    def test_pieces_are_posted_in_one_go(self):
        Ledger = self.env.registry["med.consumption"]
        with patch.object(Ledger, "_transfer_by_steps") as by_steps:
            self._post_day(self.icu, False)
        by_steps.assert_not_called()

    def test_nothing_that_comes_with_this_addon_stands_in_the_way(self):
        self.assertFalse(self.env["med.consumption"]._is_hooked())

    def test_the_reorder_rule_of_the_shelf_sees_the_use(self):
        rule = self.env["stock.warehouse.orderpoint"].create(
            {
                "product_id": self.plain.id,
                "location_id": self.icu.stock_location_id.id,
                "product_min_qty": 39,
                "product_max_qty": 60,
                "trigger": "manual",
            }
        )
        self.assertEqual(rule.qty_to_order, 0)
        self._use(10, product_id=self.plain.id)
        self._post()
        self.assertEqual(rule.qty_to_order, 30)

    def test_what_is_reserved_for_another_transfer_is_left_to_it(self):
        move = self.env["stock.move"].create(
            {
                "product_id": self.plain.id,
                "product_uom_qty": 38,
                "location_id": self.icu.stock_location_id.id,
                "location_dest_id": self.er.stock_location_id.id,
            }
        )
        move._action_confirm()
        move._action_assign()
        line = self._use(3, product_id=self.plain.id)
        self._post()
        self.assertEqual((line.incident_code, line.incident_missing), ("no_stock", 1.0))
        self.assertEqual(move.quantity, 38)

    def test_stock_of_a_queue_of_receipts_takes_the_steps_of_odoo(self):
        self.category.property_cost_method = "fifo"
        lines = self._post_day(self.icu, by_steps=False)
        self.assertEqual(set(lines.mapped("state")), {"posted"})
        moves = lines.allocation_ids.move_id
        self.assertEqual(sum(lines.mapped("value")), sum(moves.mapped("value")))

    def test_one_batch_over_departments_reads_no_more_than_over_one(self):
        def post(count, source):
            departments = (self.icu, self.er)
            self.env["med.consumption"]._record(
                [
                    self._report(
                        1,
                        f"{number}",
                        source=source,
                        department_id=departments[number % 2].id,
                        product_id=self.plain.id,
                    )
                    for number in range(count)
                ]
            )
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self._post()
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        post(2, "first")
        few, many = post(2, "few"), post(20, "many")
        self.assertLessEqual(many, few + 2)
