"""What was used, by resources of FHIR R4.

ChargeItem: one line. SupplyDelivery: one line. Procedure: one line for every
device or material it names. Device: nothing by itself; other resources point at it.

No resource of R4 is a return: a line is taken back by its status (entered-in-error,
aborted, abandoned), or by a negative quantity.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from decimal import Decimal

from ..charge import Charge, Profile, Reading, Skipped
from ..errors import PlaceError
from ..plain_line import (
    PlainLine,
    charge_of,
    read_amount,
    read_day,
    read_number,
    read_time,
)
from .element import Element, codes_of, identified, identifiers
from .status import LINE_TYPES, STATUSES, TAKEN_BACK, USED


def check(resource: Element) -> None:
    """What must hold for a resource before it is accepted, whatever it says."""
    kind = resource.text("resourceType")
    if kind == "Device":
        if resource.text("status"):
            resource.choice("status", STATUSES[kind])
    elif kind == "SupplyDelivery" and not resource.text("status"):
        raise PlaceError("required", resource.at("status"), "is required here")
    else:
        resource.choice("status", STATUSES[kind])
    identifiers(resource)


def read(
    resource: dict, key: str, now: datetime, profile: Profile, read_udi: Callable
) -> Reading:
    """All lines of a resource that was accepted; ``key`` stands for one without an
    identifier."""
    element = Element(resource, resource["resourceType"])
    check(element)
    if element.value["resourceType"] not in LINE_TYPES:
        return Reading((), (Skipped(element.path, "nothing"),))
    status = element.text("status")
    back = status in TAKEN_BACK
    if not back and status not in USED[element.path]:
        return Reading((), (Skipped(element.at("status"), "nothing"),))
    number = key_of(element) or key
    reader = {
        "ChargeItem": _charge_item,
        "SupplyDelivery": _supply_delivery,
        "Procedure": _procedure,
    }[element.path]
    results = [
        charge_of(line, now, profile, read_udi)
        for line in reader(element, number, back, profile)
    ]
    return Reading(
        tuple(each for each in results if isinstance(each, Charge)),
        tuple(each for each in results if isinstance(each, Skipped)),
    )


def key_of(resource: Element) -> str:
    """The sender's own identification of a resource: its type and first identifier."""
    for system, value in identifiers(resource):
        return f"{resource.value['resourceType']}|{system}|{value}"
    return ""


def _charge_item(item, key, back, profile) -> Iterator[PlainLine]:
    device = _device_of(item, "productReference")
    quantity, unit = _quantity(item.child("quantity"), profile)
    code = _required_concept(item, "code")
    product = codes_of(item.child("productCodeableConcept"))
    yield PlainLine(
        position=item.path,
        key=key,
        quantity=quantity,
        unit=unit,
        codes=(*product, *_device_codes(device), *code),
        moment=_moment(item, ("occurrence", "enteredDate"), profile),
        department=_first_identified(
            item, "performingOrganization", "costCenter", "requestingOrganization"
        ),
        visit=identified(item.child("context")),
        record=identified(item.child("subject")),
        **_charged(item),
        **_taking_back(back, key),
        **_traced(device),
    )


def _supply_delivery(item, key, back, profile) -> Iterator[PlainLine]:
    supplied = item.child("suppliedItem")
    device = _device_of(supplied, "itemReference", item)
    quantity, unit = _quantity(supplied.child("quantity"), profile)
    receivers = [identified(each) for each in item.children("receiver")]
    yield PlainLine(
        position=item.path,
        key=key,
        quantity=quantity,
        unit=unit,
        codes=(
            *codes_of(supplied.child("itemCodeableConcept")),
            *_device_codes(device),
        ),
        moment=_moment(item, ("occurrence",), profile),
        department=next(
            filter(None, (identified(item.child("destination")), *receivers)), ""
        ),
        record=identified(item.child("patient")),
        **_taking_back(back, key),
        **_traced(device),
    )


def _procedure(item, key, back, profile) -> Iterator[PlainLine]:
    moment = None
    for number, (device, codes) in enumerate(_materials(item), start=1):
        moment = moment or _moment(item, ("performed",), profile)
        own = f"{key}|{number}"
        yield PlainLine(
            position=device.path if device else f"{item.path}.usedCode",
            key=own,
            quantity=Decimal(1),
            codes=(*codes, *_device_codes(device)),
            moment=moment,
            department=identified(item.child("location")),
            visit=identified(item.child("encounter")),
            record=identified(item.child("subject")),
            **_taking_back(back, own),
            **_traced(device),
        )


def _materials(item):
    """Every device used, each once, then every kind of material."""
    seen = set()
    places = [(each, "manipulated") for each in item.children("focalDevice")]
    references = [each.child(name) for each, name in places]
    references += item.children("usedReference")
    for reference in references:
        address = reference.text("reference")
        if address and address not in seen:
            seen.add(address)
            device = _resolve(item, reference)
            yield device, [] if device.value.get("id") else [identified(reference)]
    for concept in item.children("usedCode"):
        yield Element({}, ""), codes_of(concept)


def _taking_back(back, key):
    return {"credit": back, "reverses": key if back else ""}


def _charged(item):
    """The price of the whole line, where it says one."""
    for money in (
        item.child("priceOverride"),
        item.child("totalPriceComponent").child("amount"),
    ):
        value = money.number("value") if money else None
        if value is not None:
            amount = read_amount(value)
            return {"amount": amount, "currency": money.text("currency")}
    return {}


def _quantity(quantity, profile):
    """The value and unit of a Quantity; a comparator makes it no quantity."""
    if quantity.text("comparator"):
        raise PlaceError(
            "bad_quantity", quantity.at("comparator"), "must be exact, without < or >"
        )
    value = quantity.number("value")
    unit = quantity.text("code") or quantity.text("unit")
    if value is not None:
        # UCUM's "1" means no unit: so many pieces.
        number = read_number(value, quantity.at("value"))
        return number, "" if unit in ("1", "{each}") else unit
    if profile.empty_quantity == "one":
        return Decimal(1), ""
    raise PlaceError("quantity_missing", quantity.at("value"), "the quantity is empty")


def _moment(item, names, profile):
    """``occurrence`` stands for occurrenceDateTime and occurrencePeriod.start."""
    for name in names:
        for text, path in (
            (item.text(f"{name}DateTime"), item.at(f"{name}DateTime")),
            (
                item.child(f"{name}Period").text("start"),
                item.at(f"{name}Period.start"),
            ),
            (item.text(name) if name == "enteredDate" else "", item.at(name)),
        ):
            if text:
                return read_time(text, path, profile)
    raise PlaceError("time", item.at(f"{names[0]}[x]"), "no time is given")


def _required_concept(item, name):
    if not item.child(name):
        raise PlaceError("required", item.at(name), "is required")
    return codes_of(item.child(name))


def _first_identified(item, *names):
    return next(filter(None, (identified(item.child(name)) for name in names)), "")


def _device_of(element, name, resource=None):
    reference = element.child(name)
    if not reference.text("reference"):
        return Element({}, reference.path)
    return _resolve(resource or element, reference)


def _resolve(resource, reference):
    """The contained Device that a reference points at; an empty one for any other."""
    address = reference.text("reference")
    if not address.startswith("#"):
        return Element({}, reference.path)
    for device in resource.children("contained"):
        if device.text("id") == address[1:]:
            return device
    raise PlaceError("reference", reference.path, "points at nothing that is here")


def _device_codes(device):
    if not device:
        return ()
    carriers = device.children("udiCarrier")
    return (
        *codes_of(device.child("type")),
        device.text("partNumber"),
        *(each.text("deviceIdentifier") for each in carriers),
    )


def _traced(device):
    """Lot, expiry, serial and UDI of the device that a line names."""
    expiry = device.text("expirationDate")
    carriers = [each.text("carrierHRF") for each in device.children("udiCarrier")]
    return {
        "lot": device.text("lotNumber"),
        "serial": device.text("serialNumber"),
        "expiry": read_day(expiry, device.at("expirationDate")) if expiry else None,
        "carrier": next(filter(None, carriers), ""),
        "places": {
            "lot": device.at("lotNumber"),
            "serial": device.at("serialNumber"),
            "expiry": device.at("expirationDate"),
            "carrier": device.at("udiCarrier"),
        },
    }
