"""What a sender is told: a status of HTTP, and an OperationOutcome for every error.

Source: FHIR R4, 3.1.0.4 (status codes), 3.1.0.8 (create), value set issue-type. Words
are ours and never quote the message.
"""

from ..errors import Hl7Error

#: ``{our code: (HTTP status, issue type)}``; what is not listed is 422 and "value".
ISSUES = {
    "json": (400, "structure"),
    "structure": (400, "structure"),
    "charset_invalid": (400, "structure"),
    "condition": (400, "invalid"),
    "method": (400, "not-supported"),
    "header": (400, "invalid"),
    "login": (401, "login"),
    "expired": (401, "expired"),
    "forbidden": (403, "forbidden"),
    "resource_type": (404, "not-supported"),
    "not_found": (404, "not-found"),
    "not_allowed": (405, "not-supported"),
    "not_acceptable": (406, "not-supported"),
    "same_id": (409, "conflict"),
    "gone": (410, "deleted"),
    "several": (412, "multiple-matches"),
    "too_large": (413, "too-long"),
    "media_type": (415, "not-supported"),
    "required": (422, "required"),
    "item_missing": (422, "required"),
    "quantity_missing": (422, "required"),
    "code_value": (422, "code-invalid"),
    "modifier": (422, "extension"),
    "udi_conflict": (422, "business-rule"),
    "time_future": (422, "business-rule"),
    "time_old": (422, "business-rule"),
    "quantity_limit": (422, "business-rule"),
    "throttled": (429, "throttled"),
    "internal": (500, "exception"),
    "unavailable": (503, "transient"),
}


def status_of(code: str) -> int:
    """The HTTP status for one of our error codes; 422 for any that is not listed."""
    return ISSUES.get(code, (422, "value"))[0]


def operation_outcome(errors: list[Hl7Error]) -> dict:
    """One issue an error, with its place as an expression."""
    return {"resourceType": "OperationOutcome", "issue": [_issue(e) for e in errors]}


def all_ok(text: str) -> dict:
    """An OperationOutcome without an error: FHIR has no other word for success."""
    issue = {"severity": "information", "code": "informational", "diagnostics": text}
    return {"resourceType": "OperationOutcome", "issue": [issue]}


def _issue(error):
    issue = {
        "severity": "error",
        "code": ISSUES.get(error.code, (422, "value"))[1],
        "details": {"coding": [{"code": error.code}]},
        "diagnostics": error.text or error.code,
    }
    if error.position:
        issue["expression"] = [error.position]
    return issue
