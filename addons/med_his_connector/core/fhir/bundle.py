"""A Bundle as entries to create, and references between them made whole."""

import re
from dataclasses import dataclass, replace
from urllib.parse import parse_qsl

from ..errors import PlaceError
from .allowed import ALLOWED, reduce
from .element import Element, refuse_modifiers
from .readers import check, key_of

LARGEST_BUNDLE = 1000
URL = re.compile(r"(?:https?://[^/?]+(?:/[^?]*)?/)?([A-Za-z]+)")
DEVICE_REFERENCE = re.compile(r"(?:.*/)?Device/([0-9a-f-]{1,64})(?:/_history/.*)?")


@dataclass(frozen=True, slots=True)
class Entry:
    """One resource to create: what is kept of it, and under which condition."""

    path: str
    resource: dict
    condition: tuple[str, str] | None = None  # system (None: any) and value
    full_url: str = ""

    @property
    def kind(self) -> str:
        """The type of the resource, as FHIR names it."""
        return self.resource["resourceType"]

    @property
    def element(self) -> Element:
        return Element(self.resource, self.kind)

    @property
    def key(self) -> str:
        return key_of(self.element)


def read_entry(resource, path: str, condition: str = "", full_url: str = "") -> Entry:
    """A resource as it is accepted; ``PlaceError`` says what is wrong with it."""
    if not isinstance(resource, dict):
        raise PlaceError("structure", path, "a resource must be an object")
    kind = resource.get("resourceType")
    if not isinstance(kind, str) or kind not in ALLOWED:
        raise PlaceError(
            "resource_type", f"{path}.resourceType", "this resource is not supported"
        )
    refuse_modifiers(resource, path)
    kept = reduce(resource, path)
    check(Element(kept, path))
    return Entry(path, kept, read_condition(condition, path), full_url)


def read_condition(text: str, path: str) -> tuple | None:
    """``identifier=system|value`` of If-None-Exist; nothing else can be searched."""
    if not text:
        return None
    found = parse_qsl(text.lstrip("?"), keep_blank_values=True)
    if len(found) != 1 or found[0][0] != "identifier" or not found[0][1].strip("|"):
        raise PlaceError(
            "condition", path, "If-None-Exist can only be identifier=system|value"
        )
    system, bar, value = found[0][1].rpartition("|")
    return (system if bar else None), value


def read_bundle(bundle: dict) -> tuple[str, list]:
    """Its type, and its entries in order: each an ``Entry`` or the error it has."""
    element = Element(bundle, "Bundle")
    kind = element.text("type")
    if kind not in ("transaction", "batch"):
        raise PlaceError(
            "code_value", "Bundle.type", "only transaction and batch are supported"
        )
    refuse_modifiers(
        {name: value for name, value in bundle.items() if name != "entry"}, "Bundle"
    )
    found = element.children("entry")
    if not found:
        raise PlaceError("required", "Bundle.entry", "the bundle is empty")
    if len(found) > LARGEST_BUNDLE:
        raise PlaceError(
            "too_large", "Bundle.entry", f"more than {LARGEST_BUNDLE} entries"
        )
    return kind, [_read_one(each) for each in found]


def _read_one(entry):
    try:
        request = entry.child("request")
        method, url = request.text("method"), request.text("url")
        if method != "POST":
            raise PlaceError("method", request.at("method"), "only POST is supported")
        path = entry.at("resource")
        found = read_entry(
            entry.value.get("resource"),
            path,
            request.text("ifNoneExist"),
            entry.text("fullUrl"),
        )
        match = URL.fullmatch(url)
        if not match or match[1] != found.kind:
            raise PlaceError(
                "structure", request.at("url"), "is not the type of the resource"
            )
        return found
    except PlaceError as error:
        return error


def embed_devices(entry: Entry, entries: list[Entry], stored: dict) -> Entry:
    """References to Devices become contained copies, so that the entry is whole.

    They point at another entry (``urn:uuid:...``) or at a Device that was created here
    before: ``stored`` is ``{id: resource, or None where it is no longer kept}``.
    """
    here = {
        each.full_url: each.resource
        for each in entries
        if each.full_url and each.kind == "Device"
    }
    others = {each.full_url for each in entries if each.full_url} - here.keys()
    return _with_devices(entry, here, others, stored)


def device_ids(entries: list[Entry]) -> set[str]:
    """Ids of the Devices of this server that entries point at."""
    return {
        match[1]
        for entry in entries
        for reference in _references(entry.resource)
        if (match := DEVICE_REFERENCE.fullmatch(reference["reference"]))
    }


def _with_devices(entry, here, others, stored):
    contained = list(entry.resource.get("contained", ()))
    resource = _copy(entry.resource)
    for reference in _references(resource):
        address = reference["reference"]
        match = DEVICE_REFERENCE.fullmatch(address)
        device = here.get(address) or (match and stored.get(match[1]))
        if not device and match and match[1] in stored:
            raise PlaceError(
                "reference", entry.path, "this Device is no longer kept: contain it"
            )
        if device:
            own = f"device-{len(contained) + 1}"
            contained.append({**device, "id": own})
            reference["reference"] = f"#{own}"
        elif address.startswith("urn:") and address not in others:
            raise PlaceError(
                "reference", entry.path, "points at no entry of this bundle"
            )
        elif match and address.startswith("Device/"):
            # Without it the lot would be lost, and nobody told.
            raise PlaceError("reference", entry.path, "points at no device kept here")
    if contained:
        resource["contained"] = contained
    return replace(entry, resource=resource)


def _references(value):
    if isinstance(value, dict):
        if isinstance(value.get("reference"), str):
            yield value
        for name, part in value.items():
            if name != "contained":
                yield from _references(part)
    elif isinstance(value, list):
        for part in value:
            yield from _references(part)


def _copy(value):
    if isinstance(value, dict):
        return {name: _copy(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_copy(part) for part in value]
    return value
