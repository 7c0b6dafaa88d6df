from unittest.mock import patch

from odoo.tools import mute_logger

from ..models.outcome import unexpected
from .common import HisCase
from .samples import ft1


class TestProcess(HisCase):
    """From a message to lines of the ledger."""

    # What is recorded

    def test_a_charge_becomes_a_ledger_line(self):
        (message,) = self._process(
            self._dft(ft1("T-GLOVE", "2", when="20260105101500", f13="T-CATH"))
        )
        self.assertEqual((message.state, message.line_count), ("processed", 1))
        (line,) = self._lines()
        self.assertEqual(line.his_message_id, message)
        self.assertEqual(line.product_id, self.gloves)
        self.assertEqual(line.department_id, self.cath)
        self.assertEqual((line.quantity, line.kind), (2.0, "use"))
        self.assertEqual(line.event_time, self._utc("2026-01-05 02:15"))
        self.assertEqual(line.external_key, "HIS|HOSP|FT1:T1")

    def test_a_refund_takes_back_its_charge(self):
        self._process(
            self._dft(ft1("T-GLOVE", "2")),
            self._dft(ft1("T-GLOVE", "1", kind="CD"), control_id="C2"),
        )
        use, back = self._lines()
        self.assertEqual((back.kind, back.quantity), ("return", 1.0))
        self.assertEqual(back.reversal_of_id, use)

    def test_a_chinese_platform_charge_and_refund_become_two_lines(self):
        item = "RXO|T-STENT^SN-9|{}||"
        self._process(
            self._ras("ORC|NW|88001", item.format(1)),
            self._ras(
                "ORC|CA|88002" + "|" * 18 + "^^^88001",
                item.format(-1),
                control_id="C2",
            ),
        )
        use, back = self._lines()
        self.assertEqual((use.serial, use.product_id), ("SN-9", self.stent))
        self.assertEqual(back.reversal_of_id, use)

    def test_the_visit_is_a_token_that_stays_the_same(self):
        visit = "PV1||I|T-ICU" + "|" * 16 + "{}"
        self._process(
            self._dft(ft1("T-GLOVE", number="1"), visit=visit.format("V1")),
            self._dft(
                ft1("T-GLOVE", number="2"), visit=visit.format("V1"), control_id="2"
            ),
            self._dft(
                ft1("T-GLOVE", number="3"), visit=visit.format("V2"), control_id="3"
            ),
        )
        first, second, other = self._lines().mapped("encounter_token")
        self.assertEqual(first, second)
        self.assertNotEqual(first, other)
        self.assertRegex(first, "^[0-9a-f]{64}$")

    def test_items_are_found_by_every_code_they_bear(self):
        by_reference = self._product("A", default_code="T-REF")
        by_barcode = self._product("B", barcode="6901234567892")
        by_udi = self._product("C")
        self.env["med.udi"].create(
            {
                "product_id": by_udi.id,
                "di": "06901234567892",
                "agency": "gs1",
                "pack_level": "case",
                "base_units": 20,
            }
        )
        codes = ("T-GLOVE", "T-STENT", "T-REF", "6901234567892", "06901234567892")
        self._process(self._dft(*(ft1(code, "1", number=code) for code in codes)))
        found = {line.product_id: line.quantity for line in self._lines()}
        self.assertEqual(
            found,
            {
                self.gloves: 1,
                self.stent: 1,
                by_reference: 1,
                by_barcode: 1,
                by_udi: 20,
            },
        )

    def test_a_mapping_goes_before_the_items_own_code_and_counts_packs(self):
        self._map("item", "T-GLOVE", product_id=self.stent.id, factor=10)
        self._process(self._dft(ft1("T-GLOVE", "2")))
        (line,) = self._lines()
        self.assertEqual((line.product_id, line.quantity), (self.stent, 20.0))

    def test_a_code_that_is_left_out_leaves_the_rest_of_the_message(self):
        self._map("item", "XRAY", ignored=True)
        (message,) = self._process(
            self._dft(ft1("XRAY", number="1"), ft1("T-GLOVE", number="2"))
        )
        self.assertEqual(
            (message.state, message.line_count, message.skipped_count),
            ("processed", 1, 1),
        )

    def test_an_item_that_shares_its_charge_code_is_told_by_its_other_code(self):
        twin = self._product("Other", med_charge_code="T-GLOVE", default_code="T-2")
        self._process(self._dft(ft1("T-GLOVE", f34="T-2")))
        self.assertEqual(self._lines().product_id, twin)

    def test_a_unit_in_the_message_is_converted(self):
        units = self.env.ref("uom.product_uom_unit")
        self.env["uom.uom"].create(
            {"name": "T-tray", "relative_uom_id": units.id, "relative_factor": 12}
        )
        (message,) = self._process(
            self._ras("ORC|NW|1", "RXO|T-GLOVE|2||t-TRAY"),
        )
        self.assertFalse(message.error_code)
        self.assertEqual(self._lines().quantity, 24.0)

    def test_the_channels_usual_department_stands_in(self):
        self.channel.department_id = self.cath
        self._process(self._dft(ft1("T-GLOVE", f13='""')))
        self.assertEqual(self._lines().department_id, self.cath)

    # All or nothing

    def test_a_message_is_recorded_whole_or_not_at_all(self):
        (message,) = self._process(
            self._dft(ft1("T-GLOVE", number="1"), ft1("NOBODY", number="2"))
        )
        self.assertEqual(
            (message.state, message.error_code, message.cause_code),
            ("exception", "unknown_item", "NOBODY"),
        )
        self.assertEqual(message.error_position, "FT1[2]")
        self.assertFalse(self._lines())

    def test_a_bad_message_does_not_stop_the_others(self):
        messages = self._process(
            self._dft(ft1("T-GLOVE", number="1"), control_id="1"),
            self._dft(ft1("NOBODY", number="2"), control_id="2"),
            self._dft(ft1("T-GLOVE", "x", number="3"), control_id="3"),
            self._dft(ft1("T-GLOVE", "5", number="1"), control_id="4"),
            self._dft(ft1("T-GLOVE", number="5"), control_id="5"),
        )
        self.assertEqual(
            messages.mapped("error_code"),
            [False, "unknown_item", "bad_quantity", "conflict", False],
        )
        self.assertEqual(len(self._lines()), 2)

    @mute_logger("odoo.addons.med_his_connector.models.outcome")
    def test_a_fault_of_ours_in_reading_is_an_exception_of_that_message_alone(self):
        Message = type(self.env["med.his.message"])
        original = Message._read

        def fails_for_one(message, profile):
            if message.control_id == "1":
                raise ValueError("TESTNAME could not be read")
            return original(message, profile)

        with patch.object(Message, "_read", fails_for_one):
            messages = self._process(
                self._dft(ft1("T-GLOVE", number="1"), control_id="1"),
                self._dft(ft1("T-GLOVE", number="2"), control_id="2"),
            )
        self.assertEqual(messages.mapped("error_code"), ["internal", False])
        self.assertEqual(messages[0].error_text, "ValueError")

    def test_s10_a_fault_is_logged_without_what_it_says(self):
        (message,) = self._receive(self._dft(ft1("T-GLOVE")))
        name = "somebody"
        with self.assertLogs("odoo.addons.med_his_connector.models.outcome") as logs:
            try:
                raise ValueError(name)
            except ValueError as error:
                unexpected(message, error)
        self.assertIn("ValueError", logs.output[0])
        self.assertNotIn("somebody", logs.output[0])

    @mute_logger("odoo.addons.med_his_connector.models.outcome")
    def test_an_unexpected_failure_is_an_exception_of_that_message_alone(self):
        Consumption = type(self.env["med.consumption"])
        original = Consumption._record

        def fails_for_stents(model, vals_list):
            if any(vals["product_id"] == self.stent.id for vals in vals_list):
                raise ZeroDivisionError
            return original(model, vals_list)

        with patch.object(Consumption, "_record", fails_for_stents):
            messages = self._process(
                self._dft(ft1("T-STENT", number="1"), control_id="1"),
                self._dft(ft1("T-GLOVE", number="2"), control_id="2"),
            )
        self.assertEqual(messages.mapped("error_code"), ["internal", False])

    # Many at once

    def test_the_job_works_through_the_queue(self):
        messages = self._receive(
            *(self._dft(ft1("T-GLOVE", number=str(n)), control_id=str(n)) for n in "12")
        )
        with self.enter_registry_test_mode():
            self.env.ref("med_his_connector.ir_cron_process").method_direct_trigger()
        messages.invalidate_recordset()
        self.assertEqual(messages.mapped("state"), ["processed"] * 2)

    def test_twenty_messages_cost_hardly_more_queries_than_one(self):
        def queries(count):
            self._process(self._dft(ft1("T-GLOVE", number=f"w{count}"), control_id="w"))
            messages = self._receive(
                *(
                    self._dft(
                        ft1("T-GLOVE", number=f"{count}-{n}"), control_id=f"{count}-{n}"
                    )
                    for n in range(count)
                )
            )
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            messages._process()
            self.env.flush_all()
            return self.cr.sql_log_count - before

        self.assertLessEqual(queries(20), queries(1) + 5)
