from odoo.exceptions import UserError

from .follow_up_case import FollowUpCase


class TestNextStep(FollowUpCase):
    def test_the_store_is_asked_for_what_it_has(self):
        self._stock(500, department=self.store)
        alert = self._low()
        self.assertIn("Test store", alert.next_step)
        self.assertIn("30", alert.next_step)
        alert.with_user(self.head_of_icu).action_next_step()
        requisition = self.env["med.requisition"].search(
            [("department_id", "=", self.icu.id)]
        )
        self.assertEqual(requisition.state, "asked")
        self.assertEqual(requisition.line_ids.asked_qty, 30)
        self.assertEqual(alert.state, "in_work")

    def test_who_comes_second_is_told_and_asks_nothing_twice(self):
        self._stock(500, department=self.store)
        alert = self._low()
        alert.with_user(self.head_of_icu).action_next_step()
        with self.assertRaisesRegex(UserError, "in work already"):
            alert.with_user(self.head_of_store).action_next_step()
        requisitions = self.env["med.requisition"].search(
            [("department_id", "=", self.icu.id)]
        )
        self.assertEqual(len(requisitions), 1)
        # Who wants more than that chooses it.
        dialog = alert.with_user(self.head_of_icu).action_open_step()
        self.env["med.alert.step"].browse(dialog["res_id"]).action_do()
        self.assertEqual(
            self.env["med.requisition"].search_count(
                [("department_id", "=", self.icu.id)]
            ),
            2,
        )

    def test_another_department_gives_what_it_can_spare(self):
        self._stock(100, department=self.dialysis)
        self._orderpoint(85, department=self.dialysis)
        alert = self._low()
        self.assertIn("Test dialysis", alert.next_step)
        alert.with_user(self.head_of_store).action_next_step()
        proposal = self.env["med.transfer.proposal"].search(
            [("receiver_id", "=", self.icu.id)]
        )
        self.assertEqual((proposal.quantity, proposal.state), (15, "accepted"))
        self.assertEqual(alert.state, "in_work")

    def test_a_substitute_where_nobody_has_any(self):
        other = self._product("Other gloves")
        self.env["med.substitute"].create(
            {"product_id": self.gloves.id, "substitute_id": other.id}
        )
        self._stock(100, product=other, department=self.store)
        self.assertIn("Other gloves", self._low().next_step)

    def test_expired_pieces_go_into_quarantine(self):
        rule = self._rule("expired", 0)
        lot = self._lot(-1)
        self._stock(5, lot=lot)
        alert = self._found(rule)
        self.assertIn("quarantine", alert.next_step)
        alert.with_user(self.head_of_icu).action_next_step()
        self.assertFalse(self._found(rule))
        self.assertEqual(alert.state, "resolved")
        self.assertEqual(
            lot.quant_ids.filtered("quantity").location_id.med_quarantine, True
        )

    def test_many_at_once_say_what_could_not_be_done(self):
        self._stock(500, department=self.store)
        alerts = self._low()
        lonely = self._product("Nobody has it")
        self._orderpoint(5, product=lonely)
        alerts |= self._found(self.rule, lonely)
        action = alerts.action_next_step()
        self.assertIn("1 done", action["params"]["message"])
        self.assertIn("Nobody has it", action["params"]["message"])


class TestProjectionOfAnAlert(FollowUpCase):
    def test_the_chart_shows_the_days_ahead(self):
        self._daily(2.0)
        alert = self._low()
        chart = alert.projection
        self.assertEqual(chart["levels"][:6], [10, 8, 6, 4, 2, 0])
        self.assertEqual(chart["threshold"], 20)
        self.assertIn("nothing is left on", chart["text"])

    def test_a_difference_is_no_line_in_a_chart_of_stock(self):
        alert = self._low()
        self.assertEqual(alert.projection["threshold"], 20)
        self.rule.level_ids.threshold_unit = "quantity"
        self.rule.kind = "count_difference"
        self.assertIsNone(alert._project()["threshold"])
