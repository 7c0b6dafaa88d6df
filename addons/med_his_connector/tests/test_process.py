import re
from pathlib import Path
from unittest.mock import patch

from odoo.tools import mute_logger

from ..models.outcome import unexpected
from .common import HisCase
from .samples import ft1


class TestProcess(HisCase):
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

    # Exactly once

    def test_r09_the_same_line_in_another_message_is_counted_once(self):
        messages = self._process(
            self._dft(ft1("T-GLOVE")), self._dft(ft1("T-GLOVE"), control_id="C2")
        )
        self.assertEqual(messages.mapped("state"), ["processed"] * 2)
        self.assertEqual(messages.mapped("repeated_count"), [0, 1])
        self.assertEqual(len(self._lines()), 1)

    def test_r09_the_same_line_with_another_quantity_is_a_conflict(self):
        self._process(self._dft(ft1("T-GLOVE", "2")))
        (message,) = self._process(self._dft(ft1("T-GLOVE", "3"), control_id="C2"))
        self.assertEqual((message.state, message.error_code), ("exception", "conflict"))
        self.assertEqual(self._lines().quantity, 2.0)

    def test_r09_where_the_channel_says_so_the_difference_is_recorded(self):
        self.channel.changed_lines = "delta"
        states = []
        for number, quantity in enumerate("2 5 5 1 4".split(), start=1):  # noqa: SIM905
            told = {"control_id": f"C{number}"}
            line = ft1("T-GLOVE", quantity, f11=f"{int(quantity) * 10}")
            (message,) = self._process(self._dft(line, **told))
            states.append((message.state, message.repeated_count))
        self.assertEqual(
            [(line.kind, line.quantity) for line in self._lines()],
            [("use", 2), ("use", 3), ("return", 4), ("use", 3)],
        )
        self.assertEqual(self._lines().mapped("charged_amount"), [20, 30, -40, 30])
        self.assertEqual({state for state, _repeated in states}, {"processed"})
        self.assertEqual([repeated for _state, repeated in states], [0, 0, 1, 0, 0])
        self.assertEqual(self._lines()[2].reversal_of_id, self._lines()[0])

    def test_r09_a_changed_line_in_one_batch_is_a_difference_too(self):
        self.channel.changed_lines = "delta"
        messages = self._process(
            self._dft(ft1("T-GLOVE", "2")),
            self._dft(ft1("T-GLOVE", "3"), control_id="C2"),
            self._dft(ft1("T-GLOVE", "3"), control_id="C3"),
        )
        self.assertEqual(messages.mapped("state"), ["processed"] * 3)
        self.assertEqual(self._lines().mapped("quantity"), [2, 1])

    def test_r09_a_full_credit_after_a_difference_takes_back_all_of_it(self):
        self.channel.changed_lines = "delta"
        self._fill(self.gloves, 20)
        for number, quantity in enumerate(("5", "8"), start=1):
            self._process(self._dft(ft1("T-GLOVE", quantity), control_id=f"C{number}"))
        self._process(self._dft(ft1("T-GLOVE", "8", kind="CD"), control_id="C3"))
        self.env["med.consumption"]._post_pending()
        self.assertEqual(set(self._lines().mapped("state")), {"posted"})
        self.assertEqual(self._stock(self.gloves), 20)

    def test_r09_less_than_the_first_report_after_more_is_taken_back_too(self):
        self.channel.changed_lines = "delta"
        self._fill(self.gloves, 20)
        for number, quantity in enumerate(("2", "5", "1"), start=1):
            self._process(self._dft(ft1("T-GLOVE", quantity), control_id=f"C{number}"))
        self.env["med.consumption"]._post_pending()
        self.assertEqual(set(self._lines().mapped("state")), {"posted"})
        self.assertEqual(self._stock(self.gloves), 19)
        (message,) = self._process(
            self._dft(ft1("T-GLOVE", "3", kind="CD"), control_id="C4")
        )
        self.env["med.consumption"]._post_pending()
        self.assertEqual(message.consumption_ids.incident_code, "return_exceeds_use")

    def test_r09_the_last_amount_holds_and_the_first_stays_on_record(self):
        for policy in ("exception", "delta"):
            with self.subTest(policy):
                self.channel.changed_lines = policy
                told = [
                    self._process(self._priced(policy, amount, f"{policy}{number}"))
                    for number, amount in enumerate(("20", "25", "25", "18"))
                ]
                line = told[0].consumption_ids
                self.assertEqual((line.charged_amount, line.charged_now), (20, 18))
                self.assertEqual(line.amount_change_ids.mapped("after"), [25, 18])
                self.assertEqual(line.amount_change_ids.message_id, told[1] | told[3])
                self.assertFalse(line.difference_ids)

    def test_r09_two_amounts_in_one_batch(self):
        messages = self._process(
            self._priced("T9", "20", "C1"), self._priced("T9", "25", "C2")
        )
        self.assertEqual(messages.mapped("state"), ["processed"] * 2)
        self.assertEqual(messages[0].consumption_ids.charged_now, 25)

    def test_r09_another_amount_beside_another_quantity(self):
        self.channel.changed_lines = "delta"
        for number, (quantity, amount) in enumerate((("2", "20"), ("3", "30"))):
            line = ft1("T-GLOVE", quantity, f11=amount)
            self._process(self._dft(line, control_id=f"C{number}"))
        self._process(self._dft(ft1("T-GLOVE", "3", f11="45"), control_id="C9"))
        first, more = self._lines()
        self.assertEqual((first.charged_now, more.charged_amount), (35, 10))

    def test_r10_an_older_message_processed_again_changes_nothing(self):
        self.channel.changed_lines = "delta"
        messages = self.env["med.his.message"]
        for number, (quantity, amount) in enumerate((("2", "20"), ("5", "50"))):
            line = ft1("T-GLOVE", quantity, f11=amount)
            messages += self._process(self._dft(line, control_id=f"C{number}"))
        messages += self._process(
            self._dft(ft1("T-GLOVE", "5", f11="60"), control_id="C8")
        )
        before = self._lines().read(["quantity", "charged_amount", "charged_now"])
        messages.sudo().write({"state": "received"})
        messages._process()
        self.assertEqual(messages.mapped("state"), ["processed"] * 3)
        after = self._lines().read(["quantity", "charged_amount", "charged_now"])
        self.assertEqual(before, after)
        self.assertEqual(len(self.env["med.his.amount.change"].search([])), 1)

    def _priced(self, number, amount, control_id):
        return self._dft(
            ft1("T-GLOVE", "2", f2=number, f11=amount), control_id=control_id
        )

    def _fill(self, product, quantity):
        """So much of it on the shelf of the intensive care unit."""
        shelf = self.icu.stock_location_id
        self.env["stock.quant"]._update_available_quantity(product, shelf, quantity)

    def _stock(self, product):
        shelf = self.icu.stock_location_id
        return product.with_context(location=shelf.id).qty_available

    def test_r09_another_item_under_the_number_is_a_conflict_for_every_channel(self):
        self.channel.changed_lines = "delta"
        self._process(self._dft(ft1("T-GLOVE")))
        (message,) = self._process(self._dft(ft1("T-STENT"), control_id="C2"))
        self.assertEqual((message.state, message.error_code), ("exception", "conflict"))
        self.assertEqual(len(self._lines()), 1)

    def test_r09_one_number_for_two_visits_is_a_conflict_and_never_one_use(self):
        visit = "PV1||I|T-ICU" + "|" * 16 + "{}"
        raws = [
            self._dft(ft1("T-GLOVE"), visit=visit.format(number), control_id=number)
            for number in ("V1", "V2", "V3")
        ]
        messages = self._process(*raws[:2])
        messages += self._process(raws[2])
        self.assertEqual(
            messages.mapped("state"), ["processed", "exception", "exception"]
        )
        self.assertEqual(messages[2].error_code, "conflict")

    def test_r10_processing_again_changes_nothing(self):
        messages = self._process(self._dft(ft1("T-GLOVE")))
        messages.sudo().write({"state": "received"})
        messages._process()
        self.assertEqual(messages.state, "processed")
        self.assertEqual(len(self._lines()), 1)

    def test_r12_a_return_before_its_charge_waits_for_it(self):
        item = "RXO|T-STENT^SN-9|1||"
        refund = self._ras(
            "ORC|CA|88002" + "|" * 18 + "^^^88001", item, control_id="C2"
        )
        (waiting,) = self._process(refund)
        self.assertEqual(waiting.error_code, "original_unknown")
        self._process(self._ras("ORC|NW|88001", item))
        self.assertEqual(waiting.state, "received")
        waiting._process()
        use, back = self._lines()
        self.assertEqual(back.reversal_of_id, use)

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

    # Exceptions

    def test_each_cause_has_its_code(self):
        twin = "T-TWIN"
        self._product("One", med_charge_code=twin)
        self._product("Two", med_charge_code=twin)
        cases = {
            "ambiguous_item": ft1(twin),
            "unknown_department": ft1("T-GLOVE", f13="NOWHERE"),
            "department_missing": ft1("T-GLOVE", f13='""'),
            "bad_quantity": ft1("T-GLOVE", "1,5"),
            "quantity_missing": ft1("T-GLOVE", ""),
            "quantity_limit": ft1("T-GLOVE", "10001"),
            "quantity_precision": ft1("T-GLOVE", "0.001"),
            "sign": ft1("T-GLOVE", "-1", kind="CD"),
            "charge_type": ft1("T-GLOVE", kind="XX"),
            "time": ft1("T-GLOVE", when="soon"),
            "time_future": ft1("T-GLOVE", when="20990101"),
            "item_missing": ft1(""),
        }
        messages = self._process(
            *(
                self._dft(
                    line.replace("|T1|", f"|{code}|"),
                    control_id=code,
                    visit=f"PV1||I|T-ICU{'|' * 16}{code}",
                )
                for code, line in cases.items()
            )
        )
        self.assertEqual(
            {message.control_id: message.error_code for message in messages},
            {code: code for code in cases},
        )
        self.assertFalse(self._lines())

    def test_a_unit_of_another_kind_is_an_exception(self):
        (message,) = self._process(self._ras("ORC|NW|1", "RXO|T-GLOVE|2||mg"))
        self.assertEqual(
            (message.error_code, message.cause_code), ("unknown_unit", "mg")
        )

    def test_a_known_type_that_is_not_used_is_ignored(self):
        (message,) = self._process(self._dft(type="ORM^O01"))
        self.assertEqual((message.state, message.error_code), ("ignored", "not_ours"))

    def test_a_message_of_payments_moves_nothing(self):
        (message,) = self._process(self._dft(ft1("T-GLOVE", kind="PY")))
        self.assertEqual((message.state, message.error_code), ("ignored", "no_effect"))

    def test_r06_a_test_message_is_never_posted_on_a_production_channel(self):
        (message,) = self._process(self._dft(ft1("T-GLOVE"), processing="T"))
        self.assertEqual(
            (message.state, message.error_code), ("ignored", "test_message")
        )
        self.channel.test_mode = True
        message.with_user(self.operator).action_retry()
        self.assertEqual(message.state, "processed")

    def test_every_error_of_the_core_can_be_shown(self):
        folder = Path(__file__).parents[1]
        shown = dict(self.env["med.his.message"]._fields["error_code"].selection)
        raised = set()
        for file in (*folder.glob("core/*.py"), *folder.glob("models/*.py")):
            raised |= set(
                re.findall(
                    r"""(?:Hl7Error|\.error|waits|ignored)\(\s*"(\w+)\"""",
                    file.read_text(),
                )
            )
        self.assertGreater(len(raised), 25)
        self.assertFalse(raised - shown.keys())

    # Mending

    def test_mapping_a_code_lets_every_message_that_waited_for_it_go_on(self):
        messages = self._process(
            *(
                self._dft(
                    ft1("NEW", number=str(n)),
                    control_id=str(n),
                    visit=f"PV1||I|T-ICU{'|' * 16}VISIT-{n}",
                )
                for n in range(3)
            ),
            self._dft(ft1("ELSE", number="9"), control_id="9"),
        )
        wizard = messages[0].action_map_code()
        self.env["med.his.code"].with_user(self.operator).with_context(
            **wizard["context"]
        ).create({"product_id": self.gloves.id})
        self.assertEqual(messages.mapped("state"), ["received"] * 3 + ["exception"])
        messages._process()
        self.assertEqual(messages.mapped("state"), ["processed"] * 3 + ["exception"])

    def test_retry_works_for_an_operator_without_rights_on_the_ledger(self):
        (message,) = self._process(self._dft(ft1("LATER")))
        self.gloves.med_charge_code = "LATER"
        message.with_user(self.operator).action_retry()
        self.assertEqual((message.state, message.attempts), ("processed", 2))
        self.assertEqual(self._lines().product_id, self.gloves)

    def test_a_message_put_aside_for_its_id_can_be_processed_after_all(self):
        messages = self._process(
            self._dft(ft1("T-GLOVE", number="1")),
            self._dft(ft1("T-STENT", number="2")),
        )
        self.assertEqual(messages[1].state, "quarantined")
        messages[1].with_user(self.operator).action_release()
        self.assertEqual(messages[1].state, "processed")
        self.assertEqual(len(self._lines()), 2)

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

    def _ras(self, *segments, **options):
        return self._dft(*segments, type="RAS^O17", version="2.4", **options)

    def _map(self, kind, code, **values):
        return self.env["med.his.code"].create(
            {"channel_id": self.channel.id, "kind": kind, "code": code, **values}
        )
