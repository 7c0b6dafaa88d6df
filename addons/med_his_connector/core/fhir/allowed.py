"""What is kept of a resource: an allow list. Names, notes and diagnoses are not on it.

A leaf that is True keeps a text or number, a dict keeps an object, a list of one dict
keeps a list of objects.
"""

from ..errors import PlaceError

IDENTIFIER = {"system": True, "value": True}
REFERENCE = {"reference": True, "type": True, "identifier": IDENTIFIER}
CONCEPT = {"coding": [{"system": True, "code": True}]}
QUANTITY = {
    "value": True,
    "comparator": True,
    "unit": True,
    "system": True,
    "code": True,
}
MONEY = {"value": True, "currency": True}
PERIOD = {"start": True, "end": True}
DEVICE = {
    "resourceType": True,
    "id": True,
    "identifier": [IDENTIFIER],
    "status": True,
    "type": CONCEPT,
    "lotNumber": True,
    "serialNumber": True,
    "expirationDate": True,
    "partNumber": True,
    "udiCarrier": [{"deviceIdentifier": True, "carrierHRF": True}],
    "manufactureDate": True,
}
COMMON = {
    "resourceType": True,
    "id": True,
    "identifier": [IDENTIFIER],
    "status": True,
    "contained": [DEVICE],
}
ALLOWED = {
    "ChargeItem": {
        **COMMON,
        "code": CONCEPT,
        "subject": REFERENCE,
        "context": REFERENCE,
        "occurrenceDateTime": True,
        "occurrencePeriod": PERIOD,
        "enteredDate": True,
        "performingOrganization": REFERENCE,
        "requestingOrganization": REFERENCE,
        "costCenter": REFERENCE,
        "quantity": QUANTITY,
        "productReference": REFERENCE,
        "productCodeableConcept": CONCEPT,
        "partOf": [REFERENCE],
        "priceOverride": MONEY,
        # R5 has this instead; senders of R4 use it as well.
        "totalPriceComponent": {"amount": MONEY},
    },
    "SupplyDelivery": {
        **COMMON,
        "patient": REFERENCE,
        "suppliedItem": {
            "quantity": QUANTITY,
            "itemCodeableConcept": CONCEPT,
            "itemReference": REFERENCE,
        },
        "occurrenceDateTime": True,
        "occurrencePeriod": PERIOD,
        "supplier": REFERENCE,
        "destination": REFERENCE,
        "receiver": [REFERENCE],
    },
    "Procedure": {
        **COMMON,
        "code": CONCEPT,
        "subject": REFERENCE,
        "encounter": REFERENCE,
        "performedDateTime": True,
        "performedPeriod": PERIOD,
        "location": REFERENCE,
        "focalDevice": [{"manipulated": REFERENCE}],
        "usedReference": [REFERENCE],
        "usedCode": [CONCEPT],
    },
    "Device": DEVICE,
    "Appointment": {
        **COMMON,
        "meta": {"lastUpdated": True},
        "serviceType": [CONCEPT],
        "start": True,
        "end": True,
        "created": True,
        "participant": [{"actor": REFERENCE, "status": True}],
        "basedOn": [REFERENCE],
    },
}
#: Where a participant may be seen: a person may not, a room may.
PLACES = ("Location/", "HealthcareService/")


def reduce(resource: dict, path: str) -> dict:
    """The allowed part of a resource whose type is one of ``ALLOWED``."""
    kept = _kept(resource, ALLOWED[resource["resourceType"]], path)
    if kept["resourceType"] == "Appointment":
        kept["participant"] = [
            each
            for each in kept.get("participant", ())
            if _names_a_place(each.get("actor", {}))
        ]
    return kept


def _names_a_place(actor):
    return actor.get("type") == "Location" or any(
        part in actor.get("reference", "") for part in PLACES
    )


def _kept(value, rule, path):
    if rule is True:
        if isinstance(value, dict | list) or value is None:
            raise PlaceError("structure", path, "must be a single value")
        return value
    if isinstance(rule, list):
        if not isinstance(value, list):
            raise PlaceError("structure", path, "must be a list")
        kept = [
            _kept(each, rule[0], f"{path}[{number}]")
            for number, each in enumerate(value)
        ]
        # A contained resource of another kind is none that we would look at.
        return [each for each in kept if each]
    if not isinstance(value, dict):
        raise PlaceError("structure", path, "must be an object")
    if rule is DEVICE and value.get("resourceType") not in (None, "Device"):
        return {}
    return {
        name: _kept(part, rule[name], f"{path}.{name}")
        for name, part in value.items()
        if name in rule
    }
