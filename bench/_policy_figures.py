"""Figures of played rules, read at equal fill, as lines of a report."""

import numpy as np

from bench._peer_policies import PEERS

HOLDING = 0.20
#: How many order lines more than the other rule's ours may need when compared.
MORE_LINES = 1.05
DIGITS = 4
#: Whether the expiry is weighed, what that is called, and what is made least.
COMPARED = (
    (True, "ours", "inventory_value"),
    (True, "ours", "cost"),
    (False, "ours, expiry not weighed", "inventory_value"),
)


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
    }
    return [
        {key: float(value[i]) for key, value in found.items()} for i in range(rules)
    ]


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
    ours = {
        weighed: [
            c for c, plan in zip(curves, plans, strict=True) if plan[1] is weighed
        ]
        for weighed in (True, False)
    }
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
    house = with_lines(ours[True], fill, np.inf)
    if house:
        yield _line("ours", house)
    for name, points in peers.items():
        peer = at_fill(points, fill)
        yield _line(name, peer or {"fill": fill, "out_of_reach": True})
        if not peer:
            continue
        for weighed, label, goal in COMPARED:
            most = MORE_LINES * peer["order_lines"]
            best = with_lines(ours[weighed], fill, most, goal)
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
