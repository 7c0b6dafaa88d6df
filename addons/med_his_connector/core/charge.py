"""One line of use or return as a value, and how a channel's sender writes.

Source of the sign matrix: HL7 table 0017 and what senders do with FT1-10.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, tzinfo
from decimal import Decimal
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Profile:
    """How one channel's sender writes: what the standard leaves open."""

    zone: tzinfo = ZoneInfo("Asia/Shanghai")
    empty_quantity: str = "reject"  # or "one"
    negative_credit: str = "reject"  # CD with a minus: or "return", "use"
    credit_types: frozenset = frozenset({"CD", "CR"})  # table 0017 has CD; many send CR
    largest_quantity: Decimal | None = None
    future: timedelta = timedelta(days=1)  # clocks differ; a day-only time is midnight
    oldest: timedelta | None = None
    paths: dict = field(default_factory=dict)  # {"lot": "ZPA-5", "department": …}


@dataclass(frozen=True, slots=True)
class Encounter:
    """Whose use it was. Lives only in memory, and does not print itself."""

    kind: str  # visit, account or patient
    identifier: str = field(repr=False)
    record: str = field(default="", repr=False)  # number of the medical record


@dataclass(frozen=True, slots=True)
class Charge:
    """One line of use or return."""

    position: str  # FT1[2]
    line_key: str  # the sender's identification of this line, the same in every resend
    kind: str  # use or return
    item_code: str
    alternates: tuple[str, ...]  # other codes of the same item, best first
    quantity: Decimal  # always positive
    uom: str  # '' where the message has no unit (FT1 never has one)
    lot: str
    expiry: date | None
    serial: str
    department_code: str  # '' where the message names none
    location: str  # point of care
    encounter: Encounter | None
    event_time: datetime  # UTC
    day_only: bool  # the sender knew only the day
    reversal_of: str = ""  # line_key of what a return takes back
    reversal_certain: bool = False  # the message points at it; otherwise it may be new


@dataclass(frozen=True, slots=True)
class Skipped:
    """A line without effect on stock, and why."""

    position: str
    reason: str  # payment, adjustment, nothing, refused


@dataclass(frozen=True, slots=True)
class Reading:
    charges: tuple[Charge, ...]
    skipped: tuple[Skipped, ...]


def signed(is_credit: bool, quantity: Decimal, profile: Profile) -> str | None:
    """The sign matrix: ``use``, ``return``, None (no effect) or ``ambiguous``.

    ======== ======= ======== ==================================
             q > 0   q < 0    q = 0
    charge   use     return   no effect
    credit   return  policy   no effect
    ======== ======= ======== ==================================
    """
    if not quantity:
        return None
    if not is_credit:
        return "use" if quantity > 0 else "return"
    if quantity > 0:
        return "return"
    policy = profile.negative_credit
    return "ambiguous" if policy == "reject" else policy
