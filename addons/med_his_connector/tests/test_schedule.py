from datetime import UTC
from itertools import permutations

from odoo import fields

from ..core.fhir.schedule import read_appointment as read
from .his_kinds_case import KindsCase


class TestSchedule(KindsCase):
    """SIU: what the theatre's schedule says becomes planned use."""

    def _case(self):
        return self.env["med.case"].search([("source", "=", "his:TEST")])

    def test_a_new_appointment_plans_what_the_card_says_on_its_day(self):
        (message,) = self._process(self._siu("S12", "1", "20310220080000"))
        self.assertEqual((message.state, message.made_count), ("processed", 1))
        case = self._case()
        self.assertEqual(
            (case.procedure_id, case.department_id), (self.hernia, self.theatre)
        )
        self.assertEqual(case.start, self._utc("2031-03-01 01:00"))
        self.assertEqual(case.stop, self._utc("2031-03-01 02:30"))
        self.assertEqual(case.his_message_id, message)
        planned = {line.product_id: line.quantity for line in case.planned_use_ids}
        self.assertEqual(planned, {self.gloves: 4, self.stent: 1})
        self.assertEqual(set(case.planned_use_ids.mapped("date")), {case.date})

    def test_the_visit_is_the_token_that_its_charges_get(self):
        self._process(
            self._siu("S12", "1", "20310220080000"),
            self._message(
                "DFT^P03",
                "FT1||L1||20260105100000||CG|T-GLOVE|||2|||T-OR",
                control_id="2",
            ),
        )
        self.assertEqual(self._case().encounter_token, self._lines().encounter_token)

    def test_a_moved_appointment_moves_its_planned_use(self):
        self._process(
            self._siu("S12", "1", "20310220080000"),
            self._siu("S13", "2", "20310221080000", start="20310305100000"),
        )
        self.assertEqual(
            str(self._case().planned_use_ids.mapped("date")[0]), "2031-03-05"
        )

    def test_every_way_of_not_taking_place_cancels(self):
        for number, event in enumerate(("S15", "S16", "S17", "S26")):
            self._process(
                self._siu("S12", f"{number}a", f"2031022{number}080000"),
                self._siu(event, f"{number}b", f"2031022{number}090000"),
            )
            self.assertEqual(self._case().state, "cancelled", event)

    def test_r13_any_order_of_delivery_ends_in_the_state_written_last(self):
        events = {
            "S12": ("20310220080000", "20310301090000"),
            "S13": ("20310221080000", "20310302090000"),
            "S14": ("20310222080000", "20310303090000"),
            "S15": ("20310223080000", "20310303090000"),
        }
        for number, order in enumerate(permutations(events)):
            channel = self._channel(f"R13-{number}")
            messages = [
                self._siu(event, f"{number}-{event}", *events[event]) for event in order
            ]
            self._process(*messages, channel=channel)
            case = self.env["med.case"].search([("source", "=", channel._source())])
            self.assertEqual(case.state, "cancelled", order)
            self.assertEqual(case.start, self._utc("2031-03-03 01:00"), order)
            self.assertNotIn("planned", case.planned_use_ids.mapped("state"), order)

    def test_r13_of_two_written_in_one_second_the_sequence_number_decides(self):
        late = self._siu("S13", "2", "20310220080000", start="20310307090000")
        late = late.replace(b"|P|2.5", b"|P|2.5|8")
        early = self._siu("S12", "1", "20310220080000").replace(b"|P|2.5", b"|P|2.5|7")
        self._process(late, early)
        self.assertEqual(str(self._case().date), "2031-03-07")

    def test_r13_a_late_change_does_not_bring_a_cancelled_case_back(self):
        self._process(
            self._siu("S12", "1", "20310220080000"),
            self._siu("S15", "3", "20310222080000"),
            self._siu("S14", "2", "20310221080000"),
        )
        self.assertEqual(self._case().state, "cancelled")

    def _bare(self, event, control_id, sent):
        """What a cancellation must say, and no more."""
        return self._message(
            f"SIU^{event}", "SCH||APP-1", control_id=control_id, time=sent
        )

    def test_r13_a_cancellation_of_few_words_holds_in_any_order(self):
        for event in ("S15", "S16", "S17", "S26"):
            sent = {
                "S12": self._siu("S12", "1", "20310220080000"),
                "S14": self._siu("S14", "2", "20310221080000"),
                event: self._bare(event, "3", "20310222080000"),
            }
            for number, order in enumerate(permutations(sent)):
                channel = self._channel(f"{event}-{number}")
                for each in order:  # each with a batch of its own
                    self._process(sent[each], channel=channel)
                cases = self.env["med.case"].search(
                    [("source", "=", channel._source()), ("state", "!=", "cancelled")]
                )
                self.assertFalse(cases, order)

    def test_r13_what_was_cancelled_while_its_code_was_unknown_stays_cancelled(self):
        (planned,) = self._process(
            self._siu("S12", "1", "20310220080000", procedure="470.1")
        )
        (cancelled,) = self._process(self._bare("S15", "2", "20310221080000"))
        self.assertEqual(cancelled.state, "ignored")
        self._map("procedure", "470.1", procedure_id=self.hernia.id)
        planned._process()
        self.assertEqual(planned.state, "processed")
        self.assertFalse(self._case())
        self._process(self._siu("S12", "3", "20310222080000"))
        self.assertEqual(self._case().state, "planned")  # it is on again

    def test_r13_nobody_maps_a_code_for_what_was_cancelled(self):
        (planned,) = self._process(
            self._siu("S12", "1", "20310220080000", procedure="470.1")
        )
        self._process(self._bare("S15", "2", "20310221080000"))
        self.assertEqual(planned.state, "received")
        planned._process()
        self.assertEqual((planned.state, planned.repeated_count), ("processed", 1))

    def test_r13_nor_where_both_are_worked_together(self):
        states = self._states(
            self._siu("S12", "1", "20310220080000", procedure="470.1"),
            self._bare("S15", "2", "20310221080000"),
            self._siu("S12", "3", "20310222080000", procedure="470.1"),
        )
        self.assertEqual(states, ["processed", "ignored", "received"])
        self.assertFalse(self._case())

    def test_a_known_case_is_cancelled_whatever_code_the_message_bears(self):
        self._map("procedure", "VISIT", ignored=True)
        for number, code in enumerate(("470.1", "VISIT")):
            self._process(
                self._siu("S12", f"{number}a", f"2031022{number}080000"),
                self._siu(
                    "S15",
                    f"{number}b",
                    f"2031022{number}090000",
                    procedure=code,
                    room="NOWHERE",
                ),
            )
            self.assertEqual(self._case().state, "cancelled", code)
            self.assertEqual(self._case().procedure_id, self.hernia)

    def test_a_case_that_becomes_none_of_ours_plans_nothing(self):
        self._map("procedure", "VISIT", ignored=True)
        self._process(
            self._siu("S12", "1", "20310220080000"),
            self._siu("S14", "2", "20310221080000", procedure="VISIT"),
        )
        self.assertEqual(self._case().state, "cancelled")

    def test_r11_a_change_of_few_words_waits_for_its_appointment(self):
        moved = self._message(
            "SIU^S13",
            "SCH||APP-1",
            "RGS|1",
            "AIS|1|||20310305100000|||90|min",
            control_id="2",
            time="20310221080000",
        )
        planned, change = self._process(
            self._siu("S12", "1", "20310220080000", procedure="470.1"), moved
        )
        self.assertEqual(change.blocked_by_id, planned)
        self._map("procedure", "470.1", procedure_id=self.hernia.id)
        (planned | change)._process()
        change._process()
        self.assertEqual((planned | change).mapped("state"), ["processed"] * 2)
        self.assertEqual(str(self._case().date), "2031-03-05")

    def test_r13_the_part_of_a_second_decides(self):
        self._process(
            self._siu("S15", "2", "20310220080000.900"),
            self._siu("S12", "1", "20310220080000.100"),
        )
        self.assertEqual(self._case().state, "cancelled")

    def test_a_fhir_appointment_that_was_cancelled_first_stays_so(self):
        resource = {
            "resourceType": "Appointment",
            "identifier": [{"system": "urn:or", "value": "9"}],
            "serviceType": [{"coding": [{"code": "T-HERNIA"}]}],
        }
        profile = self.channel._profile()
        for number, (status, more) in enumerate(
            (
                ("cancelled", {"meta": {"lastUpdated": "2031-01-01T10:00:00.500Z"}}),
                (
                    "booked",
                    {
                        "meta": {"lastUpdated": "2031-01-01T10:00:00.400Z"},
                        "start": "2031-03-01T09:00:00+08:00",
                    },
                ),
            )
        ):
            now = fields.Datetime.now().replace(tzinfo=UTC)
            values = read({**resource, **more, "status": status}, now, profile)
            message = self._receive(self._dft(control_id=f"A{number}"))
            message._apply_appointment(self.channel, message, values)
        self.assertFalse(self._case())

    def test_an_unknown_procedure_waits_until_it_is_mapped(self):
        (message,) = self._process(
            self._siu("S12", "1", "20310220080000", procedure="470.1")
        )
        self.assertEqual(
            (message.state, message.error_code, message.cause_code),
            ("exception", "unknown_procedure", "470.1"),
        )
        self._map("procedure", "470.1", procedure_id=self.hernia.id)
        message._process()
        self.assertEqual(message.state, "processed")
        self.assertEqual(self._case().procedure_id, self.hernia)

    def test_a_procedure_that_is_left_out_makes_no_case(self):
        self._map("procedure", "VISIT", ignored=True)
        self.assertEqual(
            self._states(self._siu("S12", "1", "20310220080000", procedure="VISIT")),
            ["ignored"],
        )

    def test_items_that_the_schedule_names_go_before_the_card(self):
        self._process(
            self._siu(
                "S12",
                "1",
                "20310220080000",
                extra=("AIG|1||T-STENT|E||3", "AIG|2||ROBOT"),
            )
        )
        planned = {
            line.product_id: (line.quantity, line.origin)
            for line in self._case().planned_use_ids
        }
        self.assertEqual(
            planned, {self.gloves: (4, "card"), self.stent: (3, "schedule")}
        )

    def test_the_same_appointment_twice_is_one_case(self):
        message = self._siu("S12", "1", "20310220080000")
        self._process(message)
        again = self._siu("S12", "2", "20310220080000")
        (repeated,) = self._process(again)
        self.assertEqual(len(self._case()), 1)
        self.assertEqual(repeated.state, "processed")

    def test_an_appointment_that_was_only_cancelled_is_of_no_effect(self):
        self.assertEqual(
            self._states(self._siu("S15", "1", "20310220080000", procedure="")),
            ["ignored"],
        )

    def test_a_completed_appointment_is_done(self):
        self._process(
            self._siu("S12", "1", "20260220080000", start="20260221080000"),
            self._siu(
                "S14", "2", "20260222080000", start="20260221080000", status="Complete"
            ),
        )
        self.assertEqual(self._case().state, "done")

    def test_a_fhir_appointment_is_a_case_and_its_last_state_holds(self):
        resource = {
            "resourceType": "Appointment",
            "identifier": [{"system": "urn:or", "value": "9"}],
            "status": "booked",
            "serviceType": [{"coding": [{"code": "T-HERNIA"}]}],
            "start": "2031-03-01T09:00:00+08:00",
            "end": "2031-03-01T10:00:00+08:00",
        }
        message = self._receive(self._dft())
        for status, state in (
            ("booked", "planned"),
            ("cancelled", "cancelled"),
            ("booked", "planned"),
            ("fulfilled", "done"),
        ):
            later = fields.Datetime.now().replace(tzinfo=UTC)
            values = read(
                {**resource, "status": status}, later, self.channel._profile()
            )
            message = self._receive(self._dft(control_id=f"A{message.id}"))
            message._apply_appointment(self.channel, message, values)
            self.assertEqual(self._case().state, state)
        self.assertEqual(self._case().start, self._utc("2031-03-01 01:00"))
        waiting = read(
            {**resource, "status": "proposed"}, later, self.channel._profile()
        )
        self.assertIsNone(waiting)
