from datetime import timedelta

from odoo import fields
from odoo.addons.med_alerts.tests.around_threshold import AroundThreshold
from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import tagged

from .common import PurchaseCase


@tagged("post_install", "-at_install")
class TestContract(AroundThreshold, PurchaseCase):
    """A contract with a supplier is told of before it runs out."""

    ADDON = "med_purchase"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rule = cls.env.ref("med_purchase.alert_rule_contract")
        cls.today = cls.company._med_day(fields.Datetime.now())

    def _contract(self, days, **values):
        """A contract in force that ends in so many days; None: never."""
        contract = self.env["purchase.requisition"].create(
            {
                "requisition_type": "blanket_order",
                "vendor_id": self.vendor.id,
                "user_id": self.buyer.id,
                "company_id": self.company.id,
                "date_start": self.today - timedelta(days=300),
                "date_end": days is not None and self.today + timedelta(days=days),
                "picking_type_id": self.warehouse.in_type_id.id,
                "line_ids": [
                    Command.create(
                        {
                            "product_id": self.gloves.id,
                            "product_qty": 1000,
                            "price_unit": 2.0,
                        }
                    )
                ],
                **values,
            }
        )
        contract.action_confirm()
        return contract

    def _alerts(self, contract):
        return self.env["med.alert"].search(
            [
                ("subject_model", "=", contract._name),
                ("subject_id", "=", contract.id),
                ("state", "!=", "resolved"),
            ]
        )

    def _evaluate(self, contract):
        self.env["med.alert"]._evaluate(self.rule)
        return self._alerts(contract)

    def _work_off(self):
        """What was touched in this transaction is looked at."""
        self.env.cr.precommit.run()
        self.env["med.alert.touch"].search([])._work_off()

    def test_the_buyer_named_on_it_is_called_in_time(self):
        contract = self._contract(90)
        alert = self._evaluate(contract)
        self.assertEqual(alert.severity, "watch")
        self.assertEqual(alert.responsible_id, self.buyer)
        self.assertEqual(alert.partner_id, self.vendor)
        self.assertIn("Gloves", alert.explanation)
        contract.date_end = self.today + timedelta(days=30)
        self.assertEqual(self._evaluate(contract).severity, "warning")
        contract.date_end = self.today - timedelta(days=1)
        self.assertEqual(self._evaluate(contract), alert, "one alert, ever worse")
        self.assertEqual(alert.severity, "critical")
        self.assertIn("1 days ago", alert.explanation)

    def _make_contract(self):
        return self.rule, {"subject_id": self._contract(10).id}

    def test_neither_a_draft_nor_one_without_end_is_told_of(self):
        self.assertFalse(self._evaluate(self._contract(None)))
        closed = self._contract(5)
        closed.action_done()
        self.assertFalse(self._evaluate(closed))

    def test_the_step_prepares_what_follows_and_once_in_force_it_is_over(self):
        contract = self._contract(20)
        alert = self._evaluate(contract).with_user(self.buyer)
        self.assertIn(self.vendor.name, alert.next_step)
        action = alert.action_next_step()
        follower = self.env["purchase.requisition"].browse(action["res_id"])
        self.assertEqual(follower.state, "draft")
        self.assertEqual(follower.date_start, contract.date_end + timedelta(days=1))
        self.assertEqual(follower.line_ids.mapped("price_unit"), [2.0])
        self.assertEqual(contract._med_successor(), follower, "made once")
        self._work_off()
        self.assertTrue(self._alerts(contract), "a draft is no contract")
        follower.action_confirm()
        self._work_off()
        self.assertFalse(self._alerts(contract))

    def test_one_that_lacks_an_item_does_not_follow(self):
        contract = self._contract(20)
        other = self._product("Masks", price=1.0)
        line = {"product_id": other.id, "product_qty": 5, "price_unit": 1.0}
        self._contract(400, line_ids=[Command.create(line)])
        self.assertTrue(self._evaluate(contract))
        self._contract(400)
        self.assertFalse(self._evaluate(contract))

    def test_whoever_may_not_buy_leaves_a_task_on_the_contract(self):
        contract = self._contract(20)
        alert = self._evaluate(contract)
        alert.with_user(self.ward_manager)._do_renew(alert._ordered_steps()[0])
        self.assertEqual(contract.activity_ids.user_id, self.buyer)

    def test_an_order_from_a_request_has_the_price_of_the_contract(self):
        contract = self._contract(200)
        request = self._approved(quantity=100)
        wizard = (
            self.env["purchase.request.line.make.purchase.order"]
            .with_user(self.buyer)
            .with_context(
                active_model="purchase.request.line", active_ids=request.line_ids.ids
            )
            .create({"supplier_id": self.vendor.id})
        )
        action = wizard.make_purchase_order()
        order = self.env["purchase.order"].search(action["domain"])
        self.assertEqual(order.requisition_id, contract)
        self.assertEqual(order.order_line.price_unit, 2.0)

    def test_what_is_under_contract_takes_as_long_as_before(self):
        self.gloves.seller_ids.delay = 9
        contract = self._contract(200)
        self.assertEqual(contract.line_ids.supplier_info_ids.delay, 9)

    def test_roles(self):
        contract = self._contract(20)
        self.assertTrue(contract.with_user(self.buyer).name)
        self.assertTrue(contract.with_user(self.auditor).line_ids.price_unit)
        with self.assertRaises(AccessError):
            contract.with_user(self.auditor).reference = "mine"
        with self.assertRaises(AccessError):
            contract.with_user(self.ward_manager).read(["name"])

    def test_a_buyer_acts_on_what_is_their_own(self):
        alert = self._evaluate(self._contract(20))
        self.assertTrue(alert.with_user(self.buyer_2).name)
        with self.assertRaises(AccessError):
            alert.with_user(self.buyer_2).action_acknowledge()
        alert.with_user(self.buyer).action_acknowledge()
        self.assertEqual(alert.state, "acknowledged")

    def test_why_not(self):
        contract = self._contract(200)
        asked = self.env["med.alert.trace"].create(
            {"about": "record", "record": f"{contract._name},{contract.id}"}
        )
        asked.action_trace()
        line = asked.line_ids.filtered(lambda each: each.rule_name == self.rule.name)
        self.assertEqual(line.verdict, "2_fine")
        self.assertIn("200 ≤ 90", line.reason)
