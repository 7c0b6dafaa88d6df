from datetime import datetime, timedelta

from odoo.tests import BaseCase

from ..core.twin import Group, Report, gather

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
