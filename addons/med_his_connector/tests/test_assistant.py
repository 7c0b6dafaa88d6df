import json

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user

from .common import HisCase
from .samples import ft1


class TestAssistant(HisCase):
    """Paste, read, map, try, go live: as the integration operator."""

    def _assistant(self, content, channel=None):
        channel = channel or self.channel
        return (
            self.env["med.his.assistant"]
            .with_user(self.operator)
            .create({"channel_id": channel.id, "content": content})
        )

    def _hl7(self, *lines, **options):
        return self._dft(*lines, **options).decode().replace("\r", "\n")

    def _stands_for(self, assistant, meaning):
        return assistant.line_ids.filtered(lambda each: each.meaning == meaning)

    def test_every_field_is_shown_and_patients_are_covered(self):
        assistant = self._assistant(self._hl7(ft1("T-GLOVE"), patient="PATIENT-4711"))
        assistant.action_read()
        self.assertFalse(assistant.problem)
        item = self._stands_for(assistant, "Item")
        self.assertEqual((item.value, item.status), ("T-GLOVE", "read"))
        self.assertEqual(item.stands_for, self.gloves.display_name)
        self.assertIn("FT1-7", assistant.line_ids.mapped("place"))
        shown = str(assistant.line_ids.read())
        for secret in ("TESTNAME", "PATIENT-4711", "VISIT-99"):
            self.assertNotIn(secret, shown)

    def test_it_asks_whether_lines_are_only_counted(self):
        for number, counted in (("1", True), ("T-88", False)):
            assistant = self._assistant(self._hl7(ft1("T-GLOVE", number=number)))
            assistant.action_read()
            self.assertEqual(assistant.counts_lines, counted)
        assistant.line_numbers = "message"
        self.assertEqual(self.channel.line_numbers, "message")

    def test_an_unknown_code_is_mapped_there_and_read_again(self):
        assistant = self._assistant(self._hl7(ft1("NOBODY")))
        assistant.action_read()
        unknown = self._stands_for(assistant, "Item")
        self.assertEqual((unknown.status, assistant.unknown_count), ("unknown", 1))
        context = unknown.action_map()["context"]
        Code = self.env["med.his.code"].with_user(self.operator)
        assistant.action_try()
        self.assertTrue(assistant.outcome)
        Code.with_context(**context).create({"product_id": self.gloves.id})
        # It is read again at once, and what the trial said is gone.
        self.assertFalse(assistant.unknown_count)
        self.assertFalse(assistant.outcome)
        item = self._stands_for(assistant, "Item")
        self.assertEqual(item.stands_for, self.gloves.display_name)

    def test_a_dry_run_says_what_would_be_recorded_and_keeps_nothing(self):
        before = self._counts()
        assistant = self._assistant(self._hl7(ft1("T-GLOVE", "2")))
        assistant.action_read()
        assistant.action_try()
        self.assertEqual(assistant.outcome_level, "success", assistant.outcome)
        self.assertIn("2 Units of", assistant.outcome)
        self.assertIn("T-Icu", assistant.outcome)
        self.assertEqual(self._counts(), before)

    def test_a_dry_run_says_what_is_in_the_way(self):
        assistant = self._assistant(self._hl7(ft1("NOBODY")))
        assistant.action_try()
        self.assertEqual(assistant.outcome_level, "danger")
        self.assertIn("NOBODY", assistant.outcome)
        self._process(self._dft(ft1("T-GLOVE", "2")))
        assistant = self._assistant(self._hl7(ft1("T-GLOVE", "2")))
        assistant.action_try()
        self.assertIn("not be counted again", assistant.outcome)

    def test_what_cannot_be_read_is_said_with_its_place(self):
        assistant = self._assistant(self._hl7(ft1("T-GLOVE", "x")))
        assistant.action_read()
        self.assertIn("FT1-10", assistant.problem)
        self.assertTrue(assistant.line_ids)
        assistant = self._assistant("no message at all")
        assistant.action_read()
        self.assertTrue(assistant.problem)
        with self.assertRaises(UserError):
            self._assistant("  ").action_read()

    def test_a_message_of_another_kind_than_the_channel_is_said_to_be_one(self):
        folder = self._channel("A-OTHER", transport="folder", folder="other")
        assistant = self._assistant(self._hl7(ft1("T-GLOVE")), folder)
        assistant.action_read()
        self.assertIn("another kind (HL7 v2)", assistant.problem)
        assistant = self._assistant('{"resourceType": "ChargeItem"}')
        assistant.action_read()
        self.assertIn("another kind (JSON)", assistant.problem)
        self.assertFalse(assistant.line_ids)

    def test_chinese_text_is_read_in_the_character_set_it_declares(self):
        text = self._hl7(ft1("T-GLOVE"))
        header, rest = text.split("\n", 1)
        fields = header.split("|")
        fields += [""] * (18 - len(fields))
        fields[17] = "GBK"
        assistant = self._assistant("|".join(fields) + "\nZXX|手套\n" + rest)
        assistant.action_read()
        self.assertFalse(assistant.problem)

    def test_fhir_json_and_lines_of_a_file_are_read_as_well(self):
        charge = {
            "resourceType": "ChargeItem",
            "identifier": [{"value": "1"}],
            "status": "billable",
            "code": {"coding": [{"code": "T-GLOVE"}]},
            "subject": {"reference": "Patient/4711", "display": "TESTNAME"},
            "occurrenceDateTime": "2026-01-05T10:15:00+08:00",
            "performingOrganization": {"identifier": {"value": "T-ICU"}},
            "quantity": {"value": 2},
        }
        line = {
            "id": "1",
            "item": "T-GLOVE",
            "quantity": 2,
            "department": "T-ICU",
            "time": "2026-01-05 10:15",
            "patient_name": "TESTNAME",
        }
        csv = ",".join(line) + "\n" + ",".join(map(str, line.values()))
        bundle = {
            "resourceType": "Bundle",
            "type": "batch",
            "entry": [
                {"resource": charge, "request": {"method": "POST", "url": "ChargeItem"}}
            ],
        }
        for transport, text in (
            ("fhir", json.dumps(charge)),
            ("fhir", json.dumps(bundle)),
            ("feed", json.dumps({"lines": [line]})),
            ("folder", csv),
        ):
            with self.subTest(transport):
                used = self.env["med.his.channel"].search_count([])
                channel = self._channel(
                    f"A{used}", transport=transport, folder=f"a{used}"
                )
                assistant = self._assistant(text, channel)
                assistant.action_read()
                self.assertFalse(assistant.problem)
                item = self._stands_for(assistant, "Item")
                self.assertEqual(item.stands_for, self.gloves.display_name)
                self.assertIn("dropped", assistant.line_ids.mapped("status"))
                self.assertNotIn("TESTNAME", str(assistant.line_ids.read()))
                assistant.action_try()
                self.assertEqual(assistant.outcome_level, "success", assistant.outcome)

    def test_a_channel_for_tests_goes_live(self):
        self.channel.test_mode = True
        assistant = self._assistant(self._hl7(ft1("T-GLOVE")))
        self.assertFalse(assistant.is_live)
        assistant.action_go_live()
        self.assertFalse(self.channel.test_mode)

    def test_s06_what_is_pasted_is_sealed_and_its_users_alone(self):
        assistant = self._assistant(self._hl7(ft1("T-GLOVE"), patient="PATIENT-4711"))
        self.env.flush_all()
        self.env.cr.execute("SELECT t::text FROM med_his_assistant t")
        self.assertNotIn("PATIENT-4711", str(self.env.cr.fetchall()))
        self.assertIn("PATIENT-4711", assistant.content)
        other = new_test_user(
            self.env,
            "his_operator_2",
            groups="med_his_connector.group_integration_operator",
        )
        with self.assertRaises(AccessError):
            assistant.with_user(other).read(["content"])
        self.assertFalse(assistant.with_user(self.env.user).content)

    def _counts(self):
        return [
            self.env[model].search_count([])
            for model in ("med.his.message", "med.consumption", "stock.move")
        ]
