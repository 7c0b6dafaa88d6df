import os
import tempfile
from datetime import datetime
from pathlib import Path
from unittest.mock import patch

from odoo.addons.med_consumables.core.sealing import new_key_line
from odoo.tests import TransactionCase, new_test_user

from ..core.inbox import Arrival
from .samples import dft


class HisCase(TransactionCase):
    """A channel, two departments, gloves and a stent, and a key file."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.key_file = Path(folder.name) / "his.key"
        cls.key_file.write_text(new_key_line())
        cls.key_file.chmod(0o600)
        environment = patch.dict(os.environ, {"MED_KEY_FILE": str(cls.key_file)})
        cls.startClassPatcher(environment)
        cls.company = cls.env.company
        cls.icu = cls._department("T-ICU")
        cls.cath = cls._department("T-CATH")
        cls.gloves = cls._product("Gloves", med_charge_code="T-GLOVE")
        cls.stent = cls._product("Stent", med_hospital_code="T-STENT")
        cls.channel = cls._channel("TEST")
        cls.operator = new_test_user(
            cls.env,
            "his_operator",
            groups="med_his_connector.group_integration_operator",
        )

    @classmethod
    def _channel(cls, code, **values):
        used = cls.env["med.his.channel"].with_context(active_test=False)
        port = max([20000, *used.search([]).mapped("port")]) + 1
        return cls.env["med.his.channel"].create(
            {"name": f"Channel {code}", "code": code, "port": port, **values}
        )

    @classmethod
    def _department(cls, code):
        return cls.env["med.department"].create({"name": code.title(), "code": code})

    @classmethod
    def _product(cls, name, **values):
        return cls.env["product.product"].create(
            {"name": name, "is_storable": True, "med_consumable": True, **values}
        )

    def _answers(self, *contents, channel=None):
        channel = channel or self.channel
        return self.env["med.his.message"]._accept(
            [Arrival(channel._receiver(), "127.0.0.1", each) for each in contents]
        )

    def _receive(self, *contents, channel=None):
        """Store these messages; returns their records in order."""
        before = self.env["med.his.message"].search([], limit=1).id or 0
        self._answers(*contents, channel=channel)
        return self.env["med.his.message"].search([("id", ">", before)], order="id")

    def _process(self, *contents, channel=None):
        messages = self._receive(*contents, channel=channel)
        messages._process()
        return messages

    def _lines(self):
        return self.env["med.consumption"].search(
            [("source", "=", self.channel._source())], order="id"
        )

    def _dft(self, *lines, **options):
        options.setdefault("visit", "PV1||I|T-ICU^1^2" + "|" * 16 + "VISIT-99")
        return dft(*lines, **options)

    def _ras(self, *segments, **options):
        return self._dft(*segments, type="RAS^O17", version="2.4", **options)

    def _map(self, kind, code, **values):
        return self.env["med.his.code"].create(
            {"channel_id": self.channel.id, "kind": kind, "code": code, **values}
        )

    @staticmethod
    def _utc(text):
        return datetime.strptime(text, "%Y-%m-%d %H:%M")
