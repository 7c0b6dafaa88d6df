"""What a night of replenishment costs: the plan, and the whole run in Odoo."""

import resource
import sys
import time
from pathlib import Path

import numpy as np

from bench import _ddmrp
from bench._nightly import Hospital

# The core is plain Python; benches are listed before Odoo knows where addons are.
ADDON = Path(__file__).resolve().parent.parent / "addons" / "med_replenishment"
sys.path.insert(0, str(ADDON))

from core.panel import Demand, Rules, Supply, rows  # noqa: E402
from core.planning import learn, propose  # noqa: E402

FLOOR = "med_replenishment"

DAYS = 730
ONE_BY_ONE = 200
LINES_OF_A_DAY = 5_000


def panel_100k(env, quick):
    """Seconds from 100,000 daily series of two years to reorder point and order-up-to.

    The peer is the same plan computed item by item, as a rule that recomputes itself
    does; a sample of it, at its full cost.
    """
    sizes = (2_000,) if quick else (10_000, 30_000, 100_000)
    for items in sizes:
        demand, supply, rules = _warehouse(items)
        began, busy = time.perf_counter(), time.process_time()
        pool = learn(demand, supply, rules)
        plan = propose(demand, supply, rules, pool)
        seconds = time.perf_counter() - began
        busy = time.process_time() - busy
        assert (plan.reorder_point <= plan.order_up_to).all()
        yield {
            "value": seconds,
            "unit": "s",
            "peer": "item by item",
            "peer_value": _one_by_one(demand, supply, rules, pool) * items,
            "n": items,
            "cpu_seconds": busy,
            "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        }


def _one_by_one(demand, supply, rules, pool):
    """Seconds an item, alone."""
    began = time.perf_counter()
    for item in range(ONE_BY_ONE):
        one = slice(item, item + 1)
        propose(rows(demand, one), rows(supply, one), rows(rules, one), pool)
    return (time.perf_counter() - began) / ONE_BY_ONE


def nightly(env, quick):
    """Seconds of the whole nightly run: demand, forecast, levels, published proposals.

    Every rule gets new levels, which is the worst night. A line for each size; the last
    is the full size.
    """
    hospital = Hospital(env)
    for rules in (1_000, 2_000) if quick else (10_000, 20_000, 50_000):
        hospital.grow(rules)
        hospital.evening()
        hospital.new_use(min(LINES_OF_A_DAY, rules // 10))
        seconds = hospital.night()
        published = hospital.published()
        if published < 0.95 * rules:
            raise AssertionError(f"Only {published} of {rules} rules got levels.")
        yield {
            "value": seconds,
            "unit": "s",
            "n": rules,
            "published": published,
            "ms_per_rule": 1000 * seconds / rules,
            "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        }


def per_rule_vs_ddmrp(env, quick):
    """Milliseconds a reorder rule of the whole nightly run, beside those a buffer that
    OCA's DDMRP needs for its own recompute (use a day, zones, priorities).

    The peer runs in the same call, on an equal hospital in a database of its own.
    """
    sizes = (500, 1_000) if quick else (1_000, 3_000)
    peers = {found["n"]: found for found in _ddmrp.recompute(sizes)}
    hospital = Hospital(env)
    for rules in sizes:
        hospital.grow(rules)
        hospital.evening()
        hospital.new_use(rules // 10)
        seconds = hospital.night()
        theirs = peers[rules]
        yield {
            "value": 1000 * seconds / rules,
            "unit": "ms/rule",
            "peer": f"odoo-addon-ddmrp {_ddmrp.VERSION}",
            "peer_value": 1000 * (theirs["use"] + theirs["buffers"]) / rules,
            "n": rules,
            "published": hospital.published(),
            "peer_use_ms": 1000 * theirs["use"] / rules,
            "peer_buffers_ms": 1000 * theirs["buffers"] / rules,
        }


def _warehouse(items):
    """Lumpy daily use with weekdays, of items of all sizes, by a fixed seed."""
    random = np.random.default_rng(1)
    quantity = np.empty((items, DAYS), np.uint16)
    for start in range(0, items, 5_000):
        count = min(5_000, items - start)
        mean = np.exp(random.normal(-0.5, 1.6, count))[:, None]
        lumps = random.uniform(0.15, 2, count)[:, None]
        week = random.dirichlet([6, 6, 6, 6, 6, 2, 1.5], count) * 7
        rate = mean * week[:, np.arange(DAYS) % 7]
        rate = rate * random.gamma(lumps, 1 / lumps, (count, DAYS))
        quantity[start : start + count] = np.minimum(random.poisson(rate), 60_000)
    supply = Supply.of(
        random.choice((1.0, 2, 3, 5, 7, 10, 14), items),
        1.0,
        7.0,
        random.choice((1.0, 5, 10, 20), items),
    )
    shelf = random.choice((180.0, 365, 730, 1e6), items)
    rules = Rules.of(np.exp(random.normal(1, 1.3, items)), shelf_days=shelf)
    return Demand.of(quantity), supply, rules
