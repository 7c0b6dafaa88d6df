import re

from odoo.exceptions import AccessError
from odoo.tests import new_test_user

from . import samples
from .common import HisCase
from .samples import ft1

#: Everything in the published messages that says who somebody is.
PEOPLE = re.compile(
    r"\b(?:EVERYMAN|EVERYWOMEN|Aniston|ADAM|Josh|Bing|SMITH|Angela|Woolfson|DISNEY|"
    r"Beethoven|Ludwig|Alaz|Mohammed|Stewart|Patrick|Jones|Alan|DOE|JANE|Doe|John|"
    r"LastFake|DoeFake|NameBlue|Mellie|Rosallie|Vernie|Jacqueline|Tylenol note|"
    r"MRN-Q-DFT-1|PATID1234|7000135|01238638267|MR1|40007716|78788788|12121212|"
    r"548851236|425-57-9745|SSN-12-3456|TESTNAME|PATIENT-4711|VISIT-99|Hospital Lane)\b"
)


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
        self._process(*contents)
        self.assertIn("processed", self._states())
        found = {}
        for table, text in self._dump():
            for person in PEOPLE.findall(text):
                found.setdefault(table, set()).add(person)
        self.assertEqual(found, {})

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

    def _dump(self):
        """Every row of our tables and of the log of changes, as text."""
        self.env.flush_all()
        self.env.cr.execute(
            "SELECT table_name FROM information_schema.tables"
            " WHERE table_schema = current_schema() AND table_type = 'BASE TABLE'"
            " AND (table_name LIKE 'med\\_%' OR table_name IN"
            " ('mail_message', 'mail_tracking_value', 'mail_mail', 'mail_notification',"
            " 'ir_logging', 'bus_bus', 'stock_move',"
            "  'stock_picking'))"
        )
        for (table,) in self.env.cr.fetchall():
            self.env.cr.execute(f'SELECT t::text FROM "{table}" t')  # noqa: S608
            for (row,) in self.env.cr.fetchall():
                yield table, row
