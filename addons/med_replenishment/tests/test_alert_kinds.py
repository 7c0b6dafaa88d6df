from datetime import UTC, datetime, time, timedelta

from odoo import fields
from odoo.exceptions import UserError

from .alert_kinds_case import AlertKindsCase


class TestAlertKinds(AlertKindsCase):
    """Use that leaves its band, deliveries that are late, suppliers that get worse."""

    def _alerts(self, name):
        rule = self._rule(name)
        self.env.flush_all()
        self.env["med.alert"]._evaluate(rules=rule)
        return self.env["med.alert"].search(
            [("rule_id", "=", rule.id), ("company_id", "=", self.company.id)]
        )

    # --- use ---------------------------------------------------------------------

    def test_twice_the_usual_use_is_seen_with_who_what_and_since_when(self):
        self._use_about(10, 180)
        for ago in range(1, 8):
            self._use(25, self.today - timedelta(days=ago))
        alert = self._alerts("use_too_much")
        self.assertEqual(alert.department_id, self.icu)
        self.assertEqual(alert.product_id, self.gloves)
        self.assertEqual(alert.inputs["since"], str(self.today - timedelta(days=7)))
        self.assertIn(self.icu.name, alert.explanation)
        self.assertIn("test", alert.explanation)
        self.assertIn(f"{alert.inputs['used']:g}", alert.explanation.replace(",", ""))

    def test_the_list_behind_and_who_reported_add_up_to_the_figure(self):
        self._use_about(10, 180)
        for ago in range(1, 8):
            self._use(25, self.today - timedelta(days=ago), source=f"s{ago % 5}")
        wrong = self._use(30, self.yesterday)
        self._use(30, kind="return", reversal_of_id=wrong.id, day=self.yesterday)
        self._use(99, self.today)
        self._use(99, self.today - timedelta(days=8))
        alert = self._alerts("use_too_much")
        lines = self.env["med.consumption"].search(alert.action_view_use()["domain"])
        behind = sum(
            -line.quantity if line.kind == "return" else line.quantity for line in lines
        )
        told = alert.inputs["people"]
        self.assertEqual(behind, alert.inputs["used"])
        self.assertEqual(sum(units for *_who, units in told), alert.inputs["used"])
        self.assertGreater(len(told), 3)
        self.assertIn("others", alert.explanation)
        self.assertNotIn("OdooBot", alert.explanation)
        self.assertTrue(alert.is_about_use)

    def test_use_outside_of_cases_is_not_laid_to_their_charge(self):
        self._use_about(10, 180)
        self._cases_done(10, self.gloves)
        self.assertFalse(self._alerts("use_per_case"))

    def test_two_cases_say_nothing(self):
        self._cases_done(2, self.gloves)
        self._use(60)
        self.assertFalse(self._alerts("use_per_case"))

    def test_usual_use_is_no_alert(self):
        self._use_about(10, 180)
        for name in ("use_too_much", "use_too_little", "use_after_hours"):
            self.assertFalse(self._alerts(name), name)

    def test_an_alert_ends_when_use_is_back_in_its_band(self):
        self._use_about(10, 180)
        wrong = self._use(500, self.yesterday)
        alert = self._alerts("use_too_much")
        self.assertEqual(alert.state, "open")
        self._use(500, kind="return", reversal_of_id=wrong.id, day=self.yesterday)
        self._alerts("use_too_much")
        self.assertEqual(alert.state, "resolved")

    def test_use_that_stops_is_seen(self):
        self._use_about(10, 300)
        lines = self.env["med.consumption"].search(
            [
                ("product_id", "=", self.gloves.id),
                ("event_time", ">=", self._moment(self.today - timedelta(days=28), 0)),
            ]
        )
        for line in lines:
            self._use(
                line.quantity,
                kind="return",
                reversal_of_id=line.id,
                event_time=line.event_time,
            )
        alert = self._alerts("use_too_little")
        self.assertEqual(alert.product_id, self.gloves)
        self.assertIn("not reported", alert.explanation)

    def test_use_at_night_where_days_are_usual_is_seen(self):
        self._use_about(10, 180)
        for ago in range(1, 8):
            day = self.today - timedelta(days=ago)
            self._use(10, event_time=self._moment(day, 23))
        alert = self._alerts("use_after_hours")
        self.assertEqual(alert.product_id, self.gloves)
        self.assertGreater(alert.measured, 40)
        self.assertIn("70", alert.explanation)

    def test_more_than_the_procedures_done_explain(self):
        self._cases_done(10, self.gloves)
        self._use_daily(2, 10)
        self.assertFalse(self._alerts("use_per_case"))
        self._use(40)
        alert = self._alerts("use_per_case")
        self.assertEqual(alert.inputs["expected"], 20)
        self.assertAlmostEqual(alert.measured, 300)

    def test_cases_are_compared_with_use_of_the_same_days(self):
        # Where it is another day than in the database's time zone.
        ahead = fields.Datetime.now().hour >= 12
        self.company.partner_id.tz = "Pacific/Kiritimati" if ahead else "Etc/GMT+12"
        today = self.company._med_day(fields.Datetime.now())
        self.assertNotEqual(today, fields.Date.today())
        days = self._rule("use_per_case").window_days
        for ago in (1, days):
            day = today - timedelta(days=ago)
            for number, units in enumerate((2, 1, 1)):
                self._cases_on(day, units, number)
            self._use(8, event_time=self._noon(day))
        self._use(40, event_time=self._noon(today - timedelta(days=1)))
        self.assertEqual(self._alerts("use_per_case").inputs["expected"], 8)

    def _noon(self, day):
        """Noon of the hospital's ``day``, in naive UTC."""
        zone = self.company._med_time_zone()
        local = datetime.combine(day, time(12), tzinfo=zone)
        return local.astimezone(UTC).replace(tzinfo=None)

    def _cases_on(self, day, units, number):
        procedure = self.env["med.procedure"].create(
            {"name": "Any", "code": f"T-{day}-{number}", "company_id": self.company.id}
        )
        case = self.env["med.case"].create(
            {
                "procedure_id": procedure.id,
                "department_id": self.icu.id,
                "start": self._noon(day),
                "company_id": self.company.id,
            }
        )
        planned = self.env["med.planned.use"].create(
            {"case_id": case.id, "product_id": self.gloves.id, "quantity": units}
        )
        planned.state = "done"
        self.assertEqual(planned.date, day)

    # --- suppliers ---------------------------------------------------------------

    def test_a_late_delivery_is_an_alert_until_it_is_here(self):
        order = self._order(7)
        alert = self._alerts("supplier_delay")
        self.assertEqual(alert.partner_id, self.vendor)
        self.assertEqual(alert.subject_id, order.id)
        self.assertEqual(alert.severity, "warning")
        self.assertIn(order.name, alert.explanation)
        self.assertIn("3", alert.explanation)
        picking = order.picking_ids
        picking.move_ids.write({"quantity": 5, "picked": True})
        picking._action_done()
        self._alerts("supplier_delay")
        self.assertEqual(alert.state, "resolved")

    def test_a_rest_that_was_given_up_is_late_no_more(self):
        order = self._order(7)
        alert = self._alerts("supplier_delay")
        order.picking_ids.move_ids.write({"quantity": 4, "picked": True})
        order.picking_ids._action_done()
        self._alerts("supplier_delay")
        self.assertEqual((alert.state, alert.inputs["open"]), ("open", 1))
        order.picking_ids.filtered(lambda p: p.state != "done").action_cancel()
        self.env.cr.precommit.run()
        self.assertTrue(
            self.env["med.alert.touch"].search([("kind", "=", "supplier_delay")])
        )
        self._alerts("supplier_delay")
        self.assertEqual(alert.state, "resolved")

    def _next_id(self, model, number):
        """The next record made of ``model`` has the id ``number``."""
        table = self.env[model]._table
        self.env.cr.execute("SELECT setval(%s, %s)", [f"{table}_id_seq", number - 1])

    def _receive(self, order):
        order.picking_ids.move_ids.write({"quantity": 5, "picked": True})
        order.picking_ids._action_done()
        self.env.cr.precommit.run()
        touches = self.env["med.alert.touch"].search([("kind", "=", "supplier_delay")])
        self.assertTrue(touches)
        touches._work_off()

    def test_a_receipt_ends_the_alert_of_its_line_at_once_and_no_other(self):
        number = self._order(1).order_line.id + self._order(1).id + 1000
        self._next_id("purchase.order.line", number)
        order = self._order(7)
        # The id of another late order happens to be that of a line of this one.
        self._next_id("purchase.order", number)
        other = self._order(7)
        self.assertEqual(other.id, order.order_line.id)
        alerts = self._alerts("supplier_delay").grouped("subject_id")
        self._receive(order)
        self.assertEqual(alerts[order.id].state, "resolved")
        self.assertEqual(alerts[other.id].state, "open")

    def test_what_is_still_late_is_not_closed_by_the_button(self):
        order = self._order(7)
        alert = self._alerts("supplier_delay")
        with self.assertRaisesRegex(UserError, order.name):
            alert.action_resolve()
        self.assertEqual(alert.state, "open")

    def test_who_asks_about_an_order_is_told_of_its_late_lines(self):
        order, rule = self._order(7), self._rule("supplier_delay")
        self.env.flush_all()
        for record in (order, self.vendor):
            watched = rule._trace_subjects()[record._name]["supplier_delay"]
            [line] = rule._trace_record(record, *watched)
            self.assertEqual(line["verdict"], "1_alert", record)

    def test_a_delivery_asks_for_its_own_order_lines_only(self):
        orders = self._order(7) | self._order(8)
        for order in orders:
            promised = order.order_line.med_promised_at
            order.picking_ids.move_ids.date_deadline = promised
        asked = []
        rules = type(self.env["med.alert.rule"])
        native = rules._measure_supplier_delay

        def note(this, look):
            asked.append(look.records)
            return native(this, look)

        self.patch(rules, "_measure_supplier_delay", note)
        self.env.flush_all()
        self.env["med.alert"]._evaluate(
            self.env.ref("med_alerts.alert_rule_late_receipt"),
            records=orders[0].picking_ids.ids,
        )
        self.assertEqual(set(asked), {frozenset(orders[0].ids)})

    def _late_deliveries(self):
        rule = self.env.ref("med_alerts.alert_rule_late_receipt")
        self.env.flush_all()
        self.env["med.alert"]._evaluate(rules=rule)
        return self.env["med.alert"].search(
            [
                ("rule_id", "=", rule.id),
                ("company_id", "=", self.company.id),
                ("state", "!=", "resolved"),
            ]
        )

    def test_one_late_order_is_one_alert(self):
        order = self._order(7)
        order.picking_ids.move_ids.date_deadline = order.order_line.med_promised_at
        self.assertTrue(self._alerts("supplier_delay"))
        self.assertFalse(self._late_deliveries())

    def test_a_late_delivery_tells_where_no_rule_watches_order_lines(self):
        order = self._order(7)
        order.picking_ids.move_ids.date_deadline = order.order_line.med_promised_at
        self._rule("supplier_delay").active = False
        alert = self._late_deliveries()
        self.assertEqual(alert.subject_id, order.picking_ids.id)
        self._rule("supplier_delay").active = True
        self.assertFalse(self._late_deliveries())

    def test_what_else_is_in_a_late_delivery_still_tells(self):
        order = self._order(7)
        order.picking_ids.move_ids.date_deadline = order.order_line.med_promised_at
        order.picking_ids.move_ids[:1].copy(
            {"purchase_line_id": False, "date_deadline": fields.Datetime.now()}
        )._action_confirm(merge=False)
        order.picking_ids.move_ids.date_deadline = order.order_line.med_promised_at
        self.assertTrue(self._late_deliveries())

    def test_a_week_late_is_critical_and_what_is_in_time_is_nothing(self):
        self._order(2)
        self.assertFalse(self._alerts("supplier_delay"))
        self._order(20)
        self.assertEqual(self._alerts("supplier_delay").severity, "critical")

    def test_a_supplier_that_gets_slower_is_an_alert(self):
        self._got_slower()
        alert = self._alerts("supplier_worsening")
        self.assertEqual(alert.partner_id, self.vendor)
        self.assertGreater(alert.measured, 100)
        self.assertIn(self.vendor.name, alert.explanation)

    # --- forecast in alerts ------------------------------------------------------

    def test_daily_use_of_alerts_is_the_forecast(self):
        self._use_about(10, 180)
        self._refresh()
        rule = self._orderpoint()
        self.env["med.reorder.proposal"]._propose(rule)
        self.env.flush_all()
        self.env["med.daily.use"]._refresh()
        self.env.cr.execute(self.env["med.alert.rule"]._daily_use_sql())
        rows = [
            row[2]
            for row in self.env.cr.fetchall()
            if row[:2] == (self.gloves.id, self.icu.stock_location_id.id)
        ]
        self.assertEqual(len(rows), 1)
        self.assertAlmostEqual(float(rows[0]), rule.med_daily_forecast, places=3)
        use = self.gloves._med_daily_use(self.icu)
        self.assertAlmostEqual(
            use[self.gloves.id, self.icu.id], rule.med_daily_forecast, places=3
        )
