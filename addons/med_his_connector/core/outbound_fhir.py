"""A charge after a scan as a FHIR R4 ChargeItem.

What is taken back is a ChargeItem of its own with a negative quantity, which names the
charge that it takes back (partOf): so a part of a charge can be taken back too.
"""

from .json_text import write_json
from .outbound import OutCharge

SYSTEM = "urn:med:charge"


def charge_item(charge: OutCharge, own_number: str) -> bytes:
    """The resource as JSON; ``own_number`` identifies it, at every try the same."""
    quantity = -charge.quantity if charge.credit else charge.quantity
    resource = {
        "resourceType": "ChargeItem",
        "identifier": [{"system": SYSTEM, "value": own_number}],
        "status": "billable",
        "code": {"coding": [{"code": charge.code, "display": charge.name}]},
        "subject": _identified("Patient", charge.record or charge.visit),
        "context": _identified("Encounter", charge.visit),
        "occurrenceDateTime": charge.when.isoformat(timespec="seconds"),
        "performingOrganization": _identified("Organization", charge.department),
        "quantity": {"value": quantity},
    }
    if charge.credit and charge.number != own_number:
        resource["partOf"] = [
            {"identifier": {"system": SYSTEM, "value": charge.number}}
        ]
    if charge.lot or charge.serial:
        device = {"resourceType": "Device", "id": "device"}
        device |= {"lotNumber": charge.lot} if charge.lot else {}
        device |= {"serialNumber": charge.serial} if charge.serial else {}
        resource["contained"] = [device]
        resource["productReference"] = {"reference": "#device"}
    return write_json(resource)


def condition(own_number: str) -> str:
    """If-None-Exist: a repetition creates nothing."""
    return f"identifier={SYSTEM}|{own_number}"


def _identified(kind, value):
    return {"type": kind, "identifier": {"value": value}}
