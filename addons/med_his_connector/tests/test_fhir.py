import json
from datetime import timedelta

from odoo import fields
from odoo.tools import mute_logger

from ..core.fhir.allowed import ALLOWED
from .door_case import DoorCase

DOOR = "odoo.addons.med_his_connector.controllers.door"
BASE = "/fhir/R4"


class TestFhir(DoorCase):
    def _post(self, resource, kind=None, **headers):
        kind = kind or resource["resourceType"]
        return self._send(f"{BASE}/{kind}", resource, **headers)

    def _bundle(self, kind, *resources, **common):
        return {
            "resourceType": "Bundle",
            "type": kind,
            "entry": [
                {
                    "fullUrl": f"urn:uuid:{number}",
                    "resource": each,
                    "request": {"method": "POST", "url": each["resourceType"]},
                    **common,
                }
                for number, each in enumerate(resources)
            ],
        }

    def _issue(self, answer, status):
        """The first issue of an answer, which must be an OperationOutcome."""
        self.assertEqual(answer.status_code, status, answer.text)
        self.assertIn("application/fhir+json", answer.headers["Content-Type"])
        found = answer.json()
        self.assertEqual(found["resourceType"], "OperationOutcome")
        for secret in ("TESTNAME", "PATIENT-4711", "VISIT-99"):
            self.assertNotIn(secret, answer.text)
        issue = found["issue"][0]
        self.assertEqual(issue["severity"], "error")
        return issue

    def _process_all(self):
        self.env["med.his.message"].search([("state", "=", "received")])._process()

    # ---- F1 --------------------------------------------------------------------------

    def test_f01_metadata_lists_exactly_what_works(self):
        answer = self.url_open(f"{BASE}/metadata")  # without a key
        found = answer.json()
        self.assertEqual(found["resourceType"], "CapabilityStatement")
        self.assertEqual(found["fhirVersion"], "4.0.1")
        [rest] = found["rest"]
        self.assertEqual({r["type"] for r in rest["resource"]}, set(ALLOWED))
        for resource in rest["resource"]:
            self.assertEqual(
                [each["code"] for each in resource["interaction"]], ["create", "read"]
            )
        # What it does not list does not work.
        for method, path in (
            ("GET", "/ChargeItem"),
            ("PUT", "/ChargeItem/1"),
            ("DELETE", "/ChargeItem/1"),
            ("PATCH", "/ChargeItem/1"),
        ):
            issue = self._issue(self._send(BASE + path, method=method), 405)
            self.assertEqual(issue["code"], "not-supported")

    def test_f01_every_resource_that_is_listed_can_be_created_and_read(self):
        when = "2026-01-05T10:15:00+08:00"
        glove = {"coding": [{"code": "T-GLOVE"}]}
        resources = {
            "ChargeItem": self._charge(),
            "SupplyDelivery": {
                "status": "completed",
                "suppliedItem": {
                    "quantity": {"value": 1},
                    "itemCodeableConcept": glove,
                },
                "destination": {"identifier": {"value": "T-ICU"}},
                "occurrenceDateTime": when,
            },
            "Procedure": {
                "status": "completed",
                "usedCode": [glove],
                "location": {"identifier": {"value": "T-ICU"}},
                "performedDateTime": when,
            },
            "Device": {"status": "active", "lotNumber": "L1"},
            "Appointment": {
                "status": "booked",
                "start": when,
                "identifier": [{"value": "OP-1"}],
            },
        }
        self.assertEqual(set(resources), set(ALLOWED))
        for kind, resource in resources.items():
            with self.subTest(kind):
                answer = self._post({"resourceType": kind, **resource})
                self.assertEqual(answer.status_code, 201, answer.text)
                path = BASE + answer.headers["Location"].partition(BASE)[2]
                seen = self._send(path, method="GET").json()
                self.assertEqual(seen["resourceType"], kind)
                self.assertEqual(seen["id"], path.rpartition("/")[2])

    # ---- F2 --------------------------------------------------------------------------

    def test_f02_conditional_create_answers_201_200_and_412(self):
        first = self._post(self._charge("1"), If_None_Exist="identifier=urn:his|1")
        again = self._post(self._charge("1"), If_None_Exist="identifier=urn:his|1")
        self.assertEqual((first.status_code, again.status_code), (201, 200))
        self.assertEqual(first.headers["Location"], again.headers["Location"])
        other = self._charge("1")
        other["identifier"][0]["system"] = "urn:other"
        self.assertEqual(self._post(other).status_code, 201)
        several = self._post(self._charge("1"), If_None_Exist="identifier=1")
        self.assertEqual(self._issue(several, 412)["code"], "multiple-matches")
        self.assertEqual(len(self._messages(state="received")), 2)

    def test_f02_a_condition_that_cannot_be_searched_is_refused(self):
        answer = self._post(self._charge("1"), If_None_Exist="subject=Patient/1")
        self.assertEqual(self._issue(answer, 400)["code"], "invalid")

    # ---- F3 --------------------------------------------------------------------------

    def test_f03_a_transaction_is_kept_whole_or_not_at_all(self):
        bad = self._charge("2", quantity={"value": 1, "comparator": "<"})
        answer = self._send(BASE, self._bundle("transaction", self._charge("1"), bad))
        issue = self._issue(answer, 422)
        self.assertEqual(
            issue["expression"], ["Bundle.entry[1].resource.quantity.comparator"]
        )
        self.assertFalse(self._messages(state="received"))
        good = self._bundle("transaction", self._charge("1"), self._charge("2"))
        answer = self._send(BASE, good).json()
        self.assertEqual(answer["type"], "transaction-response")
        statuses = [each["response"]["status"] for each in answer["entry"]]
        self.assertEqual(statuses, ["201 Created"] * 2)
        self._process_all()
        [message] = self._messages(state="processed")
        self.assertEqual((message.message_type, message.line_count), ("Bundle", 2))

    def test_f03_a_transaction_with_an_unknown_item_posts_nothing(self):
        unknown = self._charge("2", code={"coding": [{"code": "NOBODY"}]})
        self._send(BASE, self._bundle("transaction", self._charge("1"), unknown))
        self._process_all()
        [message] = self._messages(state="exception")
        self.assertEqual(message.error_code, "unknown_item")
        self.assertFalse(self._door_lines())

    def test_f03_entries_of_a_batch_are_independent(self):
        bad = self._charge("2", status="bogus")
        bundle = self._bundle("batch", self._charge("1"), bad, self._charge("3"))
        answer = self._send(BASE, bundle)
        self.assertEqual(answer.status_code, 200)
        statuses = [each["response"]["status"][:3] for each in answer.json()["entry"]]
        self.assertEqual(statuses, ["201", "422", "201"])
        outcome = answer.json()["entry"][1]["response"]["outcome"]
        self.assertEqual(outcome["issue"][0]["code"], "code-invalid")
        self._process_all()
        self.assertEqual(len(self._door_lines()), 2)

    def test_f03_references_inside_a_bundle_are_resolved(self):
        device = {
            "resourceType": "Device",
            "lotNumber": "LOT-7",
            "serialNumber": "SN-7",
            "type": {"coding": [{"code": "T-STENT"}]},
        }
        charge = self._charge("1", productReference={"reference": "urn:uuid:0"})
        self._send(BASE, self._bundle("transaction", device, charge))
        self._process_all()
        line = self._door_lines()
        self.assertEqual(
            (line.product_id, line.lot_name, line.serial),
            (self.stent, "LOT-7", "SN-7"),
        )
        lost = self._charge("2", productReference={"reference": "urn:uuid:9"})
        answer = self._send(BASE, self._bundle("transaction", lost))
        self.assertEqual(self._issue(answer, 422)["code"], "value")

    def test_f03_a_device_created_before_can_be_named(self):
        device = {"resourceType": "Device", "lotNumber": "LOT-8"}
        where = self._post(device).headers["Location"]
        reference = {"reference": where.partition(f"{BASE}/")[2]}
        self._post(self._charge("1", productReference=reference))
        self._process_all()
        self.assertEqual(self._door_lines().lot_name, "LOT-8")

    # ---- F4 --------------------------------------------------------------------------

    @mute_logger(DOOR)
    def test_f04_every_error_is_an_operation_outcome(self):
        post = f"{BASE}/ChargeItem"
        body = json.dumps(self._charge()).encode()
        cases = [
            (400, "structure", self._send(post, b'{"resourceType": "Charge')),
            (400, "structure", self._send(post, b"[1]")),
            (400, "structure", self._send(post, b'{"a": NaN}')),
            (400, "structure", self._send(post, b'{"a": 1, "a": 2}')),
            (400, "structure", self._send(post, b"\xff\xfe")),
            (400, "structure", self._post(self._charge(quantity={"value": "2"}))),
            (401, "login", self._send(post, body, Authorization="Basic eDp5")),
            (401, "login", self._send(post, body, key="mck_nobody")),
            (404, "not-found", self._send(f"{post}/nobody", method="GET")),
            (404, "not-supported", self._send(f"{BASE}/Patient", b"{}")),
            (406, "not-supported", self._send(post, body, Accept="text/html")),
            (413, "too-long", self._send(post, b"[" * 100_000)),
            (415, "not-supported", self._send(post, body, Content_Type="text/xml")),
            (422, "required", self._post(self._charge(status=None))),
            (422, "code-invalid", self._post(self._charge(status="bogus"))),
            (422, "value", self._post(self._charge(occurrenceDateTime="yesterday"))),
        ]
        for status, code, answer in cases:
            with self.subTest(f"{status} {code}"):
                self.assertEqual(self._issue(answer, status)["code"], code)
        self.assertFalse(self._messages(state="received"))

    @mute_logger(DOOR)
    def test_f04_other_content_under_one_identifier_is_a_conflict(self):
        self._post(self._charge("1"))
        answer = self._post(self._charge("1", quantity={"value": 3}))
        self.assertEqual(self._issue(answer, 409)["code"], "conflict")
        self.assertEqual(self._messages(state="quarantined").error_code, "same_id")

    def test_f04_a_body_beyond_the_limit_of_the_channel_is_refused(self):
        self.door.max_message_kb = 1
        charge = self._charge(note=[{"text": "x" * 2000}])
        self.assertEqual(self._issue(self._post(charge), 413)["code"], "too-long")

    def test_f04_what_was_refused_leaves_a_trace_for_the_operator(self):
        self._post(self._charge(status="bogus"))
        [message] = self._messages(state="quarantined")
        self.assertEqual(
            (message.error_code, message.error_position),
            ("code_value", "ChargeItem.status"),
        )
        self.assertFalse(message.sudo().raw)

    # ---- F5 --------------------------------------------------------------------------

    def test_f05_prefer_says_what_comes_back(self):
        minimal = self._post(self._charge("1"), Prefer="return=minimal")
        self.assertEqual((minimal.status_code, minimal.content), (201, b""))
        whole = self._post(self._charge("2"), Prefer="return=representation").json()
        self.assertEqual(whole["resourceType"], "ChargeItem")
        self.assertNotIn("TESTNAME", json.dumps(whole))
        self.assertEqual(whole["meta"]["tag"][0]["code"], "SUBSETTED")
        words = self._post(self._charge("3"), Prefer="return=OperationOutcome").json()
        self.assertEqual(words["issue"][0]["severity"], "information")
        wrong = self._post(self._charge("4"), Prefer="return=everything")
        self.assertEqual(self._issue(wrong, 400)["code"], "invalid")

    def test_f05_respond_async_answers_202_and_a_status_to_ask_for(self):
        unknown = self._charge("2", code={"coding": [{"code": "NOBODY"}]})
        bundle = self._bundle("batch", self._charge("1"), unknown)
        answer = self._send(BASE, bundle, Prefer="respond-async")
        self.assertEqual(answer.status_code, 202)
        path = BASE + answer.headers["Content-Location"].partition(BASE)[2]
        waiting = self._send(path, method="GET")
        self.assertEqual(waiting.status_code, 202)
        self.assertEqual(waiting.headers["X-Progress"], "2 waiting")
        self._process_all()
        entries = self._send(path, method="GET").json()["entry"]
        severities = [
            each["response"]["outcome"]["issue"][0]["severity"] for each in entries
        ]
        self.assertEqual(severities, ["information", "error"])

    # ---- F6 --------------------------------------------------------------------------

    def test_f06_decimals_are_kept_exactly(self):
        body = json.dumps(self._charge("1")).replace('"value": 2}', '"value": 1.10}')
        answer = self._send(
            f"{BASE}/ChargeItem", body.encode(), Prefer="return=representation"
        )
        self.assertIn('"value":1.10', answer.text)
        path = BASE + answer.headers["Location"].partition(BASE)[2]
        self.assertIn('"value":1.10', self._send(path, method="GET").text)

    def test_f06_a_number_that_is_no_plain_quantity_is_refused(self):
        for number in ("1e400", "0.12345678", "1234567890123"):
            body = json.dumps(self._charge("1"))
            body = body.replace('"value": 2}', f'"value": {number}}}')
            answer = self._send(f"{BASE}/ChargeItem", body.encode())
            self.assertEqual(self._issue(answer, 422)["code"], "value")

    # ---- F7 --------------------------------------------------------------------------

    def test_f07_an_unknown_modifier_is_refused_wherever_it_stands(self):
        extension = [{"url": "urn:not", "valueBoolean": True}]
        cases = {
            "ChargeItem.modifierExtension": {"modifierExtension": extension},
            "ChargeItem.quantity.modifierExtension": {
                "quantity": {"value": 1, "modifierExtension": extension}
            },
            "ChargeItem.implicitRules": {"implicitRules": "urn:rules"},
        }
        for place, change in cases.items():
            with self.subTest(place):
                issue = self._issue(self._post(self._charge("1", **change)), 422)
                self.assertEqual(issue["code"], "extension")
                self.assertEqual(issue["expression"], [place])

    def test_f07_required_bindings_are_checked(self):
        for kind in ("ChargeItem", "SupplyDelivery", "Procedure", "Appointment"):
            resource = {"resourceType": kind, "status": "bogus"}
            issue = self._issue(self._post(resource), 422)
            self.assertEqual(issue["code"], "code-invalid")

    # ---- What becomes of it ----------------------------------------------------------

    def test_a_charge_becomes_a_line_and_an_error_takes_it_back(self):
        self._post(self._charge("1"))
        self._process_all()
        use = self._door_lines()
        self.assertEqual(
            (use.product_id, use.department_id, use.quantity, use.kind),
            (self.gloves, self.icu, 2.0, "use"),
        )
        self.assertEqual(use.event_time, self._utc("2026-01-05 02:15"))
        self.assertEqual(
            self._post(self._charge("1", status="entered-in-error")).status_code, 201
        )
        self._process_all()
        back = self._door_lines() - use
        self.assertEqual((back.kind, back.reversal_of_id), ("return", use))

    def test_a_procedure_uses_each_of_its_devices(self):
        procedure = {
            "resourceType": "Procedure",
            "identifier": [{"value": "OP-1"}],
            "status": "completed",
            "performedPeriod": {"start": "2026-01-05T08:00:00+08:00"},
            "location": {"identifier": {"value": "T-CATH"}},
            "contained": [
                {
                    "resourceType": "Device",
                    "id": "d1",
                    "type": {"coding": [{"code": "T-STENT"}]},
                    "udiCarrier": [{"carrierHRF": "(01)06901234567892(10)LOT-9(21)S9"}],
                }
            ],
            "focalDevice": [{"manipulated": {"reference": "#d1"}}],
            "usedReference": [{"reference": "#d1"}],
            "usedCode": [{"coding": [{"code": "T-GLOVE"}]}],
        }
        self.assertEqual(self._post(procedure).status_code, 201)
        self._process_all()
        stent, glove = self._door_lines()
        self.assertEqual(
            (stent.product_id, stent.lot_name, stent.serial),
            (self.stent, "LOT-9", "S9"),
        )
        self.assertEqual((glove.product_id, glove.quantity), (self.gloves, 1.0))

    def _appointment(self, **changes):
        return {
            "resourceType": "Appointment",
            "identifier": [{"system": "urn:his", "value": "OP-7"}],
            "status": "booked",
            "serviceType": [{"coding": [{"code": "T-PCI"}]}],
            "start": "2026-12-01T08:00:00+08:00",
            "end": "2026-12-01T09:30:00+08:00",
            "participant": [
                {"actor": {"type": "Location", "identifier": {"value": "T-CATH"}}},
                {"actor": {"reference": "Patient/1", "display": "TESTNAME"}},
            ],
            **changes,
        }

    def _case(self):
        return self.env["med.case"].search([("source", "=", self.door._source())])

    def test_an_appointment_becomes_a_case_and_its_latest_state_holds(self):
        self.env["med.procedure"].create({"name": "PCI", "code": "T-PCI"})
        first = self._post(self._appointment())
        self.assertEqual(first.status_code, 201, first.text)
        self._process_all()
        case = self._case()
        self.assertEqual((case.state, case.department_id), ("planned", self.cath))
        self.assertEqual(case.start, self._utc("2026-12-01 00:00"))
        moved = self._post(self._appointment(start="2026-12-01T08:30:00+08:00"))
        self.assertEqual(moved.headers["Location"], first.headers["Location"])
        self._process_all()
        self.assertEqual(case.start, self._utc("2026-12-01 00:30"))
        self._post(self._appointment(status="cancelled"))
        self._process_all()
        self.assertEqual(self._case(), case)
        self.assertEqual(case.state, "cancelled")
        path = BASE + first.headers["Location"].partition(BASE)[2]
        self.assertEqual(self._send(path, method="GET").json()["status"], "cancelled")
        for message in self._messages():
            self.assertNotIn(b"TESTNAME", message._content())

    def test_f03_a_transaction_may_hold_lines_and_cases(self):
        self.env["med.procedure"].create({"name": "PCI", "code": "T-PCI"})
        bundle = self._bundle("transaction", self._charge("1"), self._appointment())
        answer = self._send(BASE, bundle)
        self.assertEqual(len(answer.json()["entry"]), 2)
        self._process_all()
        self.assertEqual(len(self._door_lines()), 1)
        self.assertEqual(self._case().state, "planned")

    def test_r13_an_older_state_that_comes_late_changes_nothing(self):
        self.env["med.procedure"].create({"name": "PCI", "code": "T-PCI"})
        states = (
            ("cancelled", "2026-11-01T12:00:00Z"),
            ("booked", "2026-11-01T11:00:00Z"),
        )
        self._post(self._appointment(meta={"lastUpdated": "2026-11-01T10:00:00Z"}))
        for status, written in states:
            change = {"status": status, "meta": {"lastUpdated": written}}
            self._post(self._appointment(**change))
        self._process_all()
        self.assertEqual(self._case().state, "cancelled")

    def test_an_appointment_without_number_or_time_is_refused(self):
        self._issue(self._post(self._appointment(identifier=[])), 422)
        self._issue(self._post(self._appointment(start="soon")), 422)

    def test_v05_a_udi_that_disagrees_with_its_fields_is_refused(self):
        device = {
            "resourceType": "Device",
            "id": "d1",
            "lotNumber": "LOT-1",
            "udiCarrier": [{"carrierHRF": "(01)06901234567892(10)LOT-9"}],
        }
        charge = self._charge(
            "1", contained=[device], productReference={"reference": "#d1"}
        )
        issue = self._issue(self._post(charge), 422)
        self.assertEqual(issue["code"], "business-rule")

    def test_r07_the_same_resource_again_is_found_and_counted_once(self):
        answers = [self._post(self._charge("1")) for _ in range(3)]
        self.assertEqual([each.status_code for each in answers], [201, 200, 200])
        self.assertEqual(len({each.headers["Location"] for each in answers}), 1)
        without = self._charge(identifier=None)
        answers = [self._post(without) for _ in range(2)]
        self.assertEqual([each.status_code for each in answers], [201, 200])
        self._process_all()
        self.assertEqual(len(self._door_lines()), 2)

    def test_s6_only_allowed_fields_are_stored_and_no_patient_in_the_clear(self):
        self._post(self._charge("1"))
        [message] = self._messages()
        content = message._content().decode()
        self.assertNotIn("TESTNAME", content)
        self.env.flush_all()
        self.env.cr.execute(
            "SELECT t::text FROM med_his_message t UNION ALL"
            " SELECT t::text FROM med_his_resource t"
        )
        for (row,) in self.env.cr.fetchall():
            for secret in ("TESTNAME", "PATIENT-4711", "VISIT-99"):
                self.assertNotIn(secret, row)

    def test_s7_an_operator_reads_a_resource_with_its_patient_covered(self):
        self._post(self._charge("1"))
        reading = (
            self.env["med.his.reading"]
            .with_user(self.operator)
            .create({"message_id": self._messages().id, "reason": "unknown item"})
        )
        self.assertIn("code.coding[0].code: T-GLOVE", reading.content)
        for secret in ("TESTNAME", "PATIENT-4711", "VISIT-99"):
            self.assertNotIn(secret, reading.content)

    # ---- Who may come ----------------------------------------------------------------

    @mute_logger(DOOR)
    def test_s2_a_key_opens_its_channel_until_it_ends(self):
        Key = self.env["med.his.key"]
        self.assertNotIn(self.key.rpartition("_")[2], str(Key.search([]).read()))
        new = Key._issue(self.door, "New", overlap_days=1)
        for key in (self.key, new):  # both hold while one replaces the other
            self.assertEqual(
                self._post(self._charge("1"), key=key).status_code // 100, 2
            )
        old = Key.search([("channel_id", "=", self.door.id)])[-1]
        old.expires_at = fields.Datetime.now() - timedelta(seconds=1)
        issue = self._issue(self._post(self._charge("1")), 401)
        self.assertEqual(issue["code"], "expired")
        Key.search([("name", "=", "New")]).action_revoke()
        trail = self.env["med.his.event"].search([("channel_id", "=", self.door.id)])
        self.assertIn("revoked", trail[0].detail)
        self._issue(self._post(self._charge("1"), key=new), 401)

    @mute_logger(DOOR)
    def test_s2_a_key_opens_no_other_door_and_no_other_network(self):
        other = self._channel("FEED", transport="feed")
        key = self.env["med.his.key"]._issue(other, "Other")
        self._issue(self._post(self._charge("1"), key=key), 403)
        self.door.allowed_networks = "10.0.0.0/8"
        self._issue(self._post(self._charge("1")), 403)
        entry = self.env["med.his.event"].search([("event", "=", "refuse")], limit=1)
        self.assertEqual((entry.channel_id, entry.failed), (self.door, True))

    @mute_logger(DOOR)
    def test_s2_who_comes_too_often_must_wait(self):
        self.door.requests_per_minute = 2
        answers = [self._post(self._charge("1")) for _ in range(6)]
        self.assertEqual(answers[0].status_code, 201)
        self.assertEqual(self._issue(answers[-1], 429)["code"], "throttled")
        self.assertEqual(answers[-1].headers["Retry-After"], "60")
