"""Whether use has left its band: now against the item's own past, in equal windows.

The band is made of medians, so that one odd window in the past does not widen it, and
is never narrower than chance alone makes single uses vary (Poisson).

    high, low = m ± 3 max(1.4826 * median|x - m|, sqrt(m))

Source: Hampel, J. Am. Stat. Assoc. 69 (1974): median absolute deviation.
"""

from dataclasses import dataclass
from math import sqrt
from statistics import median

#: How many spreads the band reaches to either side.
REACH = 3.0
#: The median absolute deviation of a normal distribution is this share of its sigma.
NORMAL = 1.4826
#: Windows that must be known before anything is called unusual.
LEAST_WINDOWS = 6


@dataclass(frozen=True, slots=True)
class Band:
    """What is usual in one window, in units."""

    usual: float
    low: float
    high: float


def band(windows: list[float]) -> Band | None:
    """The band of past ``windows``; None where too few are known.

    >>> band([10, 12, 8, 11, 9, 10])
    Band(usual=10.0, low=0.5, high=19.5)
    >>> band([10, 12]) is None
    True
    """
    if len(windows) < LEAST_WINDOWS:
        return None
    usual = float(median(windows))
    spread = NORMAL * median(abs(window - usual) for window in windows)
    reach = REACH * max(spread, sqrt(max(usual, 1.0)))
    return Band(usual, round(max(usual - reach, 0.0), 1), round(usual + reach, 1))


def unusual_since(windows: list[float], limit: float, above: bool) -> int:
    """How many windows in a row, the newest first, are beyond ``limit``.

    >>> unusual_since([30, 25, 9, 40], 20, above=True)
    2
    """
    count = 0
    for window in windows:
        if (window > limit) != above or window == limit:
            break
        count += 1
    return count
