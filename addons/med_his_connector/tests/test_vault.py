from unittest.mock import patch

from odoo.addons.med_consumables.core.sealing import new_key_line
from odoo.exceptions import AccessError, UserError
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

    def _found(self, number):
        find = self.env["med.his.find.use"].with_user(self.officer)
        asked = find.create({"number": number, "reason": "Recall"})
        self.env.flush_all()
        return asked, self.env["med.vault.access"].browse(asked.action_find()["res_id"])

    def test_s08_from_a_number_of_the_visit_or_record_to_lots(self):
        use = self._charge().consumption_ids
        for number in ("VISIT-99", "RECORD-4711"):
            _asked, access = self._found(number)
            self.assertEqual(access.consumption_ids, use)
            content = access.with_user(self.officer).content
            self.assertIn("STENT-1", content)
            self.assertIn("RECORD-4711", content)
        _asked, access = self._found("RECORD-471")
        self.assertFalse(access.consumption_ids)

    def test_s08_use_without_an_entry_in_the_vault_is_found_by_its_token(self):
        use = self._charge("T-GLOVE").consumption_ids
        self.assertEqual(self._found("VISIT-99")[1].consumption_ids, use)

    def test_s08_a_look_up_stays_on_record_and_the_number_does_not(self):
        self._charge()
        asked, access = self._found("VISIT-99")
        self.assertEqual((access.user_id, access.reason), (self.officer, "Recall"))
        asked.invalidate_recordset()
        self.assertFalse(asked.number)
        self.env.cr.execute("SELECT f::text FROM med_his_find_use f")
        self.assertNotIn("VISIT-99", self.env.cr.fetchone()[0])

    def test_s08_only_a_privacy_officer_finds_and_says_why(self):
        values = {"number": "VISIT-99", "reason": "Recall"}
        with self.assertRaises(AccessError):
            self.env["med.his.find.use"].with_user(self.operator).create(values)
        find = self.env["med.his.find.use"].with_user(self.officer)
        with self.assertRaisesRegex(UserError, "Say why"):
            find.create({**values, "reason": " "})

    def test_s08_where_two_persons_open_the_vault_a_number_waits_for_consent(self):
        self.company.med_vault_two_persons = True
        second = new_test_user(
            self.env, "vault_officer2", groups="med_consumables.group_privacy_officer"
        )
        use = self._charge().consumption_ids
        _asked, access = self._found("RECORD-4711")
        self.assertEqual((access.state, access.consumption_ids), ("asked", use))
        own = access.with_user(self.officer)
        self.assertFalse(own.content)
        access.with_user(second).action_consent()
        own.action_open()
        self.assertIn("RECORD-4711", own.content)

    def test_no_number_stands_in_the_database(self):
        self._charge()
        self.env.flush_all()
        self.env.cr.execute("SELECT v::text FROM med_vault v")
        text = " ".join(row[0] for row in self.env.cr.fetchall())
        self.assertNotIn("VISIT-99", text)
        self.assertNotIn("4711", text)
