"""The forecasts and quantiles of the benches, on series; no database, no Odoo."""

import doctest
import sys

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from templates import PROJECT

sys.path[:0] = [str(PROJECT), str(PROJECT / "addons" / "med_replenishment")]

from bench import _season  # noqa: E402
from bench._point_forecast import Series, blend  # noqa: E402
from bench._season import seasonal_index, working_days  # noqa: E402
from bench._total_quantiles import (  # noqa: E402
    negative_binomial_quantile,
    total_quantiles,
)

SHARES = np.array([0.5, 0.8, 0.9, 0.95, 0.98])


def test_the_examples_in_the_texts_hold():
    assert doctest.testmod(_season).failed == 0


def test_a_season_is_foreseen():
    month = np.arange(72)
    wave = 100 + 30 * np.sin(2 * np.pi * month / 12)
    past = np.tile(wave, (20, 1)) + np.random.default_rng(1).normal(0, 1, (20, 72))
    mean = blend(Series(past[:, :60], "M", "2020-01"), 12).mean
    assert np.abs(mean - wave[60:]).mean() < 3


def test_a_rare_series_is_given_no_season():
    past = np.random.default_rng(2).poisson(0.2, (50, 48)).astype(float)
    mean = blend(Series(past, "M", "2020-01"), 12).mean
    assert np.abs(mean - 0.2).mean() < 0.15


def test_the_future_is_not_looked_at():
    past = np.random.default_rng(3).poisson(20, (30, 72)).astype(float)
    poisoned = past.copy()
    poisoned[:, 60:] = 1e9
    first, second = (
        blend(Series(y[:, :60], "M", "2020-01"), 12) for y in (past, poisoned)
    )
    np.testing.assert_array_equal(first.mean, second.mean)
    first, second = (
        total_quantiles(y[:, :60], 3, 24, SHARES) for y in (past, poisoned)
    )
    np.testing.assert_array_equal(first.quantile, second.quantile)


def test_short_months_are_foreseen_shorter():
    days = working_days("2019-01", 72, (1, 1, 1, 1, 1, 0, 0))
    past = np.tile(10 * days, (40, 1)) + np.random.default_rng(4).normal(0, 2, (40, 72))
    found = blend(Series(past[:, :60], "M", "2019-01"), 12)
    assert found.calendar == "working days"
    assert np.abs(found.mean - 10 * days[60:]).mean() < 4


def test_an_unclear_season_is_that_of_the_pool():
    random = np.random.default_rng(5)
    wave = 1 + 0.5 * np.sin(2 * np.pi * np.arange(48) / 12)
    noise = random.normal(1, 0.4, (60, 48))
    index = seasonal_index(50 * wave * np.maximum(noise, 0.05), 12)
    assert index.std(0).mean() < 0.1
    assert index.mean(0).max() > 1.35


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 9999),
    periods=st.integers(1, 60),
    freq=st.sampled_from(["M", "W", "D"]),
)
def test_no_history_however_short_breaks_it(seed, periods, freq):
    past = np.random.default_rng(seed).poisson(3, (4, periods)).astype(float)
    mean = blend(Series(past, freq, "2024-01"), 6).mean
    assert np.isfinite(mean).all()
    assert (mean >= 0).all()


def test_a_negative_binomial_as_in_the_tables():
    # Poisson of mean 1: P(X <= 0) = .37, P(X <= 1) = .74, P(X <= 3) = .98.
    found = negative_binomial_quantile(
        np.array([1.0]), np.array([1.0]), [0.3, 0.7, 0.97]
    )
    assert found.tolist() == [[0, 1, 3]]


def test_what_was_asked_is_what_is_covered():
    random = np.random.default_rng(6)
    mean = np.exp(random.normal(1, 1, (300, 1)))
    series = random.poisson(mean * random.gamma(1, 1, (300, 75))).astype(float)
    held = []
    for start in (63, 66, 69, 72):
        found = total_quantiles(series[:, :start], 3, 24, SHARES).quantile
        came = series[:, start : start + 3].sum(1)
        held.append(came <= found[:, 3])
    assert abs(float(np.mean(held)) - 0.95) < 0.02


def test_what_has_ended_needs_nothing():
    series = np.random.default_rng(7).poisson(4, (60, 80)).astype(float)
    series[0, 50:] = 0
    found = total_quantiles(series, 3, 24, SHARES).quantile
    assert found[0].tolist() == [0] * 5


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 9999),
    periods=st.integers(1, 50),
    length=st.integers(1, 4),
)
def test_quantiles_rise_with_their_share(seed, periods, length):
    random = np.random.default_rng(seed)
    past = random.poisson(random.gamma(0.3, 5, (6, periods))).astype(float)
    found = total_quantiles(past, length, 24, SHARES).quantile
    assert np.isfinite(found).all()
    assert (np.diff(found, axis=1) >= 0).all()
