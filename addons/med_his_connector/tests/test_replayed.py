import hashlib

from .his_kinds_case import KindsCase
from .samples import ft1

#: Where messages leave something; each row counts with all that is business in it.
LEFT_IN = (
    "med_consumption",
    "med_consumption_allocation",
    "med_case",
    "med_planned_use",
    "med_requisition",
    "med_requisition_line",
    "med_master_change",
    "med_his_visit",
    "med_his_item",
    "med_his_code",
    "med_his_amount_change",
    "med_his_remaining",
    "stock_move",
    "stock_move_line",
    "stock_quant",
)
#: Says when a row was touched, not what it says.
TOUCHED = "ARRAY['write_date', 'write_uid', 'processed_at']"


class TestReplayed(KindsCase):
    """A message that is processed again leaves the database as it was: every kind."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.lab = cls._department("T-LAB")
        reagent = cls._product("Reagent")
        test = cls.env["med.procedure"].create(
            {"name": "TSH", "code": "T-TSH", "department_id": cls.lab.id}
        )
        cls._card(test, cls.lab, {reagent: 2})

    def _fingerprint(self):
        """Rows of each table, without the times of touching them."""
        self.env.flush_all()
        found = {}
        for table in LEFT_IN:
            self.env.cr.execute(
                f"SELECT (to_jsonb(t) - {TOUCHED})::text FROM {table} t"  # noqa: S608
            )
            rows = sorted(row for (row,) in self.env.cr.fetchall())
            digest = hashlib.sha256("\n".join(rows).encode()).hexdigest()
            found[table] = (len(rows), digest)
        return found

    def _kinds(self):
        """``{name: messages}``: one subject of each kind from first to last."""
        adt = {"visit": "PV1||I|T-OR" + "|" * 16 + "VISIT-7"}
        station = "ZPM|V|||||T-GLOVE||||2|||||T-ICU||||20260105100000"
        order = "ORC|{}|RQ1" + "|" * 7 + "20260105080000"
        return {
            "charge and credit": [
                self._dft(ft1("T-GLOVE", "3", number="A1"), control_id="1"),
                self._dft(ft1("T-GLOVE", "1", number="A2", kind="CR"), control_id="2"),
            ],
            "order and what takes it back": [
                self._ras("ORC|NW|R1", "RXO|T-GLOVE|2||", control_id="3"),
                self._ras(
                    "ORC|CA|B1" + "|" * 18 + "^^^R1",
                    "RXO|T-GLOVE|1||",
                    control_id="3b",
                ),
            ],
            "cabinet": [
                self._message("OMS^O05", "ORC|NW|O1", station, control_id="4"),
            ],
            "requisition": [
                self._message(
                    "OMS^O05",
                    order.format("NW"),
                    "RQD|1|T-GLOVE|||5||||T-ICU",
                    control_id="5",
                ),
            ],
            "schedule": [
                self._siu("S12", "6", "20260101080000"),
                self._siu("S13", "7", "20260102080000", start="20310302090000"),
            ],
            "census": [
                self._message(
                    "ADT^A01",
                    control_id="8",
                    head="EVN|A01|20260101080000",
                    **adt,
                ),
                self._message(
                    "ADT^A03",
                    control_id="9",
                    head="EVN|A03|20260102080000",
                    **adt,
                ),
                self._message(
                    "ADT^A40",
                    "MRG|||||VISIT-7",
                    control_id="9b",
                    head="EVN|A40|20260103080000",
                ),
            ],
            "test": [
                self._message(
                    "ORU^R01",
                    "OBR|1||F1|T-TSH|||20260105090000"
                    + "|" * 15
                    + "20260105100000|||F",
                    control_id="10",
                ),
            ],
            "masters": [
                self._message(
                    "MFN^M16",
                    "MFI|X||UPD|||AL",
                    "MFE|MUP|1||T-STENT|ST",
                    "ITM|T-STENT|Stent 3.0",
                    control_id="11",
                    visit="",
                ),
                self._message(
                    "MFN^M04",
                    "MFI|X||UPD|||AL",
                    "MFE|MAD|1||CH-1|CWE",
                    "CDM|CH-1||GLOVE CHARGE||||||T-GLOVE",
                    control_id="12",
                    visit="",
                ),
            ],
        }

    def test_r10_a_message_of_any_kind_processed_again_changes_nothing(self):
        for kind, contents in self._kinds().items():
            with self.subTest(kind):
                empty = self._fingerprint()
                messages = self._process(*contents)
                self.assertEqual(
                    set(messages.mapped("state")),
                    {"processed"},
                    messages.mapped("error_text"),
                )
                self.env["med.consumption"]._post_pending()
                once = self._fingerprint()
                self.assertNotEqual(once, empty)
                for message in (*messages, *reversed(messages)):
                    message.sudo().write({"state": "received"})
                    message._process()
                    self.env["med.consumption"]._post_pending()
                    # What is older than what is known by now is of no effect.
                    self.assertIn(
                        message.state, ("processed", "ignored"), message.error_text
                    )
                    now = self._fingerprint()
                    self.assertEqual(
                        {}, {name: now[name] for name in now if now[name] != once[name]}
                    )
