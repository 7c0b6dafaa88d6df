import json

from odoo.tools import mute_logger

from .door_case import DoorCase

DOOR = "odoo.addons.med_his_connector.controllers.door"
PATH = "/med/feed/v1/lines"


class TestFeed(DoorCase):
    """The plain JSON feed: the same guarantees, without a standard."""

    transport = "feed"

    def _line(self, number="L1", **changes):
        line = {
            "id": number,
            "item": "T-GLOVE",
            "quantity": 2,
            "department": "T-ICU",
            "time": "2026-01-05 10:15",
            "visit": "VISIT-99",
            "patient_name": "TESTNAME",
        }
        return {**line, **changes}

    def _post(self, *lines, **body):
        body = {"lines": lines, **body}
        return self._send(PATH, body, Content_Type="application/json")

    def _process_all(self):
        self.env["med.his.message"].search([("state", "=", "received")])._process()

    def test_a_line_becomes_a_line_of_the_ledger(self):
        answer = self._post(self._line())
        self.assertEqual(answer.status_code, 200, answer.text)
        self.assertEqual(answer.json()["lines"], [{"id": "L1", "status": "accepted"}])
        self._process_all()
        line = self._door_lines()
        self.assertEqual(
            (line.product_id, line.department_id, line.quantity),
            (self.gloves, self.icu, 2.0),
        )
        self.assertEqual(line.event_time, self._utc("2026-01-05 02:15"))
        self.assertRegex(line.encounter_token, "^[0-9a-f]{64}$")

    def test_r07_a_line_sent_again_is_known_and_counted_once(self):
        statuses = [self._post(self._line()).json()["lines"][0] for _ in range(2)]
        self.assertEqual([s["status"] for s in statuses], ["accepted", "known"])
        self._process_all()
        self.assertEqual(len(self._door_lines()), 1)

    def test_r08_other_content_under_one_id_is_a_conflict(self):
        self._post(self._line())
        answer = self._post(self._line(quantity=3)).json()
        self.assertEqual(answer["lines"][0]["status"], "conflict")
        self.assertEqual(self._messages(state="quarantined").error_code, "same_id")

    def test_each_line_is_kept_by_itself(self):
        answer = self._post(
            self._line("L1"), self._line("L2", quantity="1e3"), self._line("L3")
        ).json()
        self.assertEqual((answer["accepted"], answer["refused"]), (2, 1))
        refused = answer["lines"][1]
        self.assertEqual(
            (refused["line"], refused["field"], refused["code"]),
            (1, "quantity", "bad_quantity"),
        )
        self.assertEqual(len(self._messages(state="received")), 2)

    def test_all_of_them_or_none_where_the_sender_says_so(self):
        answer = self._post(
            self._line("L1"), self._line("L2", item=""), all=True
        ).json()
        self.assertEqual(
            [each["status"] for each in answer["lines"]], ["not kept", "refused"]
        )
        self.assertFalse(self._messages(state="received"))

    def test_a_return_takes_back_the_line_it_names(self):
        self._post(
            self._line("L1"),
            self._line("L2", kind="return", reverses="L1", quantity=1),
        )
        self._process_all()
        use, back = self._door_lines()
        self.assertEqual((back.kind, back.reversal_of_id), ("return", use))

    def test_r12_a_return_that_comes_first_waits_for_its_use(self):
        self._post(self._line("L2", kind="退费", reverses="L1"))
        self._process_all()
        self.assertEqual(self._messages().state, "parked")
        self._post(self._line("L1"))
        self._process_all()
        self._process_all()
        self.assertEqual(self._door_lines().mapped("kind"), ["use", "return"])

    def test_v01_only_plain_numbers_are_quantities(self):
        for wrong in ("NaN", "1_000", "1e3", "２", "1,5", "", None, True, [1]):
            with self.subTest(wrong):
                line = self._post(self._line(quantity=wrong)).json()["lines"][0]
                self.assertEqual(line["status"], "refused")

    def test_v02_codes_are_texts_from_end_to_end(self):
        product = self._product("Zero", med_charge_code="00070")
        self._post(self._line("0001", item="00070"))
        self._process_all()
        line = self._door_lines()
        self.assertEqual((line.product_id, line.external_key), (product, "LINE:0001"))

    def test_the_sender_can_ask_what_became_of_a_line(self):
        self._post(self._line("A/1", item="NOBODY"))
        self._process_all()
        found = self._send(f"{PATH}/A/1", method="GET").json()
        self.assertEqual(found["reports"][0]["code"], "unknown_item")
        nobody = self._send(f"{PATH}/nobody", method="GET")
        self.assertEqual(nobody.status_code, 404)

    def test_the_senders_own_names_are_mapped(self):
        self.env["med.his.column"].create(
            {"channel_id": self.door.id, "field": "item", "name": "wzbm"}
        )
        line = {**self._line(), "wzbm": "T-STENT"}
        self._post(line)
        self._process_all()
        self.assertEqual(self._door_lines().product_id, self.stent)

    @mute_logger(DOOR)
    def test_every_refusal_is_json_with_a_code(self):
        cases = {
            "json": self._send(PATH, b"{", Content_Type="application/json"),
            "structure": self._send(
                PATH, {"lines": 1}, Content_Type="application/json"
            ),
            "media_type": self._send(PATH, b"<a/>", Content_Type="text/xml"),
            "login": self._send(PATH, {}, key="x", Content_Type="application/json"),
        }
        for code, answer in cases.items():
            self.assertEqual(answer.json()["error"]["code"], code)
            self.assertGreaterEqual(answer.status_code, 400)

    def test_s06_what_is_not_on_the_list_is_dropped_before_it_is_stored(self):
        self._post(self._line())
        content = self._messages()._content().decode()
        self.assertNotIn("TESTNAME", content)
        self.assertEqual(json.loads(content)["visit"], "VISIT-99")  # sealed
