"""Daily use per item and department, shaped by real series (README.md)."""

import csv
import gzip
from datetime import timedelta
from pathlib import Path

import numpy as np

SERIES = Path(__file__).with_name("demand_shapes.csv.gz")
SEED = 20240229
AROUND_DAYS = 28  # a day is compared with the mean of the days this far to either side


def _read():
    """Month factors ``(series, 24)`` and day factors ``(series, days)``."""
    values = {"hospital_monthly": [], "m5_tiny_daily": []}
    with gzip.open(SERIES, "rt", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            values[row["source"]].append(np.array(row["values"].split(), dtype=float))
    monthly, daily = (np.vstack(rows) for rows in values.values())
    return monthly / monthly.mean(axis=1, keepdims=True), _day_factors(daily)


def _day_factors(daily):
    """Each day over the mean around it; the series' weekday profile is taken out."""
    window = np.ones(2 * AROUND_DAYS + 1)
    days = np.convolve(np.ones(daily.shape[1]), window, "same")
    around = np.vstack([np.convolve(row, window, "same") for row in daily]) / days
    factors = daily / np.maximum(around, 1e-9)
    for weekday in range(7):
        column = factors[:, weekday::7]
        column /= np.maximum(column.mean(axis=1, keepdims=True), 1e-9)
    return factors


def daily_use(items, departments, today, days):
    """Units used of every item in every department on each of ``days`` before today.

    Returns ``(dates, {(item code, department code): whole numbers, one per date})``,
    oldest first. The last twelve calendar months follow the second year of the monthly
    series and those before follow the first, each month its own namesake, so that a
    season stays in its season.
    """
    monthly, daily = _read()
    dates = [today - timedelta(days=n) for n in range(days, 0, -1)]
    weekdays = np.array([date.weekday() for date in dates])
    months = np.array([_month_index(date, today) for date in dates])
    chance = np.random.default_rng(SEED)
    use = {}
    pairs = [(item, code) for item in items.values() for code in item.use]
    for number, (item, code) in enumerate(pairs):
        mean = (
            item.use[code]
            * np.clip(monthly[number % len(monthly)][months], 0.6, 1.6)
            * np.clip(daily[number % len(daily)][-days:], 0.2, 2.2)
            * np.array(departments[code].weekdays)[weekdays]
        )
        whole = np.floor(mean + chance.random(days)).astype(int)
        use[item.code, code] = whole if item.chargeable else _counted(whole, weekdays)
    return dates, use


def _counted(use, weekdays):
    """What a count every Sunday finds missing: the week's use, on that day."""
    counted = np.zeros_like(use)
    start = 0
    for end in np.flatnonzero(weekdays == 6):
        counted[end] = use[start : end + 1].sum()
        start = end + 1
    return counted


def _month_index(date, today):
    """Place in the 24 months: the namesake of ``date``'s month, in the later year if it
    is one of the last twelve months."""
    age = (today.year - date.year) * 12 + today.month - date.month
    return date.month - 1 + (12 if age < 12 else 0)
