from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .import_case import ImportCase

HEADERS = ["业务类型", "日期", "科室编码", "物资编码", "数量", "单据号", "批号"]


@tagged("post_install", "-at_install")
class TestImportHistory(ImportCase):
    def _history(self, *lines, headers=HEADERS, **values):
        return self._import(
            headers,
            *lines,
            **{"kind": "history", "user": self.storekeeper, **values},
        )

    def _do(self, *lines, **values):
        job = self._history(*lines, **values)
        job.action_check()
        job.action_import()
        return job

    def _lines(self):
        return self.env["med.consumption"].search([], order="event_time, id")

    def test_use_return_and_waste_become_history_that_moves_no_stock(self):
        self._stock(10, self._lot("A"))
        self._do(
            ["使用", "2025-03-05 09:20", "ICU", "GL1", 5, "D1", "A"],
            ["退回", "2025-03-06", "ICU", "GL1", 1, "D2", "A"],
            ["报废", "2025-03-07", "Emergency", "GL1", 2, "D3", ""],
        )
        lines = self._lines()
        self.assertEqual(lines.mapped("kind"), ["use", "return", "waste"])
        self.assertEqual(lines.mapped("quantity"), [5, 1, 2])
        self.assertEqual(lines.mapped("department_id.code"), ["ICU", "ER"])
        self.assertEqual(set(lines.mapped("state")), {"historical"})
        self._post()
        self.assertEqual(self._on_hand(), 10)

    def test_the_hour_is_that_of_the_hospital(self):
        self._do(
            ["使用", "2025-03-05 00:30", "ICU", "GL1", 1, "", ""],
            ["使用", "2025-03-06", "ICU", "GL1", 1, "", ""],
        )
        self.assertEqual(
            [str(moment) for moment in self._lines().mapped("event_time")],
            ["2025-03-04 16:30:00", "2025-03-06 04:00:00"],
        )

    def test_the_same_file_twice_and_an_overlapping_one_change_nothing(self):
        january = [
            ["使用", "2025-01-05", "ICU", "GL1", 1, "", ""],
            ["使用", "2025-01-05", "ICU", "GL1", 1, "", ""],
        ]
        self._do(*january)
        job = self._do(*january, ["使用", "2025-02-05", "ICU", "GL1", 3, "", ""])
        self.assertEqual((job.to_create, job.unchanged), (1, 2))
        self.assertEqual(self._lines().mapped("quantity"), [1, 1, 3])

    def test_a_line_that_was_reported_otherwise_is_a_fault(self):
        headers = [*HEADERS, "行号"]
        self._do(["使用", "2025-01-05", "ICU", "GL1", 1, "D1", "", 1], headers=headers)
        job = self._history(
            ["使用", "2025-01-05", "ICU", "GL1", 2, "D1", "", 1], headers=headers
        )
        job.action_check()
        self.assertEqual(self._faults(job), [("2", "changed_report")])
        self.assertIn("Quantity", job.fault_ids.text)

    def test_faults_of_history_are_named_by_row(self):
        job = self._history(
            ["使用", "2999-01-01", "ICU", "GL1", 1, "", ""],
            ["使用", "2025-01-05", "Moon", "GL1", 1, "", ""],
            ["使用", "2025-01-05", "ICU", "XX", 1, "", ""],
            ["吃掉", "2025-01-05", "ICU", "GL1", 1, "", ""],
            ["使用", "2025-01-05", "ICU", "GL1", "many", "", ""],
            ["使用", "03/04/2025", "ICU", "GL1", 1, "", ""],
            ["使用", "2025-01-05", None, "GL1", 1, "", ""],
            ["使用", "2025-01-05", "ICU", "GL1", 0.0001, "", ""],
        )
        job.action_check()
        self.assertEqual(
            [(fault.row, fault.code) for fault in job.fault_ids],
            [
                (2, "future"),
                (3, "unknown_department"),
                (4, "unknown_item"),
                (5, "unknown_word"),
                (6, "not_a_number"),
                (7, "ambiguous_day"),
                (8, "missing"),
                (9, "too_small"),
            ],
        )
        self.assertFalse(self._lines())

    def test_days_since_the_opening_would_count_twice(self):
        self._use(1, event_time=self._utc("2025-06-01 02:00"))
        job = self._history(
            ["使用", "2025-05-31", "ICU", "GL1", 1, "", ""],
            ["使用", "2025-06-01", "ICU", "GL1", 1, "", ""],
        )
        job.action_check()
        self.assertEqual(self._faults(job), [("B3", "after_opening")])
        self.assertIn("2025-06-01", job.fault_ids.text)

    def test_an_item_is_known_by_any_of_its_codes(self):
        self.gloves.write({"med_charge_code": "330100", "med_hospital_code": "YX1"})
        self.env["med.udi"].create(
            {"di": "06901234567892", "product_id": self.gloves.id}
        )
        codes = ["GL1", "330100", "YX1", "06901234567892"]
        self._do(*(["使用", "2025-01-05", "ICU", c, 1, "", ""] for c in codes))
        self.assertEqual(len(self._lines()), 4)

    def test_a_code_of_two_items_is_a_fault_that_names_them(self):
        other = self._product("Gloves of another maker")
        (other | self.gloves).write({"med_charge_code": "330100"})
        job = self._history(["使用", "2025-01-05", "ICU", "330100", 1, "", ""])
        job.action_check()
        self.assertEqual(self._faults(job), [("D2", "ambiguous_item")])
        self.assertIn("another maker", job.fault_ids.text)

    def test_boxes_become_pieces_and_kilograms_are_refused(self):
        self.env["uom.uom"].create(
            {
                "name": "Box of the tests",
                "relative_uom_id": self.unit.id,
                "relative_factor": 50,
            }
        )
        self.env["uom.uom"].create({"name": "Load of the tests"})
        headers = [*HEADERS, "单位"]
        line = ["使用", "2025-01-05", "ICU", "GL1", 2, "", ""]
        self._do([*line, "Box of the tests"], headers=headers)
        self.assertEqual(self._lines().quantity, 100)
        job = self._history([*line, "Load of the tests"], headers=headers)
        job.action_check()
        self.assertEqual(self._faults(job), [("H2", "unit_differs")])

    def test_receipts_tell_lead_times_and_prices_and_move_nothing(self):
        supplier = self.env["res.partner"].create(
            {"name": "Good Hands", "is_company": True}
        )
        job = self._do(
            ["2025-03-05", "GL1", 100, "R1", "Good Hands", 2.4, "2025-02-20"],
            ["2025-03-06", "GL1", 100, "R2", "Unknown Ltd", 2.6, ""],
            headers=[
                "日期",
                "物资编码",
                "数量",
                "单据号",
                "供应商",
                "单价",
                "订货日期",
            ],
            history_kind="receipt",
        )
        rows = self.env["med.history"].search([], order="event_time")
        self.assertEqual(rows.mapped("lead_days"), [13, 0])
        self.assertEqual(rows[0].partner_id, supplier)
        self.assertEqual(rows[1].supplier_name, "Unknown Ltd")
        self.assertEqual(self._faults(job), [("E3", "unknown_supplier")])
        self.assertFalse(self._lines())

    def test_a_requisition_counts_as_use_only_where_use_is_not_reported(self):
        self.er.stock_keeping = "expensed"
        self._do(
            ["领用", "2025-03-05", "ICU", "GL1", 5, "L1", ""],
            ["领用", "2025-03-05", "ER", "GL1", 7, "L2", ""],
        )
        rows = self.env["med.history"].search([], order="quantity")
        self.assertEqual(rows.mapped("quantity"), [5, 7])
        self.assertEqual(self._lines().mapped("quantity"), [7])
        self.assertEqual(rows.consumption_id, self._lines())

    def test_requisitions_beside_use_of_the_same_ward_are_remarked(self):
        self._do(["使用", "2025-03-05", "ICU", "GL1", 5, "", ""])
        job = self._history(
            ["领用", "2025-03-05", "ICU", "GL1", 5, "L1", ""], issues_as_use="all"
        )
        job.action_check()
        self.assertEqual(self._faults(job), [("C2", "counted_twice")])

    def test_an_undo_takes_the_demand_back_day_by_day_and_deletes_nothing(self):
        self.er.stock_keeping = "expensed"
        job = self._do(
            ["使用", "2025-03-05", "ICU", "GL1", 5, "", ""],
            ["退回", "2025-03-06", "ICU", "GL1", 1, "", ""],
            ["报废", "2025-03-07", "ICU", "GL1", 2, "", ""],
            ["领用", "2025-03-05", "ER", "GL1", 7, "L2", ""],
        )
        job.action_undo()
        lines = self._lines()
        self.assertEqual(len(lines), 8)
        groups = lines._read_group(
            [], ["department_id", "event_time:day"], ["id:recordset"]
        )
        for _department, _day, same in groups:
            signed = [
                -line.quantity if line.kind == "return" else line.quantity
                for line in same
            ]
            self.assertEqual(sum(signed), 0)
        self.assertFalse(self.env["med.history"].search([]))

    def test_what_was_undone_can_be_imported_again_and_undone_again(self):
        line = ["使用", "2025-03-05", "ICU", "GL1", 5, "", ""]
        for times in range(1, 4):
            job = self._do(line)
            self.assertEqual(job.to_create, 1)
            self.assertEqual(len(self._lines()), 2 * times - 1)
            again = self._do(line)
            self.assertEqual((again.to_create, again.unchanged), (0, 1))
            job.action_undo()

    def test_a_word_about_a_patient_in_a_remark_is_never_stored(self):
        job = self._do(
            ["使用", "2025-03-05", "ICU", "GL1", 5, "", "", "王小明 床3"],
            headers=[*HEADERS, "备注"],
        )
        stored = self._lines().read()[0] | job.read()[0]
        self.assertNotIn("王小明", str(stored))
        self.assertNotIn("王小明", str(job.fault_ids.read() + job.column_ids.read()))

    def test_a_ward_reads_the_requisitions_of_its_own_department_only(self):
        self._do(
            ["领用", "2025-03-05", "ICU", "GL1", 5, "L1", ""],
            ["领用", "2025-03-05", "ER", "GL1", 7, "L2", ""],
            ["入库", "2025-03-05", "", "GL1", 9, "R1", ""],
        )
        nurse = self._user("nurse", "med_consumables.group_ward_user", [self.icu])
        history = self.env["med.history"]
        self.assertEqual(history.with_user(nurse).search([]).mapped("quantity"), [5])
        auditor = self._user("auditor", "med_consumables.group_auditor")
        self.assertEqual(history.with_user(auditor).search_count([]), 3)
        for user in (nurse, auditor, self.storekeeper):
            with self.assertRaises(AccessError):
                history.with_user(user).search([], limit=1).write({"quantity": 1})
            with self.assertRaises(AccessError):
                history.with_user(user).create({"kind": "receipt"})

    def test_a_ward_imports_nothing(self):
        nurse = self._user("nurse", "med_consumables.group_ward_user", [self.icu])
        with self.assertRaises(AccessError):
            self._history(user=nurse)

    def test_only_a_finished_import_is_undone(self):
        job = self._history(["使用", "2025-03-05", "ICU", "GL1", 5, "", ""])
        with self.assertRaises(UserError):
            job.action_undo()
        with self.assertRaises(UserError):
            job.action_import()

    def test_fifty_items_cost_hardly_more_queries_than_five(self):
        def check(prefix, number):
            for place in range(number):
                self._product(f"{prefix} {place}", default_code=f"{prefix}{place}")
            job = self._history(
                *(
                    ["使用", "2025-01-05", "ICU", f"{prefix}{place}", 1, "", ""]
                    for place in range(number)
                )
            )
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            job.action_check()
            self.env.flush_all()
            self.assertEqual(job.to_create, number)
            return self.env.cr.sql_log_count - before

        check("warm", 1)
        self.assertLessEqual(check("many", 50), check("few", 5) + 5)
