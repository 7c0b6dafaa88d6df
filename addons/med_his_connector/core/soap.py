"""A SOAP (or any XML) envelope that carries one HL7 v2 message as text.

A document type or entity declaration is refused before anything is parsed: switching
entities off would empty the field silently. One that hides behind an encoding which we
do not read byte by byte is refused when it is parsed. Nothing is fetched, and depth and
number of elements are bounded.
"""

import re

from lxml import etree

from .errors import Hl7Error

DECLARATION = re.compile(rb"<!\s*(?:DOCTYPE|ENTITY|ELEMENT|ATTLIST)", re.IGNORECASE)
BOMS = (b"\xff\xfe", b"\xfe\xff")
DEEPEST = 50
MOST_ELEMENTS = 1000
CHUNK = 64 * 1024


def is_envelope(raw: bytes) -> bool:
    """Whether the bytes are XML rather than HL7.

    >>> is_envelope(b"<Envelope/>"), is_envelope(b"MSH|")
    (True, False)
    """
    return raw.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<"


def unwrap(raw: bytes) -> str:
    """The HL7 text inside; ``Hl7Error`` where there is none, or more than one."""
    raw = raw.lstrip()
    if raw[:2] in BOMS or b"\x00" in raw:
        raise Hl7Error("charset_invalid", text="XML in UTF-16 is not read")
    if DECLARATION.search(raw):
        raise Hl7Error("doctype", text="a document type or entity is declared")
    try:
        found = [text for text in _texts(raw) if text.lstrip()[:3] == "MSH"]
    except (etree.XMLSyntaxError, ValueError, LookupError):
        # What the parser says may quote the message.
        raise Hl7Error("xml", text="the envelope is no well-formed XML") from None
    if len(found) != 1:
        raise Hl7Error("not_hl7", text="the envelope holds no single HL7 message")
    return found[0].strip("\n\t ")


def _texts(raw):
    """The texts of all elements, read piece by piece: a long one is never built whole
    before it is refused."""
    parser = etree.XMLPullParser(
        events=("start", "end"),
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
    )
    texts, depth, elements = [], 0, 0
    for start in range(0, len(raw), CHUNK):
        parser.feed(raw[start : start + CHUNK])
        for event, element in parser.read_events():
            if event == "end":
                depth -= 1
                if element.text:
                    texts.append(element.text)
                continue
            depth, elements = depth + 1, elements + 1
            if elements == 1 and element.getroottree().docinfo.internalDTD is not None:
                raise Hl7Error("doctype", text="a document type is declared")
            if depth > DEEPEST or elements > MOST_ELEMENTS:
                raise Hl7Error("too_large", text="XML with too many elements")
    parser.close()
    return texts
