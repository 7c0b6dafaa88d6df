from .follow_up_case import FollowUpCase


class TestAlreadyOrdered(FollowUpCase):
    def _order(self, quantity):
        """Goods on their way to intensive care."""
        move = self.env["stock.move"].create(
            {
                "product_id": self.gloves.id,
                "product_uom_qty": quantity,
                "location_id": self.env.ref("stock.stock_location_suppliers").id,
                "location_dest_id": self.icu.stock_location_id.id,
            }
        )
        move._action_confirm()
        return move

    def test_what_is_ordered_calls_nobody(self):
        self._order(50)
        alert = self._low()
        self.assertEqual((alert.covered, alert.state), (True, "in_work"))
        self.assertFalse(self._asked(alert))

    def test_too_little_on_the_way_calls(self):
        self._order(10)
        alert = self._low()
        self.assertEqual((alert.covered, alert.state), (False, "open"))
        self.assertTrue(self._asked(alert))

    def test_a_cancelled_order_calls(self):
        move = self._order(50)
        alert = self._low()
        move._action_cancel()
        self._found(self.rule)
        self.assertEqual((alert.covered, alert.state), (False, "open"))
        self.assertTrue(self._asked(alert))

    def test_a_level_may_call_although_it_is_ordered(self):
        self._order(50)
        rule = self._rule("reorder_point", 100, unit="percent")
        rule.level_ids.despite_ordered = True
        self._orderpoint(20)
        self.assertEqual(self._found(rule).state, "open")

    def test_days_of_cover_count_what_comes_in_days(self):
        self._daily(2.0)
        self._orderpoint(1)
        self._stock(4)
        self._order(11)
        rule = self._rule("days_of_cover", 7)
        self.assertTrue(self._found(rule).covered, "2 + 5.5 days are more than 7")
