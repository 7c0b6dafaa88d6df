from datetime import timedelta

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .twin_case import TwinCase


@tagged("post_install", "-at_install")
class TestLeakage(TwinCase):
    """What only one of the two told of: found, explained, posted alone."""

    def test_what_was_charged_and_not_scanned_is_leakage_by_the_piece(self):
        self._policy("scan")
        long_ago = self.now - timedelta(hours=30)
        charge = self._charge(3, event_time=long_ago)
        self._scan(1, event_time=long_ago)
        self.Match._cron_leakage()
        match = charge.match_id
        self.assertEqual((match.state, match.missing_quantity), ("leak", 2))
        self.assertEqual(match.value, 5.0)

    def test_what_was_scanned_and_not_charged_is_leakage_by_the_piece(self):
        self._policy("scan")
        self.gloves.med_chargeable = True
        long_ago = self.now - timedelta(hours=30)
        scan = self._scan(5, event_time=long_ago)
        self._charge(2, event_time=long_ago)
        self.Match._cron_leakage()
        match = scan.match_id
        self.assertEqual(
            (match.state, match.missing, match.missing_quantity), ("leak", "charge", 3)
        )

    def test_charged_and_never_scanned_is_leakage(self):
        self._policy("scan")
        charge = self._charge(event_time=self.now - timedelta(hours=30))
        fresh = self._charge(key="c2")
        self.Match._cron_leakage()
        self.assertEqual(
            (charge.match_id.state, charge.match_id.missing), ("leak", "scan")
        )
        self.assertEqual(charge.match_id.value, 5.0)
        self.assertEqual(fresh.match_id.state, "waiting")

    def test_scanned_and_never_charged_is_leakage_of_what_is_charged(self):
        self._policy("scan")
        long_ago = self.now - timedelta(hours=30)
        free = self._scan(event_time=long_ago)
        self.gloves.med_chargeable = True
        scan = self._scan(key="s2", event_time=long_ago)
        self.Match._cron_leakage()
        self.assertFalse(free.match_id)
        self.assertEqual(
            (scan.match_id.state, scan.match_id.missing), ("leak", "charge")
        )
        self._post()
        self.assertEqual(scan.state, "posted")

    def test_leakage_that_is_reported_late_is_matched(self):
        self._policy("scan")
        long_ago = self.now - timedelta(hours=30)
        charge = self._charge(event_time=long_ago)
        self.Match._cron_leakage()
        scan = self._scan(event_time=long_ago)
        self._assert_one_effect(scan, charge)

    def test_a_ward_manager_explains_leakage_with_a_reason(self):
        manager = self._user("tw_mgr", "med_consumables.group_ward_manager", [self.icu])
        self._policy("scan")
        match = self._charge().match_id.with_user(manager)
        with self.assertRaisesRegex(UserError, "Say why"):
            match.action_explain()
        match.reason = "Charged by mistake, credited tomorrow"
        match.action_explain()
        self.assertEqual(match.state, "explained")
        self.assertEqual(match.resolved_by_id, manager)
        match.action_reopen()
        self.assertEqual(match.state, "leak")
        with self.assertRaises(AccessError):
            match.write({"state": "matched"})

    def test_a_charge_nobody_scanned_can_move_stock_alone(self):
        manager = self._user("tw_mg2", "med_consumables.group_ward_manager", [self.icu])
        self._policy("scan")
        charge = self._charge()
        match = charge.match_id.with_user(manager)
        match.reason = "The scanner was broken"
        match.action_post_alone()
        self._post()
        self.assertEqual((charge.state, match.state), ("posted", "alone"))
        self.assertEqual(self._on_hand(), 98)
        # The scan that comes after all is the same use.
        late = self._scan()
        self._assert_one_effect(charge, late)

    def test_who_reads_and_writes_leakage(self):
        self._policy("scan")
        here = self._charge().match_id
        there = self._charge(key="c2", department_id=self.er.id).match_id
        both = here | there
        for role, sees in (
            ("group_ward_user", here),
            ("group_ward_manager", here),
            ("group_storekeeper", both),
            ("group_auditor", both),
            ("group_administrator", both),
        ):
            user = self._user(f"tw_{role}", f"med_consumables.{role}", [self.icu])
            with self.subTest(role):
                found = self.Match.with_user(user).search([("id", "in", both.ids)])
                self.assertEqual(found, sees)
                rows = self.Match.with_user(user)._read_group(
                    [("id", "in", both.ids)], [], ["__count"]
                )
                self.assertEqual(rows[0][0], len(sees))
                if role in ("group_ward_user", "group_auditor"):
                    with self.assertRaises(AccessError):
                        here.with_user(user).reason = "x"
                    with self.assertRaises(AccessError):
                        here.with_user(user).action_explain()
                if role.startswith("group_ward"):
                    with self.assertRaises(AccessError):
                        there.with_user(user).read(["reason"])
