from .door_case import DoorCase

BASE = "/fhir/R4"


class FhirCase(DoorCase):
    """What a sender of FHIR posts, and the issues it is answered with."""

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

    def _another_door(self):
        """A channel over FHIR of another hospital, with its key: ``(channel, key)``."""
        other = self.env["res.company"].create({"name": "Other hospital"})
        door = self._channel("ELSEWHERE", transport="fhir", company_id=other.id)
        return door, self.env["med.his.key"]._issue(door, "Other HIS")

    def _process_all(self):
        self.env["med.his.message"].search([("state", "=", "received")])._process()
