"""One object of a resource, asked for its parts by name; it knows its place."""

from dataclasses import dataclass
from decimal import Decimal

from ..errors import PlaceError

#: FHIR's own rules forbid to go on where one of these is not understood.
MODIFIERS = ("modifierExtension", "implicitRules")


@dataclass(frozen=True, slots=True)
class Element:
    """A JSON object and its path, such as ``ChargeItem.quantity``."""

    value: dict
    path: str

    def text(self, name: str) -> str:
        """A string; ``''`` where it is absent."""
        found = self.value.get(name)
        if found is None:
            return ""
        if not isinstance(found, str) or not found.strip():
            raise PlaceError("structure", self.at(name), "must be a text")
        return found.strip()

    def number(self, name: str) -> Decimal | None:
        """A number as it was written; None where it is absent."""
        found = self.value.get(name)
        if found is not None and not isinstance(found, Decimal):
            raise PlaceError("structure", self.at(name), "must be a number")
        return found

    def child(self, name: str) -> "Element":
        """An object; an empty one where it is absent, so that questions can go on."""
        found = self.value.get(name, {})
        if not isinstance(found, dict):
            raise PlaceError("structure", self.at(name), "must be an object")
        return Element(found, self.at(name))

    def children(self, name: str) -> list["Element"]:
        """The objects of a list; none where it is absent."""
        found = self.value.get(name, [])
        if not isinstance(found, list) or not all(isinstance(x, dict) for x in found):
            raise PlaceError("structure", self.at(name), "must be a list of objects")
        return [
            Element(each, f"{self.at(name)}[{number}]")
            for number, each in enumerate(found)
        ]

    def choice(self, name: str, allowed: frozenset) -> str:
        """A required code of a required value set."""
        code = self.text(name)
        if not code:
            raise PlaceError("required", self.at(name), "is required")
        if code not in allowed:
            raise PlaceError("code_value", self.at(name), "is no code of its value set")
        return code

    def at(self, name: str) -> str:
        """The FHIRPath of the member ``name``, for errors."""
        return f"{self.path}.{name}"

    def __bool__(self):
        return bool(self.value)


def codes_of(concept: Element) -> list[str]:
    """The codes of a CodeableConcept, first coding first."""
    return [code for coding in concept.children("coding") if (code := _code(coding))]


def _code(coding):
    return coding.text("code")


def identified(reference: Element) -> str:
    """Whom a Reference means: its identifier, else the last part of its address."""
    if number := reference.child("identifier").text("value"):
        return number
    address = reference.text("reference")
    return "" if address.startswith("#") else address.rpartition("/")[2]


def identifiers(resource: Element) -> list[tuple[str, str]]:
    """``[(system, value)]``; an identifier without a value identifies nothing."""
    return [
        (each.text("system"), value)
        for each in resource.children("identifier")
        if (value := each.text("value"))
    ]


def refuse_modifiers(value, path: str) -> None:
    """F7: whoever does not understand a modifier must not use what it modifies."""
    if isinstance(value, dict):
        for name in MODIFIERS:
            if value.get(name):
                raise PlaceError(
                    "modifier", f"{path}.{name}", "this modifier is not understood"
                )
        for name, part in value.items():
            refuse_modifiers(part, f"{path}.{name}")
    elif isinstance(value, list):
        for number, part in enumerate(value):
            refuse_modifiers(part, f"{path}[{number}]")
