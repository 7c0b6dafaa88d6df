from unittest.mock import patch

from odoo.tools import config, mute_logger

from .door_case import DOOR, DoorCase
from .fhir_case import BASE

WARD_PC = "10.9.9.9"


class TestDoorAttacks(DoorCase):
    """Who is let in when a proxy is in front, and what everybody may learn."""

    def _sent(self, status, **headers):
        answer = self._send(f"{BASE}/ChargeItem", self._charge(), **headers)
        self.assertEqual(answer.status_code, status, answer.text)
        return answer.text

    @mute_logger(DOOR)
    def test_a_proxy_that_is_not_believed_opens_no_door(self):
        for headers in (
            {"X_Forwarded_For": WARD_PC, "X_Forwarded_Host": "his"},
            {"X_Real_IP": WARD_PC},
            {"Forwarded": f"for={WARD_PC}"},
        ):
            self.assertIn("proxy_mode", self._sent(403, **headers))
        with patch.dict(config.options, {"proxy_mode": True}):
            self.assertIn("must send", self._sent(403, X_Forwarded_For=WARD_PC))
            self.assertIn("must send", self._sent(403, X_Forwarded_Host="his"))
        self.assertFalse(self._messages())
        self.assertIn(
            "proxy",
            self.env["med.his.event"].search([], order="id desc", limit=1).detail,
        )

    @mute_logger(DOOR)
    def test_behind_a_proxy_the_list_is_about_the_sender(self):
        told = {"X_Forwarded_For": WARD_PC, "X_Forwarded_Host": "his"}
        with patch.dict(config.options, {"proxy_mode": True}):
            https = {**told, "X_Forwarded_Proto": "https"}
            self.assertIn("network", self._sent(403, **https))
            self.door.allowed_networks = "10.9.0.0/16"
            self.assertIn("HTTPS", self._sent(403, **told))
            self._sent(201, **https)
            self.door.plaintext = True
            self._sent(200, **told)

    def test_nobody_learns_which_version_is_installed(self):
        found = self.url_open(f"{BASE}/metadata").json()
        module = self.env.ref("base.module_med_his_connector")
        self.assertNotIn(module.installed_version, str(found))
