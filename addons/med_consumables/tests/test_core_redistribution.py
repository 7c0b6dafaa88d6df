from odoo.tests import BaseCase

from ..core.redistribution import Lot, Offer, Policy, propose


class TestRedistribution(BaseCase):
    def test_what_expires_unused_goes_where_it_is_used(self):
        # ICU uses 20 of its 40 in the 20 days that are left.
        offers = propose([Lot("A", "ICU", 40, 20)], {"ICU": 1, "ER": 3}, Policy())
        self.assertEqual(offers, [Offer("A", "ER", 20, "expiry")])

    def test_nobody_is_offered_more_than_they_use_in_time(self):
        # ER uses 0.5 a day for the 19 days that are left after the transfer.
        offers = propose([Lot("A", "ICU", 40, 20)], {"ER": 0.5}, Policy())
        self.assertEqual(offers, [Offer("A", "ER", 9, "expiry")])

    def test_the_receivers_own_lots_leave_less_room(self):
        lots = [Lot("A", "ICU", 40, 20), Lot("B", "ER", 30, 15)]
        offers = propose(lots, {"ICU": 0, "ER": 2}, Policy())
        self.assertEqual(offers, [Offer("A", "ER", 8, "expiry")])

    def test_an_offer_makes_no_lot_of_the_receiver_expire(self):
        # ER needs all its 25 days for its own lot of 50.
        lots = [Lot("A", "ICU", 40, 20), Lot("B", "ER", 50, 25)]
        self.assertEqual(propose(lots, {"ER": 2}, Policy()), [])

    def test_two_wards_share_what_one_cannot_use(self):
        offers = propose(
            [Lot("A", "ICU", 50, 11)], {"ER": 3, "OR": 1, "LAB": 0}, Policy()
        )
        self.assertEqual(
            offers, [Offer("A", "ER", 30, "expiry"), Offer("A", "OR", 10, "expiry")]
        )

    def test_two_lots_do_not_fill_the_same_room(self):
        lots = [Lot("A", "ICU", 10, 11), Lot("B", "LAB", 10, 11)]
        offers = propose(lots, {"ER": 1.5}, Policy())
        self.assertEqual(sum(offer.quantity for offer in offers), 15)

    def test_excess_above_the_cover_is_offered(self):
        offers = propose(
            [Lot("A", "ICU", 200, 900)], {"ICU": 1, "ER": 1}, Policy(cover=90)
        )
        self.assertEqual(offers, [Offer("A", "ER", 89, "excess")])

    def test_of_excess_a_place_keeps_its_reorder_point(self):
        lots, use = [Lot("A", "ICU", 50)], {"ER": 5}
        self.assertEqual(propose(lots, use, Policy(), {"ICU": 50}), [])
        self.assertEqual(propose(lots, use, Policy(), {"ICU": 40})[0].quantity, 10)

    def test_what_would_expire_is_no_reserve(self):
        lots = [Lot("A", "ICU", 50, 30)]
        self.assertTrue(propose(lots, {"ER": 5}, Policy(), {"ICU": 50}))

    def test_what_will_be_used_is_left_alone(self):
        self.assertEqual(
            propose([Lot("A", "ICU", 20, 20)], {"ICU": 1, "ER": 9}, Policy()), []
        )

    def test_less_than_a_piece_is_not_moved(self):
        self.assertEqual(propose([Lot("A", "ICU", 0.5, 5)], {"ER": 9}, Policy()), [])
