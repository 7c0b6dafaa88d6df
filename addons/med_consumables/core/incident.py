"""What is wrong with one line of use, and which of two things is worse.

Kinds about the lot touch a patient: only a person closes them. Kinds about the books
end by themselves once the line is posted.
"""

#: Worst first: what may have harmed somebody, then what the books lack.
ABOUT_THE_LOT = ("recalled_lot", "expired_lot", "held_lot", "missing_lot")
ABOUT_THE_BOOKS = (
    "no_stock",
    "unknown_lot",
    "no_location",
    "return_exceeds_use",
    "error",
)
RANK = {
    kind: place
    for place, kind in enumerate((*ABOUT_THE_LOT[:3], *ABOUT_THE_BOOKS, "missing_lot"))
}


def lot_fault(used_at, expires_at, held: bool, recalled: bool) -> str | None:
    """Why nobody should have got a piece of this lot; None where nothing was wrong.

    A lot that expired after the use was good when it was used. A hold or recall counts
    whenever it began: the piece is in a patient, and the patient must be looked at.

    >>> from datetime import date
    >>> lot_fault(date(2026, 1, 2), date(2026, 1, 1), held=False, recalled=False)
    'expired_lot'
    >>> lot_fault(date(2026, 1, 1), date(2026, 1, 2), held=False, recalled=False)
    """
    if recalled:
        return "recalled_lot"
    if expires_at and expires_at <= used_at:
        return "expired_lot"
    return "held_lot" if held else None


def worst(kinds):
    """The most serious of these kinds; None where there is none.

    >>> worst(["no_stock", None, "expired_lot"])
    'expired_lot'
    """
    return min(filter(None, kinds), key=RANK.get, default=None)
