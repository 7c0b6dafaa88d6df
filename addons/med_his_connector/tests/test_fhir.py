import json

from odoo.tools import mute_logger

from ..core.fhir.allowed import ALLOWED
from .door_case import DOOR
from .fhir_case import BASE, FhirCase


class TestFhir(FhirCase):
    """F1 to F7: what the door promises to whoever sends."""

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
