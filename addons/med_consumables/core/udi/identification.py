"""The values that a barcode bears, how two barcodes of one pack add up, and errors."""

from dataclasses import dataclass, fields
from datetime import date


class UdiError(ValueError):
    """A barcode that cannot be read: what is wrong, where, and in which element.

    ``code`` is one of ``CODES``; ``position`` counts from 1 in the code as it was
    given; ``element`` is the application identifier or segment letter, if any.
    """

    CODES = (
        "empty",
        "too_long",
        "unknown_identifier",
        "unclosed_bracket",
        "missing_value",
        "short_value",
        "long_value",
        "wrong_character",
        "wrong_check_digit",
        "wrong_date",
        "repeated_identifier",
    )

    def __init__(self, code: str, position: int, element: str = "", value: str = ""):
        super().__init__(f"{code} at {position} in {element or 'code'}: {value!r}")
        self.code = code
        self.position = position
        self.element = element
        self.value = value


class UdiConflict(ValueError):
    """Two barcodes of one pack disagree on ``field``."""

    def __init__(self, field: str, first: object, second: object):
        super().__init__(f"{field}: {first} is not {second}")
        self.field = field
        self.first = first
        self.second = second


@dataclass(frozen=True, slots=True)
class Udi:
    """What was read. Fields that the barcode does not bear are None.

    ``agency`` is gs1, hibc, iccbba, ma, ahm or hospital. ``di`` is a GTIN of 14 digits,
    the identifier of another agency, or the hospital's code. ``count`` is the number of
    pieces in the pack, where the barcode says it. Dates are the last day on which the
    piece may be used, and the day on which it was made. ``sscc`` numbers a shipping box
    or pallet, ``donation`` the gift that a product of human origin came of.
    """

    agency: str
    di: str | None = None
    lot: str | None = None
    serial: str | None = None
    expiry: date | None = None
    production: date | None = None
    sterilisation_lot: str | None = None
    count: int | None = None
    sscc: str | None = None
    donation: str | None = None

    @property
    def says_production(self) -> bool:
        """Whether the barcode bears any production identifier (PI)."""
        return any(
            (
                self.lot,
                self.serial,
                self.expiry,
                self.production,
                self.sterilisation_lot,
            )
        )


def merge(first: Udi, second: Udi) -> Udi:
    """Put the two barcodes of one pack together, in either order.

    What one leaves blank the other fills in; what both say must agree.
    """
    values = {}
    for field in fields(Udi)[1:]:
        one, other = getattr(first, field.name), getattr(second, field.name)
        if one is not None and other is not None and one != other:
            raise UdiConflict(field.name, one, other)
        values[field.name] = one if one is not None else other
    agency = first.agency if first.di else second.agency
    return Udi(agency, **values)
