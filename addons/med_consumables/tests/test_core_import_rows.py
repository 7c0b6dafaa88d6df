from datetime import date, datetime, timedelta
from decimal import Decimal

from odoo.tests import BaseCase

from ..core import history_rows, item_rows
from ..core.cell_values import CellFault, code, moment, quantity, text, yes_no
from ..core.data_quality import Check, score
from ..core.headers import speaks_of_patients
from ..core.history_rows import Keys
from ..core.near_names import near_pairs
from ..core.rows import find_table, letter, missing_columns, records
from ..core.sheet import Row, SheetRefused

TODAY = date(2026, 3, 1)


def _rows(*lines):
    return [Row(number, tuple(line)) for number, line in enumerate(lines, start=1)]


class TestTable(BaseCase):
    def test_headers_below_a_title_are_found_in_both_languages(self):
        for headers in (
            ("物资编码", "＊品名 ", "单位(最小)"),
            ("Item Code", "item_name", "UOM"),
            ("物资编码 Item Code", "物资名称 Item Name", "单位 Unit"),
            ("编码\n(Code)", "名称（Name）", "计量单位"),
        ):
            rows = _rows(("市一院物资目录",), headers, ("A1", "手套", "只"))
            table = find_table(rows, item_rows.COLUMNS)
            self.assertEqual(table.header_row, 2)
            self.assertEqual(table.mapping, {"code": 0, "name": 1, "unit": 2})

    def test_every_header_of_the_templates_is_recognised(self):
        for columns in item_rows.COLUMNS, history_rows.COLUMNS:
            headers = [f"{c.chinese} {c.english}" for c in columns]
            table = find_table(_rows(headers), columns)
            self.assertEqual(
                table.mapping, {c.key: place for place, c in enumerate(columns)}
            )

    def test_no_header_means_two_columns_of_one_table(self):
        for columns in item_rows.COLUMNS, history_rows.COLUMNS:
            names = [name for column in columns for name in column.names]
            self.assertEqual(len(names), len(set(names)))

    def test_a_column_of_patients_is_refused_by_its_header(self):
        for header in (
            *("患者姓名", "姓名", "住院号", "床号", "身份证号", "Patient Name", "MRN"),
            *("patientname", "病人ID", "出生日期", "Sex", "Age", "联系电话", "bed_no"),
            *("Date of Birth", "诊断", "手机", "患者（供应商）"),
        ):
            with self.subTest(header), self.assertRaises(SheetRefused) as refused:
                find_table(_rows(("物资编码", "数量", header)), history_rows.COLUMNS)
            self.assertEqual(refused.exception.data["columns"], [header])

    def test_columns_of_items_and_firms_are_not_taken_for_patients(self):
        for header in (
            *("物资名称", "供应商电话", "生产企业联系方式", "储存条件", "使用年限"),
            *("Storage", "Package", "Usage", "Item name", "体外诊断试剂", "Message"),
            *(column.chinese for column in item_rows.COLUMNS),
            *(column.english for column in history_rows.COLUMNS),
        ):
            self.assertFalse(speaks_of_patients(header), header)

    def test_identity_numbers_are_refused_under_any_header(self):
        rows = _rows(("物资编码", "备注"), ("A1", ""), ("A2", "11010519491231002X"))
        table = find_table(rows, item_rows.COLUMNS)
        with self.assertRaises(SheetRefused) as refused:
            list(records(rows, table, item_rows.COLUMNS))
        self.assertEqual(refused.exception.code, "patient_values")
        self.assertEqual(refused.exception.data, {"row": 3, "column": "备注"})

    def test_a_missing_column_is_named(self):
        table = find_table(_rows(("物资编码", "名称")), item_rows.COLUMNS)
        missing = missing_columns(table, item_rows.COLUMNS)
        self.assertEqual([column.key for column in missing], ["unit"])

    def test_a_fault_names_the_row_and_the_cell_of_the_sheet(self):
        rows = _rows(("物资编码", "名称", "单位", "植入"), (1.0, "手套", None, "也许"))
        table = find_table(rows, item_rows.COLUMNS)
        (record,) = records(rows, table, item_rows.COLUMNS)
        self.assertEqual(record.values["code"], "1")
        self.assertEqual(
            [(f.row, letter(f.position), f.code) for f in record.faults],
            [(2, "C", "missing"), (2, "D", "not_yes_or_no")],
        )

    def test_a_header_that_is_printed_again_on_each_page_is_no_item(self):
        header = ("物资编码", "名称", "单位")
        rows = _rows(header, ("A", "手套", "只"), header, ("B", "纱布", "块"))
        table = find_table(rows, item_rows.COLUMNS)
        found = [r.values["code"] for r in records(rows, table, item_rows.COLUMNS)]
        self.assertEqual(found, ["A", "B"])


class TestCells(BaseCase):
    def test_days_in_the_ways_in_which_hospitals_write_them(self):
        for value in (
            *("2024-03-05", "2024/3/5", "2024.3.5", "20240305", "2024年3月5日"),
            *(45356, 45356.0, "45356", 20240305, date(2024, 3, 5)),
            *(datetime(2024, 3, 5), "２０２４-０３-０５"),
        ):
            self.assertEqual(moment(value), date(2024, 3, 5), value)
        for value in ("2024-03-05 14:20", "2024-03-05T14:20:00", 45356.597222222):
            self.assertEqual(moment(value), datetime(2024, 3, 5, 14, 20), value)

    def test_a_day_that_could_be_two_days_is_asked_for(self):
        for value, why in (
            ("03/04/2024", "ambiguous_day"),
            ("3-4-24", "ambiguous_day"),
            ("2024-13-01", "not_a_day"),
            ("yesterday", "not_a_day"),
            (True, "not_a_day"),
            (7, "not_a_day"),
            (1e300, "not_a_day"),
            (timedelta(days=2), "not_a_day"),
        ):
            with self.subTest(value), self.assertRaises(CellFault) as fault:
                moment(value)
            self.assertEqual(fault.exception.code, why)

    def test_digits_that_the_spreadsheet_lost_are_told(self):
        for value in (6.90123456789012e17, "6.9E+13", 10**16):
            with self.subTest(value), self.assertRaises(CellFault) as fault:
                code(value)
            self.assertEqual(fault.exception.code, "digits_lost")

    def test_numbers(self):
        self.assertEqual(quantity("１２"), 12)
        self.assertEqual(quantity("1,234"), 1234)
        self.assertEqual(quantity(0.1), Decimal("0.1"))
        self.assertIsNone(quantity("  "))
        for value in (
            "12个",
            "1,2,3",
            True,
            "nan",
            "inf",
            float("nan"),
            "--1",
            "1e999",
        ):
            with self.subTest(value), self.assertRaises(CellFault):
                quantity(value)

    def test_control_characters_never_pass(self):
        for value in ("a\0b", "a\x1bb", "\x07"):
            with self.assertRaises(CellFault):
                text(value)

    def test_yes_and_no(self):
        self.assertTrue(all(yes_no(v) for v in ("是", "Y", 1, True, "√")))
        self.assertFalse(any(yes_no(v) for v in ("否", "n", 0, False, "×")))


class TestHistoryRows(BaseCase):
    def _record(self, **values):
        values = {
            "kind": "use",
            "date": date(2025, 3, 5),
            "department": "ICU",
            "item": "A1",
            "quantity": Decimal(2),
            **values,
        }
        headers = {c.key: c.chinese for c in history_rows.COLUMNS}
        words = {key: next(iter(sorted(w))) for key, w in history_rows.KINDS.items()}
        values["kind"] = words.get(values["kind"], values["kind"])
        rows = _rows([headers[key] for key in values], list(values.values()))
        table = find_table(rows, history_rows.COLUMNS)
        return next(records(rows, table, history_rows.COLUMNS))

    def _faults(self, default=None, **values):
        record = self._record(**values)
        faults = record.faults + tuple(history_rows.check(record, TODAY, default))
        return [(fault.key, fault.code) for fault in faults], record.values

    def test_a_good_row_has_no_fault(self):
        self.assertEqual(self._faults()[0], [])

    def test_a_negative_use_is_a_return_as_charge_systems_write_refunds(self):
        faults, values = self._faults(quantity=-3)
        self.assertEqual(faults, [])
        self.assertEqual((values["kind"], values["quantity"]), ("return", 3))

    def test_a_receipt_needs_no_department_and_no_minus(self):
        self.assertEqual(self._faults(kind="receipt", department="")[0], [])
        faults, _values = self._faults(kind="receipt", quantity=-1)
        self.assertEqual(faults, [("quantity", "negative")])

    def test_what_a_row_cannot_do_without(self):
        self.assertEqual(self._faults(department="")[0], [("department", "missing")])
        self.assertEqual(self._faults(kind="")[0], [("kind", "missing")])
        self.assertEqual(self._faults("waste", kind="")[1]["kind"], "waste")
        self.assertEqual(self._faults(quantity=0)[0], [("quantity", "zero")])

    def test_days_that_cannot_be(self):
        self.assertEqual(self._faults(date="2026-03-02")[0], [("date", "future")])
        self.assertEqual(self._faults(date="1999-12-31")[0], [("date", "too_early")])
        faults, _values = self._faults(kind="receipt", ordered="2025-03-06")
        self.assertEqual(faults, [("ordered", "ordered_after")])

    def test_the_same_rows_in_a_later_export_have_the_same_keys(self):
        rows = [{"kind": "use", "item": item} for item in ("A", "B", "A")]
        first, second = Keys(), Keys()
        january = [first.key(row) for row in rows]
        both = [second.key(row) for row in [*rows, {"kind": "use", "item": "C"}]]
        self.assertEqual(january, both[:3])
        self.assertEqual(len(set(both)), 4)

    def test_a_document_line_keeps_its_key_when_its_quantity_is_corrected(self):
        row = {"kind": "use", "document": "CK1", "line": "2", "quantity": Decimal(1)}
        self.assertEqual(Keys().key(row), Keys().key({**row, "quantity": Decimal(9)}))


class TestNearNamesAndScore(BaseCase):
    def test_width_case_spaces_and_marks_make_no_other_item(self):
        names = {
            1: "一次性使用 注射器（5ＭＬ）",
            2: "一次性使用注射器(5ml)",
            3: "纱布块",
        }
        self.assertEqual(near_pairs(names), [(1, 2, 1.0)])

    def test_a_slip_of_the_pen_is_near(self):
        ((first, second, likeness),) = near_pairs(
            {7: "一次性使用无菌注射器 5ml", 8: "一次性使用无茵注射器 5ml"}
        )
        self.assertEqual((first, second), (7, 8))
        self.assertLess(likeness, 1)

    def test_sizes_and_sides_are_never_near(self):
        for names in (
            ("一次性使用无菌注射器 5ml", "一次性使用无菌注射器 50ml"),
            ("Examination gloves nitrile M", "Examination gloves nitrile L"),
            ("人工膝关节股骨部件（左）", "人工膝关节股骨部件（右）"),
            ("医用检查手套丁腈大号", "医用检查手套丁腈小号"),
        ):
            self.assertEqual(near_pairs(dict(enumerate(names))), [], names)

    def test_the_score_is_the_printed_formula(self):
        checks = [Check("charge_code", 10, 5), Check("negative_stock", 100, 10)]
        self.assertAlmostEqual(score(checks), 100 * (2 * 0.5 + 3 * 0.9) / 5)

    def test_where_nothing_was_looked_at_there_is_no_score(self):
        self.assertIsNone(score([Check("di", 0, 0)]))
