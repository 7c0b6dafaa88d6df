from unittest.mock import patch

from odoo.addons.med_consumables.core.sealing import new_key_line
from odoo.fields import Command
from odoo.tests import new_test_user

from .common import HisCase
from .samples import ft1


class TestVault(HisCase):
    """A recall reaches the patients whose implants HIS has charged."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.stent.write(
            {
                "med_implant": True,
                "med_charge_code": "T-STENT",
                "tracking": "lot",
            }
        )
        cls.batch = cls.env["stock.lot"].create(
            {"name": "STENT-1", "product_id": cls.stent.id}
        )
        cls.officer = new_test_user(
            cls.env, "vault_officer", groups="med_consumables.group_privacy_officer"
        )
        cls.env["med.his.mapping"].create(
            {
                "channel_id": cls.channel.id,
                "family": "dft",
                "piece": "lot",
                "places": "ZPA-5",
            }
        )

    def _charge(self, item="T-STENT", **options):
        options.setdefault("patient", "RECORD-4711")
        zpa = "ZPA|1||||STENT-1"
        (message,) = self._process(self._dft(ft1(item, "1"), zpa, **options))
        self.assertEqual(message.state, "processed", message.error_text)
        return message

    def _named(self):
        """What the officer reads of a recall of the batch."""
        recall = self.env["med.recall"].create(
            {"subject": "Batch", "lot_ids": [Command.set(self.batch.ids)]}
        )
        recall.action_start()
        access = (
            self.env["med.vault.access"]
            .with_user(self.officer)
            .create({"recall_id": recall.id, "reason": "Inform"})
        )
        return access.content

    def test_a_charged_implant_keeps_visit_and_record_number(self):
        self._charge()
        content = self._named()
        self.assertIn("VISIT-99", content)
        self.assertIn("RECORD-4711", content)

    def test_gloves_keep_none(self):
        self._charge("T-GLOVE")
        self.assertFalse(self.env["med.vault"].search([]))

    def test_the_same_message_twice_keeps_it_once(self):
        self._charge()
        self._charge(control_id="C2")
        self.assertEqual(self.env["med.vault"].search_count([]), 1)

    def test_the_visit_is_named_after_the_raw_messages_were_purged(self):
        message = self._charge()
        message.raw = False
        self.env.flush_all()
        self.assertIsNone(message._content())
        self.assertIn("VISIT-99", self._named())

    def test_the_visit_is_named_after_the_key_was_rotated(self):
        self._charge()
        old = self.key_file.read_text()
        newest = new_key_line()
        rotated = self.key_file.with_name("rotated.key")
        rotated.write_text(f"{newest}\n{old}")
        only_new = self.key_file.with_name("new.key")
        only_new.write_text(newest)
        for file in (rotated, only_new):
            file.chmod(0o600)
        with patch.dict("os.environ", {"MED_KEY_FILE": str(rotated)}):
            self.assertEqual(self.env["med.vault"]._rotate(), 0)
        with patch.dict("os.environ", {"MED_KEY_FILE": str(only_new)}):
            self.assertIn("VISIT-99", self._named())

    def test_no_number_stands_in_the_database(self):
        self._charge()
        self.env.flush_all()
        self.env.cr.execute("SELECT v::text FROM med_vault v")
        text = " ".join(row[0] for row in self.env.cr.fetchall())
        self.assertNotIn("VISIT-99", text)
        self.assertNotIn("4711", text)
