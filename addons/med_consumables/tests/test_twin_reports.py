from datetime import timedelta

from odoo.exceptions import AccessError
from odoo.tests import tagged

from .twin_case import TwinCase


@tagged("post_install", "-at_install")
class TestTwinReports(TwinCase):
    """Whichever report comes first, stock is moved once."""

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
