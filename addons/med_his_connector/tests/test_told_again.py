from .common import HisCase
from .samples import ft1


class TestToldAgain(HisCase):
    """A line is counted once, however often and however differently it is told."""

    def test_r09_the_same_line_in_another_message_is_counted_once(self):
        messages = self._process(
            self._dft(ft1("T-GLOVE")), self._dft(ft1("T-GLOVE"), control_id="C2")
        )
        self.assertEqual(messages.mapped("state"), ["processed"] * 2)
        self.assertEqual(messages.mapped("repeated_count"), [0, 1])
        self.assertEqual(len(self._lines()), 1)

    def test_r09_the_same_line_with_another_quantity_is_a_conflict(self):
        self._process(self._dft(ft1("T-GLOVE", "2")))
        (message,) = self._process(self._dft(ft1("T-GLOVE", "3"), control_id="C2"))
        self.assertEqual((message.state, message.error_code), ("exception", "conflict"))
        self.assertEqual(self._lines().quantity, 2.0)

    def test_r09_where_the_channel_says_so_the_difference_is_recorded(self):
        self.channel.changed_lines = "delta"
        states = []
        for number, quantity in enumerate("2 5 5 1 4".split(), start=1):  # noqa: SIM905
            told = {"control_id": f"C{number}"}
            line = ft1("T-GLOVE", quantity, f11=f"{int(quantity) * 10}")
            (message,) = self._process(self._dft(line, **told))
            states.append((message.state, message.repeated_count))
        self.assertEqual(
            [(line.kind, line.quantity) for line in self._lines()],
            [("use", 2), ("use", 3), ("return", 4), ("use", 3)],
        )
        self.assertEqual(self._lines().mapped("charged_amount"), [20, 30, -40, 30])
        self.assertEqual({state for state, _repeated in states}, {"processed"})
        self.assertEqual([repeated for _state, repeated in states], [0, 0, 1, 0, 0])
        self.assertEqual(self._lines()[2].reversal_of_id, self._lines()[0])

    def test_r09_a_changed_line_in_one_batch_is_a_difference_too(self):
        self.channel.changed_lines = "delta"
        messages = self._process(
            self._dft(ft1("T-GLOVE", "2")),
            self._dft(ft1("T-GLOVE", "3"), control_id="C2"),
            self._dft(ft1("T-GLOVE", "3"), control_id="C3"),
        )
        self.assertEqual(messages.mapped("state"), ["processed"] * 3)
        self.assertEqual(self._lines().mapped("quantity"), [2, 1])

    def test_r09_a_full_credit_after_a_difference_takes_back_all_of_it(self):
        self.channel.changed_lines = "delta"
        self._fill(self.gloves, 20)
        for number, quantity in enumerate(("5", "8"), start=1):
            self._process(self._dft(ft1("T-GLOVE", quantity), control_id=f"C{number}"))
        self._process(self._dft(ft1("T-GLOVE", "8", kind="CD"), control_id="C3"))
        self.env["med.consumption"]._post_pending()
        self.assertEqual(set(self._lines().mapped("state")), {"posted"})
        self.assertEqual(self._stock(self.gloves), 20)

    def test_r09_less_than_the_first_report_after_more_is_taken_back_too(self):
        self.channel.changed_lines = "delta"
        self._fill(self.gloves, 20)
        for number, quantity in enumerate(("2", "5", "1"), start=1):
            self._process(self._dft(ft1("T-GLOVE", quantity), control_id=f"C{number}"))
        self.env["med.consumption"]._post_pending()
        self.assertEqual(set(self._lines().mapped("state")), {"posted"})
        self.assertEqual(self._stock(self.gloves), 19)
        (message,) = self._process(
            self._dft(ft1("T-GLOVE", "3", kind="CD"), control_id="C4")
        )
        self.env["med.consumption"]._post_pending()
        self.assertEqual(message.consumption_ids.incident_code, "return_exceeds_use")

    def test_r10_an_older_message_processed_again_changes_nothing(self):
        self.channel.changed_lines = "delta"
        messages = self.env["med.his.message"]
        for number, (quantity, amount) in enumerate((("2", "20"), ("5", "50"))):
            line = ft1("T-GLOVE", quantity, f11=amount)
            messages += self._process(self._dft(line, control_id=f"C{number}"))
        messages += self._process(
            self._dft(ft1("T-GLOVE", "5", f11="60"), control_id="C8")
        )
        before = self._lines().read(["quantity", "charged_amount", "charged_now"])
        messages.sudo().write({"state": "received"})
        messages._process()
        self.assertEqual(messages.mapped("state"), ["processed"] * 3)
        after = self._lines().read(["quantity", "charged_amount", "charged_now"])
        self.assertEqual(before, after)
        self.assertEqual(len(self.env["med.his.amount.change"].search([])), 1)

    def test_r09_another_item_under_the_number_is_a_conflict_for_every_channel(self):
        self.channel.changed_lines = "delta"
        self._process(self._dft(ft1("T-GLOVE")))
        (message,) = self._process(self._dft(ft1("T-STENT"), control_id="C2"))
        self.assertEqual((message.state, message.error_code), ("exception", "conflict"))
        self.assertEqual(len(self._lines()), 1)

    def test_r09_one_number_for_two_visits_is_a_conflict_and_never_one_use(self):
        visit = "PV1||I|T-ICU" + "|" * 16 + "{}"
        raws = [
            self._dft(ft1("T-GLOVE"), visit=visit.format(number), control_id=number)
            for number in ("V1", "V2", "V3")
        ]
        messages = self._process(*raws[:2])
        messages += self._process(raws[2])
        self.assertEqual(
            messages.mapped("state"), ["processed", "exception", "exception"]
        )
        self.assertEqual(messages[2].error_code, "conflict")

    def test_r10_processing_again_changes_nothing(self):
        messages = self._process(self._dft(ft1("T-GLOVE")))
        messages.sudo().write({"state": "received"})
        messages._process()
        self.assertEqual(messages.state, "processed")
        self.assertEqual(len(self._lines()), 1)

    def test_r12_a_return_before_its_charge_waits_for_it(self):
        item = "RXO|T-STENT^SN-9|1||"
        refund = self._ras(
            "ORC|CA|88002" + "|" * 18 + "^^^88001", item, control_id="C2"
        )
        (waiting,) = self._process(refund)
        self.assertEqual(waiting.error_code, "original_unknown")
        self._process(self._ras("ORC|NW|88001", item))
        self.assertEqual(waiting.state, "received")
        waiting._process()
        use, back = self._lines()
        self.assertEqual(back.reversal_of_id, use)

    def _fill(self, product, quantity):
        """So much of it on the shelf of the intensive care unit."""
        shelf = self.icu.stock_location_id
        self.env["stock.quant"]._update_available_quantity(product, shelf, quantity)

    def _stock(self, product):
        shelf = self.icu.stock_location_id
        return product.with_context(location=shelf.id).qty_available
