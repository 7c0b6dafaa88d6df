"""Our forecast beside others' on a table of series, errors as the Monash archive has
them: per series, then the mean; scaled by the in-sample error of the value one cycle
before; forecasts rounded.

    make bench-forecast DATA=file.csv[.gz] FREQ=M|W|D [H=12]

One row per series, label columns first, then one column per period (2000-01 or an ISO
date). All but the last H periods are known. One JSON object per method, ours first.
"""

import argparse
import csv
import gzip
import json
import os
import re
import resource
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

PROJECT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(PROJECT), str(PROJECT / "addons" / "med_replenishment")]

from core.error_table import normal_quantile  # noqa: E402

from bench._point_forecast import CYCLES, Series, blend  # noqa: E402
from bench._total_quantiles import pinball, total_quantiles  # noqa: E402

PERIOD = re.compile(r"^\d{4}-\d{2}(-\d{2})?$")
SHARES = np.array([0.5, 0.8, 0.9, 0.95, 0.98])
#: Periods that a stock decision covers, and those of the long window.
INTERVAL = {"M": 3, "W": 3, "D": 14}
WINDOW = {"M": 24, "W": 52, "D": 364}
DIGITS = 4


def read(path):
    """Values (series, periods), missing ones zero, and the name of the first period."""
    opener = gzip.open if str(path).endswith(".gz") else open
    with opener(path, "rt", encoding="utf-8-sig", newline="") as file:
        header, *rows = csv.reader(file)
    columns = [number for number, name in enumerate(header) if PERIOD.match(name)]
    if not columns:
        sys.exit(f"{path} has no column that is a period, like 2000-01 or 2000-01-31.")
    values = [[float(row[column] or 0) for column in columns] for row in rows if row]
    return np.array(values), header[columns[0]]


def errors(mean, came, past, cycle):
    """MASE, sMAPE, MAE, RMSE and bias of ``mean`` (series, horizon)."""
    mean = np.round(mean)
    off = np.abs(mean - came)
    lag = cycle if past.shape[1] > cycle else 1
    scale = np.abs(past[:, lag:] - past[:, :-lag]).mean(1)
    step = np.abs(np.diff(past, axis=1)).mean(1)
    with np.errstate(invalid="ignore", divide="ignore"):
        mase = off.mean(1) / scale
        mase = np.where(np.isnan(mase), off.mean(1) / step, mase)
        smape = np.nanmean(200 * off / (np.abs(mean) + np.abs(came)))
    return {
        "mase": mase[np.isfinite(mase)].mean(),
        "smape": smape,
        "mae": off.mean(),
        "rmse": np.sqrt((off**2).mean(1)).mean(),
        "bias": (mean - came).sum() / max(came.sum(), 1e-9),
    }


def ours(past, freq, first, horizon):
    began = time.perf_counter()
    mean = blend(Series(past, freq, first), horizon).mean
    seconds = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return mean, {"seconds": seconds, "peak_mb": peak}


def seasonal_naive(past, cycle, horizon):
    began = time.perf_counter()
    lag = cycle if past.shape[1] >= cycle else 1
    mean = past[:, -lag:][:, np.arange(horizon) % lag]
    return mean, {"seconds": time.perf_counter() - began}


def reference(past, cycle, horizon):
    """statsforecast in its own environment; None where it is not installed."""
    python = os.environ.get("REFERENCE_PYTHON")
    if not python:
        return None
    asked = {"past": past.tolist(), "cycle": cycle, "horizon": horizon}
    done = subprocess.run(
        [python, str(PROJECT / "bench" / "_forecast_peer.py")],
        input=json.dumps(asked),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        env={k: v for k, v in os.environ.items() if k != "PYTHONPATH"},
    )
    found = json.loads(done.stdout)
    return np.array(found.pop("mean")), found


def totals(series, periods, window, horizon):
    """Coverage of the 95 % quantile and pinball of totals, ours and by normal theory.

    Totals of ``periods`` that do not overlap, inside the last ``horizon``; each is
    foreseen from what lies before it.
    """
    end = series.shape[1]
    starts = range(end - horizon, end - periods + 1, periods)
    held, loss, normal_held, normal_loss = [], [], [], []
    for start in starts:
        past, came = series[:, :start], series[:, start : start + periods].sum(1)
        found = total_quantiles(past, periods, window, SHARES).quantile
        recent = past[:, -window:]
        mean = periods * recent.mean(1)[:, None]
        chance = np.sqrt(periods) * recent.std(1)[:, None]
        normal = np.ceil(np.maximum(mean + normal_quantile(SHARES) * chance, 0) - 1e-6)
        scale = _scale(recent, periods)
        held.append((came <= found[:, 3]).mean())
        normal_held.append((came <= normal[:, 3]).mean())
        loss.append((pinball(came, found, SHARES) / scale).mean())
        normal_loss.append((pinball(came, normal, SHARES) / scale).mean())
    return {
        "periods": periods,
        "coverage_95": np.mean(held),
        "pinball": np.mean(loss),
        "normal_coverage_95": np.mean(normal_held),
        "normal_pinball": np.mean(normal_loss),
        "pinball_ratio": np.mean(loss) / np.mean(normal_loss),
    }


def _scale(recent, periods):
    """Usual distance of a series' totals from their median, a quarter at least."""
    sums = np.cumsum(np.pad(recent, ((0, 0), (1, 0))), 1)
    sums = sums[:, periods:] - sums[:, :-periods]
    spread = np.abs(sums - np.median(sums, 1, keepdims=True)).mean(1)
    return np.maximum(spread, 0.25)[:, None]


def rounded(figures):
    return {
        key: float(f"{value:.{DIGITS}g}") if isinstance(value, float) else value
        for key, value in figures.items()
    }


def main():
    parser = argparse.ArgumentParser(prog="make bench-forecast")
    parser.add_argument("file")
    parser.add_argument("--freq", choices=list(CYCLES), default="M")
    parser.add_argument("--horizon", type=int, default=12)
    arguments = parser.parse_args()
    series, first = read(arguments.file)
    horizon, cycle = arguments.horizon, CYCLES[arguments.freq]
    past, came = series[:, :-horizon], series[:, -horizon:]
    methods = {
        "ours": lambda: ours(past, arguments.freq, first, horizon),
        "DynamicOptimizedTheta": lambda: reference(past, cycle, horizon),
        "seasonal naive": lambda: seasonal_naive(past, cycle, horizon),
    }
    for name, method in methods.items():
        if found := method():
            mean, cost = found
            line = {"method": name} | errors(mean, came, past, cycle) | cost
            print(json.dumps(rounded(line)), flush=True)
    window = WINDOW[arguments.freq]
    for periods in sorted({min(INTERVAL[arguments.freq], horizon), horizon}):
        line = {"method": "ours", "quantiles": True}
        line |= totals(series, periods, window, horizon)
        print(json.dumps(rounded(line)), flush=True)


if __name__ == "__main__":
    main()
