from datetime import timedelta
from unittest.mock import patch

from odoo.tests import tagged

from ..models import med_consumption_return
from .common import ConsumablesCase


@tagged("post_install", "-at_install")
class TestReturns(ConsumablesCase):
    def setUp(self):
        super().setUp()
        self.lot = self._lot("A")
        self._stock(10, self.lot)
        self.used = self._use(4, encounter_token="visit")
        self._post()

    def test_a_return_puts_the_lot_back_at_its_original_value(self):
        self.gloves.standard_price = 99.0
        back = self._use(1, "r", kind="return", reversal_of_id=self.used.id)
        self._post()
        self.assertEqual(back.state, "posted")
        self.assertEqual(self._on_hand(self.lot), 7)
        self.assertEqual(back.value, -2.5)
        move = back.allocation_ids.move_id
        self.assertEqual(move.origin_returned_move_id, self.used.allocation_ids.move_id)

    def test_a_return_without_its_original_finds_the_use_of_the_visit(self):
        back = self._use(2, "r", kind="return", encounter_token="visit")
        self._post()
        self.assertEqual(back.allocation_ids.origin_id, self.used.allocation_ids)

    def test_a_return_of_another_visit_is_not_taken_from_this_one(self):
        back = self._use(1, "r", kind="return", encounter_token="other")
        self._post()
        self.assertEqual(back.incident_code, "return_exceeds_use")

    def test_no_more_comes_back_than_was_used(self):
        self._use(3, "r1", kind="return")
        self._post()
        second = self._use(2, "r2", kind="return")
        self._post()
        self.assertEqual(second.state, "incident")
        self.assertEqual(self._on_hand(self.lot), 9)

    def test_the_latest_use_comes_back_first(self):
        late = self._use(1, "late", event_time=self.now - timedelta(minutes=5))
        self._use(1, "early", event_time=self.now - timedelta(hours=9))
        self._post()
        back = self._use(1, "r", kind="return")
        self._post()
        self.assertEqual(back.allocation_ids.origin_id, late.allocation_ids)

    def test_a_return_of_many_uses_finds_them_all(self):
        self._use(3, "more")
        self._post()
        back = self._use(6, "r", kind="return")
        with patch.object(med_consumption_return, "ENOUGH", 1):
            self._post()
        self.assertEqual(back.state, "posted")
        self.assertEqual(len(back.allocation_ids), 2)

    def test_two_returns_of_one_batch_do_not_share_a_piece(self):
        first = self._use(3, "r1", kind="return")
        second = self._use(3, "r2", kind="return")
        self._post()
        self.assertEqual((first.state, second.state), ("posted", "incident"))
        self.assertEqual(second.incident_missing, 2)

    def test_a_return_that_came_before_its_use_posts_later(self):
        back = self._use(2, "r", kind="return", encounter_token="late")
        self._post()
        self.assertEqual(back.state, "incident")
        self._use(2, "u", encounter_token="late")
        self._post()
        back.action_retry()
        self.assertEqual(back.state, "posted")
        self.assertEqual(self._on_hand(self.lot), 6)

    def test_what_was_thrown_away_does_not_come_back_unasked(self):
        waste = self._use(
            1, "w", kind="waste", event_time=self.now - timedelta(minutes=5)
        )
        self._post()
        self.assertEqual(waste.state, "posted")
        back = self._use(1, "r", kind="return")
        self._post()
        self.assertEqual(back.allocation_ids.origin_id, self.used.allocation_ids)
        mistaken = self._use(1, "m", kind="return", reversal_of_id=waste.id)
        self._post()
        self.assertEqual(mistaken.allocation_ids.origin_id, waste.allocation_ids)

    def test_use_and_return_cancel_out_on_the_cost_centre(self):
        self._use(4, "r", kind="return", reversal_of_id=self.used.id)
        self._post()
        lines = self.env["account.analytic.line"].search(
            [("med_department_id", "=", self.icu.id)]
        )
        self.assertEqual(sorted(lines.mapped("amount")), [-10.0, 10.0])
