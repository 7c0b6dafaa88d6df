"""A folder of somebody's own data as a panel, and what chance adds to it by a seed.

    demand.csv[.gz]      date, item, place, qty
    items.csv[.gz]       item, place, unit_cost, pack, shelf_life_days or empty, ved,
                         lead_days
    lead_ratio.csv[.gz]  ratio: actual over promised lead time (optional)

Columns are found by name, in any order; pack, shelf life, ved and lead_days may be
missing (1, none, E, 7). An item of demand.csv that items.csv does not price is left out
and counted on standard error.
"""

import csv
import gzip
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

#: The last part of the days is the test; before it, rules run in without being counted.
TEST_SHARE = 5
WARM_UP_DAYS = 90
REVIEW_DAYS = 7
NEVER = 1e6
#: Suppliers differ: how far an item's lead times stray from the promise.
SPREADS = (1.0, 1.5, 2.0)
#: What a missed line counts, by VED; vital items have a fill target of their own.
VED_WEIGHT = {"V": 6.0, "E": 2.0, "D": 1.0}


@dataclass(frozen=True, slots=True, eq=False)
class Panel:
    """Columns of a panel: (items,) or (items, days); days from ``first_day`` on."""

    names: list
    groups: np.ndarray
    quantity: np.ndarray
    unit_cost: np.ndarray
    pack: np.ndarray
    shelf: np.ndarray
    ved: np.ndarray
    lead_days: np.ndarray
    lead_ratio: np.ndarray

    @property
    def line_weight(self):
        """What a missed line of each item counts, (items,)."""
        return np.array([VED_WEIGHT.get(one, 1.0) for one in self.ved.tolist()])

    @property
    def test_start(self):
        return self.quantity.shape[1] - self.quantity.shape[1] // TEST_SHARE

    @property
    def live(self):
        """The first day on which rules order."""
        return max(self.test_start - WARM_UP_DAYS, self.test_start // 2)


def rows_of(folder, stem):
    """Rows of a table as dicts; an empty list if there is no such file."""
    for name in (f"{stem}.csv", f"{stem}.csv.gz"):
        path = Path(folder) / name
        if path.exists():
            opener = gzip.open if path.suffix == ".gz" else open
            with opener(path, "rt", encoding="utf-8-sig", newline="") as file:
                return list(csv.DictReader(file))
    return []


def load(folder) -> Panel:
    demand, items = rows_of(folder, "demand"), rows_of(folder, "items")
    if not demand or not items:
        sys.exit(f"{folder} needs demand.csv and items.csv; see docs/forecast.md.")
    known = {_key(row): row for row in items if _number(row, "unit_cost", 0) > 0}
    used = [row for row in demand if _key(row) in known]
    if len(used) < len(demand):
        lost = len(demand) - len(used)
        print(f"{lost} lines of demand have no priced item: left out.", file=sys.stderr)
    names = sorted({_key(row) for row in used})
    index = {name: number for number, name in enumerate(names)}
    days = np.array([row["date"][:10] for row in used], "M8[D]").astype(int)
    quantity = np.zeros((len(names), days.max() - days.min() + 1))
    at = np.array([index[_key(row)] for row in used])
    np.add.at(quantity, (at, days - days.min()), [float(row["qty"]) for row in used])
    rows = [known[name] for name in names]
    ratios = [float(row["ratio"]) for row in rows_of(folder, "lead_ratio")]
    first = {item: number for number, (item, _place) in reversed([*enumerate(names)])}
    return Panel(
        names=names,
        groups=np.array([first[item] for item, _place in names]),
        quantity=np.maximum(quantity, 0),
        unit_cost=_column(rows, "unit_cost", 1),
        pack=np.maximum(_column(rows, "pack", 1), 1e-3),
        shelf=_column(rows, "shelf_life_days", NEVER),
        ved=np.array([(row.get("ved") or "E").strip().upper()[:1] for row in rows]),
        lead_days=np.maximum(_column(rows, "lead_days", 7), 1),
        lead_ratio=np.array(ratios) if ratios else _usual_ratios(),
    )


@dataclass(frozen=True, slots=True, eq=False)
class Chance:
    """What a seed adds: lead times and lives of an order of each day, review days."""

    lead: np.ndarray
    life: np.ndarray
    offset: np.ndarray


def draw(panel: Panel, seed) -> Chance:
    random = np.random.default_rng(seed)
    items, days = panel.quantity.shape
    spread = random.choice(SPREADS, items)[:, None]
    ratio = 1 + spread * (random.choice(panel.lead_ratio, (items, days)) - 1)
    lead = np.clip(np.round(panel.lead_days[:, None] * ratio), 1, 90).astype(int)
    life = np.maximum(
        np.floor(panel.shelf[:, None] * random.uniform(0.5, 1, (items, days))), 7
    )
    life = np.where(panel.shelf[:, None] < NEVER, life, NEVER)
    return Chance(lead, life, random.integers(0, REVIEW_DAYS, items))


def _key(row):
    return row["item"], row.get("place") or ""


def _number(row, column, default):
    text = (row.get(column) or "").strip()
    return float(text) if text else default


def _column(rows, column, default):
    return np.array([_number(row, column, default) for row in rows], float)


def _usual_ratios():
    """Where nothing was measured: late by a third as often as early, seldom doubled."""
    share = (np.arange(400) + 0.5) / 400
    return np.exp(0.3 * np.sqrt(2) * _inverse_error(2 * share - 1))


def _inverse_error(x):
    """erfinv by Winitzki's formula; good to 0.2 %."""
    log = np.log(1 - x * x)
    half = 2 / (np.pi * 0.147) + log / 2
    return np.sign(x) * np.sqrt(np.sqrt(half**2 - log / 0.147) - half)
