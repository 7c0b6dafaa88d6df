"""What the items of a warehouse teach each other.

One item says little about its own weekdays, its spread or its large errors; all items
together say much. A pool is learned from a bounded sample, is small, and can be kept as
JSON; with the same pool an item is planned alike alone and among others.
"""

from dataclasses import asdict, dataclass, field, fields, replace

import numpy as np

from . import long_run
from .champion import back_test
from .error_table import ErrorTable, error_table
from .exposure import Laws, exposure_at
from .forecast import weekly_use
from .panel import Demand, Rules, Supply, rows
from .picture import Picture, observe
from .season import weekday_pool
from .yearly import Yearly

#: Items that a pool is learned from; more of them change little.
SAMPLE = 3000
#: Weeks of past forecasts in the error tables.
LOOK_BACK = 104
#: Weeks of history before the first forecast that is judged.
EARLIEST = 12


@dataclass(frozen=True, slots=True, eq=False)
class Pool:
    """Weekdays (7,), laws of spread and level, tables of errors, prices of a miss.

    ``method_error`` (methods,) is how far each forecast was out, relative to the
    others. ``price`` is what a missed line costs, in currency, for [ordinary, vital]
    items; NaN until it has been tuned. ``season`` is what comes again every year;
    ``truth`` is what they miss in the replay over
    what a plan expects: the figures shown are corrected by it.
    """

    weekday: np.ndarray
    laws: Laws
    errors: ErrorTable
    method_error: np.ndarray
    price: np.ndarray
    season: Yearly = field(default_factory=Yearly.none)
    truth: np.ndarray = field(default_factory=lambda: np.ones(2))

    def as_json(self):
        """A dict of lists, for storage."""
        return _plain(asdict(self))

    @classmethod
    def from_json(cls, stored):
        """What ``as_json`` made; what an older one lacks is taken as neutral."""
        errors = {"lead_loss": stored["errors"]["loss"], **stored["errors"]}
        pools = len(stored["laws"]["intercept"])
        laws = {
            "drift": np.ones((pools, len(long_run.HORIZONS))),
            **stored["laws"],
        }
        return cls(
            weekday=np.array(stored["weekday"]),
            laws=_arrays(Laws, laws),
            errors=_arrays(ErrorTable, errors),
            method_error=np.array(stored["method_error"]),
            price=np.array(stored["price"], float),
            season=_arrays(
                Yearly, _plain(asdict(Yearly.none())) | stored.get("season", {})
            ),
            truth=np.array(stored.get("truth", (1.0, 1.0))),
        )

    def priced(self, price, truth=(1.0, 1.0)):
        """With other prices of a miss and corrections, [ordinary, vital] each."""
        return replace(self, price=np.asarray(price, float), truth=np.asarray(truth))


def learn(demand: Demand, supply: Supply, rules: Rules) -> Pool:
    """Learn from the past of a warehouse; looks at nothing but what is given."""
    chosen = sample(demand, SAMPLE)
    demand, supply = rows(demand, chosen), rows(supply, chosen)
    weekday = weekday_pool(np.where(demand.unseen, 0, demand.quantity))
    season = Yearly.of(weekly_use(demand.quantity, demand.unseen), demand.category)
    picture = observe(demand, weekday, first=-LOOK_BACK - 40, season=season)
    laws = Laws.of(picture, demand.category)
    tested = back_test(picture, laws, supply, demand.category)
    laws = _with_drift(picture, laws, supply, demand.category, tested.method)
    errors = error_table(
        picture.variation,
        *standardised_errors(picture, supply, laws, demand.category, tested.method),
    )
    return Pool(weekday, laws, errors, tested.common, np.full(2, np.nan), season)


def _with_drift(picture, laws, supply, category, method):
    """The laws with how far demand over months strayed from its level."""
    first = max(EARLIEST, picture.weeks - LOOK_BACK, picture.track.first)
    seen = (
        (week, exposure_at(picture, laws, supply, category, week, method=method))
        for week in range(first, picture.weeks, long_run.EVERY)
    )
    drift = long_run.long_run_ratio(
        picture, seen, supply.protection_days, len(laws.intercept)
    )
    return replace(laws, drift=drift)


def sample(demand: Demand, most: int) -> np.ndarray:
    """Rows of items with use, evenly over the panel, ``most`` at most."""
    used = np.flatnonzero((~demand.unseen).any(1))
    if len(used) <= most:
        return used
    return used[np.linspace(0, len(used) - 1, most).astype(int)]


def standardised_errors(
    picture: Picture, supply: Supply, laws: Laws, category, method
) -> tuple[np.ndarray, np.ndarray]:
    """(came - foreseen) / deviation of past intervals, (items, origins): of lead time
    and review together, and of the lead time alone.

    The lead time of each case is one of those measured or, without, a quantile of a
    gamma distribution; so its spread is in the errors. Intervals that were not seen to
    four fifths are NaN.
    """
    weeks = picture.weeks
    first = max(EARLIEST, weeks - LOOK_BACK, picture.track.first)
    whole = np.full((len(category), max(weeks - first, 1)), np.nan)
    leading = whole.copy()
    review = np.round(supply.review_days).astype(int)
    for number, week in enumerate(range(first, weeks)):
        lead = supply.lead_of_case(number)
        exposure = exposure_at(picture, laws, supply, category, week, method=method)
        young = picture.track.seen[:, picture.track.column(week)] < EARLIEST
        for errors, days, mean, deviation in (
            (whole, lead + review, exposure.mean, exposure.deviation),
            (leading, lead, exposure.lead_units, exposure.lead_deviation),
        ):
            came, complete = picture.came_within(week, days)
            error = (came - mean) / deviation
            errors[:, number] = np.where(complete & ~young, error, np.nan)
    return whole, leading


def _plain(value):
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    return value.tolist() if isinstance(value, np.ndarray) else value


def _arrays(cls, stored):
    return cls(**{one.name: np.array(stored[one.name]) for one in fields(cls)})
