from .his_kinds_case import KindsCase


class TestTestsDone(KindsCase):
    """ORU: tests are counted once; no result is looked at."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.lab = cls._department("T-LAB")
        cls.reagent = cls._product("Reagent")
        cls.tsh = cls.env["med.procedure"].create(
            {"name": "TSH", "code": "T-TSH", "department_id": cls.lab.id}
        )
        cls._card(cls.tsh, cls.lab, {cls.reagent: 2})

    def _oru(self, control_id, *tests):
        segments = []
        for number, code, status in tests:
            segments.append(
                f"OBR|1||{number}|{code}|||20260105090000"
                + "|" * 15
                + f"20260105100000||{''}|{status}"
            )
            segments.append("OBX|1|NM|TSH||SECRET-RESULT")
        return self._message("ORU^R01", *segments, control_id=control_id)

    def test_a_final_test_uses_what_its_card_says(self):
        (message,) = self._process(self._oru("1", ("F1", "T-TSH", "F")))
        self.assertEqual((message.state, message.line_count), ("processed", 1))
        (line,) = self._lines()
        self.assertEqual(
            (line.product_id, line.quantity, line.department_id),
            (self.reagent, 2, self.lab),
        )
        self.assertNotIn("SECRET", str(line.read()))

    def test_a_preliminary_test_counts_nothing_until_it_is_final(self):
        states = self._states(
            self._oru("1", ("F1", "T-TSH", "P")), self._oru("2", ("F1", "T-TSH", "F"))
        )
        self.assertEqual(states, ["ignored", "processed"])
        self.assertEqual(len(self._lines()), 1)

    def test_a_correction_and_a_repeat_add_nothing(self):
        self._process(
            self._oru("1", ("F1", "T-TSH", "F")),
            self._oru("2", ("F1", "T-TSH", "C")),
            self._oru("3", ("F1", "T-TSH", "F")),
        )
        self.assertEqual(len(self._lines()), 1)

    def test_a_card_that_changes_leaves_what_was_counted(self):
        self._process(self._oru("1", ("F1", "T-TSH", "F")))
        self._card(self.tsh, self.lab, {self.reagent: 5})
        (again,) = self._process(self._oru("2", ("F1", "T-TSH", "C")))
        self.assertEqual(again.state, "processed")
        self.assertEqual(self._lines().mapped("quantity"), [2])

    def test_a_cancelled_test_takes_back_what_it_used_once(self):
        self._process(
            self._oru("1", ("F1", "T-TSH", "F")),
            self._oru("2", ("F1", "T-TSH", "X")),
            self._oru("3", ("F1", "T-TSH", "X")),
        )
        use, back = self._lines()
        self.assertEqual((back.kind, back.reversal_of_id), ("return", use))

    def _without_department(self, *contents):
        """The department of the laboratory is not known yet."""
        self.tsh.department_id = False
        return self._process(*contents)

    def test_a_test_that_was_cancelled_while_it_waited_uses_nothing(self):
        (final,) = self._without_department(self._oru("1", ("F1", "T-TSH", "F")))
        self.assertEqual(final.error_code, "department_missing")
        (cancelled,) = self._process(self._oru("2", ("F1", "T-TSH", "X")))
        self.assertEqual(
            (cancelled.state, cancelled.error_code), ("ignored", "no_effect")
        )
        self.tsh.department_id = self.lab
        final.action_retry()
        self.assertEqual((final.state, final.error_code), ("ignored", "no_effect"))
        self.assertFalse(self._lines())

    def test_a_cancellation_that_comes_first_holds(self):
        self._process(
            self._oru("2", ("F1", "T-TSH", "X")), self._oru("1", ("F1", "T-TSH", "F"))
        )
        self.assertFalse(self._lines())

    def test_a_test_that_is_final_again_after_it_was_cancelled_counts(self):
        later = self._oru("2", ("F1", "T-TSH", "F")).replace(
            b"20260105100000", b"20260106100000"
        )
        self._process(self._oru("1", ("F1", "T-TSH", "X")), later)
        self.assertEqual(len(self._lines()), 1)

    def test_a_cancellation_needs_no_code_map(self):
        (message,) = self._process(self._oru("1", ("F1", "XX", "X")))
        self.assertEqual(message.state, "ignored")

    def test_a_test_that_is_final_and_cancelled_in_one_message_uses_nothing(self):
        self._process(self._oru("1", ("F1", "T-TSH", "F"), ("F1", "T-TSH", "X")))
        self.assertFalse(self._lines())

    def test_a_test_is_counted_once_whatever_its_card_says_later(self):
        self._process(self._oru("1", ("F1", "T-TSH", "F")))
        other = self._product("Other reagent")
        self.env["med.preference.card"].search(
            [("procedure_id", "=", self.tsh.id)]
        ).line_ids.product_id = other
        (again,) = self._process(self._oru("2", ("F1", "T-TSH", "C")))
        self.assertEqual(again.state, "processed")
        self.assertEqual(len(self._lines()), 1)
        self._process(self._oru("3", ("F1", "T-TSH", "X")))
        self.assertEqual(self._lines().mapped("kind"), ["use", "return"])

    def test_two_tests_of_one_message_are_two_uses(self):
        self._process(self._oru("1", ("F1", "T-TSH", "F"), ("F2", "T-TSH", "F")))
        self.assertEqual(len(self._lines()), 2)

    def test_an_unknown_test_waits_and_one_without_a_card_uses_nothing(self):
        (unknown,) = self._process(self._oru("1", ("F1", "XX", "F")))
        self.assertEqual(unknown.error_code, "unknown_procedure")
        self.env["med.procedure"].create(
            {"name": "XX", "code": "XX", "department_id": self.lab.id}
        )
        unknown.action_retry()
        self.assertEqual((unknown.state, unknown.error_code), ("ignored", "no_card"))
