"""The one exception that reading a message may raise."""


class Hl7Error(Exception):
    """A message, or one field of it, that cannot be read.

    ``code`` is a short stable name (``bad_quantity``, ``charset_invalid``); ``segment``
    and ``occurrence`` say where (the second FT1), ``field`` is the field's number.
    ``text`` is for engineers, in English, and never quotes the message: it may be
    logged and sent back. ``value`` is the offending *code* where a person must map
    or mend it; it is empty for anything that could be about a patient.
    """

    def __init__(self, code, segment="", field=None, text="", occurrence=1, value=""):
        super().__init__(code, segment, field, text)
        self.code = code
        self.segment = segment
        self.field = field
        self.text = text
        self.occurrence = occurrence
        self.value = value

    @property
    def position(self) -> str:
        """Where it is: ``FT1[2]-10``, ``MSH-9`` or ``''``.

        >>> Hl7Error("bad_quantity", "FT1", 10, occurrence=2).position
        'FT1[2]-10'
        """
        if not self.segment:
            return ""
        nth = f"[{self.occurrence}]" if self.occurrence > 1 else ""
        return f"{self.segment}{nth}" + (f"-{self.field}" if self.field else "")

    def __str__(self):
        return f"{self.code} at {self.position or 'message'}: {self.text}"


class PlaceError(Hl7Error):
    """The same for messages whose places are paths: ``ChargeItem.quantity.value``."""

    def __init__(self, code, path="", text="", value=""):
        super().__init__(code, segment=path, text=text, value=value)

    @property
    def position(self) -> str:
        return self.segment

    def under(self, path: str) -> "PlaceError":
        """The same error, seen from further out: ``Bundle.entry[2].resource``."""
        own = self.segment.partition(".")[2]
        return PlaceError(
            self.code, f"{path}.{own}" if own else path, self.text, self.value
        )
