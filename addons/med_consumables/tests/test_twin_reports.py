from datetime import datetime, timedelta

from odoo.exceptions import AccessError, UserError
from odoo.tests import BaseCase, tagged

from ..core.twin import Group, Report, gather
from .common import ConsumablesCase

DAY = timedelta(days=1)


class TestCoreTwin(BaseCase):
    def _report(self, key, hour, by_ward, quantity=1, what="gloves", **values):
        moment = datetime(2026, 3, 1) + timedelta(hours=hour)
        return Report(key, what, moment, by_ward, quantity, **values)

    def _gather(self, reports, others):
        groups = [Group.alone(other.key, other) for other in others]
        return gather(reports, groups, DAY)

    def test_the_nearest_report_of_the_other_source_is_its_twin(self):
        scan = self._report(1, 10, True)
        charges = [self._report(2, 14, False), self._report(3, 11, False)]
        self.assertEqual(self._gather([scan], charges), [(1, 3)])

    def test_a_report_that_names_the_same_visit_goes_before_a_nearer_one(self):
        scan = self._report(1, 10, True, token="V1")
        charges = [self._report(2, 10, False), self._report(3, 20, False, token="V1")]
        self.assertEqual(self._gather([scan], charges), [(1, 3)])

    def test_one_of_just_as_many_pieces_goes_before_a_nearer_one(self):
        scan = self._report(1, 10, True, 2)
        charges = [self._report(2, 10, False, 5), self._report(3, 20, False, 2)]
        self.assertEqual(self._gather([scan], charges), [(1, 3)])

    def test_a_report_takes_as_many_as_it_told_of(self):
        scans = [self._report(1, 10, True), self._report(2, 11, True)]
        charges = [self._report(3, 10, False)]
        self.assertEqual(self._gather(scans, charges), [(1, 3)])

    def test_three_scans_of_one_join_one_charge_of_three_and_a_fourth_does_not(self):
        scans = [self._report(key, key, True) for key in (1, 2, 3, 4)]
        charge = self._report(9, 1, False, 3)
        self.assertEqual(self._gather(scans, [charge]), [(1, 9), (2, 9), (3, 9)])

    def test_three_charges_of_one_join_one_scan_of_three(self):
        charges = [self._report(key, key, False) for key in (1, 2, 3)]
        scan = self._report(9, 1, True, 3)
        self.assertEqual(self._gather(charges, [scan]), [(1, 9), (2, 9), (3, 9)])

    def test_what_one_told_of_more_is_open_to_the_other_side(self):
        reports = [self._report(1, 1, True, 5), self._report(2, 2, False, 2)]
        charge = self._report(9, 1, False, 3)
        self.assertEqual(self._gather(reports, [charge]), [(1, 9), (2, 9)])

    def test_scans_of_two_lots_join_a_charge_that_names_none(self):
        scans = [
            self._report(1, 1, True, lot="A"),
            self._report(2, 2, True, lot="B"),
        ]
        self.assertEqual(len(self._gather(scans, [self._report(9, 1, False, 2)])), 2)
        named = self._report(9, 1, False, 2, lot="A")
        self.assertEqual(self._gather(scans, [named]), [(1, 9)])

    def test_a_charge_of_three_brings_three_scans_of_one_with_it(self):
        scans = [self._report(key, key, True) for key in (1, 2, 3, 4)]
        joins = self._gather([self._report(9, 4, False, 3)], scans)
        self.assertEqual(joins, [(9, 4), (3, 4), (2, 4)])

    def test_a_scan_of_more_pieces_than_are_left_is_not_brought(self):
        scans = [self._report(1, 1, True, 2), self._report(2, 2, True, 2)]
        joins = self._gather([self._report(9, 1, False, 3)], scans)
        self.assertEqual(joins, [(9, 1)])

    def test_another_visit_lot_or_source_or_day_is_another_use(self):
        scan = self._report(1, 10, True, token="V1", lot="A")
        others = [
            self._report(2, 10, True, token="V1"),
            self._report(3, 10, False, token="V2"),
            self._report(4, 10, False, lot="B"),
            self._report(5, 10, False, what="masks"),
            self._report(6, 58, False),
        ]
        self.assertEqual(self._gather([scan], others), [])

    def test_a_strict_report_needs_the_same_visit(self):
        scan = self._report(1, 10, True, strict=True)
        self.assertEqual(self._gather([scan], [self._report(2, 10, False)]), [])


@tagged("post_install", "-at_install")
class TestTwinReports(ConsumablesCase):
    def setUp(self):
        super().setUp()
        self._stock(100, self._lot("A"))
        self.Match = self.env["med.consumption.match"]

    def _policy(self, source="scan", **values):
        return self.env["med.stock.source"].create({"source": source, **values})

    def _scan(self, quantity=2, key="s1", **values):
        return self._use(quantity, key, source="scan", **values)

    def _charge(self, quantity=2, key="c1", **values):
        return self._use(quantity, key, **values)

    def _assert_one_effect(self, posts, never, taken=2):
        self._post()
        self.assertEqual((posts.state, never.state), ("posted", "matched"))
        self.assertFalse(never.allocation_ids)
        self.assertEqual(self._on_hand(), 100 - taken)
        match = posts.match_id
        self.assertEqual(match, never.match_id)
        self.assertEqual(match.state, "matched")
        self.assertEqual((match.posting_line_id, match.other_line_id), (posts, never))

    def test_scan_then_charge_where_the_scan_moves_stock(self):
        self._policy("scan")
        scan = self._scan()
        charge = self._charge()
        self._assert_one_effect(scan, charge)

    def test_charge_then_scan_where_the_scan_moves_stock(self):
        self._policy("scan")
        charge = self._charge()
        self.assertEqual(charge.state, "waiting")
        self._post()
        self.assertEqual(self._on_hand(), 100)
        scan = self._scan()
        self._assert_one_effect(scan, charge)

    def test_scan_then_charge_where_the_charge_moves_stock(self):
        self._policy("charge")
        scan = self._scan()
        self._post()
        self.assertEqual((scan.state, self._on_hand()), ("waiting", 100))
        self._assert_one_effect(self._charge(), scan)

    def test_charge_then_scan_where_the_charge_moves_stock(self):
        self._policy("charge")
        charge = self._charge()
        self._post()
        scan = self._scan()
        self._assert_one_effect(charge, scan)

    def test_the_same_order_twice_pairs_one_to_one(self):
        self._policy("scan")
        first, second = self._scan(key="s1"), self._scan(key="s2")
        one, two = self._charge(key="c1"), self._charge(key="c2")
        self._post()
        self.assertEqual((first | second).mapped("state"), ["posted", "posted"])
        self.assertEqual((one | two).mapped("state"), ["matched", "matched"])
        self.assertEqual(len((one | two).match_id), 2)
        self.assertEqual(self._on_hand(), 96)

    def test_the_same_report_sent_twice_changes_nothing(self):
        self._policy("scan")
        scan, charge = self._scan(), self._charge()
        self.assertEqual(self._charge(), charge)
        self.assertEqual(self._scan(), scan)
        self._assert_one_effect(scan, charge)

    def test_both_in_one_batch_are_one_use(self):
        self._policy("scan")
        charge, scan = self.env["med.consumption"]._record(
            [self._report(2, "c1"), self._report(2, "s1", source="scan")]
        )
        self._assert_one_effect(scan, charge)

    def test_without_a_rule_the_first_of_one_visit_moves_stock(self):
        charge = self._charge(encounter_token="V1")
        scan = self._scan(encounter_token="V1")
        self._assert_one_effect(charge, scan)

    def test_without_a_rule_two_reports_without_visit_are_two_uses(self):
        charge, scan = self._charge(), self._scan()
        self._post()
        self.assertEqual((charge.state, scan.state), ("posted", "posted"))
        self.assertEqual(self._on_hand(), 96)

    def test_another_department_visit_or_day_is_another_use(self):
        self._policy("scan")
        self._charge(encounter_token="V1")
        self._stock(50, department=self.er, lot=self._lot("B"))
        for number, values in enumerate(
            (
                {"encounter_token": "V2"},
                {"department_id": self.er.id},
                {"event_time": self.now - timedelta(hours=26)},
            )
        ):
            scan = self._scan(key=f"s{number}", **values)
            self.assertFalse(scan.match_id.other_line_id)

    # ---- several reports of one use ------------------------------------------------

    def _assert_group(self, match, charged, scanned, missing, quantity):
        self.assertEqual(
            (match.charged_quantity, match.scanned_quantity), (charged, scanned)
        )
        self.assertEqual((match.missing, match.missing_quantity), (missing, quantity))
        self.assertEqual(match.state, "waiting" if missing else "matched")

    def test_one_charge_of_three_then_three_scans(self):
        self._policy("scan")
        charge = self._charge(3)
        for number in (1, 2, 3):
            scan = self._scan(1, key=f"s{number}")
            self.assertEqual(scan.match_id, charge.match_id)
            self._assert_group(
                charge.match_id, 3, number, number < 3 and "scan", 3 - number
            )
        self._post()
        self.assertEqual(self._on_hand(), 97)
        self.assertEqual(charge.state, "matched")
        # A fourth is a use of its own.
        self.assertNotEqual(self._scan(1, key="s4").match_id, charge.match_id)

    def test_three_scans_then_one_charge_of_three(self):
        self._policy("scan")
        self.gloves.med_chargeable = True
        scans = [self._scan(1, key=f"s{number}") for number in (1, 2, 3)]
        self._post()
        charge = self._charge(3)
        self._post()
        self.assertEqual(charge.state, "matched")
        self.assertEqual(self._on_hand(), 97)
        self._assert_group(charge.match_id, 3, 3, False, 0)
        self.assertEqual(charge.match_id.line_ids, charge.union(*scans))

    def test_one_scan_of_three_then_three_charges(self):
        self._policy("scan")
        self.gloves.med_chargeable = True
        scan = self._scan(3)
        for number in (1, 2, 3):
            charge = self._charge(1, key=f"c{number}")
            self.assertEqual(charge.match_id, scan.match_id)
            self.assertEqual(charge.state, "matched")
        self._assert_group(scan.match_id, 3, 3, False, 0)
        self._post()
        self.assertEqual(self._on_hand(), 97)

    def test_three_charges_then_one_scan_of_three_where_the_charge_moves_stock(self):
        self._policy("charge")
        charges = [self._charge(1, key=f"c{number}") for number in (1, 2, 3)]
        self._post()
        scan = self._scan(3)
        self.assertEqual(scan.state, "matched")
        self._assert_group(scan.match_id, 3, 3, False, 0)
        self._post()
        self.assertEqual(self._on_hand(), 97)
        self.assertEqual({charge.state for charge in charges}, {"posted"})

    def test_a_scan_of_three_then_a_charge_of_three_where_the_charge_moves_stock(self):
        self._policy("charge")
        scans = [self._scan(1, key=f"s{number}") for number in (1, 2, 3)]
        charge = self._charge(3)
        self._post()
        self.assertEqual(self._on_hand(), 97)
        self.assertEqual({scan.state for scan in scans}, {"matched"})
        self._assert_group(charge.match_id, 3, 3, False, 0)

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

    def test_the_rest_of_a_charge_is_posted_alone_once(self):
        manager = self._user("tw_mg3", "med_consumables.group_ward_manager", [self.icu])
        self._policy("scan")
        charge = self._charge(3)
        self._scan(1)
        match = charge.match_id.with_user(manager)
        match.reason = "Two were not scanned in the rush"
        match.action_post_alone()
        self._post()
        self.assertEqual(self._on_hand(), 97)
        self.assertEqual((match.state, match.difference), ("alone", 0))
        with self.assertRaisesRegex(UserError, "moved stock already"):
            match.action_post_alone()

    def test_returns_of_a_matched_charge_give_back_what_its_scans_used(self):
        self._policy("first")
        scans = [
            self._scan(1, key=f"s{number}", encounter_token="V1") for number in (1, 2)
        ]
        charge = self._charge(2, encounter_token="V1")
        self.assertEqual(charge.state, "matched")
        self._post()
        back = self._charge(
            1, key="c2", kind="return", reversal_of_id=charge.id, encounter_token="V1"
        )
        self._post()
        self.assertEqual(back.state, "posted")
        self.assertIn(
            back.allocation_ids.origin_id, scans[0].union(*scans).allocation_ids
        )

    def test_the_closest_rule_counts(self):
        self._policy("charge")
        self._policy("scan", department_id=self.icu.id)
        self._policy("charge", department_id=self.icu.id, value_class="high")
        self.assertEqual(self._scan().state, "recorded")
        stent = self._product("Stent", med_value_class="high", tracking="none")
        line = self._scan(key="s2", product_id=stent.id)
        self.assertEqual(line.state, "waiting")
        ward = self._department("ICU2", "ICU beds", parent_id=self.icu.id)
        self.assertEqual(self._charge(key="c7", department_id=ward.id).state, "waiting")

    def test_what_waits_is_not_subtracted_from_usable_stock(self):
        self._policy("scan")
        self._charge(5)
        shelf = self.icu.stock_location_id
        figures = self.gloves._med_stock(shelf)[self.gloves.id, shelf.id]
        self.assertEqual((figures.pending, figures.usable), (0, 100))

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

    def test_a_charge_that_is_taken_back_waits_for_nothing(self):
        self._policy("scan")
        charge = self._charge()
        back = self._charge(key="c2", kind="return", reversal_of_id=charge.id)
        self._post()
        self.assertEqual((charge | back).mapped("state"), ["matched", "matched"])
        self.assertEqual(charge.match_id.state, "cancelled")
        self.assertEqual(self._on_hand(), 100)

    def test_a_return_of_the_matched_report_gives_back_what_its_twin_used(self):
        charge = self._charge(encounter_token="V1")
        scan = self._scan(encounter_token="V1")
        self._post()
        back = self._scan(
            key="s2", kind="return", reversal_of_id=scan.id, encounter_token="V1"
        )
        self._post()
        self.assertEqual(back.state, "posted")
        self.assertEqual(back.allocation_ids.origin_id, charge.allocation_ids)
        self.assertEqual(self._on_hand(), 100)

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

    def test_only_the_administrator_sets_what_moves_stock(self):
        for role in ("group_ward_manager", "group_storekeeper", "group_auditor"):
            user = self._user(f"ts_{role}", f"med_consumables.{role}")
            with self.assertRaises(AccessError):
                self.env["med.stock.source"].with_user(user).create({"source": "scan"})
        admin = self._user("ts_admin", "med_consumables.group_administrator")
        rule = self.env["med.stock.source"].with_user(admin).create({"source": "scan"})
        self.assertIn("All departments", rule.display_name)

    def test_a_hundred_reports_cost_no_more_queries_than_ten(self):
        self._policy("scan")

        def queries(keys, source):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.env["med.consumption"]._record(
                [self._report(1, f"{source}{key}", source=source) for key in keys]
            )
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        queries(range(3), "his:T")
        few = queries(range(10, 20), "his:T")
        many = queries(range(100, 200), "his:T")
        self.assertLessEqual(many, few + 12)
