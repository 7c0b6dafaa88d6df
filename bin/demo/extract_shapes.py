"""Cut the small extract of real demand series that the demo hospital's history follows.

    python bin/demo/extract_shapes.py FOLDER_WITH_THE_SERIES

FOLDER holds ``hospital_monthly.csv.gz`` and ``m5_tiny_daily.csv.gz`` (see README.md
here for where they come from and their licences). The extract is committed, so this
runs only when somebody wants other series. The result is always the same.
"""

import csv
import gzip
import io
import sys
from pathlib import Path
from statistics import mean

MONTHS = 24  # the last two years of the monthly set: 2004-01 to 2005-12
DAYS = 574  # 18 months of days and four weeks to align the weekday
MONTHLY_SERIES = 48
DAILY_SERIES = 32
OUT = Path(__file__).with_name("demand_shapes.csv.gz")


def read(path):
    """Rows of a wide table: (label, list of values as text)."""
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        rows = csv.reader(file)
        header = next(rows)
        labels = sum(1 for name in header if not name[:1].isdigit())
        for row in rows:
            yield "/".join(row[: min(labels, 2)]), row[labels:], header[labels:]


def monthly(folder):
    """Busy series only: below some 20 a month chance hides the season."""
    rows = [
        (label, header[-MONTHS], values[-MONTHS:])
        for label, values, header in read(folder / "hospital_monthly.csv.gz")
        if mean(map(float, values[-MONTHS:])) >= 20
    ]
    step = len(rows) // MONTHLY_SERIES
    return rows[::step][:MONTHLY_SERIES]


def daily(folder):
    """The busiest series, which are sold on most days."""
    rows = [
        (label, header[-DAYS], values[-DAYS:])
        for label, values, header in read(folder / "m5_tiny_daily.csv.gz")
    ]
    rows.sort(key=lambda row: (-sum(v not in ("0", "") for v in row[2]), row[0]))
    return rows[:DAILY_SERIES]


def main(folder):
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(["source", "series", "first_period", "values"])
    for source, rows in (
        ("hospital_monthly", monthly(folder)),
        ("m5_tiny_daily", daily(folder)),
    ):
        for label, first, values in rows:
            writer.writerow([source, label, first, " ".join(values)])
    OUT.write_bytes(gzip.compress(table.getvalue().encode(), 9, mtime=0))
    print(f"{OUT.name}: {OUT.stat().st_size} bytes")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
