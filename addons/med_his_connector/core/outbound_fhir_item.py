"""An item, and where it lies, as a FHIR R4 transaction.

The item is a DeviceDefinition. R4 has no resource for stock (InventoryReport came with
R5), so what lies at one place is an Observation about that Location: the quantity on
hand in the item's unit, and as components the level that shall be there and each lot
with its last day. Both are conditional updates by our identifier: a receiver that has
no such resource makes it, another replaces it, and a repetition changes nothing.

Source: HL7 FHIR R4, 3.1.0.5.3 conditional update, 3.1.0.11 transaction, 3.2.1.5.7
escaping in searches; DeviceDefinition, Observation.
"""

from datetime import datetime
from urllib.parse import quote

from .json_text import write_json
from .outbound import OutItem, OutPlace

ITEM = "urn:med:item"
ITEM_FACT = "urn:med:item-property"
STOCK = "urn:med:stock"
STOCK_FACT = "urn:med:stock-code"
GTIN = "https://www.gs1.org/gtin"
GTIN_LENGTHS = (8, 12, 13, 14)


def item_transaction(item: OutItem, when: datetime) -> bytes:
    """The Bundle as JSON; ``when`` bears its time zone."""
    entries = [_entry(_definition(item), ITEM, item.code)]
    for place in item.places or ():
        level = _level(item, place, when)
        entries.append(_entry(level, STOCK, _level_number(item, place)))
    return write_json(
        {"resourceType": "Bundle", "type": "transaction", "entry": entries}
    )


def _entry(resource, system, value):
    condition = f"{_escaped(system)}|{_escaped(value)}"
    kind = resource["resourceType"]
    url = f"{kind}?identifier={quote(condition, safe=':')}"
    return {"resource": resource, "request": {"method": "PUT", "url": url}}


def _definition(item):
    identifiers = [{"system": ITEM, "value": item.code}]
    if item.barcode.isdigit() and len(item.barcode) in GTIN_LENGTHS:
        identifiers.append({"system": GTIN, "value": item.barcode})
    resource = {
        "resourceType": "DeviceDefinition",
        "identifier": identifiers,
        "deviceName": [{"name": item.name, "type": "user-friendly-name"}],
        "property": [
            _fact(name, value)
            for name, value in (
                # DeviceDefinition has no element for these in R4.
                ("status", "active" if item.active else "inactive"),
                ("chargeable", _yes_or_no(item.chargeable)),
                ("lot-controlled", _yes_or_no(item.traced)),
                ("expires", _yes_or_no(item.expires)),
                ("charge-code", item.charge_code),
                ("unit", item.unit),
            )
            if value
        ],
    }
    if item.manufacturer:
        resource["manufacturerString"] = item.manufacturer
    if item.specification:
        resource["modelNumber"] = item.specification
    return resource


def _fact(name, value):
    return {
        "type": {"coding": [{"system": ITEM_FACT, "code": name}]},
        "valueCode": [{"text": value}],
    }


def _level(item: OutItem, place: OutPlace, when):
    total = sum(lot.quantity for lot in place.lots)
    components = []
    if place.par is not None:
        components.append({"code": _code("par"), "valueQuantity": _of(item, place.par)})
    for lot in place.lots:
        if not lot.number:
            continue
        code = _code("lot", lot.number)
        components.append({"code": code, "valueQuantity": _of(item, lot.quantity)})
        if lot.expiry:
            components.append(
                {
                    "code": _code("expiry", lot.number),
                    "valueDateTime": f"{lot.expiry:%Y-%m-%d}",
                }
            )
    resource = {
        "resourceType": "Observation",
        "identifier": [{"system": STOCK, "value": _level_number(item, place)}],
        "status": "final",
        "code": _code("on-hand"),
        "subject": {
            "type": "Location",
            "identifier": {"value": place.code},
            "display": place.name,
        },
        "focus": [
            {
                "type": "DeviceDefinition",
                "identifier": {"system": ITEM, "value": item.code},
            }
        ],
        "effectiveDateTime": when.isoformat(timespec="seconds"),
        "valueQuantity": _of(item, total),
    }
    return resource | ({"component": components} if components else {})


def _level_number(item, place):
    return f"{place.code}/{item.code}"


def _of(item, quantity):
    return {"value": quantity, "unit": item.unit}


def _code(code, text=""):
    concept = {"coding": [{"system": STOCK_FACT, "code": code}]}
    return concept | ({"text": text} if text else {})


def _yes_or_no(value):
    return "yes" if value else "no"


def _escaped(value: str) -> str:
    r"""A value of a search, so that it cannot end early.

    >>> _escaped("A|B,C")
    'A\\|B\\,C'
    """
    for character in "\\|,$":
        value = value.replace(character, f"\\{character}")
    return value
