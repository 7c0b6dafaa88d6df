"""The price of a missed line at which a warehouse reaches the fill that it asked for.

The past year is played again under a ladder of prices; the price is read off where
the fill is the one asked for. What the year since has really brought corrects it: the
next quarter aims at what makes the whole right again. Both steps are bounded, so that
a bad month does not fill the store, and the ladder ends: no price is without limit.

Vital items have a price and a target of their own; the others then need a little less
for the whole to be what was asked.
"""

from dataclasses import dataclass

import numpy as np

from .champion import back_test
from .error_table import gamma_quantile
from .exposure import exposure_at, over_interval
from .panel import ENDLESS, Demand, Rules, Supply, rows
from .picture import Picture, observe
from .pool import Pool, sample
from .reorder_search import candidates, choose, may_miss
from .replay import Draws, Outcome, Shelves, Terms

#: Rungs, as multiples of the value of a usual line. The lowest are for those whose use
#: is so even that nearly nothing is missed at any price that one would name.
LADDER = np.geomspace(0.02 / 10 ** (15 / 11), 2000, 15)
#: Items and weeks that are played again, and weeks that are not counted at first.
MOST_ITEMS, WEEKS, WARM_UP = 400, 52, 6
#: With fewer counted weeks the plan's own expectation weighs in, as this many weeks.
PRIOR_WEEKS = 8.0
#: Days ahead in which a deviation is made good, and lines missed that weigh as much as
#: the replay when it is corrected.
AHEAD_DAYS = 91
PRIOR_MISSED = 15.0
#: The next quarter aims at a share of misses within these multiples of the one asked.
LEAST_AIM, MOST_AIM = 0.5, 1.15
#: Bounds of the correction. Fewer misses than foretold count only beyond what chance
#: would do: two standard errors of misses that come in clusters of four.
LEAST_RATIO, MOST_RATIO = 0.6, 4.0
DOUBT = 4.0
#: Vital items aim at a quarter of the misses that they are allowed: theirs is a least,
#: not a mean, and they are few, so that chance is large.
VITAL_MARGIN = 0.25
#: A dearer miss still helps when it lowers the share of misses by a twentieth.
STILL_HELPS = 0.05
#: Lines of vital items as which the plan's own expectation weighs beside the replay:
#: none seen missed is not none to come, and one seen may be chance.
PRIOR_LINES = 100.0
#: A missed line of a vital item costs no more than an emergency delivery of it: so many
#: times a usual line's value. Beyond, stock is scrapped for what a courier brings.
EMERGENCY = 10.0
#: Bounds of what is missed in the replay over what the plan expects.
TRUTH = 0.1, 3.0
ORDINARY, VITAL = 0, 1


@dataclass(frozen=True, slots=True)
class Target:
    """Shares of lines to be served in full: of all, and of vital items at least."""

    fill: float = 0.96
    vital: float = 0.99


@dataclass(frozen=True, slots=True, eq=False)
class Achieved:
    """What the last year brought, [ordinary, vital]: lines asked, and missed."""

    lines: np.ndarray
    missed: np.ndarray
    days: float

    @classmethod
    def nothing(cls):
        return cls(np.zeros(2), np.zeros(2), 0.0)


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """The replay: share of lines missed, (2, prices), at each ``price`` (prices,).

    ``expected`` (2, prices) is what the plan itself expects there; ``lines`` (2,) a day
    of ordinary and vital items; ``weeks`` were counted.
    """

    price: np.ndarray
    missed: np.ndarray
    expected: np.ndarray
    lines: np.ndarray
    weeks: int

    def price_at(self, group, missed):
        """The price at which ``group`` misses this share of its lines."""
        rungs = np.log(np.maximum(self.missed[group], 1e-5))
        rungs = np.minimum.accumulate(rungs) - 1e-9 * np.arange(len(rungs))
        # Where no price brings the fill, the least one that brings all there is.
        wanted = max(np.log(np.maximum(missed, 1e-5)), rungs[-1] + STILL_HELPS)
        price = np.interp(-wanted, -rungs, np.log(self.price))
        return float(np.exp(price))

    def missed_at(self, group, price):
        """The share of lines that ``group`` misses at this price."""
        return self._read(self.missed[group], price)

    def truth(self, group, price):
        """Missed in the replay over what the plan expects, at this price, bounded."""
        expected = self._read(self.expected[group], price)
        return float(np.clip(self.missed_at(group, price) / expected, *TRUTH))

    def _read(self, shares, price):
        rungs = np.log(np.maximum(shares, 1e-5))
        return float(np.exp(np.interp(np.log(price), np.log(self.price), rungs)))


def tune(
    demand: Demand,
    supply: Supply,
    rules: Rules,
    pool: Pool,
    target: Target,
    achieved: Achieved | None = None,
) -> Pool:
    """The pool with the prices at which its target is reached."""
    curve = replay_curve(demand, supply, rules, pool)
    prices = prices_for(curve, target, achieved, pool.price)
    truth = [curve.truth(group, prices[group]) for group in (ORDINARY, VITAL)]
    return pool.priced(prices, truth)


def replay_curve(demand: Demand, supply: Supply, rules: Rules, pool: Pool) -> Curve:
    """Play the past again under every price of the ladder."""
    chosen = sample(demand, MOST_ITEMS)
    demand, supply, rules = (rows(x, chosen) for x in (demand, supply, rules))
    picture = observe(
        demand, pool.weekday, first=-WEEKS - WARM_UP - 40, season=pool.season
    )
    weeks = min(WEEKS + WARM_UP, picture.weeks - 12)
    method = back_test(
        picture, pool.laws, supply, demand.category, common=pool.method_error
    ).method
    exposure = exposure_at(
        picture, pool.laws, supply, demand.category, picture.weeks, method=method
    )
    price = LADDER * np.median(rules.unit_cost * exposure.line_size)
    worst = picture.worst_interval(picture.weeks, supply.protection_days, rules.vital)
    found = candidates(exposure, supply, rules, pool.errors, worst=worst)
    expected = _expected_missed(found, exposure, rules, price)
    lines = _lines(exposure.line_rate, rules)
    if weeks <= WARM_UP + 4:
        return Curve(price, expected, expected, lines, 0)
    low, top, daily = past_levels(
        picture,
        demand,
        supply,
        rules,
        pool,
        price,
        range(picture.weeks - weeks, picture.weeks),
        method,
    )
    outcome = _play(picture, supply, rules, low, top, daily, weeks)
    counted = weeks - WARM_UP
    missed = _missed_shares(outcome, rules, len(price))
    played = lines[VITAL] * counted * 7
    missed[VITAL] = (played * missed[VITAL] + PRIOR_LINES * expected[VITAL]) / (
        played + PRIOR_LINES
    )
    trust = counted / (counted + PRIOR_WEEKS)
    both = trust * np.log(np.maximum(missed, 1e-4))
    both += (1 - trust) * np.log(np.maximum(expected, 1e-4))
    return Curve(price, np.exp(both), expected, lines, counted)


def prices_for(curve: Curve, target: Target, achieved=None, before=None) -> np.ndarray:
    """Prices of a missed line, [ordinary, vital], for the time to come.

    ``before`` are the prices under which ``achieved`` came about: what was missed
    against what the curve says of them corrects the curve.
    """
    achieved = achieved or Achieved.nothing()
    vital = VITAL_MARGIN * (1 - target.vital)
    share = curve.lines / max(curve.lines.sum(), 1e-9)
    vital = min(vital, 1 - target.fill)
    ordinary = ((1 - target.fill) - share[VITAL] * vital) / max(share[ORDINARY], 1e-9)
    prices = []
    for group, asked in ((ORDINARY, ordinary), (VITAL, vital)):
        aim = _aim(asked, curve.lines[group], achieved, group)
        if before is not None and np.isfinite(before[group]):
            ratio = _correction(curve, group, achieved, before[group])
            aim /= max(ratio, 1.0) if group == VITAL else ratio
        prices.append(curve.price_at(group, aim))
    usual_line = curve.price[0] / LADDER[0]
    return np.minimum(prices, [np.inf, EMERGENCY * usual_line])


def _aim(asked, lines_a_day, achieved, group):
    """Share to miss in the next quarter so that year and quarter together are right."""
    ahead = lines_a_day * AHEAD_DAYS
    if ahead <= 0:
        return asked
    allowed = asked * (achieved.lines[group] + ahead) - achieved.missed[group]
    return float(np.clip(allowed / ahead, LEAST_AIM * asked, MOST_AIM * asked))


def _correction(curve, group, achieved, price):
    """Missed in truth over missed by the curve, drawn to one where little is known."""
    expected = achieved.lines[group] * curve.missed_at(group, price)
    missed = achieved.missed[group]
    ratio = (missed + PRIOR_MISSED) / (expected + PRIOR_MISSED)
    if ratio < 1:
        ratio = min(1.0, ratio * (1 + DOUBT / np.sqrt(missed + 1)))
    return float(np.clip(ratio, LEAST_RATIO, MOST_RATIO))


def past_levels(picture, demand, supply, rules, pool, price, weeks, method):
    """Levels under each price on each day of past weeks: (prices * items, days)."""
    low, top, daily = [], [], []
    for week in weeks:
        exposure = exposure_at(
            picture, pool.laws, supply, demand.category, week, method=method
        )
        worst = picture.worst_interval(week, supply.protection_days, rules.vital)
        found = candidates(exposure, supply, rules, pool.errors, worst=worst)
        allowed = may_miss(exposure, rules)
        shift = days_of_week(picture, supply, exposure, week)
        for one in price:
            chosen = choose(found, one * _line_weight(rules), allowed)
            low.append(chosen.reorder_point[:, None] + shift)
            top.append(chosen.order_up_to[:, None] + shift)
        daily.append(np.repeat(exposure.daily[:, None], 7, 1))
    return _by_price(low, len(price)), _by_price(top, len(price)), np.hstack(daily)


def days_of_week(picture: Picture, supply, exposure, week):
    """What the mean of each of the next 7 days' intervals is above the first's."""
    level = exposure.daily * 7
    nothing = np.zeros(len(level))
    means = [
        over_interval(
            picture, supply, level, nothing, nothing, supply.protection_days, place
        )[0]
        for place in range(7)
    ]
    return np.stack(means, 1) - means[0][:, None]


def _by_price(levels, prices):
    """[week 1 price 1, week 1 price 2, ...] of (items, 7) as (prices * items, days)."""
    weeks = [np.vstack(levels[i : i + prices]) for i in range(0, len(levels), prices)]
    return np.hstack(weeks).astype(np.float32)


def _line_weight(rules):
    """Weights of ordinary items; a vital item's weight is in its price."""
    return np.where(rules.vital, 1.0, rules.weight)


def _play(picture, supply, rules, low, top, daily, weeks):
    """Outcome of the weeks after the warm-up, of every price and item."""
    start = picture.day_of(picture.weeks - weeks)
    used = np.diff(picture.used_before[:, start:], axis=1)
    items, days = used.shape
    lead = np.stack([supply.lead_of_case(day) for day in range(days)], 1)
    share = (
        0.5 + np.arange(days) * 0.6180339887 + np.arange(items)[:, None] * 0.7549
    ) % 1
    shelf = rules.shelf_days[:, None]
    life = np.where(
        shelf < ENDLESS,
        np.maximum(gamma_quantile(shelf, 0.19 * shelf, share), 7),
        ENDLESS,
    )
    offset = np.arange(items) % np.maximum(supply.review_days, 1).astype(int)
    draws = Draws(used, lead, life, offset)
    terms = Terms(supply.pack, supply.least, supply.review_days, supply.lead_mean)
    shelves = Shelves(draws, terms, len(low) // items)
    daily = np.tile(daily, (len(low) // items, 1))
    warm = WARM_UP * 7
    shelves.run(0, warm, low[:, :warm], top[:, :warm], daily[:, :warm])
    return shelves.run(warm, days, low[:, warm:], top[:, warm:], daily[:, warm:])


def _missed_shares(outcome: Outcome, rules, prices):
    shape = prices, -1
    lines, served = outcome.lines.reshape(shape), outcome.served.reshape(shape)
    return _by_group(lines - served, lines, rules)


def _expected_missed(found, exposure, rules, price):
    """What the plan itself expects, as a share of lines, (2, prices)."""
    allowed, weight = may_miss(exposure, rules), _line_weight(rules)
    missed = [choose(found, one * weight, allowed).missed / 365 for one in price]
    missed = np.minimum(np.array(missed), exposure.line_rate)
    return _by_group(missed, np.broadcast_to(exposure.line_rate, missed.shape), rules)


def _by_group(missed, lines, rules):
    """Shares missed, (2, prices); a group without items takes those of all."""
    shares = []
    for group in (~rules.vital, rules.vital):
        mine = group if lines[0, group].sum() > 0 else np.ones_like(group)
        total = np.maximum(lines[:, mine].sum(1), 1e-9)
        shares.append(missed[:, mine].sum(1) / total)
    return np.array(shares)


def _lines(rate, rules):
    return np.array([rate[~rules.vital].sum(), rate[rules.vital].sum()], float)
