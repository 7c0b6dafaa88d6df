"""One line of use or return as a value, and how a channel's sender writes.

Source of the sign matrix: HL7 table 0017 and what senders do with FT1-10.
"""

from collections.abc import Callable
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
    largest_quantity: Decimal | None = None
    line_numbers: str = "lasting"  # or "message": they begin anew in each
    future: timedelta = timedelta(days=1)  # clocks differ; a day-only time is midnight
    oldest: timedelta | None = None
    #: Own places instead of the usual ones: {"dft.lot": "ZPA-5"}; "lot" for all kinds.
    paths: dict = field(default_factory=dict)
    #: Own codes instead of the usual ones: {"dft": "1=use 2=return"}.
    codes: dict = field(default_factory=dict)
    #: Reads a device's label: ``(text, today) -> .di .lot .expiry .serial``, ValueError
    #: where it cannot be read. Without one, labels are not looked at.
    read_udi: Callable | None = None


@dataclass(frozen=True, slots=True)
class Encounter:
    """Whose use it was. Lives only in memory, and does not print itself."""

    kind: str  # visit, account or patient
    identifier: str = field(repr=False)
    record: str = field(default="", repr=False)  # number of the medical record


@dataclass(frozen=True, slots=True)
class Charge:
    """One line of use, return or waste."""

    position: str  # FT1[2]
    line_key: str  # the sender's identification of this line, the same in every resend
    kind: str  # use, return or waste
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
    counted: bool = False  # its number is its place in the message, as a counter's is
    reversal_of: str = ""  # line_key of what a return takes back
    reversal_certain: bool = False  # the message points at it; otherwise it may be new
    procedure: str = ""  # what it was done for, where the message says it
    amount: Decimal | None = None  # charged for it, never negative; None: not told
    currency: str = ""  # of the amount, ISO 4217; '' where the message names none


@dataclass(frozen=True, slots=True)
class Remaining:
    """What the other system says is left at a place; it never changes our books."""

    position: str
    kind: str  # count: it is there; moved: it came (or, below zero, went)
    item_code: str
    alternates: tuple[str, ...]
    quantity: Decimal
    expected: Decimal | None  # what they thought was there before they counted
    uom: str
    lot: str
    expiry: date | None
    department_code: str
    event_time: datetime


@dataclass(frozen=True, slots=True)
class Skipped:
    """A line without effect on stock, and why."""

    position: str
    reason: str  # payment, adjustment, nothing, refused, refill


@dataclass(frozen=True, slots=True)
class Reading:
    """What a message of use says: lines, what has no effect, what shall come later."""

    charges: tuple[Charge, ...]
    skipped: tuple[Skipped, ...]
    remaining: tuple[Remaining, ...] = ()


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
