"""Cells of a table that a spreadsheet must not take for formulas."""

FORMULA_BEGINS = ("=", "+", "-", "@", "\t", "\r")


def guarded(text: str) -> str:
    """The text, with an apostrophe before what a spreadsheet would run.

    >>> guarded("=1+1")
    "'=1+1"
    """
    return f"'{text}" if text.startswith(FORMULA_BEGINS) else text
