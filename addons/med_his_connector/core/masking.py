"""A message as an engineer may see it: an allow list of fields, the rest covered.

What is on the list says what was used, where and when. Everything else is covered, also
in segments nobody thought of: names, numbers of people, diagnoses, notes, results.
"""

from collections.abc import Iterable

from .hl7_message import Envelope
from .mapping import Place

COVER = "•••"
#: Fields that may be seen; None shows the whole segment.
SHOWN = {
    "MSH": None,
    "EVN": {1, 2, 3, 4, 6},
    "PID": {1},
    "PV1": {1, 2, 3, 10},
    "FT1": {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 13, 16, 25, 29, 34, 35, 43},
    "ORC": {1, 2, 3, 4, 5, 9, 15, 17, 20},
    "RXO": {1, 2, 3, 4},
    "RXA": {1, 2, 3, 4, 5, 6, 7, 11, 15, 16, 17, 20, 21, 22, 25, 27},
    "PRT": {1, 2, 4, 16, 17, 18, 19, 20},
    "DEV": {1, 2, 10, 11, 13},
    "SCH": {1, 2, 7, 8, 9, 10, 25, 26, 27},
    "TQ1": {1, 6, 7, 8},
    "RGS": {1, 2},
    "AIS": {1, 2, 3, 4, 7, 8, 10},
    "AIG": {1, 2, 3, 4, 6, 7, 8, 11, 12},
    "AIL": {1, 2, 3, 4, 6, 9, 10},
    "RQD": {1, 2, 3, 4, 5, 6, 7, 9, 10},
    "ZPM": {1, 2, 3, 4, 5, 6, 8, 9, 10, 15, 19, 20, 21},
    "OBR": {1, 2, 3, 4, 7, 22, 24, 25},
    "MFI": None,
    "MFE": None,
    "ITM": None,
    "IVT": None,
    "PKG": None,
    "PCE": None,
    "IIM": {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13},
    "CDM": None,
    "PR1": {1, 3, 5, 19},
}


def masked_lines(envelope: Envelope, own_places: Iterable[Place] = ()) -> list[str]:
    """The segments, one a line.

    ``own_places`` are of the channel's mapping: their fields are shown as well, where
    they are in a segment that the place means, and never where people stand.
    """
    own = [place for place in own_places if not place.about_people]
    return [_masked(line, envelope.header.delimiters, own) for line in envelope.lines]


def _masked(line, delimiters, own):
    name = line[:3]
    shown = SHOWN.get(name, set())
    if shown is None:
        return line
    values = delimiters.split(line)
    shown = shown | {
        place.field
        for place in own
        if place.segment == name and _is_meant(place, values, delimiters)
    }
    fields = [
        value if not number or number in shown or not value else COVER
        for number, value in enumerate(values)
    ]
    return delimiters.field.join(fields)


def _is_meant(place, values, delimiters):
    """Whether the place is in this one of its segments: ``OBX[3=LOT]-5``."""
    if not place.where:
        return True
    number, component, wanted = place.where
    parts = (values[number] if number < len(values) else "").split(delimiters.component)
    return component <= len(parts) and parts[component - 1] == wanted
