import logging
import re

from odoo.exceptions import AccessError
from odoo.tests import new_test_user

from . import samples
from .common import HisCase
from .samples import ft1

#: Fields of the published messages that say who somebody is, and where to find them.
ABOUT_PEOPLE = {
    "PID": (2, 3, 4, 5, 6, 9, 11, 13, 14, 18, 19, 20, 21, 23),
    "NK1": (2, 4, 5, 6, 30, 31, 32),
    "GT1": (2, 3, 4, 5, 6, 7, 12, 16, 17, 18),
    "IN1": (16, 19, 36, 49),
    "IN2": (1, 2, 61),
    "MRG": (1, 2, 3, 4, 5, 6, 7),
}
WORD = re.compile(r"[^\W_][\w'’-]{3,}")
#: Tables whose rows something of a message may end up in.
REACHED = r"^(med|mail|bus|stock|product|purchase|res_partner|account|ir_(att|log))"


def people():
    """Names, numbers, addresses and phones of all published messages, as words.

    What stands in other fields as well (a facility, a code) says nothing of anybody.
    """
    theirs, others = set(), set()
    for name in samples.names():
        raw = samples.sample(name)
        text = raw.decode("utf-8", errors="ignore")
        for line in re.split(r"[\r\n]+", text):
            segment, *fields = line.split("|")
            about = ABOUT_PEOPLE.get(segment)
            for number, field in enumerate(fields, start=1):
                words = {word for word in WORD.findall(field) if says_much(word)}
                if about is None:
                    others |= words
                elif number in about:
                    theirs |= words
    return theirs - others


def says_much(word):
    """Short numbers are anywhere: an id, a year."""
    return not word.isdigit() or len(word) > 5


class TestPrivacy(HisCase):
    def test_s06_no_name_or_number_of_a_person_is_in_the_database(self):
        self.channel.test_mode = True
        self.channel.empty_quantity = "one"
        contents = [samples.sample(name) for name in samples.names()]
        contents += [
            self._dft(ft1("T-GLOVE"), patient="PATIENT-4711", visit="PV1||I|T-ICU"),
            self._dft(ft1("NOBODY"), patient="PATIENT-4711", control_id="C2"),
            self._dft(ft1("T-GLOVE", "x"), patient="PATIENT-4711", control_id="C3"),
        ]
        self._map_everything()
        secrets = people() | {"TESTNAME", "GIVEN", "PATIENT-4711", "VISIT-99"}
        self.assertGreater(len(secrets), 200)
        before = self._words_stored() & secrets
        # By number: Odoo calls a level of its own INFO as well.
        with self.assertLogs("odoo", level=logging.INFO) as logs:
            logging.getLogger("odoo.addons.med_his_connector").info("it is heard")
            self._process(*contents)
            self._try_everything_out()
        self.assertIn("processed", self._states())
        self.assertEqual(self._words_stored() & secrets - before, set())
        written = " ".join((*logs.output, *self._exported()))
        self.assertEqual(set(WORD.findall(written)) & secrets - before, set())

    def _try_everything_out(self):
        """A dry run of each cause keeps results of its own."""
        for cause in self.env["med.his.cause"].search([]):
            self.env.flush_all()
            with self.enter_registry_test_mode():
                cause.action_dry_run()

    def _exported(self):
        """What an operator may download."""
        for model in ("med.his.message", "med.his.cause", "med.consumption"):
            records = self.env[model].search([])
            names = [
                name
                for name, field in records._fields.items()
                if name != "id" and field.type not in ("one2many", "binary")
            ]
            self.assertTrue(records)
            yield str(records.export_data(names)["datas"])

    def test_s07_before_a_reason_is_given_nothing_is_shown(self):
        (message,) = self._receive(self._dft(ft1()))
        asked = self.env["med.his.reading"].with_user(self.operator)
        self.assertFalse(asked.new({"message_id": message.id}).content)

    def test_s07_only_an_operator_reads_a_content_and_patients_are_covered(self):
        (message,) = self._receive(self._dft(ft1("T-GLOVE"), patient="PATIENT-4711"))
        reading = self._read(message, self.operator)
        self.assertIn("FT1||T1||", reading.content)
        for secret in ("TESTNAME", "PATIENT-4711", "VISIT-99"):
            self.assertNotIn(secret, reading.content)
        self.assertEqual(reading.user_id, self.operator)

    def test_s07_a_reading_cannot_be_in_anothers_name(self):
        (message,) = self._receive(self._dft(ft1("T-GLOVE")))
        reading = self._read(message, self.operator, user_id=self.env.user.id)
        self.assertEqual(reading.user_id, self.operator)

    def test_s07_an_officer_sees_who_read_and_not_what(self):
        (message,) = self._receive(self._dft(ft1("T-GLOVE")))
        reading = self._read(message, self.operator)
        officer = new_test_user(
            self.env, "his_officer", groups="med_consumables.group_privacy_officer"
        )
        seen = reading.with_user(officer)
        self.assertEqual(seen.reason, "unknown item")
        self.assertFalse(seen.content)

    def test_s07_a_reading_stays_on_record(self):
        (message,) = self._receive(self._dft(ft1("T-GLOVE")))
        reading = self._read(message, self.operator)
        for change in (
            lambda: reading.sudo().write({"reason": "none"}),
            lambda: reading.sudo().unlink(),
        ):
            with self.assertRaises(AccessError):
                change()

    def test_s07_the_sealed_bytes_are_not_for_an_operator_either(self):
        (message,) = self._receive(self._dft(ft1("T-GLOVE")))
        with self.assertRaises(AccessError):
            message.with_user(self.operator).read(["raw"])

    def test_s07_what_cannot_be_read_cannot_be_shown(self):
        raw = self._dft(ft1("T-GLOVE")).replace(b"MSH|", b"MSX|")
        (message,) = self._receive(raw)
        content = self._read(message, self.operator).content
        self.assertNotIn("TESTNAME", content)

    def _read(self, message, user, **values):
        return (
            self.env["med.his.reading"]
            .with_user(user)
            .create({"message_id": message.id, "reason": "unknown item", **values})
        )

    def _map_everything(self):
        """So that the published charges are recorded, and not only kept."""
        codes = ["80053", "85025", "71045", "626.2", "92002", "FAKE"]
        codes += [
            "0001|Tylenol|http://acme.org/meds",
            "0002|Advil|http://acme.org/meds",
        ]
        self.env["med.his.code"].create(
            [
                {
                    "channel_id": self.channel.id,
                    "kind": "item",
                    "code": code,
                    "product_id": self.gloves.id,
                    "factor": 2,
                }
                for code in codes
            ]
        )
        self.env["med.his.code"].create(
            [
                {
                    "channel_id": self.channel.id,
                    "kind": "department",
                    "code": code,
                    "department_id": self.icu.id,
                }
                for code in (
                    "HOSP",
                    "RAD-1",
                    "SUR",
                    "Acme Hospital|3rd Floor Room 124",
                )
            ]
        )
        self.channel.department_id = self.icu

    def _states(self):
        return self.env["med.his.message"].search([]).mapped("state")

    def _words_stored(self):
        """Every word in the rows of the tables that a message may reach."""
        self.env.flush_all()
        self.env.cr.execute(
            "SELECT table_name FROM information_schema.tables"
            " WHERE table_schema = current_schema() AND table_type = 'BASE TABLE'"
            " AND table_name ~ %s",
            [REACHED],
        )
        words = set()
        for (table,) in self.env.cr.fetchall():
            self.env.cr.execute(f'SELECT t::text FROM "{table}" t')  # noqa: S608
            for (row,) in self.env.cr.fetchall():
                words.update(WORD.findall(row))
        return words
