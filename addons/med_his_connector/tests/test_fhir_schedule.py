from .fhir_case import BASE, FhirCase


class TestFhirSchedule(FhirCase):
    """Appointments become cases."""

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
