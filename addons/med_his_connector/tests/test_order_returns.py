from odoo import fields

from .common import HisCase


class TestOrderOfReturns(HisCase):
    """A return whose charge comes late, and whatever else is used at that visit."""

    def _use(self, number, item="T-GLOVE"):
        line = f"ORC|NW|{number}", f"RXO|{item}|1||"
        return self._ras(*line, control_id=f"USE-{number}")

    def _back(self, number, item="T-GLOVE"):
        """What takes back the use of this number."""
        order = f"ORC|CA|B{number}" + "|" * 18 + f"^^^{number}"
        return self._ras(order, f"RXO|{item}|1||", control_id=f"BACK-{number}")

    def _work_waiting(self):
        while self.env["med.his.message"]._process():
            pass

    def _time_is_up(self, message):
        message.sudo().write({"parked_until": fields.Datetime.now()})
        self.env["med.his.message"]._cron_sweep()
        self._work_waiting()
        self.assertEqual(message.error_code, "original_never_came")

    def _assert_all_in_order(self, messages):
        self.assertEqual(set(messages.mapped("state")), {"processed"})
        lines = self._lines()
        self.assertEqual(sorted(lines.mapped("kind")), ["return", "use", "use"])
        use = messages[1].consumption_ids
        self.assertEqual(messages[0].consumption_ids.reversal_of_id, use)

    def test_a_charge_that_comes_after_all_does_not_wait_behind_its_return(self):
        back = self._process(self._back("1"))
        self.assertEqual(back.state, "parked")
        self._time_is_up(back)
        late = self._process(self._use("1"))
        other = self._process(self._use("2"))
        self._work_waiting()
        self._assert_all_in_order(back | late | other)

    def test_who_waited_behind_a_return_goes_on_when_it_waits_for_its_charge(self):
        back, charge, other = self._process(
            self._back("1", "NEW"),
            self._use("1", "NEW"),
            self._use("2", "NEW"),
        )
        self.assertEqual(charge.blocked_by_id, back)
        self._map("item", "NEW", product_id=self.gloves.id)
        self._work_waiting()
        self._assert_all_in_order(back | charge | other)
