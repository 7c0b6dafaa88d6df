"""MA and AHM: a device identifier, then segments of a label and a value.

MA (ZIIOT): ``MA.156.M0.RRRRRR.PIIIIIIC`` (country, industry, registrant, item with
pack level and check character), then ``.L… .S… .M… .D… .E… .V…`` in any order. AHM (Ali
Health): ``AHM.…``, then ``.BN… .SN… .MD… .ED…``. Sources: the field letters that the
issuing agencies publish. Neither MA's check character nor AHM's layout is published;
the first is not checked, the second is read as MA's.
"""

import re
from dataclasses import dataclass
from datetime import date

from .element import Element
from .identification import Udi, UdiError


@dataclass(frozen=True, slots=True)
class Scheme:
    """An agency: how many parts its identifier has, and the labels of its segments."""

    agency: str
    parts: int
    labels: tuple[str, ...]
    lot: str
    serial: str
    production: str
    #: The first that is there counts.
    expiry: tuple[str, ...]
    sterilisation_lot: str = ""


MA = Scheme("ma", 5, ("L", "S", "M", "D", "V", "E"), "L", "S", "M", ("E", "V"), "D")
# BD is among the published letters without a meaning: a date that nothing relies on.
AHM = Scheme("ahm", 2, ("BN", "SN", "MD", "BD", "ED"), "BN", "SN", "MD", ("ED",))


def read(scheme: Scheme, text: str, offset: int, today: date) -> Udi:
    """Read ``text``, before which ``offset`` characters came."""
    parts = text.split(".")
    name = scheme.agency.upper()
    at = offset
    for part in parts[: scheme.parts]:
        if not part:
            raise UdiError("missing_value", at + 1, name, text)
        if bad := re.search(r"[^0-9A-Za-z-]", part):
            raise UdiError("wrong_character", at + bad.start() + 1, name, text)
        at += len(part) + 1
    if len(parts) < scheme.parts:
        raise UdiError("short_value", offset + len(text) + 1, name, text)
    segments = {}
    for part in parts[scheme.parts :]:
        segment = _segment(scheme, part, at)
        if segment.identifier in segments:
            raise UdiError("repeated_identifier", at + 1, segment.identifier, part)
        segments[segment.identifier] = segment
        at += len(part) + 1
    dates = {
        label: segments[label].any_day(today)
        for label in ("M", "V", "E", "MD", "BD", "ED")
        if label in segments
    }

    def text_of(label):
        return segments[label].value if label in segments else None

    return Udi(
        scheme.agency,
        di=".".join(parts[: scheme.parts]).upper(),
        lot=text_of(scheme.lot),
        serial=text_of(scheme.serial),
        expiry=next((dates[name] for name in scheme.expiry if name in dates), None),
        production=dates.get(scheme.production),
        sterilisation_lot=text_of(scheme.sterilisation_lot),
    )


def _segment(scheme: Scheme, part: str, at: int) -> Element:
    label = next((x for x in scheme.labels if part.upper().startswith(x)), None)
    if not label:
        raise UdiError("unknown_identifier", at + 1, value=part[:2])
    value = part[len(label) :]
    segment = Element(label, value, at + len(label) + 1)
    if not value:
        raise segment.wrong("missing_value")
    segment.check_printable()
    return segment
