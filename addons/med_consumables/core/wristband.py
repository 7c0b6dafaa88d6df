"""Which barcodes are wristbands, and whose visit they name.

Two kinds are known: GS1's service relation number of a recipient (application
identifier 8018, 18 digits; optional 8019 counts the wristbands printed), and the
hospital's own visit numbers, told apart by how they begin.

Source: GS1 General Specifications (release 25), 3.8 and 2.5.
"""

import re

_GS1 = re.compile(r"(?:\][A-Za-z]\d)?\(?8018\)?(\d{18})(?:\x1d|\(|8019|$)")


def visit_of(code: str, prefixes: tuple[str, ...] = ()) -> str | None:
    """The visit's identifier on a wristband; None where the code is no wristband.

    >>> visit_of("]d28018690123456789012340")
    '690123456789012340'
    >>> visit_of("ZY0012345", ("ZY",))
    'ZY0012345'
    """
    text = code.strip()
    if gs1 := _GS1.match(text):
        return gs1[1]
    if any(text.startswith(prefix) and text != prefix for prefix in prefixes):
        return text
    return None


def prefixes_of(setting: str | None) -> tuple[str, ...]:
    """The beginnings in a setting: ``"ZY, MZ"`` is ``("ZY", "MZ")``."""
    return tuple(part for part in re.split(r"[,，;；\s]+", setting or "") if part)
