import math
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from odoo.tests import BaseCase

from ..core.idle import idle_days
from ..core.kind import LESS, MORE
from ..core.levels import Level, is_covered, level_reached, reaches, severity_order
from ..core.life_cycle import MOVES, STATES, after, may
from ..core.next_step import Giver, Step, best_givers, in_order, missing_units
from ..core.projection import Arrival, projected_stock, runs_out_on
from ..core.schedule import Quiet, is_due, next_step_at, steps_due
from ..core.shelf_life import Pile, unused_at_expiry

figures = st.floats(-1e6, 1e6).map(lambda figure: round(figure, 2))
limits = st.floats(0, 1e5).map(lambda figure: round(figure, 2))
levels = st.lists(st.builds(Level, st.integers(0, 2), limits), max_size=6)
quantities = st.integers(0, 500).map(float)
piles = st.lists(
    st.builds(Pile, quantities, st.integers(0, 200).map(float)), max_size=6
).map(lambda found: sorted(found, key=lambda pile: pile.days_left))


class TestLevelsHold(BaseCase):
    @given(limits, st.sampled_from((LESS, MORE)))
    def test_at_the_limit_is_reached_and_a_step_beyond_is_not(self, limit, worse):
        better = limit + 0.01 if worse == LESS else limit - 0.01
        worst = limit - 0.01 if worse == LESS else limit + 0.01
        if worse == LESS or limit > 0:
            self.assertTrue(reaches(limit, limit, worse=worse))
        self.assertTrue(reaches(worst, limit, worse=worse))
        self.assertFalse(reaches(better, limit, worse=worse))

    @given(figures, levels, st.sampled_from((LESS, MORE)))
    def test_the_level_reached_is_the_worst_of_those_reached(self, figure, some, worse):
        found = level_reached(figure, some, worse=worse)
        reached = [lv for lv in some if reaches(figure, lv.limit, worse=worse)]
        if found is None:
            self.assertFalse(reached)
        else:
            self.assertIn(found, reached)
            order = severity_order(found, worse)
            self.assertTrue(
                all(severity_order(each, worse) <= order for each in reached)
            )

    @given(figures, figures, levels)
    def test_less_is_never_milder(self, one, other, some):
        low, high = sorted((one, other))
        milder, harder = (level_reached(each, some) for each in (high, low))
        if milder is not None:
            self.assertGreaterEqual(severity_order(harder), severity_order(milder))

    @given(figures, limits, levels)
    def test_what_is_covered_reaches_no_level_with_what_comes(
        self, figure, coming, some
    ):
        if is_covered(figure, coming, some):
            self.assertIsNone(level_reached(figure + coming, some))


class TestStates(BaseCase):
    """The whole table: each event in each state."""

    TABLE = {
        # event: open, acknowledged, in_work, resolved
        "acknowledge": ("acknowledged", "acknowledged", "in_work", "resolved"),
        "begin": ("in_work", "in_work", "in_work", "resolved"),
        "ordered": ("in_work", "in_work", "in_work", "resolved"),
        "not_ordered": ("open", "acknowledged", "open", "resolved"),
        "worse": ("open", "open", "in_work", "resolved"),
        "end": ("resolved", "resolved", "resolved", "resolved"),
        "dismiss": ("resolved", "resolved", "resolved", "resolved"),
        "return": ("open", "acknowledged", "in_work", "open"),
    }

    def test_each_event_in_each_state(self):
        self.assertEqual(set(self.TABLE), set(MOVES))
        for event, outcomes in self.TABLE.items():
            for state, outcome in zip(STATES, outcomes, strict=True):
                self.assertEqual(after(state, event), outcome, (event, state))
                self.assertEqual(may(state, event), state in MOVES[event])


class TestSchedule(BaseCase):
    @given(
        st.integers(0, 47).map(lambda half: half / 2),
        st.integers(0, 47).map(lambda half: half / 2),
        st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)),
    )
    def test_loud_is_the_first_moment_that_is_not_quiet(self, since, till, moment):
        quiet = Quiet(since, till)
        loud = quiet.loud_from(moment)
        self.assertFalse(quiet.holds(loud))
        self.assertGreaterEqual(loud, moment)
        self.assertLess(loud - moment, timedelta(days=1))
        if quiet.holds(moment):
            self.assertTrue(quiet.holds(loud - timedelta(seconds=1)))

    def test_the_morning_comes_also_in_a_night_in_which_clocks_change(self):
        berlin = ZoneInfo("Europe/Berlin")
        for day in (datetime(2026, 3, 28, 23), datetime(2026, 10, 24, 23)):
            loud = Quiet(22, 6).loud_from(day.replace(tzinfo=berlin))
            self.assertEqual(loud.astimezone(berlin).hour, 6)
            slept = loud.astimezone(UTC) - day.replace(tzinfo=berlin).astimezone(UTC)
            self.assertIn(slept, (timedelta(hours=6), timedelta(hours=8)))

    def test_a_rule_is_due_though_the_clock_was_put_back(self):
        now = datetime(2026, 5, 1, 2)
        self.assertTrue(is_due(None, now, 7))
        self.assertTrue(is_due(now + timedelta(days=3), now, 7))
        self.assertFalse(is_due(now - timedelta(days=3), now, 7))
        self.assertTrue(is_due(now - timedelta(days=30), now, 7))

    @given(
        st.lists(st.integers(1, 100), max_size=5).map(sorted),
        st.integers(0, 120),
        st.integers(0, 120),
    )
    def test_steps_do_not_depend_on_how_often_the_job_ran(self, hours, first, more):
        called = datetime(2026, 1, 1)
        end = called + timedelta(hours=first + more)
        seen = steps_due(called, called + timedelta(hours=first), hours)
        self.assertEqual(
            steps_due(called, end, hours, seen), steps_due(called, end, hours)
        )
        self.assertGreaterEqual(steps_due(called, called, hours, seen), seen)
        following = next_step_at(called, hours, steps_due(called, end, hours))
        self.assertTrue(following is None or following > end)


class TestShelfLife(BaseCase):
    @given(piles, st.floats(0, 50), st.integers(0, 50).map(float))
    def test_what_is_left_is_what_a_day_by_day_count_leaves(self, shelf, use, used):
        left = unused_at_expiry(shelf, use, used)
        stock = [pile.quantity for pile in shelf]
        demand, day = used, 0.0
        for at, pile in enumerate(shelf):
            # All lots lie there from the first day on: the first to expire is taken
            # first, and demand that found nothing is lost.
            demand += use * (pile.days_left - day)
            day = pile.days_left
            for other in range(at, len(shelf)):
                taken = min(stock[other], demand)
                stock[other] -= taken
                demand -= taken
            demand = 0.0
            self.assertAlmostEqual(left[at], stock[at], places=4)
            stock[at] = 0.0

    def test_by_hand(self):
        # 40 for 20 days and 30 for 30 days at 1 a day: 20 of the first expire, and of
        # the second 10 more are used.
        self.assertEqual(
            unused_at_expiry([Pile(40, 20), Pile(30, 30)], 1.0), [20.0, 20.0]
        )
        self.assertEqual(unused_at_expiry([Pile(5, 10)], 0.0), [5.0])
        self.assertEqual(unused_at_expiry([Pile(5, 10)], 0.0, used=2.0), [3.0])

    def test_nothing_moved_for_its_whole_life_is_dead(self):
        now = datetime(2026, 7, 1)
        self.assertEqual(idle_days(now, now, None), 0)
        self.assertEqual(idle_days(now, datetime(2026, 6, 1), None), 30)


class TestProjection(BaseCase):
    @given(piles, st.floats(0, 40), st.integers(1, 60))
    def test_stock_without_arrivals_never_grows_and_is_never_negative(
        self, shelf, use, days
    ):
        stock = projected_stock(shelf, use, (), days)
        self.assertEqual(len(stock), days + 1)
        self.assertTrue(all(level >= 0 for level in stock))
        self.assertTrue(
            all(b <= a + 1e-9 for a, b in zip(stock, stock[1:], strict=False))
        )

    def test_arrivals_come_on_their_day_and_lots_go_on_theirs(self):
        stock = projected_stock(
            [Pile(10, 2), Pile(10, math.inf)], 1.0, [Arrival(5, 0), Arrival(7, 4)], 4
        )
        self.assertEqual(stock, [25, 24, 23, 14, 20])

    def test_the_day_on_which_nothing_is_left(self):
        self.assertEqual(runs_out_on(projected_stock([Pile(3, 99)], 1.0, (), 9)), 3)
        self.assertIsNone(runs_out_on([5, 4]))


class TestNextStep(BaseCase):
    @given(
        st.integers(1, 200),
        st.lists(st.builds(Giver, st.integers(), quantities, quantities), max_size=5),
    )
    def test_nobody_gives_what_it_needs_itself(self, missing, givers):
        found = best_givers(missing, givers, at_most=3)
        able = [giver for giver in givers if giver.spare >= 1]
        self.assertEqual(len(found), min(len(able), 3))
        for giver, quantity in found:
            self.assertTrue(1 <= quantity <= missing)
            self.assertGreaterEqual(giver.usable - quantity, giver.kept)
        if found:
            most = max(giver.spare for giver in able)
            self.assertEqual(found[0][0].spare, most)

    def test_the_cheapest_step_comes_first(self):
        steps = [Step("purchase"), Step("transfer"), Step("requisition")]
        self.assertEqual(
            [step.kind for step in in_order(steps)],
            ["requisition", "transfer", "purchase"],
        )
        self.assertEqual(missing_units(30, 0, 20), 0)

    def test_whole_units_are_asked_for(self):
        self.assertEqual(missing_units(0, 0, 0.16), 1)
        self.assertEqual(missing_units(3.5, 0, 20), 17)
        self.assertEqual(missing_units(3, 0, 20), 17)
