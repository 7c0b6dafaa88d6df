import json
import os
import tempfile
from pathlib import Path
from unittest.mock import patch

from odoo.addons.med_consumables.core.sealing import new_key_line

from .common import AlertsCase
from .local_servers import HttpReceiver


class DeliveryCase(AlertsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.key_file = Path(folder.name) / "med.key"
        cls.key_file.write_text(new_key_line())
        cls.key_file.chmod(0o600)
        environment = patch.dict(os.environ, {"MED_KEY_FILE": str(cls.key_file)})
        cls.startClassPatcher(environment)
        cls.receiver = HttpReceiver()
        cls.addClassCleanup(cls.receiver.stop)
        cls.outbox = cls.env["med.alert.delivery"]
        cls.env.company.country_id = cls.env.ref("base.cn")

    def setUp(self):
        super().setUp()
        self.receiver.received.clear()
        self.receiver.answers.clear()
        self.rule.level_ids.channel_ids = False

    def _channel(self, kind, **values):
        if kind in ("sms", "wecom", "dingtalk", "webhook"):
            values.setdefault("url", f"{self.receiver.url}/{kind}")
        if kind == "webhook":
            values.setdefault("secret", "shared with the receiver")
        channel = self.env["med.alert.channel"].create(
            {"name": kind, "kind": kind, **values}
        )
        self.rule.level_ids.channel_ids |= channel
        return channel

    def _open_alert(self, minimum=20, stock=10):
        orderpoint = self._orderpoint(minimum)
        if stock:
            self._stock(stock)
        self._evaluate()
        return self._alert(orderpoint)

    def _deliver(self):
        with self.enter_registry_test_mode():
            self.env.ref("med_alerts.ir_cron_deliver").method_direct_trigger()

    def _posted(self):
        return [json.loads(body) for _path, _headers, body in self.receiver.received]
