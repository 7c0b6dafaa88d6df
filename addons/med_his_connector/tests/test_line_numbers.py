from .common import HisCase
from .samples import ft1

DAY = "20260105"


class TestLineNumbers(HisCase):
    """Whether a number of the sender names a line for ever, or in its message."""

    def _use(self, control_id, *numbers, **options):
        lines = [ft1("T-GLOVE", number=number, **options) for number in numbers]
        return self._dft(*lines, control_id=control_id)

    def _quantities(self):
        return self._lines().mapped("quantity")

    # The same number in several lines of one message

    def test_r09_a_line_with_and_without_its_twin_is_counted_once(self):
        self._process(self._use("1", "T1"), self._use("2", "T1", "T1"))
        self.assertEqual(len(self._lines()), 2)

    def test_r09_twins_that_come_first_are_known_when_one_comes_alone(self):
        self._process(self._use("1", "T1", "T1"))
        (alone,) = self._process(self._use("2", "T1"))
        self.assertEqual(len(self._lines()), 2)
        self.assertEqual((alone.state, alone.repeated_count), ("processed", 1))

    def test_a_credit_finds_the_first_of_twins_and_a_second_credit_the_other(self):
        self._process(
            self._use("1", "T1", "T1", quantity="1"),
            self._use("2", "T1", "T1", quantity="1", kind="CD"),
        )
        first, second, *backs = self._lines()
        originals = [back.reversal_of_id for back in backs]
        self.assertEqual(originals, [first, second])

    # A number that is only the place of the line

    def test_a_counter_begins_anew_in_each_message(self):
        self.channel.line_numbers = "message"
        self._process(
            self._use("1", "1", "2", when=DAY), self._use("2", "1", "2", when=DAY)
        )
        self.assertEqual(self._quantities(), [2, 2, 2, 2])

    def test_r10_a_counted_line_is_known_in_its_own_message(self):
        self.channel.line_numbers = "message"
        (message,) = self._process(self._use("1", "1", when=DAY))
        message.sudo().state = "received"
        message._process()
        self.assertEqual(self._quantities(), [2])

    def test_a_credit_by_a_counter_is_a_return_of_its_own(self):
        self.channel.line_numbers = "message"
        self._process(self._use("1", "1"), self._use("2", "1", kind="CD"))
        use, back = self._lines()
        self.assertEqual((back.kind, back.reversal_of_id), ("return", use.browse()))

    def test_what_may_be_a_second_use_is_shown_and_not_swallowed(self):
        first = self._use("1", "1", when=DAY)
        for together in (True, False):
            with self.subTest(together):
                channel = self._channel(f"COUNT-{together}")
                second = self._use("2", "1", when=DAY)
                if together:
                    one, other = self._process(first, second, channel=channel)
                else:
                    (one,) = self._process(first, channel=channel)
                    (other,) = self._process(second, channel=channel)
                self.assertEqual(one.state, "processed")
                self.assertEqual(
                    (other.state, other.error_code), ("exception", "repetition")
                )
                self.assertIn("Numbers of Lines", other.error_text)

    def test_whoever_says_that_they_count_has_it_recorded(self):
        self._process(self._use("1", "1", when=DAY))
        (doubtful,) = self._process(self._use("2", "1", when=DAY))
        self.channel.line_numbers = "message"
        doubtful.with_user(self.operator).action_retry()
        self.assertEqual(doubtful.state, "processed")
        self.assertEqual(self._quantities(), [2, 2])

    def test_a_doubtful_line_holds_up_nobody(self):
        self._process(self._use("1", "1", when=DAY), self._use("2", "1", when=DAY))
        (later,) = self._process(self._use("3", "T9"))
        self.assertEqual(later.state, "processed")

    def test_a_number_of_its_own_or_a_time_of_day_leaves_no_doubt(self):
        for number, when in (("T-88", DAY), ("1", "20260105101500")):
            self._process(self._use(f"{number}a", number, when=when))
            (again,) = self._process(self._use(f"{number}b", number, when=when))
            self.assertEqual((again.state, again.repeated_count), ("processed", 1))
