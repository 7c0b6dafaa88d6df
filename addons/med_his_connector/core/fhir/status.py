"""What the status of a resource says: used, taken back, or nothing yet.

Source: FHIR R4, the required bindings of each resource's ``status``.
"""

from .element import Element

STATUSES = {
    "ChargeItem": frozenset(
        "planned billable not-billable aborted billed entered-in-error unknown".split()  # noqa: SIM905
    ),
    "SupplyDelivery": frozenset(
        "in-progress completed abandoned entered-in-error".split()  # noqa: SIM905
    ),
    "Procedure": frozenset(
        [
            "preparation",
            "in-progress",
            "not-done",
            "on-hold",
            "stopped",
            "completed",
            "entered-in-error",
            "unknown",
        ]  # noqa: SIM905
    ),
    "Device": frozenset("active inactive entered-in-error unknown".split()),  # noqa: SIM905
    "Appointment": frozenset(
        [
            "proposed",
            "pending",
            "booked",
            "arrived",
            "fulfilled",
            "cancelled",
            "noshow",
            "entered-in-error",
            "checked-in",
            "waitlist",
        ]  # noqa: SIM905
    ),
}
#: What has been used. A charge that is not billed has still been used.
USED = {
    "ChargeItem": {"billable", "not-billable", "billed"},
    "SupplyDelivery": {"completed"},
    "Procedure": {"completed", "stopped"},
}
TAKEN_BACK = {"entered-in-error", "aborted", "abandoned"}
#: Resources that say what was used.
LINE_TYPES = tuple(USED)


def is_settled(resource: Element) -> bool:
    """Whether it says that something was used or taken back. A planned charge, or a
    procedure in progress, says neither: its later state comes under its identifier."""
    kind, status = resource.text("resourceType"), resource.text("status")
    return kind not in USED or status in USED[kind] | TAKEN_BACK
