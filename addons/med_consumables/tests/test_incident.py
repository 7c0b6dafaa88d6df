from datetime import timedelta

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from .common import ConsumablesCase


@tagged("post_install", "-at_install")
class TestIncident(ConsumablesCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        group = "med_consumables.group_"
        cls.head = cls._user("head", group + "ward_manager", [cls.icu])
        cls.nurse = cls._user("nurse", group + "ward_user", [cls.icu])
        cls.other = cls._user("other", group + "ward_manager", [cls.er])
        cls.storekeeper = cls._user("storekeeper", group + "storekeeper")
        cls.auditor = cls._user("auditor", group + "auditor")
        cls.icu.manager_id = cls.head
        cls.good = cls._lot("GOOD", 300)

    def _incident(self, line):
        return self.env["med.incident"].search([("consumption_id", "=", line.id)])

    def _short(self):
        line = self._use(5)
        self._post()
        return line, self._incident(line)

    def test_a_line_in_trouble_opens_one_incident_with_an_owner_and_a_task(self):
        line, incident = self._short()
        self.assertEqual(line.incident_id, incident)
        self.assertEqual((incident.code, incident.state), ("no_stock", "open"))
        self.assertEqual(incident.owner_id, self.head)
        self.assertEqual(incident.activity_ids.user_id, self.head)
        self.assertIn("short of 5", incident.what)

    def test_the_nearest_head_above_owns_what_has_no_head(self):
        self.icu.manager_id = False
        self.icu.parent_id = self.er
        self.er.manager_id = self.other
        self.assertEqual(self._short()[1].owner_id, self.other)

    def test_a_retry_that_posts_closes_the_incident_by_itself(self):
        line, incident = self._short()
        self._stock(10, self.good)
        incident.with_user(self.head).action_retry()
        self.assertEqual(line.state, "posted")
        self.assertEqual(incident.state, "closed")
        self.assertFalse(incident.closed_by_id)
        self.assertTrue(incident.resolution)
        self.assertFalse(incident.activity_ids)

    def test_a_retry_that_fails_leaves_one_open_incident(self):
        line, incident = self._short()
        incident.action_retry()
        self.assertEqual(self._incident(line), incident)
        self.assertEqual(incident.state, "open")
        self.assertEqual(len(incident.activity_ids), 1)

    def test_an_incident_that_was_closed_opens_again_when_the_line_fails_again(self):
        line, incident = self._short()
        incident.with_user(self.head).resolution = "Counted."
        incident.with_user(self.head).action_close()
        self.assertEqual(incident.closed_by_id, self.head)
        line.action_retry()
        self.assertEqual(incident.state, "open")
        self.assertEqual(incident.activity_ids.user_id, self.head)

    def test_nobody_closes_without_saying_what_was_done(self):
        _line, incident = self._short()
        with self.assertRaisesRegex(ValidationError, "before closing"):
            incident.with_user(self.head).action_close()

    def test_an_expired_lot_is_recorded_posted_and_raises_an_incident(self):
        old = self._lot("OLD", -3)
        self._stock(5, old)
        line = self._use(2, lot_name="OLD")
        self.assertEqual(line.incident_id.code, "expired_lot")
        self._post()
        self.assertEqual(line.state, "posted")
        incident = self._incident(line)
        self.assertEqual((incident.code, incident.state), ("expired_lot", "open"))
        self.assertTrue(incident.about_lot)

    def test_a_lot_that_expired_after_the_use_was_good_when_used(self):
        old = self._lot("OLD", -3)
        self._stock(5, old)
        line = self._use(2, event_time=self.now - timedelta(days=10), lot_name="OLD")
        self._post()
        self.assertEqual(line.state, "posted")
        self.assertFalse(self._incident(line))
        self.assertFalse(line.incident_code)

    def test_throwing_an_expired_piece_away_is_no_incident(self):
        self._stock(5, self._lot("OLD", -3))
        line = self._use(2, kind="waste")
        self._post()
        self.assertEqual(line.state, "posted")
        self.assertFalse(self._incident(line))

    def test_a_held_and_a_recalled_lot_are_told_apart(self):
        held = self._lot("HELD", 100)
        self._stock(5, held)
        held.med_hold = True
        self.assertEqual(self._use(1, lot_name="HELD").incident_id.code, "held_lot")
        recall = self.env["med.recall"].create(
            {"subject": "Held", "lot_ids": [(6, 0, held.ids)]}
        )
        recall.action_start()
        line = self._use(1, key="2", lot_name="HELD")
        self.assertEqual(line.incident_id.code, "recalled_lot")

    def test_what_touches_a_patient_does_not_close_by_itself(self):
        self._lot("OLD", -3)
        line = self._use(2, lot_name="OLD")
        self._post()
        self.assertEqual(line.state, "incident")
        self._stock(5, self.env["stock.lot"].search([("name", "=", "OLD")]))
        line.action_retry()
        self.assertEqual(line.state, "posted")
        self.assertEqual(line.incident_id.state, "open")
        self.assertEqual(line.incident_id.code, "expired_lot")

    def test_a_patient_incident_that_a_person_settled_stays_closed(self):
        old = self._lot("OLD", -3)
        line = self._use(2, lot_name="OLD")
        line.incident_id.resolution = "Patient seen."
        line.incident_id.action_close()
        self._stock(5, old)
        self._post()
        self.assertEqual(line.state, "posted")
        self.assertEqual(line.incident_id.state, "closed")

    def test_a_lot_that_nobody_named_is_an_incident_by_policy(self):
        stent = self._product("Stent", med_implant=True)
        for product in (stent, self.gloves):
            self._stock(9, self._lot("S" + product.name, 300, product), product=product)
        cases = {
            "never": (None, None),
            "implant": ("missing_lot", None),
            "always": ("missing_lot", "missing_lot"),
        }
        for policy, expected in cases.items():
            self.company.med_missing_lot = policy
            lines = [
                self._use(1, key=f"{policy}{product.id}", product_id=product.id)
                for product in (stent, self.gloves)
            ]
            self._post()
            codes = tuple(line.incident_id.code or None for line in lines)
            self.assertEqual(codes, expected, policy)
            self.assertEqual({line.state for line in lines}, {"posted"})

    def test_incidents_follow_the_rights_on_departments(self):
        _line, incident = self._short()
        for user, seen in (
            (self.nurse, True),
            (self.head, True),
            (self.other, False),
            (self.storekeeper, True),
            (self.auditor, True),
        ):
            found = self.env["med.incident"].with_user(user).search([])
            self.assertEqual(bool(incident & found), seen, user.login)
        for user in (self.nurse, self.other, self.auditor):
            with self.assertRaises(AccessError):
                incident.with_user(user).action_take()
        incident.with_user(self.storekeeper).action_take()
        self.assertEqual(
            (incident.state, incident.owner_id), ("in_work", self.storekeeper)
        )

    def test_nobody_rewrites_what_went_wrong(self):
        _line, incident = self._short()
        for values in ({"code": "error"}, {"state": "closed", "resolution": "x"}):
            with self.assertRaises(UserError):
                incident.with_user(self.storekeeper).write(values)
        with self.assertRaises(UserError):
            incident.unlink()
        with self.assertRaises(AccessError):
            incident.with_user(self.head).unlink()

    def test_many_incidents_cost_no_more_questions_than_few(self):
        def questions(count, name):
            for number in range(count):
                self._use(1, key=f"{name}{number}")
            self.env.flush_all()
            before = self.env.cr.sql_log_count
            self._post()
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        questions(2, "warm")
        few, many = questions(2, "few"), questions(22, "many")
        self.assertLess((many - few) / 20, 12)
