"""Folders for bench-policy out of public data, with a seed for what is not public.

    python bench/_make_panels.py SOURCE TARGET

SOURCE holds m5_tiny_daily.csv.gz, hospital_dressings_orders.csv.gz,
pharma_atc_daily.csv.gz and scms_deliveries.csv.gz (what they are: docs/forecast.md);
TARGET gets one folder each. Lead times, shelf lives and VED classes are drawn, since no
public set has them; relative lead times are real (deliveries of medical supplies).
"""

import csv
import gzip
import sys
from collections import defaultdict
from datetime import date, timedelta
from pathlib import Path

import numpy as np

PACKS = np.array([1, 2, 5, 10, 20, 25, 50, 100])


def read(path):
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def write(folder, name, header, rows):
    folder.mkdir(parents=True, exist_ok=True)
    with gzip.open(
        folder / f"{name}.csv.gz", "wt", encoding="utf-8", newline=""
    ) as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)


def m5(source):
    """Daily sales of 194 products, the last four years."""
    table = list(read(source / "m5_tiny_daily.csv.gz"))
    days = list(table[0])[3:][-1460:]
    for row in table:
        series = np.array([float(row[day]) for day in days])
        first = int((series > 0).argmax())
        if first < 200 and (series[:730] > 0).sum() >= 40:
            key = row["item_id"], row["store_id"]
            yield (
                key,
                float(row["price"]) * 0.7,
                None,
                dict(zip(days, series, strict=True)),
            )


def dressings(source, level=2):
    """Wound dressings ordered by the departments of a group of hospitals."""
    last = date(2021, 12, 31)
    days = [str(last - timedelta(days=back)) for back in reversed(range(2000))]
    wanted = set(days)
    demand = defaultdict(lambda: defaultdict(float))
    costs, packs = defaultdict(list), defaultdict(list)
    for row in read(source / "hospital_dressings_orders.csv.gz"):
        if not "2015-01-01" <= row["date"] <= "2021-12-31":
            continue
        key = row["item"], "-".join(row["origin"].split("-")[:level])
        costs[key].append(float(row["unit_cost"]))
        packs[key].append(float(row["pack"]))
        if row["date"] in wanted:
            demand[key][row["date"]] += float(row["qty"])
    train, year = set(days[:-600]), set(days[-965:-600])
    for key, series in sorted(demand.items()):
        used = {day for day, quantity in series.items() if quantity > 0}
        if len(used & train) >= 40 and len(used & year) >= 5:
            series = {days[0]: 0.0, days[-1]: 0.0} | series
            yield (
                key,
                float(np.median(costs[key])),
                float(np.median(packs[key])),
                series,
            )


def pharmacy(source):
    """Daily sales of a pharmacy by eight groups of drugs."""
    costs = dict(
        zip(
            ("M01AB", "M01AE", "N02BA", "N02BE", "N05B", "N05C", "R03", "R06"),
            (4, 3, 2, 2, 5, 6, 12, 5),
            strict=True,
        )
    )
    table = list(read(source / "pharma_atc_daily.csv.gz"))
    for name, cost in costs.items():
        series = {row["date"]: round(max(float(row[name]), 0)) for row in table}
        yield (name, "pharmacy"), float(cost), None, series


def lead_ratios(source):
    """(delivered - sent) / (scheduled - sent) of real deliveries."""
    for row in read(source / "scms_deliveries.csv.gz"):
        try:
            sent, due, came = (
                date.fromisoformat(row[k])
                for k in ("po_sent", "scheduled", "delivered")
            )
        except ValueError:
            continue
        if 10 <= (due - sent).days <= 365 and (came - sent).days >= 1:
            yield [round((came - sent).days / (due - sent).days, 4)]


def make(source, folder, series, seed=7):
    series = list(series)
    random = np.random.default_rng(seed)
    count = len(series)
    lead = random.choice((1, 2, 3, 5, 7, 10, 14), count)
    shares = (0.08, 0.12, 0.2, 0.3, 0.3)
    products = sorted({key[0] for key, *_ in series})
    life = dict(
        zip(
            products,
            random.choice((60, 90, 180, 365, 730), len(products), p=shares),
            strict=True,
        )
    )
    ved = random.choice(list("VED"), count, p=(0.15, 0.45, 0.40))
    items, demand = [], []
    for number, (key, cost, pack, days) in enumerate(series):
        daily = sum(days.values()) / 0.95 / max(len(days), 1)
        if pack is None:
            pack = PACKS[max(1, 3 * daily) >= PACKS].max()
        items.append(
            [*key, round(cost, 5), pack, life[key[0]], ved[number], lead[number]]
        )
        demand += [[day, *key, f"{quantity:g}"] for day, quantity in days.items()]
    header = [
        "item",
        "place",
        "unit_cost",
        "pack",
        "shelf_life_days",
        "ved",
        "lead_days",
    ]
    write(folder, "items", header, items)
    write(folder, "demand", ["date", "item", "place", "qty"], sorted(demand))
    write(folder, "lead_ratio", ["ratio"], lead_ratios(source))


def main():
    source, target = map(Path, sys.argv[1:3])
    for name, maker in {"m5": m5, "dressings": dressings, "pharmacy": pharmacy}.items():
        make(source, target / name, maker(source))


if __name__ == "__main__":
    main()
