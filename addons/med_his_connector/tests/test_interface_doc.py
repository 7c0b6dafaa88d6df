import json
import os
import re
import tempfile
import time
from pathlib import Path
from unittest.mock import patch

from odoo.tests import BaseCase, tagged

from ..core.feed_line import FIELDS
from ..core.fhir.allowed import ALLOWED
from ..core.fhir.outcome import ISSUES, status_of
from ..core.framing import Decoder, Limits, wrap
from ..core.inbox import Arrival
from .door_case import DoorCase
from .interface_doc import PAPERS, examples, section, table

REPOSITORY = Path(__file__).parents[3]
STATEMENTS = [
    *(f"R{number}" for number in range(1, 24)),
    *(f"F{number}" for number in range(1, 8)),
    *(f"V{number}" for number in range(1, 7)),
    *(f"S{number}" for number in range(1, 15)),
]
NAMED_TESTS = re.compile(r"`(test_\w+?)\*`")
UNDONE = ("not done", "未完成")
#: Names that look like those of a statement: ``test_r07_...``.
LETTERED = re.compile(r"test_([rfvs])(\d+)_")


class TestInterfacePaper(BaseCase):
    """The specification says what is there, all of it, in both languages."""

    def _texts(self):
        return {language: path.read_text("utf-8") for language, path in PAPERS.items()}

    def test_both_languages_have_the_same_examples(self):
        found = {
            language: [each.same for each in examples(text)]
            for language, text in self._texts().items()
        }
        self.assertGreater(len(found["en"]), 20)
        self.assertEqual(found["en"], found["zh"])

    def test_every_example_says_what_becomes_of_it(self):
        for each in examples(self._texts()["en"]):
            self.assertTrue(each.expected, each.name)

    def test_every_statement_names_its_tests_or_why_there_is_none(self):
        tests = self._names_of_tests()
        for language, text in self._texts().items():
            rows = table(text, "statements")
            self.assertEqual([key for key in rows if key in STATEMENTS], STATEMENTS)
            for statement in STATEMENTS:
                named = NAMED_TESTS.findall(rows[statement])
                reason = "not done" in rows[statement] or "未完成" in rows[statement]
                self.assertTrue(named or reason, f"{language} {statement}")
                for prefix in named:
                    self.assertTrue(
                        any(name.startswith(prefix) for name in tests),
                        f"{language} {statement}: there is no test {prefix}",
                    )

    def test_every_test_of_a_statement_bears_its_number_and_is_named_there(self):
        """``test_r07_...`` tells of R7 and of nothing else: two digits, a statement
        that there is, and the row of that statement names it."""
        known = {
            f"test_{each[0].lower()}{int(each[1:]):02}_": each for each in STATEMENTS
        }
        for name in self._names_of_tests():
            if found := LETTERED.match(name):
                self.assertIn(found[0], known, name)
        for text in self._texts().values():
            rows = table(text, "statements")
            for prefix, statement in known.items():
                if not any(each in rows[statement] for each in UNDONE):
                    named = NAMED_TESTS.findall(rows[statement])
                    self.assertEqual(named, [prefix], statement)

    def test_a_statement_is_not_called_done_in_one_language_only(self):
        texts = self._texts()
        rows = [table(texts[language], "statements") for language in ("en", "zh")]
        for statement in STATEMENTS:
            named = [NAMED_TESTS.findall(each[statement]) for each in rows]
            self.assertEqual(*named, statement)
            undone = ["not done" in rows[0][statement], "未完成" in rows[1][statement]]
            self.assertEqual(*undone, statement)

    def test_the_fields_of_a_plain_line_are_those_that_are_read(self):
        for text in self._texts().values():
            rows = table(text, "fields")
            self.assertEqual([key for key in rows if key in FIELDS], list(FIELDS))
            for name, (_required, _meaning, others) in FIELDS.items():
                for other in others.split():
                    self.assertIn(f"`{other}`", rows[name], name)

    def test_the_resources_are_those_that_are_served(self):
        for text in self._texts().values():
            rows = table(text, "resources")
            self.assertEqual([key for key in rows if key in ALLOWED], list(ALLOWED))

    def test_every_answer_over_http_is_explained(self):
        statuses = {str(status) for status, _issue in ISSUES.values()}
        for text in self._texts().values():
            rows = table(text, "http")
            self.assertLessEqual(statuses, set(rows))
            for code in ISSUES:
                self.assertIn(f"`{code}`", rows[str(status_of(code))], code)

    def _names_of_tests(self):
        found = set()
        for folder in ("addons", "tests"):
            for path in (REPOSITORY / folder).rglob("test_*.py"):
                found.update(re.findall(r"def (test_\w+)", path.read_text("utf-8")))
        return found


@tagged("post_install", "-at_install")
class TestInterfaceExamples(DoorCase):
    """The examples of the specification are sent, and what it promises happens."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.icu.code, cls.cath.code = "W-ICU", "W-CATH"
        cls.gloves.write({"med_charge_code": "GLOVE-7", "default_code": "GLOVE-7"})
        cls.stent.write({"med_hospital_code": "STENT-9", "default_code": "STENT-9"})
        cls._prepare_kinds()
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        environment = patch.dict(os.environ, {"MED_INTERFACE_FOLDER": folder.name})
        cls.startClassPatcher(environment)
        cls.channels = {
            "hl7": cls.channel,
            "fhir": cls.door,
            "feed": cls._channel("FEED", transport="feed"),
            "file": cls._channel("FILE", transport="folder", folder="doc"),
        }
        cls.feed_key = cls.env["med.his.key"]._issue(cls.channels["feed"], "HIS")

    @classmethod
    def _prepare_kinds(cls):
        """What the other kinds of messages need here."""

    def test_the_examples_in_english(self):
        self._run("en")

    def test_the_examples_in_chinese(self):
        self._run("zh")

    def test_every_cause_of_an_exception_is_explained(self):
        codes = dict(self.env["med.his.message"]._fields["error_code"].selection)
        for path in PAPERS.values():
            rows = table(path.read_text("utf-8"), "causes")
            told = {key for key in rows if re.fullmatch(r"[a-z0-9_]+", key)}
            self.assertEqual(told, set(codes))

    def test_the_states_of_a_message_are_explained(self):
        states = dict(self.env["med.his.message"]._fields["state"].selection)
        for path in PAPERS.values():
            text = section(path.read_text("utf-8"), "states")
            for state in states:
                self.assertIn(f"`{state}`", text)

    def _run(self, language):
        for example in examples(PAPERS[language].read_text("utf-8")):
            before = self._last_ids()
            told = getattr(self, f"_send_{example.kind}")(example)
            for _round in range(3):  # what was parked goes on after its charge
                waiting = [("state", "=", "received")]
                self.env["med.his.message"].search(waiting)._process()
            told = {**told, **self._became(before)}
            for key, value in example.expected:
                with self.subTest(example=example.name, expected=key):
                    self._compare(told, key, value)

    def _compare(self, told, key, value):
        if key.endswith(" has"):
            self.assertIn(value, told[key.removesuffix(" has")])
        elif key == "line":
            self.assertIn(value, told["lines"])
        else:
            self.assertEqual(told[key], value)

    def _last_ids(self):
        return {
            name: self.env[name].search([], order="id desc", limit=1).id or 0
            for name in ("med.his.message", "med.consumption")
        }

    # Three ways to send

    def _send_hl7(self, example):
        text = "\r".join((*example.body.strip().splitlines(), ""))
        raw = text.encode(example.options or "utf-8")
        (frame,) = Decoder(Limits()).feed(wrap(raw))
        arrival = Arrival(self.channel._receiver(), "10.1.2.3", frame.content)
        (answer,) = self.env["med.his.message"]._accept([arrival])
        text = answer.decode(example.options or "utf-8")
        parts = [line.split("|") for line in text.split("\r")]
        codes = [part[1] for part in parts if part[0] == "MSA"]
        return {"answer": " ".join(codes), "answer text": text}

    def _send_json(self, example):
        method, path, *headers = example.options.split(" ", 2)
        extra = dict(part.split(": ", 1) for part in headers)
        feed = path.startswith("/med/feed")
        if feed:
            extra["Content-Type"] = "application/json"
        key = self.feed_key if feed else self.key
        body = None if method == "GET" else example.body.encode()
        answer = self._send(path, body, method=method, key=key, **extra)
        found = answer.json() if answer.content else {}
        issue = (found.get("issue") or [{}])[0]
        refused = found.get("error") or {}
        code = issue.get("details", {}).get("coding", [{}])[0].get("code", "")
        return {
            "status": str(answer.status_code),
            "error": code or refused.get("code", ""),
            "place": (issue.get("expression") or [refused.get("field", "")])[0],
            "body": json.dumps(found, ensure_ascii=False),
        }

    def _send_file(self, example):
        channel = self.channels["file"]
        channel._look(lambda: None)
        path = channel._folder() / "in" / example.options
        path.write_text(example.body, "utf-8")
        then = time.time() - 60
        os.utime(path, (then, then))
        channel._look(lambda: None)
        found = self.env["med.his.file"].search(
            [("channel_id", "=", channel.id)], order="id desc", limit=1
        )
        places = [
            part
            for part in ("in", "archive", "errors")
            for each in (channel._folder() / part).iterdir()
            if each.name.endswith(example.options)
        ]
        return {"put into": places[-1] if places else "", "file": found.state or ""}

    # What became of it

    def _became(self, before):
        self.env.flush_all()
        Message = self.env["med.his.message"]
        messages = Message.search([("id", ">", before["med.his.message"])], order="id")
        lines = self.env["med.consumption"].search(
            [("id", ">", before["med.consumption"])], order="id"
        )
        return {
            "kept": str(len(messages)),
            "state": " ".join(messages.mapped("state")),
            "cause": messages[-1:].error_code or "",
            "code": messages[-1:].cause_code or "",
            "at": messages[-1:].error_position or "",
            "new lines": str(len(lines)),
            "lines": [self._words(line) for line in lines],
        }

    def _words(self, line):
        parts = [
            line.kind,
            f"{line.quantity:g}",
            line.product_id.default_code,
            line.department_id.code,
            f"{line.event_time:%Y-%m-%dT%H:%MZ}",
        ]
        if line.lot_name:
            parts.append(f"lot {line.lot_name}")
        if line.serial:
            parts.append(f"serial {line.serial}")
        return " ".join(parts)
