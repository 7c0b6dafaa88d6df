from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, new_test_user, tagged

from .follow_up_case import FollowUpCase


class StepCase(FollowUpCase):
    def _dialog(self, alert, user=None):
        action = alert.with_user(user or self.env.user).action_open_step()
        dialog = self.env[action["res_model"]].browse(action["res_id"])
        return dialog.with_user(user or self.env.user)

    def _steps(self, alert):
        return [step.kind for step in alert._ordered_steps()]


@tagged("post_install", "-at_install")
class TestAmendedStep(StepCase):
    def test_the_quantity_can_be_changed_before_it_is_asked(self):
        self._stock(500, department=self.store)
        alert = self._low()
        dialog = self._dialog(alert, self.head_of_icu)
        self.assertEqual(dialog.quantity, 30)
        with Form(dialog) as form:
            form.quantity = 12
        dialog.action_do()
        requisition = self.env["med.requisition"].search(
            [("department_id", "=", self.icu.id)]
        )
        self.assertEqual(requisition.line_ids.asked_qty, 12)
        self.assertEqual(alert.state, "in_work")
        self.assertIn("12", alert.message_ids[0].body)

    def test_another_step_can_be_chosen(self):
        self._stock(500, department=self.store)
        self._stock(100, department=self.dialysis)
        alert = self._low()
        self.assertEqual(self._steps(alert)[:2], ["requisition", "transfer"])
        dialog = self._dialog(alert, self.head_of_store)
        with Form(dialog) as form:
            form.option_id = dialog.option_ids[1]
            form.quantity = 7
        dialog.action_do()
        proposal = self.env["med.transfer.proposal"].search(
            [("receiver_id", "=", self.icu.id)]
        )
        self.assertEqual(proposal.quantity, 7)

    def test_which_department_gives_can_be_chosen(self):
        urology = self._department("Test urology", "T-URO")
        self._stock(100, department=self.dialysis)
        self._stock(60, department=urology)
        alert = self._low()
        self.assertEqual(self._steps(alert), ["transfer", "transfer"])
        dialog = self._dialog(alert, self.head_of_store)
        self.assertIn("Test dialysis", dialog.option_id.name)
        with Form(dialog) as form:
            form.option_id = dialog.option_ids[1]
        dialog.action_do()
        proposal = self.env["med.transfer.proposal"].search(
            [("receiver_id", "=", self.icu.id)]
        )
        self.assertEqual((proposal.giver_id, proposal.quantity), (urology, 30))

    def test_who_opened_it_before_somebody_did_something_is_told(self):
        self._stock(500, department=self.store)
        alert = self._low()
        mine = self._dialog(alert, self.head_of_icu)
        other = self._dialog(alert, self.head_of_store)
        other.action_do()
        with self.assertRaisesRegex(UserError, "Somebody has done a step"):
            mine.action_do()
        # Who has seen it may do more.
        self._dialog(alert, self.head_of_icu).action_do()
        self.assertEqual(
            self.env["med.requisition"].search_count(
                [("department_id", "=", self.icu.id)]
            ),
            2,
        )

    def test_what_has_ended_is_left_alone(self):
        self._stock(500, department=self.store)
        alert = self._low()
        dialog = self._dialog(alert)
        self._stock(90)
        self._found(self.rule)
        with self.assertRaisesRegex(UserError, "has ended"):
            dialog.action_do()

    def test_no_more_than_there_is(self):
        self._stock(100, department=self.dialysis)
        dialog = self._dialog(self._low(), self.head_of_store)
        dialog.quantity = 101
        with self.assertRaisesRegex(UserError, "No more than 100"):
            dialog.action_do()
        dialog.quantity = 0
        with self.assertRaisesRegex(UserError, "more than zero"):
            dialog.action_do()

    def test_what_can_no_longer_be_done_is_said(self):
        self._stock(500, department=self.store)
        alert = self._low()
        dialog = self._dialog(alert)
        self._stock(-500, department=self.store)
        with self.assertRaisesRegex(UserError, "can no longer be done"):
            dialog.action_do()
        self.assertEqual(alert.state, "open")

    def test_an_auditor_opens_no_dialog(self):
        auditor = new_test_user(
            self.env, "auditor_s", groups="med_consumables.group_auditor"
        )
        with self.assertRaises(AccessError):
            self._low().with_user(auditor).action_open_step()

    def test_expired_pieces_by_halves(self):
        rule = self._rule("expired", 0)
        self._stock(5, lot=self._lot(-1))
        alert = self._found(rule)
        dialog = self._dialog(alert, self.head_of_icu)
        dialog.quantity = 2
        dialog.action_do()
        self.assertEqual(self._found(rule).measured, 3)


@tagged("post_install", "-at_install")
class TestStepsOfPapers(StepCase):
    def setUp(self):
        super().setUp()
        self.vendor = self.env["res.partner"].create(
            {"name": "Test Vendor", "email": "sales@vendor.test"}
        )

    def _certificate(self, **values):
        rule = self._rule("certificate", 90)
        rule.level_ids.responsible = "record"
        self.env["med.certificate"].create(
            {
                "name": "国械注准20213030647",
                "valid_to": fields.Date.today() + timedelta(days=20),
                "product_ids": self.gloves.product_tmpl_id.ids,
                "responsible_id": self.head_of_store.id,
                **values,
            }
        )
        return self._found(rule, False)

    def test_the_supplier_is_asked_for_the_renewal(self):
        alert = self._certificate(partner_id=self.vendor.id)
        self.assertIn("Test Vendor", alert.next_step)
        action = alert.with_user(self.head_of_store).action_next_step()
        self.assertEqual(action["res_model"], "mail.compose.message")
        self.assertEqual(action["context"]["default_partner_ids"], self.vendor.ids)
        paper = self.env["med.certificate"].browse(alert.subject_id)
        self.assertEqual(paper.activity_ids.user_id, self.head_of_store)
        self.assertFalse(paper.message_ids.filtered("partner_ids"), "nothing has left")
        self.assertEqual(alert.state, "in_work")

    def test_the_mail_is_ready_to_be_sent(self):
        alert = self._certificate(partner_id=self.vendor.id)
        action = alert.with_user(self.head_of_store).action_next_step()
        composer = Form(
            self.env["mail.compose.message"]
            .with_user(self.head_of_store)
            .with_context(**action["context"])
        )
        self.assertIn("20213030647", composer.subject)
        self.assertEqual(composer.partner_ids[:], self.vendor)
        self.assertIn("Test gloves", composer.body)

    def test_without_an_address_the_task_remains(self):
        self.vendor.email = False
        alert = self._certificate(partner_id=self.vendor.id)
        self.assertIs(alert.with_user(self.head_of_store).action_next_step(), True)
        paper = self.env["med.certificate"].browse(alert.subject_id)
        self.assertEqual(len(paper.activity_ids), 1)

    def test_without_a_supplier_somebody_is_reminded_all_the_same(self):
        alert = self._certificate()
        self.assertIn("20213030647", alert.next_step)
        alert.action_next_step()
        self.assertEqual(alert.state, "in_work")

    def test_many_papers_at_once_leave_a_task_each(self):
        alerts = self._certificate(partner_id=self.vendor.id)
        self.env["med.certificate"].create(
            {
                "name": "国械注准20213030648",
                "valid_to": fields.Date.today() + timedelta(days=20),
                "product_ids": self.gloves.product_tmpl_id.ids,
                "partner_id": self.vendor.id,
            }
        )
        alerts |= self._found(alerts.rule_id, False)
        action = alerts.with_user(self.head_of_store).action_next_step()
        self.assertIn("2 done", action["params"]["message"])
        papers = self.env["med.certificate"].browse(alerts.mapped("subject_id"))
        self.assertEqual(len(papers.activity_ids), 2)

    def test_a_late_delivery_is_chased(self):
        rule = self._rule("late_receipt", 1)
        supplier = self.env.ref("stock.stock_location_suppliers")
        place = self.store.stock_location_id
        picking = self.env["stock.picking"].create(
            {
                "picking_type_id": self.store.warehouse_id.in_type_id.id,
                "partner_id": self.vendor.id,
                "location_id": supplier.id,
                "location_dest_id": place.id,
                "origin": "P00042",
                "move_ids": [
                    fields.Command.create(
                        {
                            "product_id": self.gloves.id,
                            "product_uom_qty": 5,
                            "location_id": supplier.id,
                            "location_dest_id": place.id,
                        }
                    )
                ],
            }
        )
        picking.action_confirm()
        picking.move_ids.date_deadline = self.now - timedelta(days=3)
        alert = self._found(rule, False)
        self.assertEqual(self._steps(alert), ["chase"])
        self.assertIn("Test Vendor", alert.next_step)
        action = alert.with_user(self.head_of_store).action_next_step()
        self.assertIn("P00042", action["context"]["default_subject"])
        self.assertTrue(picking.activity_ids)

    def test_a_difference_is_counted_again(self):
        rule = self._rule("count_difference", 0)
        self._stock(5)
        self.env["med.count.line"]._log(
            [
                {
                    "company_id": self.env.company.id,
                    "location_id": self.icu.stock_location_id.id,
                    "product_id": self.gloves.id,
                    "expected": 5,
                    "counted": 1,
                }
            ]
        )
        alert = self._found(rule)
        self.assertIn("Test gloves", alert.next_step)
        alert.with_user(self.head_of_icu).action_next_step()
        pile = self.env["stock.quant"].search(
            [
                ("product_id", "=", self.gloves.id),
                ("location_id", "=", self.icu.stock_location_id.id),
            ]
        )
        self.assertEqual(pile.inventory_date, fields.Date.context_today(pile))
        self.assertEqual(pile.user_id, alert.responsible_id)

    def test_a_recall_is_opened(self):
        rule = self._rule("recall_open", 0)
        lot = self._lot(100)
        self._stock(5, lot=lot)
        recall = self.env["med.recall"].create(
            {
                "subject": "Torn gloves",
                "manager_id": self.head_of_store.id,
                "lot_ids": lot.ids,
            }
        )
        recall.action_start()
        alert = self._found(rule, False)
        action = alert.with_user(self.head_of_store).action_next_step()
        self.assertEqual(
            (action["res_model"], action["res_id"]), ("med.recall", recall.id)
        )
        self.assertEqual(alert.state, "in_work")

    def test_cold_goods_are_brought_into_the_cold(self):
        rule = self._rule("cold_chain", 0)
        self.gloves.med_cold_chain = True
        fridge = self.env["stock.location"].create(
            {
                "name": "Fridge",
                "usage": "internal",
                "location_id": self.store.stock_location_id.id,
                "med_refrigerated": True,
            }
        )
        self._stock(5)
        alert = self._found(rule)
        self.assertIn("Fridge", alert.next_step)
        alert.with_user(self.head_of_icu).action_next_step()
        move = self.env["stock.move"].search([("location_dest_id", "=", fridge.id)])
        self.assertEqual((move.product_qty, move.state), (5, "assigned"))
