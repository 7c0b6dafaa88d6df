from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import tagged

from .common import BudgetCase


@tagged("post_install", "-at_install")
class TestOrderCheck(BudgetCase):
    """No order passes that its budget does not pay, unless finance says why."""

    @staticmethod
    def _told(order):
        return "".join(order.message_ids.mapped("body"))

    def test_an_order_within_the_budget_passes_without_a_word(self):
        order = self._rfq(400)
        messages = order.message_ids
        order.button_confirm()
        self.assertEqual(order.state, "purchase")
        said = "".join((order.message_ids - messages).mapped("body"))
        self.assertNotIn("udget", said)

    def test_the_refusal_names_the_cost_centre_and_every_number(self):
        self._confirmed(300)  # 678.00
        self._use(50)  # 100.00
        order = self._rfq(200)  # 452.00, left are 222.00
        with self.assertRaises(UserError) as refused:
            order.button_confirm()
        text = str(refused.exception)
        for part in ("ICU", "1,000.00", "678.00", "100.00", "452.00", "230.00"):
            self.assertIn(part, text)
        self.assertEqual(order.state, "draft")

    def test_policy_warn_lets_the_order_pass_and_says_so_on_it(self):
        self.line.budget_id.with_user(self.owner).action_close()
        self._budget([(self.icu_centre, None, 100.0)], policy="warn")
        order = self._confirmed(100)
        self.assertIn("short by", self._told(order))

    def test_ordering_what_was_requested_counts_once(self):
        request = self._approved(quantity=400)  # 904.00 of 1,000.00 are requested
        order = self._order(request)
        order.button_confirm()
        self.assertEqual(order.state, "purchase")

    def test_two_lines_of_one_order_count_together(self):
        order = self._rfq(250)
        order.order_line.copy({"order_id": order.id})
        with self.assertRaisesRegex(UserError, "130.00"):
            order.button_confirm()

    # ---- what cannot be checked --------------------------------------------------

    def test_an_order_without_a_cost_centre_is_refused(self):
        with self.assertRaisesRegex(UserError, "0 % of its cost"):
            self._rfq(1, shares={}).button_confirm()

    def test_an_order_partly_without_a_cost_centre_is_refused(self):
        shares = {str(self.icu_centre.id): 60.0}
        with self.assertRaisesRegex(UserError, "60 % of its cost"):
            self._rfq(1, shares=shares).button_confirm()

    def test_a_cost_centre_without_a_budget_refuses(self):
        shares = {str(self.or_centre.id): 100.0}
        with self.assertRaisesRegex(UserError, "Theatre has no approved budget"):
            self._rfq(1, shares=shares).button_confirm()

    def test_a_category_without_a_line_refuses(self):
        other = self.env["product.category"].create({"name": "Sutures"})
        self._budget([(self.or_centre, other, 500.0)])
        shares = {str(self.or_centre.id): 100.0}
        with self.assertRaisesRegex(UserError, "no approved budget for Gloves"):
            self._rfq(1, shares=shares).button_confirm()

    def test_a_draft_or_closed_budget_pays_nothing(self):
        self.budget.with_user(self.owner).action_close()
        self._budget([(self.icu_centre, None, 1000.0)], approve=False)
        with self.assertRaisesRegex(UserError, "no approved budget"):
            self._rfq(1).button_confirm()

    def test_without_a_plan_of_cost_centres_nothing_can_be_checked(self):
        self.company.med_analytic_plan_id = False
        with self.assertRaisesRegex(UserError, "no plan of cost centres"):
            self._rfq(1).button_confirm()

    def test_the_company_may_let_such_orders_pass_with_a_warning(self):
        self.company.med_budget_missing = "warn"
        order = self._confirmed(1, shares={})
        self.assertIn("analytic distribution", self._told(order))

    def test_other_goods_are_free_until_their_cost_centre_has_a_budget(self):
        desk = self._product("Desk", price=2.0, med_consumable=False)
        self._confirmed(1, product=desk, shares={})
        with self.assertRaisesRegex(UserError, "short by"):
            self._rfq(1000, product=desk).button_confirm()

    # ---- every way to confirmation -----------------------------------------------

    def test_no_button_and_no_write_leads_around_the_check(self):
        order = self._rfq(1000)
        for user, method, args in (
            (self.buyer, "button_confirm", ()),
            (self.buyer, "button_approve", ()),
            (self.approver, "button_approve", ()),
            (self.buyer, "write", ({"state": "purchase"},)),
        ):
            with self.assertRaises(UserError):
                self._rpc(user, order, method, *args)
        with self.assertRaises(UserError):
            # Elevated code acts on behalf of a person, too.
            order.sudo().write({"state": "purchase"})
        self.assertEqual(order.state, "draft")

    def test_the_system_is_told_and_not_stopped(self):
        order = self._rfq(1000).with_user(self.env.ref("base.user_root"))
        order.button_confirm()
        self.assertEqual(order.state, "purchase")
        self.assertIn("Confirmed by the system", self._told(order))

    def test_an_approver_raises_a_confirmed_order_within_the_budget_only(self):
        line = self._confirmed(100).order_line.with_user(self.approver)
        line.product_qty = 400
        for values in ({"product_qty": 500}, {"price_unit": 3.0}):
            with self.assertRaises(UserError) as refused:
                line.write(values)
            self.assertIn("short by", str(refused.exception))
        self.assertEqual(self._figures()[1], 904.0)

    def test_adding_a_line_to_a_confirmed_order_is_checked(self):
        order = self._confirmed(400).with_user(self.approver)
        with self.assertRaisesRegex(UserError, "short by"):
            order.order_line.create(
                {
                    "order_id": order.id,
                    "product_id": self.gloves.id,
                    "product_qty": 100,
                    "analytic_distribution": {str(self.icu_centre.id): 100.0},
                }
            )

    def test_an_item_that_was_not_ordered_can_be_received(self):
        self.budget.with_user(self.owner).action_close()
        self._budget([(self.icu_centre, self.categ, 1_000.0)])
        other = self.env["product.category"].create({"name": "Free samples"})
        extra = self._product("Free sample", categ_id=other.id)
        order = self._confirmed(10)
        # Natively a storekeeper who buys nothing cannot receive it at all.
        self.storekeeper.group_ids |= self.env.ref("purchase.group_purchase_user")
        picking = order.sudo().picking_ids.with_user(self.storekeeper)
        picking.move_ids = [
            Command.create(
                {
                    "product_id": extra.id,
                    "product_uom": extra.uom_id.id,
                    "product_uom_qty": 3,
                    "location_id": picking.location_id.id,
                    "location_dest_id": picking.location_dest_id.id,
                }
            )
        ]
        for move in picking.move_ids:
            move.write({"quantity": move.product_uom_qty, "picked": True})
        picking.button_validate()
        self.assertEqual(picking.state, "done")
        line = order.order_line.filtered(lambda each: each.product_id == extra)
        self.assertEqual((line.product_qty, line.qty_received), (0, 3))

    def test_a_change_holds_up_no_other_cost_centre(self):
        theatre = self._budget([(self.or_centre, None, 500.0)]).line_ids
        line = self._confirmed(10).order_line.with_user(self.approver)
        line.product_qty = 12
        self.assertFalse(theatre.checked_on)
        line.analytic_distribution = {str(self.or_centre.id): 100.0}
        self.assertTrue(theatre.checked_on)
        self.assertEqual(self._figures(theatre)[1], 27.12)

    def test_moving_a_confirmed_order_to_a_centre_without_budget_is_refused(self):
        line = self._confirmed(100).order_line.with_user(self.approver)
        with self.assertRaisesRegex(UserError, "no approved budget"):
            line.analytic_distribution = {str(self.or_centre.id): 100.0}

    def test_lowering_a_confirmed_order_of_an_overdrawn_budget_passes(self):
        line = self._confirmed(400).order_line
        self._use(200)
        line.with_user(self.buyer).product_qty = 300
        self.assertEqual(self._figures()[1], 678.0)

    # ---- override ----------------------------------------------------------------

    def _override(self, order, user=None, reason="Outbreak, ordered by the director"):
        wizard = (
            self.env["med.budget.override.wizard"]
            .with_user(user or self.owner)
            .with_context(active_id=order.id)
            .create({"reason": reason})
        )
        wizard.action_grant()

    def test_finance_lets_an_order_pass_with_a_reason(self):
        order = self._rfq(1000)
        self._override(order)
        override = order.sudo().med_budget_override_ids
        self.assertEqual(override.user_id, self.owner)
        self.assertEqual(override.amount, 2260.0)
        self.assertIn("short by", override.situation)
        order.button_confirm()
        self.assertEqual(order.state, "purchase")
        self.assertIn("Outbreak", self._told(order))

    def test_an_override_does_not_cover_a_larger_order(self):
        order = self._rfq(1000)
        self._override(order)
        order.order_line.product_qty = 1001
        with self.assertRaisesRegex(UserError, "cannot be confirmed"):
            order.button_confirm()

    def test_an_override_covers_a_lower_order(self):
        order = self._rfq(1000)
        self._override(order)
        order.order_line.product_qty = 900
        order.button_confirm()
        self.assertEqual(order.state, "purchase")

    def test_an_override_for_one_cost_centre_overdraws_no_other(self):
        self._budget([(self.or_centre, None, 100.0)])
        order = self._rfq(1000)
        self._override(order)
        order.order_line.write(
            {
                "product_qty": 900,
                "analytic_distribution": {str(self.or_centre.id): 100.0},
            }
        )
        with self.assertRaisesRegex(UserError, "Theatre"):
            order.button_confirm()
        order.order_line.analytic_distribution = {
            str(self.icu_centre.id): 50.0,
            str(self.or_centre.id): 50.0,
        }
        with self.assertRaisesRegex(UserError, "Theatre"):
            order.button_confirm()
        order.order_line.analytic_distribution = {str(self.icu_centre.id): 100.0}
        order.button_confirm()
        self.assertEqual(order.state, "purchase")

    def test_an_override_for_one_category_pays_no_other(self):
        sutures = self.env["product.category"].create({"name": "Sutures"})
        thread = self._product("Thread", price=2.0, categ_id=sutures.id)
        order = self._rfq(1000)
        self._override(order)
        order.order_line.unlink()
        order.order_line = self._rfq(900, product=thread).order_line.copy(
            {"order_id": order.id}
        )
        with self.assertRaisesRegex(UserError, "short by"):
            order.button_confirm()

    def test_an_override_of_a_gap_covers_no_other_gap(self):
        shares = {str(self.icu_centre.id): 60.0}
        order = self._rfq(1, shares=shares)
        self._override(order)
        order.order_line.analytic_distribution = {str(self.or_centre.id): 60.0}
        with self.assertRaisesRegex(UserError, "cannot be confirmed"):
            order.button_confirm()
        order.order_line.analytic_distribution = shares
        order.button_confirm()
        self.assertEqual(order.state, "purchase")

    def test_only_finance_lets_an_order_pass(self):
        order = self._rfq(1000)
        for user in (self.buyer, self.approver, self.auditor):
            with self.assertRaises(AccessError):
                self._override(order, user=user)
            with self.assertRaises(AccessError):
                self._rpc(
                    user,
                    self.env["med.budget.override"],
                    "create",
                    [
                        {
                            "order_id": order.id,
                            "user_id": self.owner.id,
                            "amount": 9e9,
                            "reason": "x",
                        }
                    ],
                )
        with self.assertRaises(AccessError):
            self._rpc(
                self.buyer,
                order,
                "write",
                {
                    "med_budget_override_ids": [
                        Command.create(
                            {"user_id": self.owner.id, "amount": 9e9, "reason": "x"}
                        )
                    ]
                },
            )

    def test_an_override_is_kept_as_it_was_given(self):
        order = self._rfq(1000)
        self._override(order)
        override = order.sudo().med_budget_override_ids
        with self.assertRaises(UserError):
            override.amount = 9e9
        order.button_confirm()
        with self.assertRaises(UserError):
            override.unlink()

    def test_the_cost_of_a_line_is_not_entered(self):
        order = self._rfq(1000)
        with self.assertRaises(AccessError):
            self._rpc(self.buyer, order.order_line, "write", {"med_cost": 0.0})

    # ---- looking before confirming -----------------------------------------------

    def test_the_smart_button_shows_each_cost_centre_before_confirming(self):
        self._confirmed(300)
        order = self._rfq(200)
        for user in (self.buyer, self.owner, self.approver):
            action = order.with_user(user).action_view_budget()
            check = (
                self.env["med.budget.check"].with_user(user).browse(action["res_id"])
            )
            line = check.line_ids
            self.assertEqual(line.name, "ICU")
            self.assertEqual(line.this_order, 452.0)
            self.assertEqual(line.available, -130.0)
            self.assertEqual(line.verdict, "block")
        self.assertEqual(order.state, "draft")

    def test_the_smart_button_shows_what_cannot_be_checked(self):
        order = self._rfq(1, shares={})
        check = self.env["med.budget.check"].browse(
            order.action_view_budget()["res_id"]
        )
        self.assertIn("analytic distribution", check.gaps)
        self.assertTrue(check.gaps_block)
