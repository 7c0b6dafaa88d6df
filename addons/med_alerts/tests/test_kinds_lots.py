import random
from datetime import timedelta

from odoo import fields

from ..core.shelf_life import Pile, unused_at_expiry
from .kinds_case import KindsCase


class TestKindsOfLots(KindsCase):
    def test_the_ladder_changes_its_level_inside_one_alert(self):
        lot = self._lot(181)
        self._stock(5, lot=lot)
        rule = self._rule("expiry", 180, 30, 7)
        alerts = self.env["med.alert"]
        for days, severity in (
            (181, False),
            (180, "watch"),
            (31, "watch"),
            (30, "warning"),
            (8, "warning"),
            (7, "critical"),
            (1, "critical"),
        ):
            lot.expiration_date = self.now + timedelta(days=days)
            alerts |= self._found(rule)
            self.assertEqual(self._severity(rule), severity, days)
        self.assertEqual(len(alerts), 1)
        self.assertEqual(alerts.lot_id, lot)

    def test_a_missed_night_loses_no_rung(self):
        lot = self._lot(100)
        self._stock(5, lot=lot)
        rule = self._rule("expiry", 180, 30, 7)
        self.assertEqual(self._severity(rule), "watch")
        lot.expiration_date = self.now + timedelta(days=5)
        self.assertEqual(self._severity(rule), "critical")

    def test_each_rung_of_one_severity_calls_again(self):
        lot = self._lot(100)
        self._stock(5, lot=lot)
        rule = self._rule("expiry", 180)
        rule.level_ids.copy({"threshold": 60})
        alert = self._found(rule)
        first = alert.called_at = self.now - timedelta(days=40)
        alert.action_acknowledge()
        lot.expiration_date = self.now + timedelta(days=59)
        self._found(rule)
        self.assertEqual((alert.state, alert.level_id.threshold), ("open", 60))
        self.assertGreater(alert.called_at, first)

    def test_an_expired_lot_is_of_the_other_kind(self):
        lot = self._lot(-1)
        self._stock(5, lot=lot)
        self.assertFalse(self._found(self._rule("expiry", 30)))
        expired = self._found(self._rule("expired", 0))
        self.assertEqual((expired.severity, expired.measured), ("critical", 5))

    def test_what_lies_in_quarantine_is_taken_care_of(self):
        quarantine = self.env["stock.location"].create(
            {
                "name": "Quarantine",
                "location_id": self.icu.stock_location_id.id,
                "med_quarantine": True,
            }
        )
        self._stock(5, lot=self._lot(-1), place=quarantine)
        self.assertFalse(self._found(self._rule("expired", 0)))

    def test_a_lot_in_two_drawers_of_a_shelf_is_one_subject(self):
        lot = self._lot(10)
        for name in ("A", "B"):
            drawer = self.env["stock.location"].create(
                {"name": name, "location_id": self.icu.stock_location_id.id}
            )
            self._stock(5, lot=lot, place=drawer)
        alert = self._found(self._rule("expiry", 30))
        self.assertEqual(alert.inputs["quantity"], 10)
        self.assertEqual(alert.location_id, self.icu.stock_location_id)

    def test_a_lot_that_will_not_be_used_in_time(self):
        rule = self._rule("expiry_unused", 1, 10, window_days=90)
        self._stock(40, lot=self._lot(20))
        for use, severity in (
            (2.0, False),
            (1.96, False),  # 0.8 units
            (1.95, "warning"),
            (1.55, "warning"),  # 9 units
            (1.5, "critical"),
            (0.5, "critical"),
        ):
            self._daily(use)
            self.assertEqual(self._severity(rule), severity, use)

    def test_use_that_is_not_posted_counts_as_used(self):
        rule = self._rule("expiry_unused", 1, window_days=90)
        self._daily(1.0)
        self._stock(30, lot=self._lot(20))
        alert = self._found(rule)
        self.assertEqual(alert.measured, 10)
        self._use(4)
        self._found(rule)
        self.assertEqual(alert.measured, 6)

    def test_the_database_finds_what_the_textbook_says(self):
        """Many shelves at random: SQL leaves out nothing that core would find."""
        chance = random.Random(4)
        rule = self._rule("expiry_unused", 0.01, window_days=60)
        expected = {}
        for number in range(12):
            product = self._product(f"Random {number}")
            use = round(chance.uniform(0, 3), 2)
            self._daily(use, product=product)
            days = sorted(chance.sample(range(1, 90), chance.randint(1, 4)))
            piles = [Pile(chance.randint(1, 60), each) for each in days]
            lots = [
                self._lot(pile.days_left, f"R{number}-{at}", product)
                for at, pile in enumerate(piles)
            ]
            for lot, pile in zip(lots, piles, strict=True):
                self._stock(pile.quantity, product=product, lot=lot)
            for lot, pile, left in zip(
                lots, piles, unused_at_expiry(piles, use), strict=True
            ):
                if pile.days_left <= 60 and round(left / 0.01) > 0:
                    expected[lot.id] = round(left, 2)
        self.env["med.alert"]._evaluate(rule)
        found = self.env["med.alert"].search([("rule_id", "=", rule.id)])
        self.assertTrue(expected)
        self.assertEqual({a.lot_id.id: round(a.measured, 2) for a in found}, expected)

    def test_a_count_past_tolerance_lasts_until_one_is_right(self):
        rule = self._rule("count_difference", 0, 10, window_days=30)
        place = self.icu.stock_location_id

        def count(expected, counted, **values):
            self.env["med.count.line"]._log(
                [
                    {
                        "company_id": self.env.company.id,
                        "location_id": place.id,
                        "product_id": self.gloves.id,
                        "expected": expected,
                        "counted": counted,
                        **values,
                    }
                ]
            )
            return self._found(rule)

        self.assertFalse(count(100, 99), "within the tolerance of its class")
        alert = count(100, 91)
        self.assertEqual((alert.severity, alert.measured), ("warning", 9))
        self.assertEqual(count(100, 90).severity, "critical")
        self.assertFalse(count(90, 90))
        self.assertEqual(alert.state, "resolved")
        long_ago = fields.Date.today() - timedelta(days=31)
        self.assertFalse(count(100, 50, day=long_ago))


class TestKindsOfPapers(KindsCase):
    def test_a_certificate_on_its_ladder(self):
        rule = self._rule("certificate", 90, 30, 7)
        today = fields.Date.today()
        paper = self.env["med.certificate"].create(
            {
                "name": "国械注准20213030647",
                "valid_to": today + timedelta(days=91),
                "product_ids": self.gloves.product_tmpl_id.ids,
                "responsible_id": self.head_of_store.id,
            }
        )
        rule.level_ids.responsible = "record"
        for days, severity in (
            (91, False),
            (90, "watch"),
            (31, "watch"),
            (30, "warning"),
            (8, "warning"),
            (7, "critical"),
            (-3, "critical"),
        ):
            paper.valid_to = today + timedelta(days=days)
            alert = self._found(rule, False)
            self.assertEqual(alert.severity, severity, days)
        self.assertEqual(alert.responsible_id, self.head_of_store)
        self.assertIn("3 days ago", alert.explanation)
        self.assertEqual(alert.action_view_subject()["res_id"], paper.id)

    def test_a_renewed_certificate_is_no_alert(self):
        rule = self._rule("certificate", 90)
        paper = self.env["med.certificate"].create(
            {
                "name": "国械注准20213030648",
                "valid_to": fields.Date.today() + timedelta(days=5),
                "product_ids": self.gloves.product_tmpl_id.ids,
            }
        )
        alert = self._found(rule, False)
        self.assertTrue(alert)
        paper.action_renew()
        self.assertFalse(self._found(rule, False))
        self.assertEqual(alert.state, "resolved")

    def test_a_certificate_is_looked_at_once_it_changes(self):
        rule = self._rule("licence", 30)
        supplier = self.env["res.partner"].create({"name": "Test supplier"})
        paper = self.env["med.certificate"].create(
            {
                "name": "LIC-1",
                "kind": "operating_licence",
                "partner_id": supplier.id,
                "valid_to": fields.Date.today() + timedelta(days=100),
            }
        )
        self._run_touched()
        self.assertFalse(self.env["med.alert"].search([("rule_id", "=", rule.id)]))
        paper.valid_to = fields.Date.today() + timedelta(days=20)
        self._run_touched()
        alert = self.env["med.alert"].search([("rule_id", "=", rule.id)])
        self.assertEqual((alert.partner_id, alert.measured), (supplier, 20))

    def test_where_rules_watch_the_certificate_itself_does_not_tell(self):
        paper = self.env["med.certificate"].create(
            {
                "name": "国械注准20213030649",
                "valid_to": fields.Date.today() + timedelta(days=5),
                "product_ids": self.gloves.product_tmpl_id.ids,
            }
        )
        self._rule("certificate", 90)
        paper._tell((180, 90, 60, 30, 7))
        self.assertFalse(paper.activity_ids)
        self.env["med.alert.rule"].search([]).active = False
        paper._tell((180, 90, 60, 30, 7))
        self.assertTrue(paper.activity_ids)

    def _run_touched(self):
        self.env.cr.flush()
        with self.enter_registry_test_mode():
            self.env.ref("med_alerts.ir_cron_evaluate_touched").method_direct_trigger()

    def test_a_late_delivery(self):
        rule = self._rule("late_receipt", 2, 7)
        picking = self._delivery(1)
        for days, severity in (
            (1, False),
            (2, "warning"),
            (6, "warning"),
            (7, "critical"),
        ):
            picking.move_ids.date_deadline = self.now - timedelta(days=days)
            alert = self._of(rule, picking)
            self.assertEqual(alert.severity, severity, days)
        picking.move_ids.write({"quantity": 5, "picked": True})
        picking.button_validate()
        self._run_touched()
        self.assertEqual(alert.state, "resolved")

    def test_a_delivery_is_watched_for_its_supplier_and_its_items(self):
        late = self._delivery(3)
        other = self._product("Other")
        rule = self._rule("late_receipt", 2, supplier_ids=late.partner_id.ids)
        alert = self._of(rule, late)
        self.assertTrue(alert, "by whoever sells it otherwise")
        rule.product_ids = other
        self.assertFalse(self._of(rule, late))
        rule.product_ids |= self.gloves
        self.assertEqual(self._of(rule, late), alert)
        rule.supplier_ids = self.env["res.partner"].create({"name": "Somebody else"})
        self.assertFalse(self._of(rule, late))

    def _of(self, rule, record):
        self.env["med.alert"]._evaluate(rule)
        return self.env["med.alert"].search(
            [
                ("rule_id", "=", rule.id),
                ("subject_id", "=", record.id),
                ("state", "!=", "resolved"),
            ]
        )

    def test_an_open_recall_until_each_unit_is_accounted_for(self):
        rule = self._rule("recall_open", 0)
        lot = self._lot(100)
        self._stock(5, lot=lot)
        recall = self.env["med.recall"].create(
            {
                "subject": "Torn gloves",
                "manager_id": self.head_of_store.id,
                "lot_ids": lot.ids,
            }
        )
        self.assertFalse(self._of(rule, recall))
        recall.action_start()
        self._run_touched()
        alert = self.env["med.alert"].search([("rule_id", "=", rule.id)])
        self.assertEqual((alert.measured, alert.department_id), (5, self.icu))
        self.env["med.recall.disposition"].create(
            {
                "line_id": recall.line_ids.id,
                "kind": "missing",
                "quantity": 5,
                "evidence_ids": [(0, 0, {"name": "Note", "raw": b"x"})],
            }
        )
        self._run_touched()
        self.assertEqual(alert.state, "resolved")
