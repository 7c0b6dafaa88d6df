from .common import HisCase
from .samples import ft1


class TestToldAmounts(HisCase):
    """Of the amounts that are told of one line, the last one holds."""

    def test_r09_the_last_amount_holds_and_the_first_stays_on_record(self):
        for policy in ("exception", "delta"):
            with self.subTest(policy):
                self.channel.changed_lines = policy
                told = [
                    self._process(self._priced(policy, amount, f"{policy}{number}"))
                    for number, amount in enumerate(("20", "25", "25", "18"))
                ]
                line = told[0].consumption_ids
                self.assertEqual((line.charged_amount, line.charged_now), (20, 18))
                self.assertEqual(line.amount_change_ids.mapped("after"), [25, 18])
                self.assertEqual(line.amount_change_ids.message_id, told[1] | told[3])
                self.assertFalse(line.difference_ids)

    def test_r09_two_amounts_in_one_batch(self):
        messages = self._process(
            self._priced("T9", "20", "C1"), self._priced("T9", "25", "C2")
        )
        self.assertEqual(messages.mapped("state"), ["processed"] * 2)
        self.assertEqual(messages[0].consumption_ids.charged_now, 25)

    def test_r09_another_amount_beside_another_quantity(self):
        self.channel.changed_lines = "delta"
        for number, (quantity, amount) in enumerate((("2", "20"), ("3", "30"))):
            line = ft1("T-GLOVE", quantity, f11=amount)
            self._process(self._dft(line, control_id=f"C{number}"))
        self._process(self._dft(ft1("T-GLOVE", "3", f11="45"), control_id="C9"))
        first, more = self._lines()
        self.assertEqual((first.charged_now, more.charged_amount), (35, 10))

    def test_r09_an_amount_that_comes_with_another_quantity_is_that_of_the_whole(self):
        """Nobody told of an amount before: each line bears its part by quantity."""
        for quantity, shares in (("3", [20, 10]), ("1", [20, -10])):
            with self.subTest(quantity):
                lines = self._told(
                    f"N{quantity}", ("2", ""), (quantity, f"{quantity}0")
                )
                self.assertEqual(self._now(lines), shares)
                self.assertEqual(lines[0].amount_change_ids.mapped("before"), [0])

    def test_r09_an_amount_that_comes_at_last_is_that_of_all_lines(self):
        lines = self._told("A", ("2", ""), ("3", ""), ("6", ""), ("6", "60"))
        self.assertEqual(self._now(lines), [20, 10, 30])
        # What had an amount keeps it where the whole allows that.
        lines = self._told("B", ("2", "20"), ("3", ""), ("3", "30"))
        self.assertEqual(self._now(lines), [20, 10])
        self.assertFalse(lines[0].amount_change_ids)
        # What came and went again weighs nothing.
        lines = self._told("C", ("2", "20"), ("3", ""), ("2", ""), ("2", "25"))
        self.assertEqual(self._now(lines), [25, 12.5, -12.5])
        # And nothing is known where the last report of a quantity told none.
        lines = self._told("D", ("2", "20"), ("3", ""))
        self.assertEqual(self._unknown(lines), lines[1])

    def test_r09_shares_of_an_amount_are_exact_to_the_cent(self):
        lines = self._told("A", ("1", ""), ("2", ""), ("3", "10"))
        self.assertEqual(self._now(lines), [3.34, 3.33, 3.33])
        self.assertAlmostEqual(sum(self._now(lines)), 10)
        lines = self._told("B", ("1", ""), ("2", ""), ("2", "0"))
        self.assertEqual(self._now(lines), [0, 0])

    def test_r10_what_told_of_shares_changes_nothing_when_processed_again(self):
        lines = self._told("A", ("2", ""), ("3", ""), ("3", "30"), ("4", "44"))
        self.assertEqual(self._now(lines), [20, 10, 14])
        messages = self.env["med.his.message"].search(
            [("channel_id", "=", self.channel.id)], order="id"
        )
        messages.sudo().write({"state": "received"})
        messages._process()
        self.assertEqual(messages.mapped("state"), ["processed"] * 4)
        self.assertEqual(self._lines(), lines)
        self.assertEqual(self._now(lines), [20, 10, 14])
        self.assertEqual(len(lines.amount_change_ids), 2)

    def test_r09_the_recovery_rate_is_of_the_whole_then(self):
        self.gloves.standard_price = 10
        self._told("A", ("2", ""), ("3", "36"))
        self.env.flush_all()
        rows = self.env["med.his.use.against.charge"].search(
            [("product_id", "=", self.gloves.id)]
        )
        self.assertEqual(sorted(rows.mapped("charged_amount")), [12, 24])
        self.assertEqual(rows.mapped("recovery_rate"), [1.2, 1.2])

    def _told(self, number, *reports):
        """The lines after these reports of quantity and amount ("": none)."""
        self.channel.changed_lines = "delta"
        for count, (quantity, amount) in enumerate(reports):
            line = ft1("T-GLOVE", quantity, number, f11=amount)
            (message,) = self._process(self._dft(line, control_id=f"{number}{count}"))
            self.assertEqual(message.state, "processed", message.error_text)
        return self._lines().filtered(
            lambda line: line.external_key.partition("~")[0].endswith(f":{number}")
        )

    def _now(self, lines):
        return [
            line.amount_change_ids[-1:].after
            if line.amount_change_ids
            else line.charged_amount
            for line in lines
        ]

    def _unknown(self, lines):
        return lines.search(
            [
                ("id", "in", lines.ids),
                ("charged_amount", "=", False),
                ("charged_now", "=", False),
            ]
        )

    def _priced(self, number, amount, control_id):
        return self._dft(
            ft1("T-GLOVE", "2", f2=number, f11=amount), control_id=control_id
        )
