"""What may stand in for an item that is out."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Substitute:
    """``product`` (an id) stands in for an item: ``ratio`` of its units for one unit.

    ``usable`` is what can be used of the substitute, in its own unit.
    """

    product: int
    ratio: float
    usable: float
    note: str = ""

    @property
    def covers(self) -> float:
        """How much of the item the usable quantity makes up for, in the item's unit.

        >>> Substitute(product=7, ratio=2, usable=10).covers
        5.0
        """
        return self.usable / self.ratio
