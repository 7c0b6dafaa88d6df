"""The business case: the hospital's own past played again under two rules.

The first rule is fixed levels (today's), the second is the plan of this suite, made
anew each week from what was known before that week only: errors, spreads and the price
of a miss are learned from the time before the first day that is played. Both meet the
same demand, lead times and shelf lives. What was announced is announced to our rule
again, over lead time and review, as in a night. Places are played one by one; that a
store without stock makes its departments wait is in neither.
"""

from dataclasses import dataclass, replace

import numpy as np

from .announced import LATELY
from .champion import back_test
from .error_table import gamma_quantile
from .exposure import exposure_at
from .fill_target import Target, days_of_week, tune
from .panel import ENDLESS, Demand, Rules, Supply
from .picture import YEAR_WEEKS, observe
from .planning import prices
from .pool import Pool, learn
from .reorder_search import candidates, choose, keep_within, may_miss
from .replay import Draws, Outcome, Shelves, Terms

WEEK = 7
#: Shelf life left at arrival varies by this share of it.
LIFE_SPREAD = 0.19
TODAY, OURS = 0, 1


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """Outcome of each item, (2, items): [today, ours], over ``days`` days played."""

    days: int
    outcome: Outcome


def business_case(
    demand: Demand,
    supply: Supply,
    rules: Rules,
    low: np.ndarray,
    top: np.ndarray,
    weeks: int,
    target: Target,
) -> Case:
    """Play the last ``weeks`` under ``low`` and ``top`` (items,) and under our rule."""
    days = weeks * WEEK
    before = _until(demand, days)
    pool = tune(before, supply, rules, learn(before, supply, rules), target)
    picture = observe(demand, pool.weekday, first=-weeks, season=pool.season)
    method = _champions(before, supply, pool)
    ours = _our_levels(picture, demand, supply, rules, pool, weeks, method)
    fixed = (np.repeat(level[:, None], days, 1) for level in (low, top))
    levels = [np.vstack(pair) for pair in zip(fixed, ours[:2], strict=True)]
    shelves = Shelves(*_draws(demand, supply, rules, days), 2)
    daily = np.vstack([np.zeros_like(ours[2]), ours[2]]).astype(np.float32)
    outcome = shelves.run(0, days, *levels, daily)
    return Case(days, Outcome(*(_by_rule(outcome, name) for name in _NAMES)))


_NAMES = [
    "lines",
    "served",
    "asked",
    "short",
    "stock",
    "empty",
    "expired",
    "orders",
    "ordered",
    "moved",
]


def _by_rule(outcome, name):
    return getattr(outcome, name).reshape(2, -1)


def _until(demand, days):
    """The demand that was known ``days`` days ago."""
    known = None if demand.known is None else demand.known[:, :-days]
    return replace(
        demand,
        quantity=demand.quantity[:, :-days],
        unseen=demand.unseen[:, :-days],
        known=known,
    )


def _champions(before, supply, pool):
    """The forecast that had foreseen each item best before the first day played."""
    picture = observe(before, pool.weekday, first=-YEAR_WEEKS, season=pool.season)
    return back_test(
        picture, pool.laws, supply, before.category, common=pool.method_error
    ).method


def _our_levels(picture, demand, supply, rules, pool: Pool, weeks, method):
    """Our levels and daily use on each day, three arrays (items, days)."""
    low, top, daily = [], [], []
    announced = _announced(demand, supply, weeks * WEEK)
    for week in range(picture.weeks - weeks, picture.weeks):
        exposure = exposure_at(
            picture, pool.laws, supply, demand.category, week, method=method
        )
        worst = picture.worst_interval(week, supply.protection_days, rules.vital)
        found = candidates(exposure, supply, rules, pool.errors, worst=worst)
        chosen = choose(found, prices(rules, pool, exposure), may_miss(exposure, rules))
        ended = picture.ended(week)
        point = np.where(ended, 0, chosen.reorder_point)
        upto = np.where(ended, 0, chosen.order_up_to)
        shift = days_of_week(picture, supply, exposure, week)
        for day in range(WEEK):
            known = announced[:, len(daily)]
            within = keep_within(point + known, upto + known, supply, rules)
            low.append((within[0] + shift[:, day])[:, None])
            top.append((within[1] + shift[:, day])[:, None])
            use = exposure.daily + known / supply.protection_days
            daily.append(use[:, None])
    return tuple(np.hstack(part).astype(np.float32) for part in (low, top, daily))


def _announced(demand, supply, days):
    """Units announced for lead time and review from each of the last ``days`` on.

    Beyond the last day that is known, lists come as they came of late.
    """
    if demand.known is None:
        return np.zeros((len(demand.quantity), days), np.float32)
    known = np.asarray(demand.known, float)
    ahead = int(supply.protection_days.max())
    usual = known[:, -LATELY:].mean(1)
    known = np.hstack([known[:, -days:], np.repeat(usual[:, None], ahead, 1)])
    before = np.pad(known.cumsum(1), ((0, 0), (1, 0)))
    first = np.arange(days)
    until = first + supply.protection_days[:, None]
    return np.take_along_axis(before, until, 1) - before[:, first]


def _draws(demand, supply, rules, days):
    used = np.maximum(np.where(demand.unseen, 0, demand.quantity)[:, -days:], 0)
    items = len(used)
    lead = np.stack([supply.lead_of_case(day) for day in range(days)], 1)
    walk = np.arange(days) * 0.6180339887 + np.arange(items)[:, None] * 0.7549
    shelf = np.minimum(rules.shelf_days, ENDLESS)[:, None]
    life = np.where(
        shelf < ENDLESS,
        np.maximum(gamma_quantile(shelf, LIFE_SPREAD * shelf, (0.5 + walk) % 1), WEEK),
        ENDLESS,
    )
    offset = np.arange(items) % np.maximum(supply.review_days, 1).astype(int)
    terms = Terms(
        np.maximum(supply.pack, 1e-6),
        supply.least,
        supply.review_days,
        supply.lead_mean,
    )
    return Draws(used, lead, life, offset), terms


#: Levels are raised to at most so many times what they are, or lowered as much.
MOST_TIMES = 4.0
#: How closely the service is met, and in how many trials.
CLOSE, TRIALS = 0.0005, 9


@dataclass(frozen=True, slots=True, eq=False)
class Equal:
    """Fixed levels at ``factor`` times what they are: the same service as ours."""

    factor: float
    outcome: Outcome


def at_same_service(
    demand: Demand,
    supply: Supply,
    rules: Rules,
    low: np.ndarray,
    top: np.ndarray,
    case: Case,
) -> Equal | None:
    """Play the fixed levels once more, all times one factor, so that they serve as
    large a share of requests as ours do in ``case``.

    Two rules can be compared by cost only where they serve alike: less stock is cheap
    to have. The factor is halved in on a logarithmic scale, as more stock serves more.
    None where not even ``MOST_TIMES`` the levels are enough.
    """
    draws = _draws(demand, supply, rules, case.days)
    asked = case.outcome.lines[OURS].sum()
    wanted = case.outcome.served[OURS].sum() / max(asked, 1)

    def play(factor):
        levels = (
            np.repeat(level[:, None] * factor, case.days, 1) for level in (low, top)
        )
        return Shelves(*draws).run(
            0, case.days, *(p.astype(np.float32) for p in levels)
        )

    def served(outcome):
        return outcome.served.sum() / max(outcome.lines.sum(), 1)

    best, least, most = MOST_TIMES, 1 / MOST_TIMES, MOST_TIMES
    outcome = play(best)
    if served(outcome) < wanted:
        return None
    for _trial in range(TRIALS):
        factor = float(np.sqrt(least * most))
        played = play(factor)
        if served(played) >= wanted:
            best, outcome, most = factor, played, factor
            if served(played) - wanted < CLOSE:
                break
        else:
            least = factor
    return Equal(best, outcome)
