"""A barcode as a small vector picture that sits inside the printed page.

Vector, since that needs no drawing library of the machine and prints sharply.
"""

import base64
from xml.etree import ElementTree

from reportlab.graphics.barcode import createBarcodeDrawing

#: What a hand scanner needs around the code.
QUIET = {"QR": {"barBorder": 2}, "Code128": {"quiet": True}}


def barcode_svg(symbology: str, value: str, width: int, height: int) -> str:
    """``value`` as SVG text, ``width`` × ``height`` points; symbology QR or Code128.

    >>> barcode_svg("QR", "A1", 50, 50).startswith("<svg")
    True
    """
    drawing = createBarcodeDrawing(
        symbology,
        value=value,
        width=width,
        height=height,
        **QUIET[symbology],
    )
    text = drawing.asString("svg")
    text = text.decode() if isinstance(text, bytes) else text
    return text[text.index("<svg") :]


def barcode_uri(symbology: str, value: str, width: int, height: int) -> str:
    """The same as a ``data:`` address for an image."""
    picture = barcode_svg(symbology, value, width, height)
    ElementTree.fromstring(picture)  # noqa: S314  our own text: fails here, not in print
    return "data:image/svg+xml;base64," + base64.b64encode(picture.encode()).decode()
