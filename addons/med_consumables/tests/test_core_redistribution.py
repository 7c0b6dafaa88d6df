from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests import BaseCase

from ..core.redistribution import Lot, Offer, Policy, Use, propose


class TestRedistribution(BaseCase):
    def test_what_expires_unused_goes_where_it_is_used(self):
        # ICU uses 20 of its 40 in the 20 days that are left.
        offers = propose(
            [Lot("A", "ICU", 40, 20)], {"ICU": Use(1), "ER": Use(3)}, Policy()
        )
        self.assertEqual(offers, [Offer("A", "ER", 20, "expiry")])

    def test_nobody_is_offered_more_than_they_use_in_time(self):
        # ER uses 0.5 a day for the 18 days that are left after the transfer.
        offers = propose([Lot("A", "ICU", 40, 19)], {"ER": Use(0.5)}, Policy())
        self.assertEqual(offers, [Offer("A", "ER", 9, "expiry")])

    def test_the_receivers_own_lots_leave_less_room(self):
        lots = [Lot("A", "ICU", 40, 20), Lot("B", "ER", 30, 15)]
        offers = propose(lots, {"ICU": Use(0), "ER": Use(2)}, Policy())
        self.assertEqual(offers, [Offer("A", "ER", 8, "expiry")])

    def test_an_offer_makes_no_lot_of_the_receiver_expire(self):
        # ER needs all its 25 days for its own lot of 50.
        lots = [Lot("A", "ICU", 40, 20), Lot("B", "ER", 50, 25)]
        self.assertEqual(propose(lots, {"ER": Use(2)}, Policy()), [])

    def test_two_wards_share_what_one_cannot_use(self):
        offers = propose(
            [Lot("A", "ICU", 50, 11)],
            {"ER": Use(3), "OR": Use(1), "LAB": Use(0)},
            Policy(),
        )
        self.assertEqual(
            offers, [Offer("A", "ER", 30, "expiry"), Offer("A", "OR", 10, "expiry")]
        )

    def test_two_lots_do_not_fill_the_same_room(self):
        lots = [Lot("A", "ICU", 10, 11), Lot("B", "LAB", 10, 11)]
        offers = propose(lots, {"ER": Use(1.5)}, Policy())
        self.assertEqual(sum(offer.quantity for offer in offers), 15)

    def test_excess_above_the_cover_is_offered(self):
        offers = propose(
            [Lot("A", "ICU", 200, 900)], {"ICU": Use(1), "ER": Use(1)}, Policy(cover=90)
        )
        self.assertEqual(offers, [Offer("A", "ER", 89, "excess")])

    def test_of_excess_a_place_keeps_its_reorder_point(self):
        lots, use = [Lot("A", "ICU", 50)], {"ER": Use(5)}
        self.assertEqual(propose(lots, use, Policy(), {"ICU": 50}), [])
        self.assertEqual(propose(lots, use, Policy(), {"ICU": 40})[0].quantity, 10)

    def test_what_would_expire_is_no_reserve(self):
        lots = [Lot("A", "ICU", 50, 30)]
        self.assertTrue(propose(lots, {"ER": Use(5)}, Policy(), {"ICU": 50}))

    def test_what_will_be_used_is_left_alone(self):
        self.assertEqual(
            propose([Lot("A", "ICU", 20, 20)], {"ICU": Use(1), "ER": Use(9)}, Policy()),
            [],
        )

    def test_less_than_a_piece_is_not_moved(self):
        self.assertEqual(
            propose([Lot("A", "ICU", 0.5, 5)], {"ER": Use(9)}, Policy()), []
        )

    def test_excess_does_not_become_the_excess_of_another(self):
        # ER holds what it uses in 90 days, though of a later date.
        lots = [Lot("A", "ICU", 200, 900), Lot("B", "ER", 90, 1000)]
        use = {"ICU": Use(1), "ER": Use(1)}
        self.assertEqual(propose(lots, use, Policy(cover=90)), [])


class TestLines(BaseCase):
    """Use that comes in lines: what is sure of the mean is not sure of a month."""

    def test_what_may_come_late_at_both_places_stays(self):
        # Both use 100 at a time, three times a year: one as likely as the other.
        lots = [Lot("A", "ICU", 50, 30)]
        use = {"ICU": Use(0.5, 100), "ER": Use(1, 100)}
        self.assertEqual(propose(lots, use, Policy()), [])

    def test_the_surer_of_two_places_is_given_to(self):
        lots = [Lot("A", "ICU", 20, 30)]
        use = {"ICU": Use(0.1, 10), "OR": Use(2, 100), "ER": Use(1.5, 2)}
        offers = propose(lots, use, Policy())
        self.assertEqual({offer.place for offer in offers}, {"ER"})

    @settings(max_examples=100, deadline=None)
    @given(
        stock=st.lists(
            st.tuples(st.integers(0, 3), st.integers(1, 60), st.integers(2, 80)),
            max_size=8,
        ),
        rates=st.lists(
            st.tuples(st.floats(0, 4), st.floats(0, 50)), min_size=4, max_size=4
        ),
    )
    def test_what_is_sure_to_be_wasted_becomes_less(self, stock, rates):
        uses = {place: Use(daily) for place, (daily, _lump) in enumerate(rates)}
        lots = [Lot(n, *lot) for n, lot in enumerate(stock)]
        lot_of = {lot.key: lot for lot in lots}
        offers = propose(lots, uses, Policy(near=999, cover=999, handling=0))
        piles = [(lot.place, lot.quantity, lot.days_left) for lot in lots]
        for offer in offers:
            lot = lot_of[offer.key]
            self.assertNotEqual(offer.place, lot.place)
            piles.append((lot.place, -offer.quantity, lot.days_left))
            piles.append((offer.place, offer.quantity, lot.days_left))
        before = self._wasted(piles[: len(lots)], uses)
        self.assertLessEqual(
            self._wasted(piles, uses), before - Policy().gain * len(offers) + 1e-6
        )

    def _wasted(self, piles, uses):
        """Of steady use: the most that is there before a date and not used by it."""
        total = 0.0
        for place, use in uses.items():
            mine = [pile[1:] for pile in piles if pile[0] == place]
            total += max(
                (
                    sum(units for units, days in mine if days <= date)
                    - use.daily * date
                    for date in (0, *(days for _units, days in mine))
                ),
            )
        return total

    def test_the_chance_of_use_is_that_of_lines_by_chance(self):
        random = Random(1)
        for daily, size, days in ((0.5, 20, 30), (2, 5, 60), (0.1, 1, 20)):
            # Lines of exponential size: variance over mean is twice their size.
            use = Use(daily, 2 * size)
            totals = []
            for _time in range(4000):
                at, total = random.expovariate(daily / size), 0.0
                while at < days:
                    total += random.expovariate(1 / size)
                    at += random.expovariate(daily / size)
                totals.append(total)
            for level in (daily * days / 2, daily * days, 2 * daily * days):
                seen = sum(total < level for total in totals) / len(totals)
                self.assertAlmostEqual(use.unused(level + 0.5, days), seen, delta=0.12)

    def test_a_store_that_would_buy_is_offered_what_is_not_near_its_date(self):
        lots = [Lot("A", "ICU", 30, 60), Lot("B", "ICU", 50, 900)]
        offers = propose(lots, {"ER": Use(9)}, Policy(), {"ICU": 20}, {"STORE": 35})
        self.assertEqual(offers, [Offer("B", "STORE", 35, "excess")])
