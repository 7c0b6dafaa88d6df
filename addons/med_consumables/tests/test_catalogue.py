from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import tagged

from .items import GROUP, ItemsCase


@tagged("post_install", "-at_install")
class TestCatalogue(ItemsCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.supplier = cls.env["res.partner"].create({"name": "Rui Zhi"})
        cls.buyer = cls._user("buyer_", GROUP + "storekeeper")
        cls.buyer.group_ids += cls.env.ref("purchase.group_purchase_user")

    def _order(self, quantity=10, product=None, user=None):
        return (
            self.env["purchase.order"]
            .with_user(user or self.buyer)
            .create(
                {
                    "partner_id": self.supplier.id,
                    "order_line": [
                        Command.create(
                            {
                                "product_id": (product or self.gloves).id,
                                "product_qty": quantity,
                                "price_unit": 2,
                            }
                        )
                    ],
                }
            )
        )

    def _posted(self, order):
        return " ".join(order.sudo().message_ids.mapped("body"))

    # ---- decisions -----------------------------------------------------------------

    def test_an_item_enters_and_leaves_the_catalogue_by_decision(self):
        self.assertEqual(self.item.med_catalogue_state, "candidate")
        self.assertTrue(self.item._med_catalogue_objections())
        decision = self._decide("list")
        self.assertEqual(self.item.med_catalogue_state, "listed")
        self.assertFalse(self.item._med_catalogue_objections())
        self.assertEqual(decision.decided_by_id, self.chief)
        self._decide("remove", reason="Replaced by a better one")
        self.assertEqual(self.item.med_catalogue_state, "removed")
        self.assertTrue(self.item._med_catalogue_objections())

    def test_all_candidates_are_proposed_on_one_paper(self):
        second = self.item.copy()
        owner = self._user("lister", GROUP + "data_owner")
        action = (self.item | second).with_user(owner).action_med_propose_listing()
        decision = self.env["med.catalogue.decision"].browse(action["res_id"])
        self.assertEqual(decision.state, "draft")
        self.assertEqual(decision.line_ids.product_tmpl_id, self.item | second)
        self.assertEqual(set(decision.line_ids.mapped("action")), {"list"})

    def test_what_is_listed_is_not_proposed_again(self):
        self._decide("list")
        with self.assertRaisesRegex(UserError, "waits for the catalogue"):
            self.item.action_med_propose_listing()

    def test_a_storekeeper_proposes_no_listing(self):
        with self.assertRaises(AccessError):
            self.item.with_user(self.buyer).action_med_propose_listing()

    def test_ved_and_the_key_monitored_list_are_set_by_decision_and_tracked(self):
        self._decide("ved_v")
        self._decide("monitor", reason="Use doubled")
        self.assertEqual((self.item.med_ved, self.item.med_key_monitored), ("V", True))
        self.env.flush_all()
        self.env.cr.precommit.run()
        tracked = self.item.message_ids.tracking_value_ids.field_id.mapped("name")
        self.assertIn("med_ved", tracked)
        self.assertIn("med_key_monitored", tracked)
        self._decide("unmonitor", reason="Back to normal")
        self.assertFalse(self.item.med_key_monitored)

    def test_nobody_sets_by_hand_what_the_committee_decides(self):
        for user in self.chief, self.owner:
            item = self.item.with_user(user)
            for values in (
                {"med_catalogue_state": "listed"},
                {"med_key_monitored": True},
                {"med_ved": "V"},
            ):
                with self.assertRaises(AccessError):
                    item.write(values)
            with self.assertRaises(AccessError):
                self.env["product.template"].with_user(user).create(
                    {
                        "name": "New",
                        "med_consumable": True,
                        "med_catalogue_state": "listed",
                    }
                )

    def test_a_decision_needs_items_and_the_signed_minutes(self):
        decision = self._decision("list")
        decision.minutes = False
        with self.assertRaisesRegex(UserError, "minutes"):
            decision.action_decide()
        decision.minutes = "bWludXRlcw=="
        decision.line_ids.unlink()
        with self.assertRaisesRegex(UserError, "names no item"):
            decision.action_decide()

    def test_removal_and_temporary_purchase_need_a_reason(self):
        for action in ("remove", "temporary", "monitor"):
            with self.assertRaisesRegex(ValidationError, "reason"):
                self._decision(action, reason=" ")

    def test_what_was_decided_stays_as_it_was(self):
        decision = self._decide("list")
        for values in (
            {"date": fields.Date.today() - timedelta(days=9)},
            {"line_ids": [Command.clear()]},
            {"line_ids": [Command.update(decision.line_ids.id, {"action": "remove"})]},
        ):
            with self.assertRaises(UserError):
                decision.write(values)
        with self.assertRaises(UserError):
            decision.line_ids.action = "remove"
        with self.assertRaises(UserError):
            decision.unlink()
        with self.assertRaises(AccessError):
            decision.write({"state": "draft"})

    def test_cancelling_gives_the_item_back_what_it_was(self):
        self._decide("list")
        removal = self._decide("remove")
        removal.action_cancel()
        self.assertEqual(self.item.med_catalogue_state, "listed")
        self.assertEqual(removal.state, "cancelled")

    def test_a_decision_with_a_later_one_on_it_is_not_cancelled(self):
        first = self._decide("list")
        self._decide("remove")
        with self.assertRaisesRegex(UserError, "later decision"):
            first.action_cancel()

    def test_a_data_owner_prepares_and_an_administrator_enters(self):
        decision = self._decision("list", user=self.owner)
        with self.assertRaises(AccessError):
            decision.action_decide()
        decision.with_user(self.chief).action_decide()
        self.assertEqual(self.item.med_catalogue_state, "listed")

    def test_who_may_read_and_write_decisions(self):
        decision = self._decision("list")
        for user in self.storekeeper, self.auditor:
            own = decision.with_user(user)
            self.assertEqual(own.line_ids.product_tmpl_id, self.item)
            with self.assertRaises(AccessError):
                own.note = "changed"
            with self.assertRaises(AccessError):
                own.line_ids.reason = "changed"
            with self.assertRaises(AccessError):
                own.action_decide()
        with self.assertRaises(AccessError):
            decision.with_user(self.nurse).read(["note"])

    def test_readers_of_a_decision_see_what_was_ordered_without_reading_orders(self):
        decision = self._decide("temporary", quantity_limit=100)
        self._order(40).button_confirm()
        manager = self._user("manager", GROUP + "ward_manager", [self.icu])
        for user in self.owner, self.storekeeper, self.auditor, manager, self.chief:
            line = decision.with_user(user).line_ids
            readable = list(line.fields_get())
            self.assertEqual(line.read(readable)[0]["ordered_quantity"], 40)
            self.assertTrue(decision.with_user(user).read(list(decision.fields_get())))

    def test_a_decision_of_another_company_is_not_seen(self):
        decision = self._decision("list")
        other = self.env["res.company"].create({"name": "Other hospital"})
        self.chief.write(
            {"company_ids": [Command.set(other.ids)], "company_id": other.id}
        )
        found = self.env["med.catalogue.decision"].with_user(self.chief).search([])
        self.assertNotIn(decision, found)

    def test_an_item_without_certificate_enters_as_the_policy_has_it(self):
        self.item.med_management_class = "2"
        self.company.med_certificate_catalogue = "warn"
        decision = self._decide("list")
        self.assertIn("no registration certificate", self._posted(decision))
        self._decide("remove")
        self.company.med_certificate_catalogue = "block"
        with self.assertRaisesRegex(UserError, "no registration certificate"):
            self._decide("list")
        self.assertEqual(self.item.med_catalogue_state, "removed")

    # ---- the gate at the order -----------------------------------------------------

    def test_by_default_an_order_outside_the_catalogue_is_confirmed_with_a_word(self):
        order = self._order()
        self.assertIn("not in the supply catalogue", order.med_catalogue_warning)
        order.button_confirm()
        self.assertEqual(order.state, "purchase")
        self.assertIn("not in the supply catalogue", self._posted(order))
        self.assertFalse(order.med_catalogue_warning)

    def test_an_order_of_listed_items_says_nothing(self):
        self._decide("list")
        order = self._order()
        self.assertFalse(order.med_catalogue_warning)
        order.button_confirm()
        self.assertNotIn("catalogue", self._posted(order))

    def test_a_company_may_refuse_orders_outside_the_catalogue(self):
        self.company.med_catalogue_policy = "block"
        order = self._order()
        with self.assertRaisesRegex(UserError, "Gloves.*not in the supply(.|\n)*ask"):
            order.button_confirm()
        self.assertNotEqual(order.state, "purchase")
        with self.assertRaises(UserError):
            order.sudo().write({"state": "purchase"})
        self._decide("list")
        order.button_confirm()
        self.assertEqual(order.state, "purchase")

    def test_an_item_added_to_a_confirmed_order_meets_the_same_gate(self):
        self._decide("list")
        order = self._order()
        order.button_confirm()
        self.company.med_catalogue_policy = "block"
        mask = self._product("Mask")
        with self.assertRaisesRegex(UserError, "Mask"):
            self.env["purchase.order.line"].create(
                {"order_id": order.id, "product_id": mask.id, "product_qty": 1}
            )

    def test_a_company_may_say_nothing_and_other_goods_are_never_asked(self):
        self.company.med_catalogue_policy = "off"
        order = self._order()
        self.assertFalse(order.med_catalogue_warning)
        order.button_confirm()
        self.assertNotIn("catalogue", self._posted(order))
        self.company.med_catalogue_policy = "block"
        desk = self._product("Desk", med_consumable=False)
        self._order(product=desk).button_confirm()

    # ---- temporary purchase --------------------------------------------------------

    def test_a_temporary_purchase_counts_its_orders_and_ends_with_the_last(self):
        self.company.med_catalogue_policy = "block"
        decision = self._decide("temporary", quantity_limit=100, repeat_limit=2)
        line = decision.line_ids
        self._order(40).button_confirm()
        self.assertEqual((line.ordered_quantity, line.ordered_count), (40, 1))
        with self.assertRaisesRegex(UserError, "60 are left"):
            self._order(61).button_confirm()
        last = self._order(60)
        last.button_confirm()
        with self.assertRaisesRegex(UserError, "2 orders"):
            self._order(1).button_confirm()
        last.sudo().button_cancel()
        self.assertEqual(line.ordered_count, 1)
        self._order(5).button_confirm()

    def test_a_temporary_purchase_ends_with_its_day(self):
        yesterday = fields.Date.today() - timedelta(days=2)
        self._decide("temporary", valid_until=yesterday)
        self.assertIn("was allowed until", self.item.med_catalogue_text)

    def test_an_item_is_not_bought_for_a_time_again_and_again(self):
        self.company.med_temporary_yearly = 2
        self._decide("temporary")
        self._decide("temporary")
        with self.assertRaisesRegex(UserError, "2 times"):
            self._decide("temporary")
        self.assertEqual(
            self._decide("list").state, "decided", "it can still be admitted"
        )

    def test_twenty_items_are_judged_with_the_queries_of_one(self):
        items = self.env["product.template"].create(
            [{"name": f"Item {n}", "med_consumable": True} for n in range(20)]
        )
        self.env.flush_all()

        def judged(records):
            self.env.invalidate_all()
            count = self.env.cr.sql_log_count
            records._med_catalogue_objections()
            return self.env.cr.sql_log_count - count

        judged(items[:1])
        self.assertLessEqual(judged(items), judged(items[:1]))
