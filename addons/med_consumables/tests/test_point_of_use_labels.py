from odoo.tests import tagged

from ..core.sealing import Keyring
from .test_pack import PackCase

NOW = "2030-01-01T10:00:00.000Z"


class LabelsCase(PackCase):
    def _scan(self, key, **values):
        return {
            "key": key,
            "department_id": self.icu.id,
            "kind": "use",
            "quantity": 1,
            "scanned_at": NOW,
            **values,
        }

    def _send(self, *scans, user=None):
        screen = self.env["med.point.of.use"].with_user(user or self.nurse)
        return screen.record(list(scans), NOW)

    def _states(self, answers):
        return [answer["status"] for answer in answers]

    def _lines(self, source="scan"):
        return self.env["med.consumption"].search(
            [("source", "=", source), ("department_id", "=", self.icu.id)], order="id"
        )


@tagged("post_install", "-at_install")
class TestPackAtTheBedside(LabelsCase):
    def setUp(self):
        super().setUp()
        self.pack = self._issued(2)[0].with_user(self.nurse)

    def test_a_pack_is_understood_and_opened_by_its_label(self):
        screen = self.env["med.point.of.use"].with_user(self.nurse)
        read = screen.read_code(self.pack.name, self.icu.id)
        self.assertEqual((read["kind"], read["pack_id"]), ("pack", self.pack.id))
        ring = Keyring((b"k" * 32,))
        self.patch(type(screen), "_keyring", lambda self: ring)
        ticket = screen.read_wristband("ZY1", self.icu.id)["token"]
        answers = self._send(self._scan("p1", pack_id=read["pack_id"], token=ticket))
        self.assertEqual(self._states(answers), ["recorded"])
        self.assertEqual(self.pack.state, "consumed")
        lines = self._lines("pack")
        self.assertEqual(sum(lines.mapped("quantity")), 5)
        token = ring.token("visit", "ZY1", str(self.company.id))
        self.assertEqual(set(lines.mapped("encounter_token")), {token})

    def test_a_label_scanned_without_a_connection_is_read_by_the_server(self):
        answers = self._send(self._scan("p1", code=self.pack.name))
        self.assertEqual(self._states(answers), ["recorded"])
        self.assertEqual(self.pack.state, "consumed")

    def test_the_same_scan_again_opens_nothing_more(self):
        scan = self._scan("p1", pack_id=self.pack.id)
        self._send(scan)
        count = len(self._lines("pack"))
        self.assertEqual(self._states(self._send(scan, scan)), ["recorded"] * 2)
        self.assertEqual(len(self._lines("pack")), count)

    def test_another_scan_of_an_open_pack_comes_back_to_its_person(self):
        self._send(self._scan("p1", pack_id=self.pack.id))
        (answer,) = self._send(self._scan("p2", pack_id=self.pack.id))
        self.assertEqual(answer["status"], "mend")

    def test_taking_it_back_closes_the_pack_once(self):
        self._send(self._scan("p1", pack_id=self.pack.id))
        undo = self._scan("p2", pack_id=self.pack.id, kind="return", reverses="p1")
        self.assertEqual(self._states(self._send(undo)), ["recorded"])
        self.assertEqual(self.pack.state, "issued")
        back = self._lines("pack").filtered(lambda line: line.kind == "return")
        self.assertEqual(sum(back.mapped("quantity")), 5)
        # It may be opened again by a scan of its own.
        self.assertEqual(
            self._states(self._send(self._scan("p3", pack_id=self.pack.id))),
            ["recorded"],
        )

    def test_a_pack_is_not_wasted_whole_nor_opened_elsewhere(self):
        (wasted,) = self._send(self._scan("p1", pack_id=self.pack.id, kind="waste"))
        self.assertIn("item by item", wasted["message"])
        (elsewhere,) = self._send(
            self._scan("p2", pack_id=self.pack.id, department_id=self.er.id),
            user=self.storekeeper,
        )
        self.assertIn("issued to", elsewhere["message"])
        self.assertEqual(self.pack.state, "issued")

    def test_a_pack_of_another_ward_is_not_opened(self):
        (answer,) = self._send(
            self._scan("p1", code=self.pack.name, department_id=self.er.id),
            user=self.er_nurse,
        )
        self.assertEqual(answer["status"], "mend")
        self.assertEqual(self.pack.state, "issued")

    def test_one_pack_that_cannot_be_opened_does_not_hold_up_the_rest(self):
        answers = self._send(
            self._scan("p1", pack_id=self.pack.id),
            self._scan("p2", pack_id=self.pack.id),
            self._scan("g1", product_id=self.gloves.id, quantity=2),
        )
        self.assertEqual(self._states(answers), ["recorded", "mend", "recorded"])


@tagged("post_install", "-at_install")
class TestPieceAtTheBedside(LabelsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.stent = cls._product("Stent", med_value_class="high")
        cls.batch = cls._lot("ST-1", 200, cls.stent)
        cls._stock(3, cls.batch, product=cls.stent)
        cls.one, cls.two = cls.env["med.piece"].create(
            [
                {
                    "name": f"YN00000{number}",
                    "company_id": cls.company.id,
                    "product_id": cls.stent.id,
                    "lot_id": cls.batch.id,
                    "number": number,
                }
                for number in (1, 2)
            ]
        )

    def test_the_line_says_which_piece_it_was(self):
        self._send(self._scan("s1", piece_id=self.one.id, product_id=self.stent.id))
        line = self._lines()
        self.assertEqual((line.piece_id, line.lot_name), (self.one, "ST-1"))
        self.one.invalidate_recordset()
        self.assertEqual(self.one.consumption_id, line)

    def test_a_label_scanned_without_a_connection_is_read_by_the_server(self):
        self._send(self._scan("s1", code="YN000001"))
        self.assertEqual(self._lines().piece_id, self.one)

    def test_a_piece_counts_one_whatever_the_device_says(self):
        self._send(self._scan("s1", piece_id=self.one.id, quantity=5))
        self.assertEqual(self._lines().quantity, 1)

    def test_a_piece_is_used_once_and_again_when_it_was_given_back(self):
        self._send(self._scan("s1", piece_id=self.one.id))
        (again,) = self._send(self._scan("s2", piece_id=self.one.id))
        self.assertEqual(again["status"], "mend")
        self.assertIn("YN000001 was used already", again["message"])
        undo = self._scan("s3", piece_id=self.one.id, kind="return", reverses="s1")
        self.assertEqual(self._states(self._send(undo)), ["recorded"])
        self.assertEqual(
            self._states(self._send(self._scan("s4", piece_id=self.one.id))),
            ["recorded"],
        )

    def test_the_same_scan_again_changes_nothing(self):
        scan = self._scan("s1", piece_id=self.one.id)
        self._send(scan)
        self.assertEqual(self._states(self._send(scan)), ["recorded"])
        self.assertEqual(len(self._lines()), 1)

    def test_the_same_label_twice_in_one_parcel_is_one_use(self):
        answers = self._send(
            self._scan("s1", code="YN000001"), self._scan("s2", piece_id=self.one.id)
        )
        self.assertEqual(self._states(answers), ["recorded", "mend"])
        self.assertEqual(len(self._lines()), 1)

    def test_two_pieces_are_two_lines(self):
        self._send(
            self._scan("s1", piece_id=self.one.id),
            self._scan("s2", piece_id=self.two.id),
        )
        self.assertEqual(self._lines().piece_id, self.one | self.two)
