"""Back-flush: what a count finds missing was used.

Source: inventory accounting's periodic method: opening + received − closing = used.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class BackFlush:
    """Outcome of one counted item, in its own unit; one of the two is zero.

    ``used`` was there and is not any more. ``surplus`` is there and should not be.
    """

    used: float = 0.0
    surplus: float = 0.0


def back_flush(
    opening: float, received: float, recorded: float, counted: float
) -> BackFlush:
    """``recorded`` is use that came in another way since the opening count.

    >>> back_flush(opening=20, received=50, recorded=4, counted=12)
    BackFlush(used=54, surplus=0.0)
    >>> back_flush(opening=20, received=0, recorded=0, counted=23)
    BackFlush(used=0.0, surplus=3)
    """
    missing = opening + received - recorded - counted
    return (
        BackFlush(used=missing) if missing > 0 else BackFlush(surplus=-missing or 0.0)
    )


def split_surplus(surplus: float, used_before: float) -> tuple[float, float]:
    """What of a surplus was put down as used too early, and what nobody knew of.

    >>> split_surplus(surplus=5, used_before=3)
    (3, 2)
    """
    returned = min(surplus, max(used_before, 0.0))
    return returned, surplus - returned
