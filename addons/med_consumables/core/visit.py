"""Whose use it was: lives in memory and in the vault, and does not print itself."""

import json
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Visit:
    """The numbers by which a hospital finds a patient; never a name.

    >>> Visit("V-7", "M-12")
    Visit()
    >>> unpack(pack(Visit("V-7", "M-12"))).record
    'M-12'
    """

    number: str = field(default="", repr=False)  # of the visit or admission
    record: str = field(default="", repr=False)  # of the medical record

    def __bool__(self):
        return bool(self.number or self.record)


def pack(visit: Visit) -> bytes:
    """The numbers as bytes to be sealed, for they are not to be stored as they are."""
    return json.dumps([visit.number, visit.record]).encode()


def unpack(content: bytes) -> Visit:
    """What ``pack`` made."""
    return Visit(*json.loads(content))
