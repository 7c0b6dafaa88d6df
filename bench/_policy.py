"""What our reorder levels save against those of others, on anybody's own history.

    make bench-policy DATA=folder [TARGET=0.96] [SEED=1]

Every rule meets the same demand, lead times and shelf lives day by day over the last
fifth of the history, and knows at each moment only what had been by then. Each is moved
along its own curve to the fill asked for; ours is also run unaided: with prices found
in the past alone, corrected as time goes by. One JSON object per line.
"""

import argparse
import json
import sys
import time
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

PROJECT = Path(__file__).resolve().parent.parent
sys.path[:0] = [
    str(PROJECT),
    str(PROJECT / "addons" / "med_replenishment"),
    str(PROJECT / "addons" / "med_consumables" / "core"),
]

from core.champion import back_test  # noqa: E402
from core.exposure import exposure_at  # noqa: E402
from core.fill_target import (  # noqa: E402
    Achieved,
    Target,
    days_of_week,
    prices_for,
    replay_curve,
)
from core.panel import Demand, Rules, Supply  # noqa: E402
from core.picture import observe  # noqa: E402
from core.pool import learn  # noqa: E402
from core.reorder_search import candidates, choose, may_miss  # noqa: E402
from core.replay import Draws, Outcome, Shelves, Terms  # noqa: E402
from redistribution import Lot, Policy, Use, propose  # noqa: E402

from bench import _panel_data as data  # noqa: E402
from bench._peer_policies import PEERS  # noqa: E402
from bench._policy_figures import Foreseen, report  # noqa: E402

WEEK, KEPT_WEEKS = 7, 100
#: Prices of an order line, in usual lines' value, by the share of its cost that what
#: expires is weighed with; and prices of a missed line.
ORDER_LINES = {
    1.0: (0.01, 0.05, 0.1, 0.2, 0.35, 0.6, 1.2, 2.5),
    0.25: (0.003, 0.02, 0.06, 0.15, 0.4, 1.0),
    0.0: (0.003, 0.01, 0.03, 0.1, 0.3, 1.0),
}
LADDER = np.geomspace(0.02, 150, 15)
HOLDING = 0.20
#: Weeks between two replays, and between two corrections, of the unaided run.
REPLAY_WEEKS, CORRECT_WEEKS = 13, 4
VITAL_TARGET = 0.99
#: No item misses more than so many times what is allowed, left to itself.
MOST_MISSED = 4.0
FIRST_WEEKS = 8
#: What will expire moves at the week's end, without delay; excess stays.
AGEING = Policy(near=np.inf, cover=np.inf, handling=0)


@dataclass(frozen=True, slots=True, eq=False)
class PeerTerms:
    lead: np.ndarray
    lead_variance: np.ndarray
    review: np.ndarray
    least: np.ndarray


class Scene:
    """A panel with its draws: what rules may know, and what will come."""

    def __init__(self, panel: data.Panel, seed):
        self.panel, self.chance = panel, data.draw(panel, seed)
        past = self.chance.lead[:, : panel.live]
        items = len(panel.names)
        review = np.full(items, float(data.REVIEW_DAYS))
        self.supply = Supply.of(
            past.mean(1), past.std(1), review, panel.pack, panel.pack
        )
        thin = np.linspace(0, past.shape[1] - 1, 200).astype(int)
        self.supply = replace(self.supply, lead_samples=past[:, thin].astype(float))
        self.terms = Terms(panel.pack, panel.pack, review, np.round(past.mean(1)))
        self.peers = PeerTerms(past.mean(1), past.var(1), review, panel.pack)
        used = panel.quantity[:, : panel.live]
        sizes = used.sum(1) / np.maximum((used > 0).sum(1), 1)
        self.line_value = float(np.median((sizes * panel.unit_cost)[sizes > 0]))
        self.flat = self.rules(vital=np.zeros(items, bool), weight=1.0)
        self.by_class = self.rules(panel.ved == "V", panel.line_weight)

    def rules(self, vital, weight):
        """Costs and classes; an order line costs a tenth of a usual line's value."""
        panel = self.panel
        return Rules.of(
            panel.unit_cost,
            vital,
            weight,
            panel.shelf * 0.75,
            holding_rate=HOLDING,
            order_line=self.order_line,
        )

    def bound(self, target):
        """Classes as they are, and no item that misses more than a multiple of what is
        allowed, whatever it costs."""
        service = np.where(self.by_class.vital, VITAL_TARGET, target)
        least = np.maximum(1 - MOST_MISSED * (1 - service), 0)
        return replace(self.by_class, least_fill=least)

    @property
    def order_line(self):
        return 0.1 * self.line_value

    def draws(self, start):
        panel, chance = self.panel, self.chance
        return Draws(
            panel.quantity[:, start:],
            chance.lead[:, start:],
            chance.life[:, start:],
            (chance.offset - start) % data.REVIEW_DAYS,
        )


class Weeks:
    """Everything that is planned week by week, from the past of each week only."""

    def __init__(self, scene: Scene, quantity=None):
        panel = scene.panel
        self.scene = scene
        self.quantity = panel.quantity if quantity is None else quantity
        self.category = np.zeros(len(panel.names), int)
        self.pool = self.method = None

    def learn_at(self, day, rules):
        """Look at all that was before ``day``; returns the demand as it was known."""
        demand = Demand.of(self.quantity[:, :day])
        self.pool = learn(demand, self.scene.supply, rules)
        return demand

    def look(self, day):
        """Picture and exposure at the start of ``day``."""
        demand = Demand.of(self.quantity[:, :day])
        picture = observe(
            demand, self.pool.weekday, first=-KEPT_WEEKS, season=self.pool.season
        )
        supply, laws = self.scene.supply, self.pool.laws
        tested = back_test(
            picture, laws, supply, self.category, common=self.pool.method_error
        )
        exposure = exposure_at(
            picture, laws, supply, self.category, picture.weeks, method=tested.method
        )
        self.shift = days_of_week(picture, supply, exposure, picture.weeks)
        self.used = ~picture.ended(picture.weeks)[:, None]
        self.worst = picture.worst_interval(
            picture.weeks, supply.protection_days, self.scene.by_class.vital
        )
        return exposure

    def of_days(self, level, count):
        """A level on each of the next ``count`` days; none of what is used no more."""
        return (level[:, None] + self.shift[:, :count]) * self.used

    def candidates(self, exposure, rules, order_line, expiry=1.0, worst=None):
        supply, errors = self.scene.supply, self.pool.errors
        return candidates(exposure, supply, rules, errors, order_line, expiry, worst)


def sweep(scene: Scene, weeks: Weeks, targets):
    """Play every rule at every scale, and our unaided runs, through the same weeks."""
    panel, start = scene.panel, scene.panel.live
    items, days = panel.quantity.shape
    draws = scene.draws(start)
    plans = [(order, share) for share in ORDER_LINES for order in ORDER_LINES[share]]
    ours = Shelves(draws, scene.terms, len(plans) * len(LADDER))
    peers = [Peer(scene, name) for name in PEERS]
    unaided = [Unaided(scene, draws, target) for target in targets]
    unaided += [Unaided(scene, draws, target, corrected=False) for target in targets]
    unaided += [Unaided(scene, draws, target, transfers=True) for target in targets[:1]]
    totals, foreseen = {}, Foreseen(panel)
    for day in range(start, days, WEEK):
        count = min(WEEK, days - day)
        if (day - start) % (WEEK * REPLAY_WEEKS) == 0:
            known = weeks.learn_at(day, scene.flat)
            if unaided:
                curves = {
                    target: replay_curve(
                        known, scene.supply, scene.bound(target), weeks.pool
                    )
                    for target in targets
                }
        exposure = weeks.look(day)
        low, top = our_levels(scene, weeks, exposure, plans, count)
        daily = np.tile(np.repeat(exposure.daily[:, None], count, 1), (ours.rules, 1))
        weighed = np.repeat([share > 0 for _, share in plans], len(LADDER) * items)
        daily = np.where(weighed[:, None], daily, 1e9)
        played = {"ours": play(ours, day, start, count, low, top, daily)}
        for peer in peers:
            played[peer.name] = peer.play(day, start, count)
        found = weeks.candidates(
            exposure, scene.by_class, scene.order_line, worst=weeks.worst
        )
        for run in unaided:
            played[run.name] = run.play(
                found, exposure, weeks, curves[run.target], day, start, count
            )
        if day + WEEK > panel.test_start:
            protection = scene.supply.protection_days
            foreseen.look(exposure, weeks.pool.errors, protection, day)
            for name, outcome in played.items():
                totals[name] = totals[name] + outcome if name in totals else outcome
    return totals, plans, foreseen


def our_levels(scene, weeks, exposure, plans, count):
    """Levels of every plan at every price of a missed line, (rules * items, days)."""
    low, top = [], []
    for order, share in plans:
        price = order * scene.line_value
        found = weeks.candidates(exposure, scene.flat, price, share)
        for rung in LADDER:
            chosen = choose(found, rung * scene.line_value)
            low.append(weeks.of_days(chosen.reorder_point, count))
            top.append(weeks.of_days(chosen.order_up_to, count))
    return np.vstack(low), np.vstack(top)


def play(shelves, day, start, count, low, top, daily=None, move=None) -> Outcome:
    at = day - start
    return shelves.run(at, at + count, low, top, daily, move)


class Peer:
    def __init__(self, scene, name):
        self.scene, self.name = scene, name
        self.levels, self.scales, self.once = PEERS[name]
        self.shelves = Shelves(
            scene.draws(scene.panel.live), scene.terms, len(self.scales)
        )
        self.past = scene.panel.quantity[:, : scene.panel.live]
        self.kept = None

    def play(self, day, start, count):
        if self.kept is None or not self.once:
            today = self.scene.panel.quantity[:, :day]
            pairs = [
                self.levels(self.past, scale, today, self.scene.peers)
                for scale in self.scales
            ]
            self.kept = [
                np.concatenate(column)[:, None] for column in zip(*pairs, strict=True)
            ]
        low, top = (np.repeat(column, count, 1) for column in self.kept)
        return play(self.shelves, day, start, count, low, top)


class Unaided:
    """Our rule left to itself: prices from the past, corrected by what it achieved."""

    def __init__(self, scene, draws, target, corrected=True, transfers=False):
        self.scene, self.target = scene, target
        self.rules = scene.bound(target)
        self.corrected, self.transfers = corrected, transfers
        self.name = target, corrected, transfers
        self.shelves = Shelves(draws, scene.terms)
        self.price, self.history = None, []

    def play(self, found, exposure, weeks, curve, day, start, count):
        if (day - start) % (WEEK * CORRECT_WEEKS) == 0:
            achieved = self.achieved() if self.corrected else None
            target = Target(self.target, VITAL_TARGET)
            self.price = prices_for(curve, target, achieved, self.price)
        rules = self.rules
        price = self.price[rules.vital.astype(int)]
        price = price * np.where(rules.vital, 1, rules.weight)
        chosen = choose(found, price, may_miss(exposure, rules))
        outcome = play(
            self.shelves,
            day,
            start,
            count,
            weeks.of_days(chosen.reorder_point, count),
            weeks.of_days(chosen.order_up_to, count),
            np.repeat(exposure.daily[:, None], count, 1),
            partial(self.move, exposure) if self.transfers else None,
        )
        self.history.append(outcome)
        return outcome

    def move(self, exposure, by_week, _day):
        """Carry ageing stock to where it is used, by the rule of the product's own
        proposals; returns the units moved."""
        moved = np.zeros(len(by_week))
        size = exposure.line_size * (1 + exposure.line_spread)
        lump = np.maximum(size - exposure.daily, 0)
        groups = self.scene.panel.groups
        for group in np.unique(groups):
            rows = np.flatnonzero(groups == group)
            lots = [
                Lot((row, week), row, float(by_week[row, week]), WEEK * (week + 1.0))
                for row in rows
                for week in np.flatnonzero(by_week[row] >= 1)
            ]
            uses = {
                row: Use(float(exposure.daily[row]), float(lump[row])) for row in rows
            }
            for offer in propose(lots, uses, AGEING):
                row, week = offer.key
                by_week[row, week] -= offer.quantity
                by_week[offer.place, week] += offer.quantity
                moved[offer.place] += offer.quantity
        return moved

    def achieved(self):
        """Of the last year, without the weeks that lived off the first filling."""
        year = self.history[FIRST_WEEKS:][-52:]
        vital = self.rules.vital
        lines, missed = np.zeros(2), np.zeros(2)
        for outcome in year:
            for group, mine in enumerate((~vital, vital)):
                lines[group] += outcome.lines[mine].sum()
                missed[group] += (outcome.lines - outcome.served)[mine].sum()
        return Achieved(lines, missed, len(year) * 7.0)


def main():
    parser = argparse.ArgumentParser(prog="make bench-policy")
    parser.add_argument("folder")
    parser.add_argument("--target", type=float, default=0.96)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    began = time.monotonic()
    scene = Scene(data.load(arguments.folder), arguments.seed)
    targets = sorted(
        {arguments.target, 0.96, 0.98}, key=lambda x: x != arguments.target
    )
    totals, plans, foreseen = sweep(scene, Weeks(scene), targets)
    for line in report(scene, totals, plans, LADDER, arguments.target, targets):
        print(json.dumps(line), flush=True)
    print(json.dumps(foreseen.line()))
    print(json.dumps({"seconds": round(time.monotonic() - began, 1)}))


if __name__ == "__main__":
    main()
