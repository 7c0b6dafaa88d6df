from datetime import timedelta

from odoo import fields

from .fhir_case import BASE, FhirCase


class TestFhirDevices(FhirCase):
    """A Device is created once and named later, however much later."""

    DEVICE = {
        "resourceType": "Device",
        "identifier": [{"system": "urn:his", "value": "D1"}],
        "lotNumber": "LOT-8",
    }

    def _purge_all(self):
        self._process_all()
        then = fields.Datetime.now() - timedelta(days=31)
        self._messages().sudo().write({"received_at": then})
        self.env["med.his.message"]._purge(self.door)

    def _names(self, logical_id, number="1"):
        reference = {"reference": f"Device/{logical_id}"}
        return self._charge(number, productReference=reference)

    def _id_of(self, location):
        return location.partition("Device/")[2].partition("/")[0]

    def test_a_device_can_be_named_when_other_contents_are_gone(self):
        where = self._post(self.DEVICE).headers["Location"]
        inside = {**self.DEVICE, "identifier": None, "lotNumber": "LOT-9"}
        del inside["identifier"]
        answer = self._send(BASE, self._bundle("transaction", self._charge(), inside))
        told = answer.json()["entry"][1]["response"]["location"]
        self._purge_all()
        self.assertIn(True, self._messages().mapped(lambda m: bool(m.purged_at)))
        for number, device in (("2", where), ("3", told)):
            answer = self._post(self._names(self._id_of(device), number))
            self.assertEqual(answer.status_code, 201, answer.text)
        self._process_all()
        self.assertEqual(
            self._door_lines().mapped("lot_name"), [False, "LOT-8", "LOT-9"]
        )

    def test_one_whose_content_is_gone_refuses_its_own_entry_only(self):
        where = self._post(self.DEVICE).headers["Location"]
        self._messages().sudo().raw = False
        bundle = self._bundle(
            "batch", self._names(self._id_of(where)), self._charge("2")
        )
        answer = self._send(BASE, bundle)
        self.assertEqual(answer.status_code, 200, answer.text)
        statuses = [each["response"]["status"][:3] for each in answer.json()["entry"]]
        self.assertEqual(statuses, ["422", "201"])
