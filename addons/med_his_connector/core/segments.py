"""A covered message, segment by segment and field by field, for the eye of an engineer.

Works on the text that ``masking`` gives, so nothing can be seen here that is covered
there. Roles colour the segments: who speaks, about whom, what was used, what else.
"""

from dataclasses import dataclass

#: ``{segment: role}``; what is not listed is somebody's own, or none of ours.
ROLES = {
    **dict.fromkeys(("MSH", "EVN", "FHS", "BHS", "BTS", "FTS", "MSA", "ERR"), "header"),
    **dict.fromkeys(("PID", "PD1", "NK1", "MRG", "PV1", "PV2"), "patient"),
    **dict.fromkeys(
        ("FT1", "RXO", "RXA", "RQD", "ZPM", "INV", "PRT", "DEV", "ZPA"), "use"
    ),
    **dict.fromkeys(("ORC", "OBR", "TQ1", "PR1"), "order"),
    **dict.fromkeys(("SCH", "RGS", "AIS", "AIG", "AIL", "AIP"), "schedule"),
    **dict.fromkeys(
        ("MFI", "MFE", "ITM", "IVT", "ILT", "PKG", "PCE", "IIM", "CDM"), "master"
    ),
}


@dataclass(frozen=True, slots=True)
class SeenSegment:
    """One segment; ``fields`` are ``(number, text)`` of those that are not empty."""

    name: str
    role: str
    fields: tuple[tuple[int, str], ...]


def seen_segments(text: str) -> list[SeenSegment]:
    """The segments of a covered message; empty where the text is no HL7.

    >>> [(s.name, s.fields) for s in seen_segments("MSH|^~&|HIS\\nFT1||7")][1]
    ('FT1', ((2, '7'),))
    """
    lines = text.split("\n")
    if not lines[0].startswith(("MSH", "FHS", "BHS")) or len(lines[0]) < 4:
        return []
    separator = lines[0][3]
    return [_seen(line, separator) for line in lines if line.strip()]


def _seen(line, separator):
    name, *values = line.split(separator)
    first = 1
    if name in ("MSH", "FHS", "BHS"):
        first = 2  # field 1 is the separator itself
    fields = tuple(
        (number, value) for number, value in enumerate(values, start=first) if value
    )
    return SeenSegment(name, ROLES.get(name, "other"), fields)
