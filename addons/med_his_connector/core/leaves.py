"""Every value of a JSON text with its place, and whether it may be seen.

What is about a patient, and what is dropped, is covered: an engineer sees that it is
there and not what it says.
"""

from decimal import Decimal

from .masking import COVER

#: Where a kept value says whose use it was.
ABOUT_PATIENTS = ("subject", "context", "patient", "encounter", "visit", "record")


def leaves(value, path: str = "") -> list[tuple[str, str]]:
    """``[(place, text)]`` in the order of the text.

    >>> leaves({"a": [{"b": 1}, {"b": None}]})
    [('a[0].b', '1'), ('a[1].b', '')]
    """
    if isinstance(value, dict):
        return [
            leaf
            for name, part in value.items()
            for leaf in leaves(part, f"{path}.{name}" if path else name)
        ]
    if isinstance(value, list):
        return [
            leaf
            for number, part in enumerate(value)
            for leaf in leaves(part, f"{path}[{number}]")
        ]
    if isinstance(value, Decimal):
        return [(path, format(value, "f"))]
    return [(path, "" if value is None else str(value))]


def seen(given: dict, kept: dict) -> list[tuple[str, str, bool]]:
    """``[(place, text or its cover, whether it is kept)]`` of what was given."""
    there = {place for place, _text in leaves(kept)}
    return [
        (
            place,
            text if place in there and not _about_patient(place) else COVER,
            place in there,
        )
        for place, text in leaves(given)
    ]


def _about_patient(place):
    parts = place.replace("[", ".").split(".")
    return any(part in ABOUT_PATIENTS for part in parts)
