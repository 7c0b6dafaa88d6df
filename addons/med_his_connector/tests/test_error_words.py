import ast
import re
from pathlib import Path

from odoo.tests import tagged

from ..models.error_words import in_words
from .common import HisCase
from .samples import ft1

ADDON = Path(__file__).parents[1]
#: What raises, or notes, a failure whose text is shown to somebody later.
TELLS = {
    "ConnectionError",
    "ConnectionResetError",
    "Hl7Error",
    "PlaceError",
    "Refused",
    "SealError",
    "SourceError",
    "TimeoutError",
    "ValueError",
    "_refuse",
    "error",
    "place_error",
    "waits",
}
#: Told to other systems alone, which read English: answers of the doors over HTTP.
FOR_MACHINES = ("controllers/feed.py", "controllers/fhir.py", "controllers/door.py")


def _texts(call):
    """Texts of more than a word among a call's arguments, with sample values."""
    for each in (*call.args, *(word.value for word in call.keywords)):
        if isinstance(each, ast.Constant) and isinstance(each.value, str):
            text = each.value
        elif isinstance(each, ast.JoinedStr):
            text = "".join(
                part.value if isinstance(part, ast.Constant) else "7"
                for part in each.values
            )
        else:
            continue
        if " " in text.strip() and "%s" not in text:
            yield text


def told():
    """``{text: where}`` of all failures that the layers below word in English."""
    found = {}
    for file in sorted(ADDON.rglob("*.py")):
        place = str(file.relative_to(ADDON))
        if place.startswith("tests/") or place in FOR_MACHINES:
            continue
        for node in ast.walk(ast.parse(file.read_text())):
            if not isinstance(node, ast.Call):
                continue
            name = ast.unparse(node.func).rpartition(".")[2]
            if name in TELLS and not ast.unparse(node.func).startswith("_logger"):
                found |= dict.fromkeys(_texts(node), f"{place}:{node.lineno}")
    return found


@tagged("post_install", "-at_install")
class TestErrorWords(HisCase):
    """Whoever reads of a failure reads it in their own language, to its end."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.lang"]._activate_lang("zh_CN")
        cls.chinese = cls.env(context={**cls.env.context, "lang": "zh_CN"})

    def _assert_chinese(self, text):
        self.assertRegex(text, "[\u4e00-\u9fff]")
        self.assertFalse(re.findall(r"[a-z]{3,} [a-z]{2,} [a-z]{2,}", text), text)

    def test_every_failure_that_the_code_words_has_words_in_chinese(self):
        texts = told()
        self.assertGreater(len(texts), 80)
        missing = {
            text: place
            for text, place in texts.items()
            if in_words(self.chinese, text) == text
        }
        self.assertFalse(missing)

    def test_values_stand_where_they_belong(self):
        said = in_words(self.chinese, "not utf-8 at byte 128 (line 3)")
        self._assert_chinese(said.replace("utf-8", ""))
        for value in ("utf-8", "128", "3"):
            self.assertIn(value, said)
        self.assertEqual(
            in_words(self.env, "not utf-8 at byte 128 (line 3)"),
            "not utf-8 at byte 128 (line 3)",
        )

    def test_a_reason_within_a_reason_is_told_as_well(self):
        said = in_words(
            self.chinese,
            'connection to server at "10.1.2.3", port 5432 failed: Connection refused',
        )
        self._assert_chinese(said)
        self.assertIn('"10.1.2.3", port 5432', said)

    def test_of_openssl_only_its_words_are_told(self):
        said = in_words(
            self.chinese,
            "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: unable to get "
            "local issuer certificate (_ssl.c:1006)",
        )
        self._assert_chinese(said)
        self.assertNotIn("SSL", said)

    def test_what_is_not_known_is_shown_as_it_came(self):
        self.assertEqual(in_words(self.chinese, "ORA-12541"), "ORA-12541")

    def test_a_message_a_dry_run_and_its_timeline_say_it_in_chinese(self):
        (message,) = self._process(self._dft(ft1(quantity="one")))
        self.assertEqual(message.error_text[:11], "not a plain")
        shown = message.with_env(self.chinese)
        self._assert_chinese(shown.error_detail)
        self.assertIn(shown.error_detail, shown.step_ids[-1].what)
        with self.enter_registry_test_mode():
            trial = self.env["med.his.trial"].with_env(self.chinese)._of(message)
        self._assert_chinese(trial.line_ids.error_detail)

    def test_the_assistant_says_it_in_chinese(self):
        assistant = self.env["med.his.assistant"].with_env(self.chinese)
        pasted = assistant.create(
            {"channel_id": self.channel.id, "content": "no message at all"}
        )
        pasted.action_read()
        self._assert_chinese(pasted.problem.replace("HL7", "").replace("MSH", ""))

    def test_the_trail_names_the_fields_that_were_changed(self):
        self.channel.largest_quantity = 5
        event = self.env["med.his.event"].search([], limit=1)
        self.assertEqual(event.detail, "largest_quantity")
        shown = event.with_env(self.chinese).detail_words
        self.assertEqual(
            shown,
            self.channel._fields["largest_quantity"]._description_string(self.chinese),
        )
