"""Audit events in the two forms that other systems collect.

Source: RFC 5424 (syslog; facility 13 is "log audit"), FHIR R4 AuditEvent, and DICOM
PS3.15 A.5 for the codes of events. No event holds anything about a patient.
"""

from dataclasses import dataclass
from datetime import datetime

FACILITY_AUDIT = 13
INFORMATION, WARNING = 6, 4
ENTERPRISE = "32473"  # reserved by RFC 5612 for use as an example
#: DICOM's kind of event, and CRUDE action of FHIR, by our events.
KINDS = {
    "start": ("110100", "Application Activity", "E"),
    "stop": ("110100", "Application Activity", "E"),
    "connect": ("110114", "User Authentication", "E"),
    "disconnect": ("110114", "User Authentication", "E"),
    "refuse": ("110113", "Security Alert", "E"),
    "read": ("110112", "Query", "R"),
    "replay": ("110100", "Application Activity", "U"),
    "leave_out": ("110100", "Application Activity", "U"),
    "map": ("110100", "Application Activity", "U"),
    "channel": ("110100", "Application Activity", "U"),
    "purge": ("110105", "DICOM Study Deleted", "D"),
    "export": ("110106", "Export", "R"),
}


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """One event: what, when (UTC), who, from where, on which channel, how it ended."""

    number: int
    event: str
    at: datetime
    actor: str
    node: str
    channel: str = ""
    peer: str = ""
    peer_name: str = ""
    subject: str = ""
    detail: str = ""
    count: int = 1
    failed: bool = False


def as_syslog(event: AuditEvent) -> str:
    """One line of RFC 5424.

    >>> line = as_syslog(AuditEvent(7, "connect", datetime(2026, 1, 2), "gateway", "n"))
    >>> line.split(" [")[0]
    '<110>1 2026-01-02T00:00:00Z n med_his - connect'
    """
    severity = WARNING if event.failed else INFORMATION
    head = f"<{FACILITY_AUDIT * 8 + severity}>1 {event.at:%Y-%m-%dT%H:%M:%SZ}"
    values = {
        "number": str(event.number),
        "actor": event.actor,
        "channel": event.channel,
        "peer": event.peer,
        "peerName": event.peer_name,
        "subject": event.subject,
        "count": str(event.count),
        "outcome": "failure" if event.failed else "success",
    }
    data = "".join(
        f' {name}="{_escaped(value)}"' for name, value in values.items() if value
    )
    detail = f" {_one_line(event.detail)}" if event.detail else ""
    node = _one_line(event.node).replace(" ", "_") or "-"
    return f"{head} {node} med_his - {event.event} [med@{ENTERPRISE}{data}]{detail}"


def as_fhir(event: AuditEvent) -> dict:
    """An AuditEvent of FHIR R4 as plain values for JSON."""
    code, display, action = KINDS[event.event]
    agents = [{"requestor": True, "who": {"display": event.actor}}]
    if event.peer:
        peer = {"requestor": False, "network": {"address": event.peer, "type": "2"}}
        if event.peer_name:
            peer["who"] = {"display": event.peer_name}
        agents.append(peer)
    about = [("channel", event.channel), ("subject", event.subject)]
    entities = [
        {"name": name, "what": {"display": value}} for name, value in about if value
    ]
    resource = {
        "resourceType": "AuditEvent",
        "id": str(event.number),
        "type": {
            "system": "http://dicom.nema.org/resources/ontology/DCM",
            "code": code,
        },
        "subtype": [{"system": "urn:med-his", "code": event.event}],
        "action": action,
        "recorded": f"{event.at:%Y-%m-%dT%H:%M:%SZ}",
        "outcome": "8" if event.failed else "0",
        "agent": agents,
        "source": {"observer": {"display": event.node or "odoo"}},
    }
    resource["type"]["display"] = display
    if event.detail:
        resource["outcomeDesc"] = event.detail
    if entities:
        resource["entity"] = entities
    return resource


def _escaped(text):
    """RFC 5424, 6.3.3: three characters are escaped in a value."""
    text = _one_line(text).replace("\\", "\\\\")
    return text.replace('"', '\\"').replace("]", "\\]")


def _one_line(text):
    return "".join(" " if not each.isprintable() else each for each in text)
