"""Figures of played rules, read at equal fill, as lines of a report."""

import numpy as np
from core.demand_quantiles import SHARES, interval_quantiles

from bench._peer_policies import PEERS

HOLDING = 0.20
#: How many order lines more than the other rule's ours may need when compared.
MORE_LINES = 1.05
#: Money a year that is no scrap to speak of.
LITTLE = 1.0
#: Lines that an item must have had for its own fill to be looked at.
ENOUGH_LINES = 8
DIGITS = 4
#: Column of the 95 % quantile.
HIGH = list(SHARES).index(0.95)
#: Shares of its cost that what expires is weighed with, what that is called, what is
#: made least, and the share of the other's scrap that is allowed, if any is set.
COMPARED = (
    ((1.0, 0.25, 0.0), "ours", "inventory_value", 0.5),
    ((1.0,), "ours, expiry weighed in full", "inventory_value", None),
    ((1.0,), "ours", "cost", None),
    ((0.0,), "ours, expiry not weighed", "inventory_value", None),
)


class Foreseen:
    """What was foreseen of lead time and review, against what then came."""

    def __init__(self, panel):
        self.panel, self.covered, self.intervals = panel, 0, 0
        self.missed = self.came = 0.0

    def look(self, exposure, errors, days, day):
        """From the start of ``day``; intervals that outlast the data are left out."""
        quantity = self.panel.quantity
        fits = day + days <= quantity.shape[1]
        rows, last = np.flatnonzero(fits), int(days.max())
        total = np.cumsum(quantity[:, day : day + last], axis=1)
        came = total[rows, days[rows] - 1]
        high = interval_quantiles(exposure, errors)[rows, HIGH]
        self.covered += int((came <= high).sum())
        self.intervals += len(rows)
        self.missed += float(np.abs(came - exposure.mean[rows]).sum())
        self.came += float(came.sum())

    def line(self):
        return {
            "policy": "ours, foreseen",
            "covered_by_95": round(self.covered / max(self.intervals, 1), 4),
            "wape": round(self.missed / max(self.came, 1e-9), 4),
            "intervals": self.intervals,
        }


def figures(outcome, scene, rules, days):
    """What each rule comes to in a year, one dict per rule."""
    cost = scene.panel.unit_cost
    shape = rules, -1
    year = 365 / days

    def money(units):
        return (units.reshape(shape) * cost).sum(1)

    stock = money(outcome.stock) / days
    used = money(outcome.asked) / days
    scrap = money(outcome.expired) * year
    orders = outcome.orders.reshape(shape).sum(1) * year
    lines = outcome.lines.reshape(shape).sum(1)
    found = {
        "fill": outcome.served.reshape(shape).sum(1) / np.maximum(lines, 1),
        "inventory_value": stock,
        "turnover_days": stock / np.maximum(used, 1e-9),
        "order_lines": orders,
        "scrap": scrap,
        "cost": HOLDING * stock + scene.order_line * orders + scrap,
        "stockout_days": outcome.empty.reshape(shape).sum(1) * year,
    } | _tenth_item(outcome, shape)
    return [
        {key: float(value[i]) for key, value in found.items()} for i in range(rules)
    ]


def _tenth_item(outcome, shape):
    """The fill that nine of ten items reach, of those with lines enough to say."""
    lines, served = outcome.lines.reshape(shape), outcome.served.reshape(shape)
    enough = lines[0] >= ENOUGH_LINES
    if not enough.any():
        return {}
    fill = served[:, enough] / lines[:, enough]
    return {"tenth_item_fill": np.quantile(fill, 0.1, axis=1)}


def at_fill(points, fill):
    """A curve read at ``fill``, linear in the log of the share missed; None outside."""
    points = _frontier(points)
    missed = np.array([max(1 - point["fill"], 1e-6) for point in points])[::-1]
    wanted = 1 - fill
    if not missed[0] <= wanted <= missed[-1]:
        return None
    read = {}
    for key in points[0]:
        values = np.array([point[key] for point in points])[::-1]
        read[key] = float(np.interp(np.log(wanted), np.log(missed), values))
    return read | {"fill": fill}


def _frontier(points):
    """From scarce to plenty, without points that hold more and serve no better (much
    stock that expires serves worse)."""
    kept = []
    for point in sorted(points, key=lambda point: point["inventory_value"]):
        if not kept or point["fill"] > kept[-1]["fill"]:
            kept.append(point)
    return kept


def with_lines(curves, fill, most, goal="inventory_value"):
    """Our curve with the least of ``goal`` at ``fill`` and at most ``most`` lines.

    Between two prices of an order line, figures are interpolated.
    """
    read = [point for curve in curves if (point := at_fill(curve, fill))]
    read.sort(key=lambda point: point["order_lines"])
    fitting = [point for point in read if point["order_lines"] <= most]
    for less, more in zip(read, read[1:], strict=False):
        if less["order_lines"] <= most < more["order_lines"]:
            part = (most - less["order_lines"]) / (
                more["order_lines"] - less["order_lines"]
            )
            fitting.append({k: less[k] + part * (more[k] - less[k]) for k in less})
    return min(fitting, key=lambda point: point[goal], default=None)


def report(scene, totals, plans, ladder, target, targets):
    """Lines: ours and each peer at equal fill, ours against each, ours unaided."""
    days = scene.panel.quantity.shape[1] - scene.panel.test_start
    points = figures(totals["ours"], scene, len(plans) * len(ladder), days)
    curves = [points[i : i + len(ladder)] for i in range(0, len(points), len(ladder))]
    ours = {}
    for curve, (_order, share) in zip(curves, plans, strict=True):
        ours.setdefault(share, []).append(curve)
    peers = {
        name: figures(totals[name], scene, len(scales), days)
        for name, (_levels, scales, _once) in PEERS.items()
    }
    for fill in targets:
        yield from _compared(ours, peers, fill, scene)
    for name, outcome in totals.items():
        if isinstance(name, tuple):
            yield _unaided(name, outcome, scene, days)


def _compared(ours, peers, fill, scene):
    house = with_lines(ours[1.0], fill, np.inf)
    if house:
        yield _line("ours", house)
    for name, points in peers.items():
        peer = at_fill(points, fill)
        yield _line(name, peer or {"fill": fill, "out_of_reach": True})
        if not peer:
            continue
        for shares, label, goal, scrap in COMPARED:
            most = MORE_LINES * peer["order_lines"]
            found = [with_lines(ours[share], fill, most, goal) for share in shares]
            allowed = np.inf if scrap is None else max(scrap * peer["scrap"], LITTLE)
            found = [point for point in found if point and point["scrap"] <= allowed]
            best = min(found, key=lambda point: point[goal], default=None)
            if best:
                ratios = {
                    f"{key}_ratio": best[key] / peer[key] if peer[key] > 1 else None
                    for key in ("inventory_value", "order_lines", "scrap", "cost")
                }
                yield _line(label, best | {"against": name, "least": goal} | ratios)


def _unaided(name, outcome, scene, days):
    target, corrected, transfers = name
    (found,) = figures(outcome, scene, 1, days)
    vital = scene.by_class.vital
    lines = outcome.lines[vital].sum()
    if lines:
        found["vital_fill"] = float(outcome.served[vital].sum() / lines)
    label = "ours, unaided" + ("" if corrected else ", never corrected")
    label += ", with transfers" if transfers else ""
    return _line(label, {"target": target, "miss": found["fill"] - target} | found)


def _line(policy, found):
    return {"policy": policy} | {
        key: float(f"{value:.{DIGITS}g}") if isinstance(value, float) else value
        for key, value in found.items()
    }
