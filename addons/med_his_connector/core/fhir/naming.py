"""Under which identifiers a resource is known, and what it says apart from them."""

import hashlib
from dataclasses import replace

from ..json_text import write_json
from .bundle import Entry
from .element import identifiers
from .status import TAKEN_BACK


def names_of(entry: Entry) -> list[tuple[str, str]]:
    """``[(system, value)]``, each once."""
    return list(dict.fromkeys(identifiers(entry.element)))


def is_back(entry: Entry) -> bool:
    """Whether it says that what it reported before was an error."""
    return entry.element.text("status") in TAKEN_BACK


def control_id(entry: Entry) -> str:
    """What a message of it is filed under; '' without an identifier."""
    names = names_of(entry)
    return names[0][1] if names else ""


def hash_of(entry: Entry, whole: bool = False) -> str:
    """SHA-256 of what it says. A list of identifiers has no order and may grow, so they
    are not a part of it (``whole``: with them, as rows of old have it)."""
    resource = entry.resource
    if not whole and names_of(entry):
        resource = {k: v for k, v in resource.items() if k != "identifier"}
    return hashlib.sha256(write_json(resource)).hexdigest()


def named_first(entry: Entry, system: str, value: str) -> Entry:
    """The entry with this identifier in front, which it may not have had."""
    front = {"system": system, "value": value} if system else {"value": value}
    others = [
        each
        for each in entry.resource["identifier"]
        if (each.get("system") or "", each.get("value")) != (system, value)
    ]
    return replace(entry, resource={**entry.resource, "identifier": [front, *others]})
