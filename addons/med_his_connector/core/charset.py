"""From bytes to text: by what MSH-18 declares, or else by what the channel agreed.

Never a replacement character: what cannot be decoded is an error. Decoding comes
before splitting, because 116 characters of GBK have ``|``, ``^``, ``~`` or ``\\`` as
their second byte.

Source: HL7 table 0211; GB 18030 contains GBK and GB 2312, so one codec reads all three.
"""

from .errors import Hl7Error

CODECS = {
    "ASCII": "ascii",
    **{f"8859/{part}": f"iso8859-{part}" for part in (*range(1, 10), 15)},
    "UNICODE": "utf-8",  # what Chinese platforms write for UTF-8
    "UNICODE UTF-8": "utf-8",
    "UTF-8": "utf-8",
    "UTF8": "utf-8",
    "GB2312": "gb18030",
    "GB 2312": "gb18030",
    "GBK": "gb18030",
    "GB18030": "gb18030",
    "GB 18030-2000": "gb18030",
    "BIG-5": "big5",
    "ISO IR87": "iso2022_jp",
    "KS X 1001": "euc_kr",
}
#: What a channel may agree on: codec and the name people know it by.
CHANNEL_CODECS = [
    ("utf-8", "UTF-8"),
    ("gb18030", "GB 18030 / GBK / GB 2312"),
    ("ascii", "ASCII"),
    ("iso8859-1", "ISO 8859-1"),
    ("big5", "Big5"),
]
BOM = b"\xef\xbb\xbf"


def decode(raw: bytes, default_codec: str = "utf-8") -> tuple[str, str]:
    """The message's text and the codec that read it.

    >>> decode("MSH|^~\\\\&|院".encode("gbk"), "gb18030")
    ('MSH|^~\\\\&|院', 'gb18030')
    """
    raw = raw.removeprefix(BOM)
    if b"\x00" in raw:
        raise Hl7Error(
            "charset_invalid", text="NUL bytes: not text, or UTF-16 (send UTF-8)"
        )
    codec = _declared_codec(raw, default_codec)
    try:
        return raw.decode(codec), codec
    except UnicodeDecodeError as error:
        before = raw[: error.start].replace(b"\r\n", b"\r").replace(b"\n", b"\r")
        line = before.count(b"\r") + 1
        raise Hl7Error(
            "charset_invalid",
            "MSH",
            18,
            f"not {codec} at byte {error.start} (line {line})",
        ) from None


def _declared_codec(raw, default_codec):
    """MSH-18 must be read to decode, and decoded to be read: try until both agree.

    The default goes first, as it splits a Chinese MSH rightly; bytes taken one by one
    (Latin-1) come second.
    """
    header = raw.lstrip()[:4096].replace(b"\n", b"\r").partition(b"\r")[0]
    if header.isascii() and header.count(header[3:4]) < 17:
        return default_codec  # nothing is declared, and all sets read ASCII alike
    unknown = None
    for guess in (default_codec, "iso8859-1"):
        try:
            codec = _codec_of(header.decode(guess), default_codec)
            header.decode(codec)
        except UnicodeDecodeError:
            continue
        except Hl7Error as error:
            unknown = error
            continue
        return codec
    if unknown:
        raise unknown
    return default_codec


def _codec_of(header, default_codec):
    if header[:3] != "MSH" or len(header) < 5:
        return default_codec
    fields = header.split(header[3])
    declared = fields[17] if len(fields) > 17 else ""
    repetition = header[5] if len(header) > 5 else "~"
    names = [name.strip().upper() for name in declared.split(repetition)]
    names = [name for name in names if name]
    if not names:
        return default_codec
    if "ISO IR87" in names:  # reached by escapes from whichever set comes first
        return CODECS["ISO IR87"]
    if names[0] not in CODECS:
        raise Hl7Error("charset_unknown", "MSH", 18, "this character set is not known")
    return CODECS[names[0]]
