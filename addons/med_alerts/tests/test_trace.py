from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .follow_up_case import FollowUpCase


@tagged("post_install", "-at_install")
class TestTraceOfRecords(FollowUpCase):
    """Why, or why not, of what is no item in a place."""

    def _ask(self, record, user=None):
        trace = (
            self.env["med.alert.trace"]
            .with_user(user or self.head_of_store)
            .create({"about": "record", "record": f"{record._name},{record.id}"})
        )
        trace.action_trace()
        return {line.rule_name: line for line in trace.sudo().line_ids}

    def _certificate(self, days, **values):
        return self.env["med.certificate"].create(
            {
                "name": "国械注准20213030647",
                "valid_to": fields.Date.today() + timedelta(days=days),
                "product_ids": self.gloves.product_tmpl_id.ids,
                **values,
            }
        )

    def _delivery(self, days_late):
        supplier = self.env.ref("stock.stock_location_suppliers")
        place = self.store.stock_location_id
        picking = self.env["stock.picking"].create(
            {
                "picking_type_id": self.store.warehouse_id.in_type_id.id,
                "partner_id": self.env["res.partner"].create({"name": "Vendor"}).id,
                "location_id": supplier.id,
                "location_dest_id": place.id,
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
        picking.move_ids.date_deadline = self.now - timedelta(days=days_late)
        return picking

    def test_a_certificate_says_how_many_days_it_has(self):
        self._rule("certificate", 90, 30)
        lines = self._ask(self._certificate(40))
        line = lines["certificate"]
        self.assertEqual(line.verdict, "1_alert")
        self.assertIn("40 ≤ 90 days? yes", line.reason)
        self.assertIn("40 ≤ 30 days? no", line.reason)

    def test_days_and_figures_are_written_as_the_reader_writes_them(self):
        english = self.env["res.lang"].search([("code", "=", "en_US")])
        english.date_format = "%d.%m.%Y"
        today = fields.Date.today()
        self._rule("certificate", 90, date_from=today)
        later = self._rule("certificate", 90, date_from=today + timedelta(days=9))
        later.name = "Later"
        paper = self._certificate(40)
        lines = self._ask(paper)
        said = f"valid until {paper.valid_to:%d.%m.%Y}"
        self.assertIn(said, lines["certificate"].reason)
        self.assertIn(f"from {later.date_from:%d.%m.%Y} on", lines["Later"].reason)

    def test_a_certificate_far_from_its_end_is_fine(self):
        self._rule("certificate", 90)
        line = self._ask(self._certificate(400))["certificate"]
        self.assertEqual(line.verdict, "2_fine")
        self.assertIn("400 ≤ 90 days? no", line.reason)

    def test_a_renewed_certificate_is_not_watched_and_it_is_said_why(self):
        self._rule("certificate", 90)
        paper = self._certificate(10)
        self._certificate(
            700,
            previous_id=paper.id,
            revision=2,
            valid_from=paper.valid_to + timedelta(days=1),
        )
        line = self._ask(paper)["certificate"]
        self.assertEqual(line.verdict, "3_unwatched")
        self.assertIn("renewed", line.reason)

    def test_a_rule_that_is_archived_says_so(self):
        self._rule("certificate", 90, active=False)
        line = self._ask(self._certificate(10))["certificate"]
        self.assertIn("archived", line.reason)

    def test_a_delivery_says_how_late_it_is_and_when_it_is_not(self):
        self._rule("late_receipt", 2)
        self.assertEqual(
            self._ask(self._delivery(3))["late_receipt"].verdict, "1_alert"
        )
        line = self._ask(self._delivery(-4))["late_receipt"]
        self.assertEqual(line.verdict, "2_fine")
        self.assertIn("-4 ≥ 2 days? no", line.reason)

    def test_a_supplier_is_asked_for_all_its_deliveries_and_licences(self):
        self._rule("late_receipt", 2)
        self._rule("licence", 90)
        late = self._delivery(3)
        self._certificate(
            20, kind="operating_licence", partner_id=late.partner_id.id, product_ids=[]
        )
        lines = self._ask(late.partner_id)
        self.assertEqual(lines["late_receipt"].verdict, "1_alert")
        self.assertEqual(lines["licence"].verdict, "1_alert")
        self.assertIn(late.name, lines["late_receipt"].subject)

    def test_a_recall_says_what_is_open_in_each_department(self):
        self._rule("recall_open", 0)
        lot = self._lot(100)
        self._stock(5, lot=lot)
        recall = self.env["med.recall"].create(
            {
                "subject": "Torn gloves",
                "manager_id": self.head_of_store.id,
                "lot_ids": lot.ids,
            }
        )
        self.assertIn("not running", self._ask(recall)["recall_open"].reason)
        recall.action_start()
        line = self._ask(recall)["recall_open"]
        self.assertEqual(line.verdict, "1_alert")
        self.assertIn("Test ICU", line.subject)

    def test_who_may_not_read_a_paper_may_not_ask_about_it(self):
        ward = new_test_user(
            self.env, "ward_t", groups="med_consumables.group_ward_user"
        )
        offered = dict(self.env["med.alert.trace"].with_user(ward)._selection_record())
        self.assertNotIn("stock.picking", offered)
        self.assertIn("med.certificate", offered)
        other = self.env["res.company"].create({"name": "Another hospital"})
        paper = self._certificate(40, company_id=other.id, product_ids=[])
        with self.assertRaises(AccessError):
            self._ask(paper, ward)

    def test_nothing_chosen_is_said(self):
        trace = self.env["med.alert.trace"].create({"about": "record"})
        with self.assertRaisesRegex(UserError, "Choose what"):
            trace.action_trace()
        trace.about = "item"
        with self.assertRaisesRegex(UserError, "Choose an item"):
            trace.action_trace()

    def test_an_alert_answers_for_itself(self):
        self._rule("certificate", 90)
        self._certificate(40)
        alert = self.env["med.alert"]
        alert._evaluate()
        alert = alert.search([("kind", "=", "certificate")])
        trace = self.env["med.alert.trace"].browse(
            alert.with_user(self.head_of_store).action_trace()["res_id"]
        )
        self.assertEqual(trace.line_ids.alert_id, alert)

    def test_an_alert_about_a_shelf_answers_for_the_shelf(self):
        alert = self._low()
        trace = self.env["med.alert.trace"].browse(
            alert.with_user(self.head_of_icu).action_trace()["res_id"]
        )
        self.assertEqual(trace.line_ids.alert_id, alert)
        self.assertEqual(trace.department_id, self.icu)


@tagged("post_install", "-at_install")
class TestTrace(FollowUpCase):
    def _ask(self, user=None, department=None):
        trace = (
            self.env["med.alert.trace"]
            .with_user(user or self.head_of_store)
            .create(
                {
                    "product_id": self.gloves.id,
                    "department_id": (department or self.icu).id,
                }
            )
        )
        trace.action_trace()
        return {line.rule_name: line for line in trace.sudo().line_ids}

    def test_each_rule_says_what_it_measures(self):
        alert = self._low()
        line = self._ask()["reorder_point"]
        self.assertEqual(line.verdict, "1_alert")
        self.assertIn("Warning: 10 ≤ 20 Units? yes", line.reason)
        self.assertIn("Critical: 10 ≤ 0 Units? no", line.reason)
        self.assertEqual(line.alert_id, alert)

    def test_parts_of_a_unit_are_told_and_idle_zeros_are_not(self):
        self._rule("reorder_point", 100, unit="percent")
        self._orderpoint(7.5)
        self._stock(10.25)
        reason = self._ask()["reorder_point"].reason
        self.assertIn("10.25 ≤ 7.50 Units? no", reason)
        self.assertIn("on hand 10.25 · usable 10.25 · used a day 0 · ", reason)
        self.assertNotIn("expired", reason)

    def test_why_not(self):
        self._stock(50)
        self._orderpoint(20)
        self._rule("reorder_point", 100, unit="percent")
        self._rule("safety_stock", 100, unit="percent")
        self._rule("days_of_cover", 3, department_ids=self.dialysis.ids)
        self._rule("over_stock", 200, unit="percent", product_ids=[self._other().id])
        lines = self._ask()
        self.assertEqual(lines["reorder_point"].verdict, "2_fine")
        self.assertIn("50 ≤ 20 Units? no", lines["reorder_point"].reason)
        self.assertIn("No safety stock", lines["safety_stock"].reason)
        self.assertIn("does not watch this", lines["days_of_cover"].reason)
        self.assertIn("not in the scope", lines["over_stock"].reason)

    def _other(self):
        return self._product("Other")

    def test_why_an_alert_calls_nobody(self):
        alert = self._low()
        alert._snooze(self.now + timedelta(days=3))
        self.assertIn("Snoozed until", self._ask()["reorder_point"].reason)
        alert._dismiss("Not used")
        self.assertIn("Not used", self._ask()["reorder_point"].reason)

    def test_a_nurse_asks_about_the_own_department_only(self):
        nurse = new_test_user(
            self.env, "nurse_t", groups="med_consumables.group_ward_user"
        )
        nurse.med_department_ids = self.icu
        self._low()
        self.assertEqual(self._ask(nurse)["reorder_point"].verdict, "1_alert")
        with self.assertRaisesRegex(AccessError, "not one of your departments"):
            self._ask(nurse, self.dialysis)
