from contextlib import contextmanager

from odoo.tools import mute_logger

from .door_case import DoorCase
from .fhir_case import FhirCase

DOOR = "odoo.addons.med_his_connector.controllers.door"
FULL = """
    CREATE FUNCTION med_test_full() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = '%s'; END $$;
    CREATE TRIGGER med_test_full BEFORE INSERT ON med_his_message
    FOR EACH ROW EXECUTE FUNCTION med_test_full()
"""


class DownCase:
    @contextmanager
    def _failing(self, state):
        """No row of a message can be written: PostgreSQL says so with this SQLSTATE."""
        self.env.cr.execute(FULL % state)  # pylint: disable=sql-injection
        with mute_logger(DOOR, "odoo.sql_db", "odoo.service.model"):
            yield
        self.env.cr.execute(
            "DROP TRIGGER med_test_full ON med_his_message;"
            "DROP FUNCTION med_test_full()"
        )


class TestFhirDown(DownCase, FhirCase):
    def test_f04_r02_a_full_disk_or_a_lost_race_is_an_operation_outcome(self):
        cases = {
            "53100": (503, "transient"),  # disk full
            "57014": (503, "transient"),  # statement timeout
            "40001": (503, "transient"),  # five lost races
            "22000": (500, "exception"),
        }
        self.patch(self._model_tries(), "TRIES", 1)
        for state, (status, code) in cases.items():
            with self.subTest(state), self._failing(state):
                answer = self._post(self._charge("1"))
                self.assertEqual(self._issue(answer, status)["code"], code)
                retry = answer.headers.get("Retry-After")
                self.assertEqual(retry, "60" if status == 503 else None)
        self.assertFalse(self._messages())
        self.assertEqual(self._post(self._charge("1")).status_code, 201)

    def _model_tries(self):
        from ..controllers import door  # noqa: PLC0415  importing it earlier loads http

        return door

    def test_a_lost_race_is_run_again_before_its_sender_is_told(self):
        door = self._model_tries()
        tries, original = [], door._tries
        self.patch(door, "_tries", lambda: tries.append(1) or original())
        self.patch(self.registry_model(), "uniform", lambda low, high: 0)
        with self._failing("40001"):
            answer = self._post(self._charge("1"))
        self.assertEqual(self._issue(answer, 503)["code"], "transient")
        self.assertEqual(len(tries), 5)

    def registry_model(self):
        from odoo.service import model  # noqa: PLC0415  as above

        return model.random


class TestFeedDown(DownCase, DoorCase):
    transport = "feed"

    def _post(self, *lines, **body):
        body = {"lines": [self._line(**each) for each in lines], **body}
        path = "/med/feed/v1/lines"
        return self._send(path, body, Content_Type="application/json")

    def _line(self, number="L1", **changes):
        line = {"id": number, "item": "T-GLOVE", "quantity": 2}
        return {**line, "department": "T-ICU", "time": "2026-01-05 10:15", **changes}

    def test_r02_a_full_disk_is_told_in_json(self):
        with self._failing("53100"):
            answer = self._post({})
        self.assertEqual(answer.status_code, 503)
        self.assertEqual(answer.json()["error"]["code"], "unavailable")
        self.assertEqual(answer.headers["Retry-After"], "60")
        self.assertEqual(self._post({}).json()["lines"][0]["status"], "accepted")

    def test_all_or_none_holds_where_one_line_is_a_conflict(self):
        self._post({"number": "L2"})
        lines = {"number": "L1"}, {"number": "L2", "quantity": 5}, {"number": "L3"}
        answer = self._post(*lines, all=True).json()
        found = [each["status"] for each in answer["lines"]]
        self.assertEqual(found, ["not kept", "conflict", "not kept"])
        self.assertEqual(len(self._messages(state="received")), 1)
        self.assertEqual(self._messages(state="quarantined").error_code, "same_id")
        twice = {"number": "L4"}, {"number": "L4", "quantity": 5}
        answer = self._post(*twice, all=True).json()
        found = [each["status"] for each in answer["lines"]]
        self.assertEqual(found, ["not kept", "conflict"])
        known = self._post({"number": "L2"}, {"number": "L5"}, all=True).json()
        found = [each["status"] for each in known["lines"]]
        self.assertEqual(found, ["known", "accepted"])
