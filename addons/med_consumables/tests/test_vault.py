import os
import tempfile
from datetime import timedelta
from pathlib import Path
from unittest.mock import patch

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import Form, tagged

from ..core.sealing import new_key_line
from ..core.visit import Visit
from .recall_case import RecallCase


class VaultCase(RecallCase):
    """A stent was used for visit V-77, record M-12; a key file lies outside."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.key_file = Path(folder.name) / "med.key"
        cls.first_key = new_key_line()
        cls._write_keys(cls.first_key)
        environment = patch.dict(os.environ, {"MED_KEY_FILE": str(cls.key_file)})
        cls.startClassPatcher(environment)
        group = "med_consumables.group_"
        cls.officer = cls._user("officer", group + "privacy_officer")
        cls.stent = cls._product("Stent", med_implant=True)
        cls.batch = cls._lot("STENT-1", 100, cls.stent)
        cls._stock(5, cls.batch, product=cls.stent)

    def setUp(self):
        super().setUp()
        self._write_keys(self.first_key)

    @classmethod
    def _write_keys(cls, *lines):
        cls.key_file.write_text("\n".join(lines))
        cls.key_file.chmod(0o600)
        # Two versions within one tick of the clock would look the same.
        cls.version = getattr(cls, "version", 0) + 1
        os.utime(cls.key_file, ns=(cls.version, cls.version))

    def _implanted(self, key="implant", visit=None, **values):
        values.setdefault("product_id", self.stent.id)
        values.setdefault("lot_name", "STENT-1")
        line = self._use(1, key, **values)
        self._post()
        self.env["med.vault"]._keep({line: visit or Visit("V-77", "M-12")})
        return line

    def _look_up(self, lines=None, user=None, **values):
        if lines:
            values["consumption_ids"] = [Command.set(lines.ids)]
        return (
            self.env["med.vault.access"]
            .with_user(user or self.officer)
            .create({"reason": "Recall", **values})
        )

    def _stent_recall(self):
        recall = self._recall(lot_names="STENT-1")
        recall.action_start()
        return recall


@tagged("post_install", "-at_install")
class TestVault(VaultCase):
    def test_an_officer_asks_about_entries_and_about_implants(self):
        line = self._implanted()
        self.gloves.med_management_class = "3"
        self._stock(5, self._lot("G"))
        gloves = self._implanted("gloves", product_id=self.gloves.id, lot_name="G")
        entries = self.env["med.vault"].search(
            [("consumption_id", "in", (line | gloves).ids)]
        )
        for asked in (entries, line):
            action = asked.with_user(self.officer).action_look_up_visits()
            look_up = self.env["med.vault.access"].with_user(self.officer)
            form = Form(look_up.with_context(**action["context"]))
            form.reason = "A patient asks"
            self.assertIn("V-77", form.save().content)
        nurse = self._user("va_nurse", "med_consumables.group_ward_user")
        with self.assertRaises(AccessError):
            line.with_user(nurse).action_look_up_visits()

    def test_a_recall_names_the_visit(self):
        self._implanted()
        recall = self._stent_recall()
        content = self._look_up(recall_id=recall.id).content
        self.assertIn("V-77", content)
        self.assertIn("M-12", content)
        self.assertIn("STENT-1", content)

    def test_a_recall_names_the_visit_after_the_keys_were_rotated(self):
        self._implanted()
        newest = new_key_line()
        self._write_keys(newest, self.first_key)
        self._implanted("2", Visit("V-78"))
        self.assertEqual(len(self.env["med.vault"]._entries_by_key()), 2)
        self.assertEqual(self.env["med.vault"]._rotate(limit=1), 0)
        self.assertEqual(len(self.env["med.vault"]._entries_by_key()), 1)
        # The old key is not needed any more to read.
        self._write_keys(newest)
        content = self._look_up(recall_id=self._stent_recall().id).content
        self.assertIn("V-77", content)
        self.assertIn("V-78", content)

    def test_rotation_goes_on_batch_by_batch(self):
        for number in range(3):
            self._implanted(str(number))
        self._write_keys(new_key_line(), self.first_key)
        vault = self.env["med.vault"]
        self.assertEqual([vault._rotate(limit=1) for _ in range(3)], [2, 1, 0])

    def test_without_its_key_the_vault_says_what_to_do(self):
        line = self._implanted()
        self._write_keys(new_key_line())
        access = self._look_up(line)
        with self.assertRaisesRegex(UserError, "missing key"):
            access.content  # noqa: B018

    def test_nothing_readable_is_in_the_database(self):
        line = self._implanted(visit=Visit("VISIT-SECRET", "RECORD-SECRET"))
        self._look_up(line).content  # noqa: B018
        self.env.flush_all()
        for table in (
            "med_vault",
            "med_vault_access",
            "med_consumption",
            "mail_message",
        ):
            self.env.cr.execute(f"SELECT t::text FROM {table} t")  # noqa: S608
            text = " ".join(row[0] for row in self.env.cr.fetchall())
            self.assertNotIn("SECRET", text)
            self.assertNotIn(b"SECRET".hex(), text)

    def test_only_what_a_recall_must_reach_is_kept(self):
        implants = self._product("Class III", med_management_class="3")
        dear = self._product("Dear", med_value_class="high")
        lines = {
            self._use(1, str(product.id), product_id=product.id): Visit("V-1")
            for product in (implants, dear, self.gloves)
        }
        kept = self.env["med.vault"]._keep(lines)
        self.assertEqual(kept.mapped("reason"), ["class_3", "high"])

    def test_a_visit_is_kept_once(self):
        line = self._implanted()
        self.env["med.vault"]._keep({line: Visit("OTHER")})
        self.assertIn("V-77", self._look_up(line).content)
        self.assertEqual(
            self.env["med.vault"].search_count([("consumption_id", "=", line.id)]), 1
        )

    def test_a_scan_finds_the_visit_that_the_charge_of_the_same_use_kept(self):
        charge = self._implanted("charge")
        scan = self._use(1, "scan", product_id=self.stent.id, source="scan")
        match = self.env["med.consumption.match"].create(
            {
                "company_id": self.company.id,
                "department_id": self.icu.id,
                "product_id": self.stent.id,
                "event_time": self.now,
                "kind": "use",
                "posting_line_id": scan.id,
                "other_line_id": charge.id,
            }
        )
        (charge | scan).match_id = match
        self.assertIn("V-77", self._look_up(scan).content)

    def test_a_line_whose_visit_nobody_named_is_said(self):
        line = self._use(1, product_id=self.stent.id, lot_name="STENT-1")
        access = self._look_up(line)
        self.assertEqual((access.line_count, access.known_count), (1, 0))
        self.assertIn("Not known", access.content)

    def test_entries_are_never_changed_or_deleted(self):
        self._implanted()
        entry = self.env["med.vault"].search([], limit=1)
        for change in (
            entry.unlink,
            lambda: entry.write({"key_name": "x"}),
            lambda: entry.with_user(self.officer).read(["sealed"]),
        ):
            with self.assertRaises(AccessError):
                change()

    def test_only_an_officer_with_a_reason_looks_up_and_it_is_logged(self):
        line = self._implanted()
        for user in (self.storekeeper, self.head, self.auditor):
            with self.assertRaises(AccessError):
                self._look_up(line, user)
        with self.assertRaisesRegex(UserError, "why"):
            self._look_up(line, reason="  ")
        access = self._look_up(line, user_id=self.auditor.id)
        self.assertEqual(access.user_id, self.officer)
        self.assertEqual(access.sudo().consumption_ids, line)
        for change in (access.unlink, lambda: access.sudo().write({"reason": "x"})):
            with self.assertRaises(AccessError):
                change()

    def test_an_auditor_sees_who_looked_and_not_what(self):
        access = self._look_up(self._implanted())
        seen = access.with_user(self.auditor)
        self.assertEqual(seen.reason, "Recall")
        self.assertFalse(seen.content)

    def test_another_officer_and_a_later_hour_see_nothing(self):
        access = self._look_up(self._implanted())
        other = self._user("officer2", "med_consumables.group_privacy_officer")
        self.assertFalse(access.with_user(other).content)
        with freeze_time(fields.Datetime.now() + timedelta(hours=1)):
            access.invalidate_recordset()
            self.assertFalse(access.content)
            with self.assertRaises(UserError):
                access.action_print_sheets()

    def test_an_officer_asks_about_no_gloves(self):
        with self.assertRaises(AccessError):
            self._look_up(self._use(1))


@tagged("post_install", "-at_install")
class TestImplantSheet(VaultCase):
    def _html(self, report, records, user=None):
        html, _type = (
            self.env["ir.actions.report"]
            .with_user(user or self.env.user)
            ._render_qweb_html(f"med_consumables.{report}", records.ids)
        )
        return html.decode()

    def test_the_sheet_says_what_the_ledger_knows_and_no_visit(self):
        self.env["med.udi"].create(
            {"di": "06901234567892", "product_id": self.stent.id}
        )
        paper = self.env["med.certificate"].create(
            {"name": "国械注准20213030647", "holder": "Maker Ltd"}
        )
        self.stent.med_certificate_ids = paper
        line = self._implanted()
        html = self._html("implant_sheet", line, self.head)
        for text in ("Stent", "STENT-1", "国械注准20213030647", "Maker Ltd"):
            self.assertIn(text, html)
        self.assertIn("(01)06901234567892", html)
        self.assertNotIn("V-77", html)

    def test_pieces_of_one_visit_share_a_sheet(self):
        one = self._implanted("1", encounter_token="A")
        two = self._implanted("2", encounter_token="A")
        other = self._implanted("3", encounter_token="B")
        sheets = (one | two | other)._implant_sheets()
        self.assertEqual([len(sheet["rows"]) for sheet in sheets], [2, 1])

    def test_the_officers_sheet_names_the_visit_while_it_is_open(self):
        access = self._look_up(self._implanted())
        self.assertIn("V-77", self._html("implant_visits", access, self.officer))
        self.assertNotIn("V-77", self._html("implant_visits", access, self.auditor))

    def test_stickers_bear_the_identification(self):
        line = self._implanted()
        html = self._html("implant_stickers", line, self.head)
        self.assertEqual(html.count("data:image/svg+xml"), 3)
        self.assertIn("STENT-1", self._html("lot_stickers", self.batch))
