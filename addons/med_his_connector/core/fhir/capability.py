"""The CapabilityStatement: exactly what the door does, made from what it is made of."""

from .allowed import ALLOWED

#: Of what is described here, and changed with it. Everybody may ask, so it does not say
#: which version of the software is installed, nor since when.
VERSION, DATE = "1", "2026-11-27"
DOCUMENTED = {
    "ChargeItem": "One line of use; aborted and entered-in-error take it back.",
    "SupplyDelivery": "One line of use at its destination.",
    "Procedure": "One line for each device and material it used.",
    "Device": "Lot, serial, expiry and UDI of what other resources name.",
    "Appointment": "A case in the schedule; the state written last counts.",
}


def capability(base: str) -> dict:
    """What ``GET [base]/metadata`` answers."""
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": DATE,
        "kind": "instance",
        "software": {"name": "Medical Consumables Suite", "version": VERSION},
        "implementation": {
            "description": "Use of medical consumables, received exactly once",
            "url": base,
        },
        "fhirVersion": "4.0.1",
        "format": ["application/fhir+json", "json"],
        "rest": [
            {
                "mode": "server",
                "security": {
                    "cors": False,
                    "description": "A bearer key of the channel, over HTTPS.",
                },
                "resource": [_resource(kind) for kind in ALLOWED],
                "interaction": [{"code": "transaction"}, {"code": "batch"}],
            }
        ],
    }


def _resource(kind):
    return {
        "type": kind,
        "documentation": DOCUMENTED[kind],
        "interaction": [{"code": "create"}, {"code": "read"}],
        "versioning": "no-version",
        "readHistory": False,
        "updateCreate": False,
        "conditionalCreate": True,
        "conditionalRead": "not-supported",
        "conditionalUpdate": False,
        "conditionalDelete": "not-supported",
        "referencePolicy": ["literal", "logical", "local"],
    }
