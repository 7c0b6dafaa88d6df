import hashlib
import io
import json
import os
import tempfile
import time
from pathlib import Path
from unittest.mock import patch

from openpyxl import Workbook

from odoo.exceptions import ValidationError
from odoo.tools import mute_logger

from ..core import folder as folder_core
from ..models import med_his_channel_folder as folder_module
from .common import HisCase

HEADER = "id,item,quantity,department,time,patient_name\n"


class TestFolder(HisCase):
    """Files of lines in a folder, on a real disk."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        environment = patch.dict(os.environ, {"MED_INTERFACE_FOLDER": folder.name})
        cls.startClassPatcher(environment)
        cls.files = cls._channel("FILES", transport="folder", folder="charges")
        cls.files._look(lambda: None)
        cls.folder = cls.files._folder()

    def setUp(self):
        super().setUp()
        for path in self.folder.glob("*/*"):
            path.unlink()

    def _put(self, name, content, age=60):
        path = self.folder / "in" / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        then = time.time() - age
        os.utime(path, (then, then))
        return path

    def _look(self):
        self.assertEqual(self.files._look(lambda: None), "")
        return self.env["med.his.file"].search([("channel_id", "=", self.files.id)])

    def _lines(self):
        self.env["med.his.message"].search([("state", "=", "received")])._process()
        return self.env["med.consumption"].search(
            [("source", "=", self.files._source())], order="id"
        )

    def _take(self, name, content):
        """As if it had been read from the folder."""
        found = folder_core.Found(
            len(content), hashlib.sha256(content).hexdigest(), content
        )
        return self.files._take_file(name, found)

    def _row(self, number="1", item="T-GLOVE", quantity="2"):
        return f"{number},{item},{quantity},T-ICU,2026/1/5 10:15,TESTNAME\n"

    def _names(self, part):
        return [path.name for path in (self.folder / part).iterdir()]

    def test_a_csv_file_is_taken_and_put_into_the_archive(self):
        self._put("use.csv", HEADER + self._row("1") + self._row("2"))
        file = self._look()[0]
        self.assertEqual((file.state, file.row_count, file.new_count), ("taken", 2, 2))
        self.assertEqual(self._names("in"), [])
        self.assertTrue(self._names("archive")[0].endswith("use.csv"))
        lines = self._lines()
        self.assertEqual(lines.mapped("quantity"), [2.0, 2.0])
        self.assertEqual(lines[0].event_time, self._utc("2026-01-05 02:15"))

    def test_the_job_looks_into_the_folder_once_it_is_due(self):
        self._put("use.csv", HEADER + self._row("1"))
        self.files.looked_at = False
        job = self.env.ref("med_his_connector.ir_cron_poll")
        with self.enter_registry_test_mode():
            job.method_direct_trigger()
        self.assertEqual(self._names("in"), [])
        self.assertTrue(self.files.looked_at)
        self._put("later.csv", HEADER + self._row("2"))
        with self.enter_registry_test_mode():
            job.method_direct_trigger()
        self.assertEqual(self._names("in"), ["later.csv"])

    def test_the_same_file_and_the_same_lines_are_counted_once(self):
        content = HEADER + self._row("1")
        self._put("use.csv", content)
        self._look()
        self._put("again.csv", content)
        self._put("more.csv", content + self._row("2"))
        states = {file.name: file for file in self._look()}
        self.assertEqual(states["again.csv"].state, "duplicate")
        more = states["more.csv"]
        self.assertEqual((more.new_count, more.known_count), (1, 1))
        self.assertEqual(len(self._lines()), 2)

    def test_a_file_that_is_still_written_is_left_alone(self):
        self._put("use.csv", HEADER + self._row("1"), age=0)
        for name in ("use.csv.tmp", ".use.csv", "use.csv.filepart", "~$use.xlsx"):
            self._put(name, HEADER + self._row("1"))
        self.assertFalse(self._look())
        self.assertEqual(len(self._names("in")), 5)

    def test_a_link_out_of_the_folder_is_not_followed(self):
        secret = Path(self.key_file).parent / "secret.csv"
        secret.write_text(HEADER + self._row("1"))
        (self.folder / "in" / "use.csv").symlink_to(secret)
        self.assertFalse(self._look())

    def test_a_file_that_cannot_be_read_goes_to_the_errors_with_the_reason(self):
        self._put("pdf.csv", b"%PDF-1.7")
        self._put("columns.csv", "id,quantity\n1,2\n")
        self._put("broken.xlsx", b"PK\x03\x04broken")
        states = {file.name: file for file in self._look()}
        self.assertEqual({file.state for file in states.values()}, {"refused"})
        self.assertIn("item", states["columns.csv"].reason)
        errors = self._names("errors")
        self.assertEqual(len(errors), 6)  # each with a file that says why
        self.assertFalse(self._lines())

    def test_each_file_leaves_a_trace_of_what_it_has_that_is_refused(self):
        bad = self._row("2", item="T-\x01GLOVE")
        for day, use in (("Monday", "1"), ("Tuesday", "3")):
            self._put("use.csv", HEADER + self._row(use) + bad)
            self.assertEqual(self._look()[0].refused_count, 1, day)
        traces = [("channel_id", "=", self.files.id), ("state", "=", "quarantined")]
        self.assertEqual(self.env["med.his.message"].search_count(traces), 2)

    def test_a_wrong_checksum_refuses_the_file(self):
        content = HEADER + self._row("1")
        self._put("use.csv", content)
        self._put("use.csv.sha256", "0" * 64 + "  use.csv\n")
        self.assertEqual(self._look()[0].state, "refused")
        good = hashlib.sha256(content.encode()).hexdigest()
        self._put("use.csv", content)
        self._put("use.csv.sha256", f"{good}  use.csv\n")
        self.assertEqual(self._look()[0].state, "taken")
        self.assertEqual(self._names("in"), [])

    def test_a_channel_may_wait_for_the_checksum(self):
        self.files.needs_checksum = True
        content = HEADER + self._row("1")
        self._put("use.csv", content)
        self.assertFalse(self._look())
        digest = hashlib.sha256(content.encode()).hexdigest()
        self._put("use.csv.sha256", digest)
        self.assertEqual(self._look()[0].state, "taken")

    def test_a_line_that_cannot_be_read_does_not_hold_up_the_others(self):
        rows = self._row("1") + self._row("2", quantity="x") + self._row("3", item="")
        self._put("use.csv", HEADER + rows)
        file = self._look()[0]
        self.assertEqual((file.state, file.new_count), ("taken", 3))
        self.assertEqual(len(self._lines()), 1)
        messages = self.env["med.his.message"].search(
            [("channel_id", "=", self.files.id), ("error_code", "!=", False)]
        )
        self.assertEqual(
            set(messages.mapped("error_code")), {"bad_quantity", "item_missing"}
        )

    def test_v02_leading_zeros_survive_csv_json_and_xlsx(self):
        product = self._product("Zero", med_charge_code="00070")
        book = Workbook()
        book.active.append(["id", "item", "quantity", "department", "time"])
        book.active.append(["0002", "00070", 1, "T-ICU", "2026-01-05 10:15"])
        content = io.BytesIO()
        book.save(content)
        line = {
            "id": "0003",
            "item": "00070",
            "quantity": 1,
            "department": "T-ICU",
            "time": "2026-01-05T10:15:00+08:00",
        }
        self._put("a.csv", HEADER + self._row("0001", "00070"))
        self._put("b.xlsx", content.getvalue())
        self._put("c.jsonl", json.dumps(line) + "\n")
        self._look()
        lines = self._lines()
        self.assertEqual(lines.product_id, product)
        self.assertEqual(
            lines.mapped("external_key"), ["LINE:0001", "LINE:0002", "LINE:0003"]
        )

    def test_a_formula_is_never_run(self):
        book = Workbook()
        book.active.append(["id", "item", "quantity", "department", "time"])
        book.active.append(["1", "T-GLOVE", "=1+1", "T-ICU", "2026-01-05 10:15"])
        content = io.BytesIO()
        book.save(content)  # without results: nobody has calculated it
        self._put("use.xlsx", content.getvalue())
        file = self._look()[0]
        self.assertEqual((file.new_count, file.refused_count), (0, 1))
        self.assertFalse(self._lines())

    def test_chinese_files_are_read_with_their_usual_headings(self):
        text = "收费单号,耗材编码,数量,科室编码,收费时间,收退标志\n"
        text += "9001,T-GLOVE,2,T-ICU,2026-01-05 10:15:00,收费\n"
        text += "9001,T-GLOVE,-1,T-ICU,2026-01-05 11:15:00,\n"
        self._put("收费.csv", text.encode("gb18030"))
        self._look()
        use, back = self._lines()
        self.assertEqual((back.kind, back.quantity), ("return", 1.0))
        self.assertEqual(back.reversal_of_id, use)

    def test_a_fall_between_commit_and_archive_counts_nothing_twice(self):
        content = (HEADER + self._row("1")).encode()
        self._take("use.csv", content)  # and then the server fell
        self._put("use.csv", content)
        files = self._look()
        self.assertEqual(len(files), 1)
        self.assertTrue(files.put_away_as)
        self.assertEqual(len(self._lines()), 1)

    def test_a_file_that_is_replaced_while_it_is_read_is_taken_as_well(self):
        """A sender that writes each hour under one name is faster than we are."""
        self._put("use.csv", HEADER + self._row("1"))
        take = type(self.files)._take_file

        def meanwhile(channel, *args):
            file = take(channel, *args)
            self._put("use.csv", HEADER + self._row("2"))
            return file

        with patch.object(type(self.files), "_take_file", meanwhile):
            self._look()
        files = self._look()
        self.assertEqual(files.mapped("state"), ["taken", "taken"])
        self.assertEqual(self._lines().mapped("external_key"), ["LINE:1", "LINE:2"])
        for file in files:
            content = (self.folder / file.put_away_as).read_bytes()
            self.assertEqual(hashlib.sha256(content).hexdigest(), file.sha256)
        self.assertEqual((self._names("in"), self._names("taken")), ([], []))

    def test_a_file_that_was_claimed_when_the_server_fell_is_taken(self):
        content = HEADER + self._row("1")
        digest = hashlib.sha256(content.encode()).hexdigest()
        self.files.needs_checksum = True
        self._put("use.csv", content)
        self._put("use.csv.sha256", digest)
        disk = self.files._folder_on_disk()
        self.assertEqual(len(disk.take(time.time(), 5)), 1)  # and then it fell
        self._put("use.csv", HEADER + self._row("2"))  # whose checksum is to come
        self.assertEqual(self._look().mapped("state"), ["taken"])
        self.assertEqual(self._names("in"), ["use.csv"])
        self.assertEqual(self._names("taken"), [])

    def test_a_checksum_that_was_claimed_without_its_file_is_put_back(self):
        content = HEADER + self._row("1")
        self.files.needs_checksum = True
        self._put("use.csv", content)
        own = self.folder / "taken" / "1"
        own.mkdir(parents=True)
        digest = hashlib.sha256(content.encode()).hexdigest()
        (own / "use.csv.sha256").write_text(digest)
        self.assertEqual(self._look().mapped("state"), ["taken"])
        self.assertEqual(self._names("taken"), [])

    def test_s06_names_are_dropped_before_anything_is_stored(self):
        self._put("use.csv", HEADER + self._row("1"))
        self._look()
        message = self.env["med.his.message"].search(
            [("channel_id", "=", self.files.id)]
        )
        self.assertNotIn(b"TESTNAME", message._content())

    def test_a_folder_is_one_name_in_the_folder_of_interfaces(self):
        for name in ("../other", "/etc", "a/b", ".hidden", ""):
            with self.subTest(name), self.assertRaises(ValidationError):
                self.files.folder = name

    # What does harm, or lies there by mistake, and must not hold up the rest

    def _whole_one_is_taken(self):
        """A good file beside it is taken in the same look; both are put away."""
        self._put("zz-good.csv", HEADER + self._row("99"), age=30)
        files = self._look()
        good = files.filtered(lambda file: file.name == "zz-good.csv")
        self.assertEqual(good.state, "taken")
        self.assertEqual(self._names("in"), [])
        return files - good

    def test_v06_a_file_name_in_gbk_is_read(self):
        raw = os.fsencode(str(self.folder / "in")) + b"/" + "收费.csv".encode("gbk")
        with open(raw, "wb") as file:  # noqa: PTH123  a name that is no text
            file.write((HEADER + self._row("1")).encode())
        os.utime(raw, (1, 1))
        file = self._whole_one_is_taken()
        self.assertEqual((file.name, file.state), ("收费.csv", "taken"))

    def test_s12_a_file_name_leads_nowhere_else(self):
        for name in ("x..%2f..%2fetc.csv", "a\n\u202egpj.csv", "-rf *.csv"):
            self._put(name, HEADER + self._row(name[:5]))
        self._whole_one_is_taken()
        inside = {path.parent.name for path in self.folder.rglob("*.csv")}
        self.assertEqual(inside, {"archive"})

    def test_s03_a_very_long_name_is_shortened(self):
        self._put("收" * 80 + ".csv", HEADER + self._row("1"))
        self.assertEqual(self._whole_one_is_taken().state, "taken")

    def test_s03_a_link_to_a_checksum_is_not_followed(self):
        self._put("use.csv", HEADER + self._row("1"))
        (self.folder / "in" / "use.csv.sha256").symlink_to("/dev/zero")
        self.assertEqual(self._whole_one_is_taken().state, "refused")

    def test_s03_a_folder_for_a_checksum_refuses_its_file_alone(self):
        self._put("use.csv", HEADER + self._row("1"))
        beside = self.folder / "in" / "use.csv.sha256"
        beside.mkdir()
        self._put("zz-good.csv", HEADER + self._row("99"), age=30)
        states = {file.name: file.state for file in self._look()}
        self.assertEqual(states, {"use.csv": "refused", "zz-good.csv": "taken"})
        for path in self.folder.glob("*/*.sha256"):
            path.rmdir()

    def test_s03_a_file_that_is_too_large_is_not_read_into_memory(self):
        self.files.max_message_kb = 1
        content = HEADER + "".join(self._row(str(n)) for n in range(100))
        self._put("large.csv", content)
        file = self._whole_one_is_taken()
        self.assertEqual((file.state, file.size), ("refused", len(content)))
        self.assertEqual(file.sha256, hashlib.sha256(content.encode()).hexdigest())
        path = self._put("again.csv", content)
        self.assertIsNone(folder_core.read_settled(path, 1024).data)

    def test_s03_a_file_of_rubbish_is_refused_and_fills_no_table(self):
        rubbish = "\n".join("x" for _ in range(200))
        with (
            patch.object(folder_module, "MOST_REFUSED", 20),
            patch.object(folder_module, "BATCH", 10),
        ):
            self._put("rubbish.jsonl", rubbish)
            file = self._whole_one_is_taken()
        self.assertEqual(file.state, "refused")
        domain = [("channel_id", "=", self.files.id), ("state", "=", "quarantined")]
        self.assertFalse(self.env["med.his.message"].search(domain))

    def test_v06_half_a_character_refuses_its_line_alone(self):
        line = (
            '{"id": "%s", "item": "T-GLOVE", "qty": 1, "time": "2026-01-05",'
            ' "dept": "T-ICU"}'
        )
        self._put("use.jsonl", "\n".join((line % "\\ud800", line % "2")))
        file = self._whole_one_is_taken()
        self.assertEqual((file.new_count, file.refused_count), (1, 1))

    @mute_logger("odoo.addons.med_his_connector.models.med_his_channel_folder")
    def test_a_fault_of_ours_in_one_file_does_not_hold_up_the_next(self):
        def fails(data):
            raise ZeroDivisionError("TESTNAME")

        self._put("use.xlsx", b"PK")
        with patch.object(type(self.files), "_read_table", lambda _self, _d: fails(_d)):
            file = self._look()
        self.assertEqual(file.state, "refused")
        self.assertIn("ZeroDivisionError", file.reason)
        self.assertNotIn("TESTNAME", file.reason)

    def test_s11_no_other_channel_takes_the_files_of_a_folder(self):
        with self.assertRaisesRegex(Exception, "folder"), self.cr.savepoint():
            self._channel("THIEF", transport="folder", folder="charges")

    def test_a_refused_file_is_explained_in_the_hospitals_language(self):
        self.env["res.lang"]._activate_lang("zh_CN")
        modules = ["med_his_connector", "med_consumables"]
        self.env["ir.module.module"]._load_module_terms(modules, ["zh_CN"])
        self.company.partner_id.lang = "zh_CN"
        self._put("use.csv", "id,name\n1,2\n")
        self.assertRegex(self._look().reason, "[\u4e00-\u9fff]")
