from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from ..models.med_his_channel_overview import SIGN_OF_LIFE
from .common import HisCase
from .samples import dft, ft1


@tagged("post_install", "-at_install")
class TestOverview(HisCase):
    """One card a channel: every figure opens as many records as it says."""

    FIGURES = {
        "hour_count": "action_view_hour",
        "day_count": "action_view_day",
        "queue_count": "action_view_queue",
        "to_mend_count": "action_view_to_mend",
        "dead_letter_count": "action_view_dead_letters",
        "quarantined_count": "action_view_quarantined",
        "parked_count": "action_view_parked",
    }

    THERE = {"out_host": "127.0.0.1", "out_port": 9, "out_tls": False}

    def _sent(self, number, item="T-GLOVE", **options):
        options.setdefault("visit", "PV1||I|T-ICU" + "|" * 16 + f"V-{number}")
        line = ft1(item, "2", number=f"L{number}")
        return self._dft(line, control_id=f"C{number}", **options)

    def _fill(self):
        """Two recorded, one to mend, one parked, one quarantined, one in the queue."""
        self._process(self._sent(1), self._sent(2), self._sent(3, "NOBODY-KNOWS"))
        self._process(
            dft(
                "ORC|CA|L9|||||||20260105100000||||||||T-ICU|||^^^NEVER",
                "RXO|T-GLOVE|1",
                type="RAS^O17",
                control_id="C4",
            )
        )
        self._process(self._sent(1).replace(b"||2", b"||9"))
        return self._receive(self._sent(6))

    def _card(self):
        self.env.flush_all()
        self.env.invalidate_all()
        return self.channel.with_user(self.operator)

    def test_every_figure_opens_what_it_counts(self):
        self._fill()
        card = self._card()
        figures = {name: card[name] for name in self.FIGURES}
        self.assertEqual(
            figures,
            {
                "hour_count": 6,
                "day_count": 6,
                "queue_count": 1,
                "to_mend_count": 1,
                "dead_letter_count": 0,
                "quarantined_count": 1,
                "parked_count": 1,
            },
        )
        for name, opener in self.FIGURES.items():
            action = getattr(card, opener)()
            found = self.env[action["res_model"]].with_user(self.operator)
            self.assertEqual(
                found.search_count(action["domain"]), card[name], f"{name} adds up"
            )

    def test_what_came_before_is_not_of_this_hour(self):
        (message,) = self._receive(self._sent(1))
        self.env.flush_all()
        for hours, expected in ((2, (0, 1)), (30, (0, 0))):
            at = fields.Datetime.now() - timedelta(hours=hours)
            message.sudo().received_at = at
            card = self._card()
            self.assertEqual((card.hour_count, card.day_count), expected)

    def test_the_colour_is_the_worst_of_what_stands_on_the_card(self):
        self.assertEqual(self._card().health, "off")
        (message,) = self._receive(self._sent(1))
        self.assertEqual(self._card().health, "good")
        now = fields.Datetime.now()
        message.sudo().received_at = now - timedelta(minutes=12)
        card = self._card()
        self.assertEqual((card.lag_minutes, card.health), (12, "warn"))
        message.sudo().received_at = now - timedelta(minutes=90)
        self.assertEqual(self._card().health, "bad")
        message._process()
        self.assertEqual(self._card().health, "good")
        self._process(self._sent(3, "NOBODY-KNOWS"))
        self.assertEqual(self._card().health, "warn")

    def _beat(self, ago):
        self.env["med.his.node"].sudo().create(
            {
                "name": "host",
                "channel_code": self.channel.code,
                "seen_at": fields.Datetime.now() - ago,
                "listening": True,
            }
        )

    def test_a_gateway_that_is_silent_turns_the_card_red(self):
        self.assertEqual(self._card().gateway_state, "none")
        own = [("channel_code", "=", self.channel.code)]
        self._beat(timedelta(0))
        self.assertEqual(self._card().gateway_state, "alive")
        self.env["med.his.node"].sudo().search(own).seen_at -= 2 * SIGN_OF_LIFE
        card = self._card()
        self.assertEqual((card.gateway_state, card.health), ("silent", "bad"))

    def test_a_channel_without_a_gateway_says_nothing_of_one(self):
        feed = self._channel("FEED", transport="feed")
        self.assertFalse(feed.gateway_state)

    def test_an_outbound_channel_counts_what_it_sends(self):
        out = self._channel("OUT", transport="out_mllp", **self.THERE)
        Outbound = self.env["med.his.outbound"].sudo()
        made = Outbound.create(
            [
                {
                    "channel_id": out.id,
                    "kind": "item",
                    "order_key": f"item {number}",
                    "product_id": self.gloves.id,
                }
                for number in range(3)
            ]
        )
        made[0].write({"state": "sent", "sent_at": fields.Datetime.now()})
        made[1].write({"state": "dead"})
        self.env.flush_all()
        card = out.with_user(self.operator)
        self.assertEqual(
            (card.hour_count, card.queue_count, card.dead_letter_count, card.health),
            (1, 1, 1, "bad"),
        )
        for name in ("hour_count", "day_count", "queue_count", "dead_letter_count"):
            action = getattr(card, self.FIGURES[name])()
            self.assertEqual(action["res_model"], "med.his.outbound")
            self.assertEqual(Outbound.search_count(action["domain"]), card[name])

    def test_many_cards_cost_no_more_queries_than_one(self):
        channels = self.channel
        for number in range(5):
            channels |= self._channel(f"MANY{number}")

        def count(records):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            records.mapped("health")
            records.mapped("hour_count")
            return self.env.cr.sql_log_count - before

        count(channels)  # warm
        self.assertEqual(count(channels), count(self.channel))

    def test_the_overview_is_the_first_screen_of_interfaces(self):
        menus = self.env["ir.ui.menu"].search(
            [("parent_id", "=", self.env.ref("med_consumables.menu_interfaces").id)]
        )
        self.assertEqual(
            menus.sorted("sequence")[0],
            self.env.ref("med_his_connector.menu_overview"),
        )

    # Timeline

    def _steps(self, message, user=None):
        self.env.flush_all()
        self.env.invalidate_all()
        return message.with_user(user or self.operator).step_ids

    def test_the_timeline_leads_from_the_wire_to_the_ledger(self):
        (message,) = self._process(self._sent(1))
        steps = self._steps(message)
        self.assertEqual(
            steps.mapped("kind"), ["received", "answered", "tried", "settled", "line"]
        )
        self.assertEqual(steps[-1].action_open()["res_id"], self._lines().id)
        self.assertEqual(steps[1].what, "AA")
        self.assertIn("Gloves", steps[-1].what)

    def test_the_timeline_goes_on_to_the_stock_move(self):
        self.env["stock.quant"]._update_available_quantity(
            self.gloves, self.icu.stock_location_id, 10
        )
        (message,) = self._process(self._sent(1))
        line = self._lines()
        line._post_pending(domain=[("id", "in", line.ids)], limit=1)
        self.assertEqual(line.state, "posted")
        (step,) = self._steps(message).filtered(lambda each: each.kind == "move")
        move = line.allocation_ids.move_line_id.move_id
        self.assertEqual((step.res_model, step.res_id), ("stock.move", move.id))
        self.assertIn(move.location_id.display_name, step.what)
        self.assertIn("2 ", step.what)
        # Its form shows a transfer too, to which an operator has no right.
        self.assertFalse(step.can_open)
        with self.assertRaises(UserError):
            step.action_open()
        admin = self.env.ref("base.user_admin")
        admin.group_ids |= self.env.ref("stock.group_stock_user")
        (step,) = self._steps(message, admin).filtered(lambda each: each.kind == "move")
        self.assertTrue(step.can_open)
        self.assertEqual(step.action_open()["res_id"], move.id)

    def test_an_operator_opens_a_line_that_was_posted(self):
        self.env["stock.quant"]._update_available_quantity(
            self.gloves, self.icu.stock_location_id, 10
        )
        self._process(self._sent(1))
        line = self._lines()
        line._post_pending(domain=[("id", "in", line.ids)], limit=1)
        shown = line.with_user(self.operator)
        shown.env.invalidate_all()
        named = {"fields": {"display_name": {}}}
        (read,) = shown.web_read(
            {"allocation_ids": {"fields": {"move_id": named, "lot_id": named}}}
        )
        move = line.allocation_ids.move_id
        self.assertEqual(
            read["allocation_ids"][0]["move_id"]["display_name"], move.display_name
        )

    def test_a_message_that_is_stuck_says_so_on_its_timeline(self):
        (message,) = self._process(self._sent(3, "NOBODY-KNOWS"))
        step = self._steps(message)[-1]
        self.assertEqual((step.kind, step.state), ("settled", "exception"))
        self.assertIn("NOBODY-KNOWS", step.what)

    def test_an_alert_of_the_same_shelf_stands_on_the_timeline(self):
        (message,) = self._process(self._sent(1))
        rule = self.env["med.alert.rule"].search([], limit=1)
        alert = self.env["med.alert"].create(
            {
                "rule_id": rule.id,
                "subject_key": "test",
                "company_id": self.company.id,
                "product_id": self.gloves.id,
                "department_id": self.icu.id,
                "severity": "warning",
            }
        )
        step = self._steps(message).filtered(lambda each: each.kind == "alert")
        self.assertEqual(step.res_id, alert.id)
        # It is not the operator's to work on: it is named, and offers no button.
        self.assertFalse(alert.with_user(self.operator).has_access("read"))
        self.assertFalse(step.can_open)
        with self.assertRaises(UserError):
            step.action_open()
        auditor = new_test_user(
            self.env, "his_trail_auditor", groups="med_consumables.group_auditor"
        )
        step = self._steps(message, auditor).filtered(lambda s: s.kind == "alert")
        self.assertTrue(step.can_open)
        self.assertEqual(step.action_open()["res_id"], alert.id)

    # Segments

    def _reading(self, message):
        return (
            self.env["med.his.reading"]
            .with_user(self.operator)
            .create({"message_id": message.id, "reason": "a test"})
        )

    def test_segments_are_named_and_coloured_and_patients_stay_covered(self):
        (message,) = self._receive(self._sent(1))
        html = self._reading(message).content_html
        self.assertIn("Charge or credit", html)
        self.assertIn("text-bg-success", html)
        self.assertIn("FT1-7", html)
        self.assertIn("T-GLOVE", html)
        for secret in ("TESTNAME", "19700101", "V-1", "P1^"):
            self.assertNotIn(secret, html)

    def test_what_stands_in_a_message_is_never_run_as_html(self):
        (message,) = self._receive(self._sent(1, "<img src=x>"))
        html = self._reading(message).content_html
        self.assertNotIn("<img", html)
        self.assertIn("&lt;img", html)

    def test_nobody_sees_segments_of_anothers_reading(self):
        (message,) = self._receive(self._sent(1))
        reading = self._reading(message)
        other = new_test_user(
            self.env,
            "his_other",
            groups="med_his_connector.group_integration_operator",
        )
        with self.assertRaises(AccessError):
            reading.with_user(other).read(["content_html"])
        officer = new_test_user(
            self.env, "his_officer", groups="med_consumables.group_privacy_officer"
        )
        self.assertFalse(reading.with_user(officer).content_html)

    # Use against charge

    def test_use_against_charge_adds_up_by_department_and_item(self):
        self.gloves.med_chargeable = True
        self.env["med.stock.source"].create(
            {"department_id": self.icu.id, "source": "scan"}
        )
        self._process(self._sent(1))
        self.env["med.consumption"]._record(
            [
                {
                    "department_id": self.icu.id,
                    "product_id": self.stent.id,
                    "kind": "use",
                    "quantity": 3,
                    "event_time": "2026-01-05 02:00:00",
                    "source": "scan",
                    "external_key": "scan-1",
                }
            ]
        )
        self.env.flush_all()
        manager = new_test_user(
            self.env, "his_manager", groups="med_consumables.group_ward_manager"
        )
        manager.med_department_ids = self.icu
        Row = self.env["med.his.use.against.charge"].with_user(manager)
        rows = Row.search([("department_id", "=", self.icu.id)])
        (gloves,) = rows.filtered(lambda row: row.product_id == self.gloves)
        self.assertEqual(
            (gloves.charged, gloves.used, gloves.charged_not_used), (2, 0, 2)
        )
        for row in rows:
            self.assertEqual(
                row.charged - row.used, row.charged_not_used - row.used_not_charged
            )
        self.assertEqual(gloves.action_open()["res_model"], "med.consumption.match")
        manager.med_department_ids = self.cath
        self.assertFalse(Row.search([("department_id", "=", self.icu.id)]))
