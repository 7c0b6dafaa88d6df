import json

from odoo.tests import HttpCase, tagged

from ..controllers.door import LIMIT
from .common import HisCase

#: Whose log tells of a refusal.
DOOR = "odoo.addons.med_his_connector.controllers.door"


@tagged("post_install", "-at_install")
class DoorCase(HisCase, HttpCase):
    """A channel over HTTP, and a sender that holds its key."""

    transport = "fhir"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.door = cls._channel("DOOR", transport=cls.transport)
        cls.key = cls.env["med.his.key"]._issue(cls.door, "Test HIS")

    def setUp(self):
        super().setUp()
        LIMIT._buckets.clear()

    def _send(self, path, body=None, method="POST", key=None, **headers):
        """The answer: it has ``status_code``, ``headers`` and ``json()``."""
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        headers.setdefault("Authorization", f"Bearer {key or self.key}")
        headers.setdefault("Content-Type", "application/fhir+json")
        data = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        return self.url_open(path, data=data, headers=headers, method=method)

    def _messages(self, **values):
        domain = [("channel_id", "=", self.door.id)]
        domain += [(name, "=", value) for name, value in values.items()]
        return self.env["med.his.message"].search(domain, order="id")

    def _door_lines(self):
        return self.env["med.consumption"].search(
            [("source", "=", self.door._source())], order="id"
        )

    @staticmethod
    def _charge(number="1", **changes):
        """A ChargeItem of two gloves in the intensive care unit."""
        item = {
            "resourceType": "ChargeItem",
            "identifier": [{"system": "urn:his", "value": number}],
            "status": "billable",
            "code": {"coding": [{"code": "T-GLOVE"}]},
            "subject": {
                "reference": "Patient/PATIENT-4711",
                "display": "TESTNAME",
            },
            "context": {"identifier": {"value": "VISIT-99"}},
            "occurrenceDateTime": "2026-01-05T10:15:00+08:00",
            "performingOrganization": {"identifier": {"value": "T-ICU"}},
            "quantity": {"value": 2},
            "note": [{"text": "for TESTNAME"}],
        }
        for name, value in changes.items():
            if value is None:
                item.pop(name)
            else:
                item[name] = value
        return item
