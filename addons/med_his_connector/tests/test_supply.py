from psycopg2.errors import LockNotAvailable

from odoo import fields

from .his_kinds_case import KindsCase


class TestSupply(KindsCase):
    """OMS: a cabinet's transactions and stock requisitions; RAS: what is left."""

    def _zpm(self, kind, item="T-GLOVE", **at):
        """A cabinet's transaction; ``at`` are further fields by number."""
        fields = {1: kind, 6: item, 10: "2", 15: "T-ICU", 19: "20260105100000"}
        fields |= {int(name[1:]): value for name, value in at.items()}
        return "ZPM|" + "|".join(fields.get(n, "") for n in range(1, 22))

    def _cabinet(self, *segments, control_id="M1"):
        return self._message("OMS^O05", "ORC|NW|O1", *segments, control_id=control_id)

    def test_what_a_cabinet_dispenses_is_use_and_comes_back_as_return(self):
        self._process(
            self._cabinet(self._zpm("V", f20="L1")),
            self._cabinet(
                self._zpm("R", f10="1", f19="20260105110000"), control_id="2"
            ),
            self._cabinet(
                self._zpm("W", f10="1", f19="20260105120000"), control_id="3"
            ),
        )
        lines = self._lines().sorted("event_time")
        self.assertEqual(lines.mapped("kind"), ["use", "return", "waste"])
        self.assertEqual(lines.mapped("quantity"), [2, 1, 1])
        self.assertEqual((lines[0].lot_name, lines[0].department_id), ("L1", self.icu))

    def test_filling_a_pocket_uses_nothing(self):
        self.assertEqual(
            self._states(
                *(
                    self._cabinet(self._zpm(kind), control_id=kind)
                    for kind in ("F", "L", "U", "B")
                )
            ),
            ["ignored"] * 4,
        )

    def test_r16_a_count_and_a_wrong_pocket_are_noted_beside_our_books(self):
        states = self._states(
            self._cabinet(self._zpm("C", f8="9", f9="7")),
            self._cabinet(
                self._zpm("V", f8="5", f9="4", f19="20260105110000"), control_id="2"
            ),
        )
        self.assertEqual(states, ["processed", "processed"])
        said = self.env["med.his.remaining"].search([], order="id")
        self.assertEqual(said.mapped("reported_qty"), [7, 4])
        self.assertEqual(said.mapped("expected_qty"), [9, 5])
        self.assertEqual(self._lines().mapped("kind"), ["use"])

    def test_an_unknown_transaction_is_said(self):
        (message,) = self._process(self._cabinet(self._zpm("Q")))
        self.assertEqual(message.error_code, "charge_type")

    def _requisition(self, *lines, control="NW", control_id="M1"):
        segments = []
        for number, item, quantity in lines:
            segments.append(f"ORC|{control}|{number}" + "|" * 7 + "20260105080000")
            segments.append(f"RQD|1|{item}|||{quantity}||||T-ICU")
        return self._message("OMS^O05", *segments, control_id=control_id)

    def test_a_stock_requisition_waits_for_approval(self):
        (message,) = self._process(
            self._requisition(("RQ1", "T-GLOVE", "5"), ("RQ2", "T-STENT", "2"))
        )
        self.assertEqual((message.state, message.made_count), ("processed", 2))
        lines = self.env["med.requisition.line"].search(
            [("his_message_id", "=", message.id)]
        )
        self.assertEqual(lines.requisition_id.state, "asked")
        self.assertEqual(lines.requisition_id.department_id, self.icu)
        self.assertEqual(sorted(lines.mapped("asked_qty")), [2, 5])

    def test_the_same_requisition_twice_asks_once(self):
        line = ("RQ1", "T-GLOVE", "5")
        self._process(self._requisition(line))
        (again,) = self._process(self._requisition(line, control_id="M2"))
        self.assertEqual((again.state, again.repeated_count), ("processed", 1))
        asked = self.env["med.requisition.line"].search([("his_line_key", "!=", False)])
        self.assertEqual(len(asked), 1)

    def test_a_cancelled_requisition_is_asked_for_no_more(self):
        line = ("RQ1", "T-GLOVE", "5")
        self._process(
            self._requisition(line),
            self._requisition(line, control="CA", control_id="M2"),
        )
        asked = self.env["med.requisition.line"].search([("his_line_key", "!=", False)])
        self.assertEqual(asked.requisition_id.state, "cancelled")

    def test_an_item_that_is_asked_for_twice_is_asked_for_twice(self):
        lines = ("RQ1", "T-GLOVE", "5"), ("RQ2", "T-GLOVE", "3")
        (message,) = self._process(self._requisition(*lines))
        self.assertEqual((message.state, message.made_count), ("processed", 2))
        asked = self.env["med.requisition.line"].search(
            [("his_message_id", "=", message.id)]
        )
        self.assertEqual(sorted(asked.mapped("asked_qty")), [3, 5])
        self._process(self._requisition(lines[1], control="CA", control_id="M2"))
        states = {line.asked_qty: line.requisition_id.state for line in asked}
        self.assertEqual(states, {5: "asked", 3: "cancelled"})

    def test_two_lines_of_one_order_are_two(self):
        line = ("RQ1", "T-GLOVE", "5")
        (message,) = self._process(self._requisition(line, line))
        self.assertEqual(message.made_count, 2)
        (again,) = self._process(self._requisition(line, line, control_id="M2"))
        self.assertEqual((again.made_count, again.repeated_count), (0, 2))

    def test_r11_a_cancellation_waits_behind_its_requisition(self):
        line = ("RQ1", "UNKNOWN", "5")
        new, cancel = self._process(
            self._requisition(line),
            self._requisition(line, control="CA", control_id="M2"),
        )
        self.assertEqual(new.error_code, "unknown_item")
        self.assertEqual(cancel.blocked_by_id, new)
        self._map("item", "UNKNOWN", product_id=self.gloves.id)
        new._process()
        cancel._process()
        asked = self.env["med.requisition.line"].search([("his_line_key", "!=", False)])
        self.assertEqual(asked.requisition_id.state, "cancelled")

    def test_r11_a_cancellation_waits_behind_a_requisition_that_is_tried_again(self):
        line = ("RQ1", "T-GLOVE", "5")
        new, cancel = self._receive(
            self._requisition(line),
            self._requisition(line, control="CA", control_id="M2"),
        )
        new._postpone(LockNotAvailable())
        cancel._process()
        self.assertEqual(cancel.blocked_by_id, new)
        new.sudo().next_try_at = False
        new._process()
        cancel._process()
        asked = self.env["med.requisition.line"].search([("his_line_key", "!=", False)])
        self.assertEqual(asked.requisition_id.state, "cancelled")

    def test_r12_a_cancellation_before_its_requisition_waits_for_it(self):
        line = ("RQ1", "T-GLOVE", "5")
        (cancel,) = self._process(self._requisition(line, control="CA"))
        self.assertEqual(cancel.state, "parked")
        self._process(self._requisition(line, control_id="M2"))
        self.assertEqual(cancel.state, "received")
        cancel._process()
        asked = self.env["med.requisition.line"].search([("his_line_key", "!=", False)])
        self.assertEqual(asked.requisition_id.state, "cancelled")

    def test_r12_a_cancellation_of_what_never_came_is_an_exception(self):
        (cancel,) = self._process(
            self._requisition(("RQ1", "T-GLOVE", "5"), control="CA")
        )
        cancel.sudo().write({"parked_until": fields.Datetime.now()})
        self.env["med.his.message"]._cron_sweep()
        cancel._process()
        self.assertEqual(
            (cancel.state, cancel.error_code), ("exception", "original_never_came")
        )

    def test_r16_what_is_not_kept_in_stock_is_not_asked_for(self):
        self._product("Advice", default_code="T-ADVICE", is_storable=False)
        (message,) = self._process(self._requisition(("RQ1", "T-ADVICE", "1")))
        self.assertEqual(message.error_code, "not_stocked")

    def test_a_station_says_what_is_left(self):
        self._own("ras", "kind", places="RXA-9")
        self._own("ras", "left", places="RXA-26")
        given = {2: "1", 3: "20260105100000", 5: "T-GLOVE", 6: "2", 9: "USGE"}
        given |= {11: "T-ICU", 26: "41"}
        ras = "RXA|" + "|".join(given.get(n, "") for n in range(1, 27))
        (message,) = self._process(self._message("RAS^O01", "ORC|NW|S1", ras))
        self.assertEqual(message.state, "processed", message.error_text)
        self.assertEqual((self._lines().kind, self._lines().quantity), ("use", 2))
        said = self.env["med.his.remaining"].search([])
        self.assertEqual(said.reported_qty, 41)
