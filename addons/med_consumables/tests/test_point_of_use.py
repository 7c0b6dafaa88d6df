from base64 import urlsafe_b64encode
from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from ..core.sealing import Keyring
from .common import ConsumablesCase

DI = "06901234567892"
PIXEL = (
    b"iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9"
    b"awAAAABJRU5ErkJggg=="
)


@tagged("post_install", "-at_install")
class TestPointOfUse(ConsumablesCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        group = "med_consumables.group_"
        cls.nurse = cls._user("nurse", group + "ward_user", [cls.icu])
        cls.head_nurse = cls._user("head", group + "ward_manager", [cls.icu])
        cls.storekeeper = cls._user("storekeeper", group + "storekeeper")
        cls.auditor = cls._user("auditor", group + "auditor")
        cls.clerk = cls._user("clerk", "base.group_user")
        cls.lot = cls._lot("G1")
        cls._stock(20, cls.lot)
        cls.env["med.udi"].create({"di": DI, "product_id": cls.gloves.id})

    def _screen(self, user=None):
        return self.env["med.point.of.use"].with_user(user or self.nurse)

    def _scan(self, key, **values):
        return {
            "key": key,
            "department_id": self.icu.id,
            "kind": "use",
            "product_id": self.gloves.id,
            "lot_name": "G1",
            "quantity": 2,
            "scanned_at": "2030-01-01T10:00:00.000Z",
            **values,
        }

    def _send(self, *scans, user=None, device_now="2030-01-01T10:00:00.000Z"):
        return self._screen(user).record(list(scans), device_now)

    def _lines(self, *keys):
        return self.env["med.consumption"].search(
            [("source", "=", "scan"), ("external_key", "in", keys)], order="id"
        )

    # ---- Who -------------------------------------------------------------------------

    def test_ward_staff_see_their_own_departments_alone(self):
        for user in (self.nurse, self.head_nurse):
            seen = self._screen(user).open_screen()["departments"]
            self.assertEqual([d["id"] for d in seen], self.icu.ids)

    def test_a_storekeeper_sees_all_departments(self):
        seen = {
            d["id"] for d in self._screen(self.storekeeper).open_screen()["departments"]
        }
        self.assertLessEqual({self.icu.id, self.er.id}, seen)

    def test_others_have_no_business_here(self):
        for user in (self.auditor, self.clerk):
            screen = self._screen(user)
            for call in (
                screen.open_screen,
                lambda screen=screen: screen.read_code(DI, self.icu.id),
                lambda screen=screen: screen.find_items("Glo", self.icu.id),
                lambda screen=screen: screen.take_along(self.icu.id),
                lambda screen=screen: screen.read_wristband("ZY1", self.icu.id),
                lambda user=user: self._send(self._scan("x"), user=user),
            ):
                with self.assertRaises(AccessError):
                    call()
        self.assertFalse(self._lines("x"))

    def test_a_nurse_asks_nothing_of_another_ward(self):
        screen = self._screen()
        for call in (screen.take_along, lambda d: screen.read_code(DI, d)):
            with self.assertRaises(AccessError):
                call(self.er.id)

    def test_a_scan_for_another_ward_comes_back(self):
        (answer,) = self._send(self._scan("a", department_id=self.er.id))
        self.assertEqual(answer["status"], "mend")
        self.assertIn("own departments", answer["message"])
        self.assertFalse(self._lines("a"))

    # ---- What is recorded ------------------------------------------------------------

    def test_each_role_that_uses_records(self):
        for user in (self.nurse, self.head_nurse, self.storekeeper):
            (answer,) = self._send(self._scan(user.login), user=user)
            self.assertEqual(answer["status"], "recorded")
            line = self._lines(user.login)
            self.assertEqual(line.quantity, 2)
            self.assertEqual(line.department_id, self.icu)
            self.assertEqual(line.lot_name, "G1")
            self.assertEqual(line.create_uid, user)

    def test_the_same_batch_twice_changes_nothing(self):
        scans = [self._scan("a"), self._scan("b", kind="waste")]
        first = self._send(*scans)
        again = self._send(*scans, device_now="2030-01-01T11:30:00.000Z")
        self.assertEqual([a["status"] for a in first + again], ["recorded"] * 4)
        self.assertEqual(self._lines("a", "b").mapped("kind"), ["use", "waste"])

    def test_one_key_twice_in_a_batch_is_one_use(self):
        self._send(self._scan("a"), self._scan("a"))
        self.assertEqual(len(self._lines("a")), 1)

    def test_a_key_that_says_something_else_comes_back(self):
        self._send(self._scan("a"))
        (answer,) = self._send(self._scan("a", kind="waste"))
        self.assertEqual(answer["status"], "mend")
        self.assertEqual(self._lines("a").kind, "use")

    def test_the_time_is_that_of_the_scan(self):
        self._send(self._scan("a"), device_now="2030-01-01T13:00:00.000Z")
        expected = fields.Datetime.now() - timedelta(hours=3)
        self.assertAlmostEqual(
            self._lines("a").event_time, expected, delta=timedelta(seconds=20)
        )

    def test_one_bad_scan_does_not_hold_up_the_rest(self):
        answers = self._send(
            self._scan("a", quantity=0),
            self._scan("b"),
            self._scan("c", kind="gift"),
            self._scan("d", scanned_at="noon"),
            self._scan("e", product_id=0, code="no such code"),
            self._scan("f", product_id=2**31 - 1),
            self._scan("g", quantity="many"),
            self._scan(""),
            "nonsense",
        )
        self.assertEqual(
            [answer["status"] for answer in answers],
            ["mend", "recorded"] + ["mend"] * 7,
        )
        self.assertTrue(all(a["message"] for a in answers if a["status"] == "mend"))
        self.assertEqual(len(self._lines(*"abcdefg")), 1)

    def test_too_many_at_a_time_are_refused(self):
        with self.assertRaises(UserError):
            self._send(*[self._scan(f"k{n}") for n in range(201)])

    def test_what_the_ledger_refuses_comes_back_alone(self):
        self._send(self._scan("a"))
        answers = self._send(self._scan("b"), self._scan("c", kind="use", reverses="a"))
        self.assertEqual([a["status"] for a in answers], ["recorded", "mend"])

    def test_a_raw_code_is_read_by_the_server(self):
        code = f"01{DI}17301231" + "10G1"
        self._send(self._scan("a", product_id=0, lot_name="", code=code))
        line = self._lines("a")
        self.assertEqual(line.product_id, self.gloves)
        self.assertEqual(line.lot_name, "G1")

    def test_a_raw_code_counts_packs(self):
        self.env["med.udi"].create(
            {"di": "16901234567899", "product_id": self.gloves.id, "base_units": 50}
        )
        self._send(
            self._scan("a", product_id=0, code="0116901234567899" + "10G1", quantity=3)
        )
        self.assertEqual(self._lines("a").quantity, 150)

    def test_undoing_gives_back_what_was_used(self):
        self._send(self._scan("a"))
        (answer,) = self._send(self._scan("b", kind="return", reverses="a"))
        self.assertEqual(answer["status"], "recorded")
        self.assertEqual(self._lines("b").reversal_of_id, self._lines("a"))

    def test_a_use_and_its_undoing_may_come_together_in_any_order(self):
        answers = self._send(
            self._scan("b", kind="return", reverses="a"), self._scan("a")
        )
        self.assertEqual([a["key"] for a in answers], ["b", "a"])
        self.assertEqual([a["status"] for a in answers], ["recorded"] * 2)

    def test_undoing_what_was_never_recorded_comes_back(self):
        (answer,) = self._send(self._scan("b", kind="return", reverses="a"))
        self.assertEqual(answer["status"], "mend")

    # ---- Never refused ---------------------------------------------------------------

    def test_use_of_an_expired_lot_is_recorded_and_raises_an_incident(self):
        late = self._lot("LATE", days=-3)
        self._stock(5, late)
        (answer,) = self._send(self._scan("a", lot_name="LATE"))
        self.assertEqual(answer["status"], "recorded")
        self._post()
        self.assertEqual(self._lines("a").incident_code, "unusable_lot")

    def test_use_of_a_held_lot_is_recorded_and_raises_an_incident(self):
        self.lot.med_hold = True
        self.assertEqual(self._send(self._scan("a"))[0]["status"], "recorded")
        self._post()
        self.assertEqual(self._lines("a").incident_code, "unusable_lot")

    def test_use_of_an_unknown_lot_is_recorded_and_raises_an_incident(self):
        answer = self._send(self._scan("a", lot_name="WHO"))[0]
        self.assertEqual(answer["status"], "recorded")
        self._post()
        self.assertEqual(self._lines("a").incident_code, "unknown_lot")

    def test_use_beyond_the_books_is_recorded_and_raises_an_incident(self):
        self._send(self._scan("a", quantity=500))
        self._post()
        self.assertEqual(self._lines("a").incident_code, "no_stock")

    # ---- Whose visit -----------------------------------------------------------------

    def _keys(self):
        ring = Keyring((b"k" * 32,))
        screen = type(self.env["med.point.of.use"])
        self.patch(screen, "_keyring", lambda self: ring)
        return ring

    def test_the_token_of_the_visit_goes_to_the_ledger_and_nothing_else(self):
        token = self._keys().token("visit", "ZY1", str(self.company.id))
        ticket = self._screen().read_wristband("ZY1", self.icu.id)["token"]
        # The device learns nothing that it could look for lines with.
        self.assertNotIn(token, ticket)
        self._send(self._scan("a", token=ticket, visit_label="Bed 4, W*"))
        line = self._lines("a")
        self.assertEqual(line.encounter_token, token)
        stored = " ".join(str(value) for value in line.read()[0].values())
        self.assertNotIn("Bed 4", stored)

    def test_a_visit_that_nobody_scanned_is_not_believed(self):
        ring = self._keys()
        token = ring.token("visit", "ZY1", str(self.company.id))
        elsewhere = ring.seal(token.encode(), "visit at the bedside,0")
        forged = ("Wang Wu 510101", token, urlsafe_b64encode(elsewhere).decode())
        for number, ticket in enumerate(forged):
            answer = self._send(self._scan(f"a{number}", token=ticket))[0]
            self.assertEqual(answer["status"], "mend")
            self.assertIn("Scan the wristband again", answer["message"])
            self.assertFalse(self._lines(f"a{number}"))

    def test_a_ward_does_not_undo_what_another_ward_used(self):
        self._send(self._scan("a"))
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE med_consumption SET department_id = %s WHERE id = %s",
            [self.er.id, self._lines("a").id],
        )
        self.env.invalidate_all()
        answer = self._send(self._scan("b", kind="return", reverses="a"))[0]
        self.assertEqual(answer["status"], "mend")

    def test_without_keys_the_visit_is_not_kept_and_the_screen_knows(self):
        screen = type(self.env["med.point.of.use"])
        self.patch(screen, "_keyring", lambda self: None)
        self.assertFalse(self._screen().open_screen()["visits"])
        self.assertFalse(self._screen().read_wristband("ZY1", self.icu.id)["token"])
        self._send(self._scan("a", visit_code="ZY0012345"))
        line = self._lines("a")
        self.assertFalse(line.encounter_token)
        self.assertNotIn("ZY0012345", str(line.read()[0]))

    def test_a_wristband_kept_on_the_device_becomes_a_token(self):
        ring = self._keys()
        self.company.med_wristband_prefixes = "ZY"
        token = ring.token("visit", "ZY0012345", str(self.company.id))
        self.assertTrue(self._screen().open_screen()["visits"])
        self._send(self._scan("a", visit_code=" ZY0012345"))
        self.assertEqual(self._lines("a").encounter_token, token)
        ticket = self._screen().read_wristband("ZY0012345", self.icu.id)["token"]
        self._send(self._scan("b", token=ticket))
        self.assertEqual(self._lines("b").encounter_token, token)
        self.assertNotIn("ZY0012345", str(self._lines("a").read()[0]))

    def test_what_the_hospitals_system_says_of_the_visit_is_shown(self):
        self._keys()
        visit = {"label": "Bed 4, W*", "warnings": ["Discharged"], "token": "ab" * 32}
        screen = type(self.env["med.point.of.use"])
        self.patch(screen, "_visit_of", lambda self, code, department: visit)
        shown = self._screen().read_wristband("ZY1", self.icu.id)
        ticket = shown.pop("token")
        self.assertEqual(shown, {name: visit[name] for name in shown})
        self._send(self._scan("a", token=ticket))
        self.assertEqual(self._lines("a").encounter_token, visit["token"])

    # ---- What the screen is told -----------------------------------------------------

    def test_a_code_is_understood(self):
        read = self._screen().read_code(f"01{DI}17301231" + "10G1", self.icu.id)
        self.assertEqual(read["product_id"], self.gloves.id)
        self.assertEqual(read["lot_name"], "G1")
        self.assertEqual(read["expiry"], "2030-12-31")
        self.assertEqual(read["unit"], self.gloves.uom_id.name)

    def test_an_unknown_code_is_told_without_an_error(self):
        read = self._screen().read_code("no such code", self.icu.id)
        self.assertFalse(read.get("product_id"))

    def test_items_are_found_by_name_those_on_the_shelf_first(self):
        other = self._product("Gloves long")
        found = self._screen().find_items("glove", self.icu.id)
        self.assertEqual(
            [item["product_id"] for item in found], [self.gloves.id, other.id]
        )
        self.assertEqual(found[0]["on_hand"], 20)

    def test_a_photo_is_shown_where_there_is_one(self):
        self.assertFalse(self._screen().find_items("glove", self.icu.id)[0]["picture"])
        self.gloves.image_1920 = PIXEL
        self.env.flush_all()
        (item,) = self._screen().find_items("glove", self.icu.id)
        self.assertIn(f"/{self.gloves.id}/", item["picture"])

    def test_the_shelf_to_take_along_has_codes_and_lots(self):
        self.gloves.barcode = "4006381333931"
        self._stock(3, self._lot("FAR"), department=self.er)
        shelf = self._screen().take_along(self.icu.id)
        (item,) = [i for i in shelf["items"] if i["product_id"] == self.gloves.id]
        self.assertEqual(
            {code for code, _units in item["codes"]}, {DI, "4006381333931"}
        )
        self.assertEqual([lot["name"] for lot in item["lots"]], ["G1"])

    def test_what_was_used_up_is_still_on_the_shelf_to_take_along(self):
        syringe = self._product("Syringe")
        self._use(1, product_id=syringe.id)
        items = self._screen().take_along(self.icu.id)["items"]
        self.assertIn(syringe.id, [item["product_id"] for item in items])

    def test_a_long_shelf_costs_no_more_queries_than_a_short_one(self):
        self._fill_shelf(3)
        short = self._queries_of_the_shelf()
        self._fill_shelf(30)
        # A query per item would be 30 more; a few are caches that creation empties.
        self.assertLess(self._queries_of_the_shelf(), short + 10)

    def _fill_shelf(self, count):
        for number in range(count):
            item = self._product(f"Item {number}", barcode=f"B{count}{number}")
            self._stock(1, self._lot("L", product=item), product=item)

    def _queries_of_the_shelf(self):
        screen = self._screen()
        screen.take_along(self.icu.id)  # rights are cached from now on
        self.env.invalidate_all()
        before = self.cr.sql_log_count
        screen.take_along(self.icu.id)
        return self.cr.sql_log_count - before
