"""What a kind of alert is: an addon describes its own kinds with these values."""

from collections.abc import Hashable
from dataclasses import dataclass, field

LESS = "less"
MORE = "more"


@dataclass(frozen=True, slots=True)
class Kind:
    """How a kind is measured and judged.

    ``axis``: ``item`` (stock of an item), ``lot`` (expiry, holds, recalls) or ``paper``
    (certificates, orders, budgets, connections). The axes never mix: a lot near its
    date and a shelf that runs low are two alerts.
    ``worse``: whether ``less`` or ``more`` of what is measured is worse.
    ``unit`` of what is measured: ``quantity`` (the product's unit), ``days``,
    ``hours``, ``percent``, ``money`` or ``count``.
    ``percent``: thresholds may be given in percent of ``Measure.base``.
    ``touched``: a change of stock can raise or end it, so it is looked at at once.
    ``covered``: what is on its way helps, so that "already ordered" is recognised.
    ``clock``: time alone raises or worsens it, so all is looked at every few minutes.
    ``event``: it tells of something that happened and not of a state; a person may
    close it.
    ``family``: kinds of one family tell of the same thing where they meet on one item,
    lot and place; one alert speaks for all of them, the worst, and among equals the
    one of the kind with the greatest ``weight``.
    """

    axis: str = "item"
    worse: str = LESS
    unit: str = "quantity"
    percent: bool = False
    touched: bool = False
    covered: bool = False
    clock: bool = False
    event: bool = False
    family: str = ""
    weight: int = 0


@dataclass(frozen=True, slots=True)
class Measure:
    """One subject of a rule, measured; whether it is an alert is the engine's decision.

    ``key`` names the subject within the rule and never changes (``12@34``).
    ``base`` is 100 % of a threshold in percent. ``step`` is the smallest difference
    that counts. ``per_unit`` is what one unit more on the shelf would add to
    ``measured`` (1 / daily use where days are measured).
    ``values`` are fields of ``med.alert`` (product_id, location_id, …), ``inputs``
    what the explanation is made of, in plain JSON.
    """

    key: Hashable
    measured: float
    base: float = 0.0
    step: float = 0.01
    per_unit: float = 1.0
    values: dict = field(default_factory=dict)
    inputs: dict = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Look:
    """What one evaluation looks at; everything where neither is given.

    ``pairs`` are (product id, location id) whose stock changed, with the locations
    around them. ``records`` are ids of what a kind of the axis ``paper`` watches.
    ``full`` asks for every subject in them, also those that no threshold is near to.
    """

    pairs: frozenset | None = None
    records: frozenset | None = None
    full: bool = False

    @property
    def everything(self) -> bool:
        return self.pairs is None and self.records is None
