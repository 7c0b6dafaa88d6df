from datetime import timedelta

from odoo.exceptions import UserError
from odoo.tests import tagged

from .twin_case import TwinCase


@tagged("post_install", "-at_install")
class TestTwinGroups(TwinCase):
    """Several reports of one use: three scans are one charge of three."""

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

    def test_the_rest_of_a_charge_is_posted_after_its_month_was_closed(self):
        self._policy("scan")
        long_ago = self.now - timedelta(days=40)
        charge = self._charge(3, event_time=long_ago)
        self._scan(1, event_time=long_ago)
        self._post()
        closed = self.company._med_day(self.now - timedelta(days=20))
        self.company.med_closed_until = closed
        match = charge.match_id
        match.reason = "Two were not scanned in the rush"
        match.action_post_alone()
        self._post()
        self.assertEqual(self._on_hand(), 97)
        self.assertEqual((match.state, match.difference), ("alone", 0))
        rest = match.line_ids.filtered(lambda line: line.quantity == 2)
        self.assertEqual(rest.accounting_date, closed + timedelta(days=1))
        self.assertEqual(rest.source_name, "Charge posted without a scan")

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
