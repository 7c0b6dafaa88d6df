from uuid import uuid4

from odoo.http import Controller, request, route

from ..core.errors import PlaceError
from ..core.fhir import bundle, outcome
from ..core.fhir.allowed import ALLOWED
from ..core.fhir.capability import capability
from ..core.json_text import Limits, read_json, write_json
from ..models.med_his_fhir_read import as_seen
from .door import open_channel, read_body, safely

MEDIA_TYPES = ("application/fhir+json", "application/json")
RETURNS = ("minimal", "representation", "OperationOutcome")
#: Requests that one address of a status names.
LARGEST_STATUS = 20
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"]


class FhirDoor(Controller):
    """FHIR R4 over HTTPS: create, conditional create, transaction, batch, read."""

    @route(
        ["/fhir/R4", "/fhir/R4/", "/fhir/R4/<path:path>"],
        type="http",
        auth="none",
        methods=METHODS,
        csrf=False,
        save_session=False,
        readonly=False,
    )
    def fhir(self, path="", **_search):
        # Every error is an OperationOutcome.
        return safely(lambda: self._answer(path.strip("/")), _error)

    def _answer(self, path):
        method, parts = request.httprequest.method, path.split("/") if path else []
        _check_accept()
        if parts == ["metadata"]:
            if method != "GET":
                raise PlaceError("not_allowed", text="only GET is supported here")
            return _json(200, capability(_url()))
        channel, peer = open_channel("fhir")
        if method == "GET" and parts[:1] == ["_status"] and len(parts) == 2:
            return self._status(channel, parts[1])
        if parts and parts[0] not in ALLOWED:
            raise PlaceError("resource_type", text="this resource is not supported")
        if method == "GET" and len(parts) == 2:
            return self._read(channel, *parts)
        if method == "POST" and len(parts) <= 1:
            return self._post(channel, parts[0] if parts else "", peer)
        raise PlaceError("not_allowed", text="see /fhir/R4/metadata for what works")

    # ---- Reading ---------------------------------------------------------------------

    def _read(self, channel, kind, logical_id):
        found = channel.env["med.his.fhir"]._resource(channel, kind, logical_id)
        if found is None:
            raise PlaceError("not_found", kind, "there is no such resource")
        return _json(200, found)

    def _status(self, channel, request_id):
        """What became of what was sent with ``Prefer: respond-async``."""
        requests = request_id.split(",")[:LARGEST_STATUS]
        found = channel.env["med.his.resource"].search(
            [("channel_id", "=", channel.id), ("request", "in", requests)], order="id"
        )
        if not found:
            raise PlaceError("not_found", text="nothing was created by this request")
        waiting = found.message_id.filtered(lambda each: each.state == "received")
        if waiting:
            return _json(202, None, {"X-Progress": f"{len(waiting)} waiting"})
        entries = {each.logical_id: _fate(each) for each in found}
        return _json(200, _bundle("batch-response", list(entries.values())))

    # ---- Creating --------------------------------------------------------------------

    def _post(self, channel, kind, peer):
        raw = b""
        try:
            wanted = _prefer()
            raw = read_body(channel, MEDIA_TYPES)
            found = read_json(raw, Limits(size=channel.max_message_kb * 1024))
            if not isinstance(found, dict):
                raise PlaceError("structure", text="a resource must be an object")
            if not kind:
                return self._post_bundle(channel, found, peer, wanted)
            return self._post_one(channel, kind, found, peer, wanted)
        except PlaceError as error:
            if raw:
                channel.env["med.his.message"]._keep_refusal(
                    channel, raw, error, peer, kind or "Bundle"
                )
            raise

    def _post_one(self, channel, kind, found, peer, wanted):
        if found.get("resourceType") != kind:
            raise PlaceError(
                "structure", f"{kind}.resourceType", "is not the type of the address"
            )
        condition = request.httprequest.headers.get("If-None-Exist", "")
        entry = bundle.read_entry(found, kind, condition)
        request_id = str(uuid4())
        [result] = channel.env["med.his.fhir"]._create_entries(
            channel, [entry], False, peer, request_id
        )
        if result.error:
            return _error(result.error)
        headers = {"Location": _location(result)}
        if wanted.get("respond-async") and (where := _status_url([result])):
            return _json(202, None, {**headers, "Content-Location": where})
        return _json(result.status, _body(result, wanted.get("return")), headers)

    def _post_bundle(self, channel, found, peer, wanted):
        if found.get("resourceType") != "Bundle":
            raise PlaceError("structure", "resourceType", "must be a Bundle here")
        kind, entries = bundle.read_bundle(found)
        whole, request_id = kind == "transaction", str(uuid4())
        results = channel.env["med.his.fhir"]._create_entries(
            channel, entries, whole, peer, request_id
        )
        errors = [each.error for each in results if each.error]
        if whole and errors:
            raise Refusals(errors)
        if wanted.get("respond-async") and (where := _status_url(results)):
            return _json(202, None, {"Content-Location": where})
        responses = [_response(each, wanted.get("return")) for each in results]
        return _json(200, _bundle(f"{kind}-response", responses))


class Refusals(PlaceError):
    """Several errors of a transaction; the first one decides the status."""

    def __init__(self, errors):
        first = errors[0]
        super().__init__(first.code, first.position, first.text, first.value)
        self.errors = errors


# ---- Headers -------------------------------------------------------------------------


def _check_accept():
    accept = request.httprequest.accept_mimetypes
    wanted = request.httprequest.args.get("_format", "")
    if wanted and wanted not in ("json", *MEDIA_TYPES):
        raise PlaceError("not_acceptable", text="only JSON is given")
    if accept and not any(each in accept for each in MEDIA_TYPES):
        raise PlaceError("not_acceptable", text="only JSON is given")


def _prefer():
    """``{"return": "minimal", "respond-async": True}``."""
    found = {}
    for part in request.httprequest.headers.get("Prefer", "").split(","):
        for piece in part.split(";"):
            name, is_value, value = piece.strip().partition("=")
            found[name] = value.strip('"') if is_value else True
    wanted = found.get("return")
    if wanted and wanted not in RETURNS:
        raise PlaceError(
            "header",
            text="Prefer: return is minimal, representation or OperationOutcome",
        )
    return found


# ---- Answers -------------------------------------------------------------------------


def _url(*parts):
    return "/".join((request.httprequest.host_url.rstrip("/"), "fhir", "R4", *parts))


def _status_url(results):
    """Where to ask what became of these: by the requests that created them, which for a
    resend are earlier ones. '' where there is nothing to ask, or it is too much for an
    address: then they are answered at once."""
    found = dict.fromkeys(each.request for each in results if not each.error)
    found.pop("", None)
    if not found or len(found) > LARGEST_STATUS:
        return ""
    return _url("_status", ",".join(found))


def _location(result):
    return _url(result.entry.kind, result.logical_id)


def _body(result, wanted):
    """By Prefer: nothing (the usual), what was kept of it, or words."""
    if wanted == "representation":
        return as_seen(result.entry.resource, result.logical_id)
    if wanted == "OperationOutcome":
        created = result.status == 201
        return outcome.all_ok("created" if created else "it was here already")
    return None


def _response(result, wanted):
    """One entry of the answer to a Bundle."""
    if result.error:
        return {
            "response": {
                "status": str(outcome.status_of(result.error.code)),
                "outcome": outcome.operation_outcome([result.error]),
            }
        }
    response = {
        "status": "201 Created" if result.status == 201 else "200 OK",
        "location": _location(result),
    }
    entry = {"response": response}
    if wanted == "representation":
        entry["resource"] = _body(result, wanted)
    elif wanted == "OperationOutcome":
        response["outcome"] = _body(result, wanted)
    return entry


def _fate(resource):
    """What became of a resource after it was accepted."""
    message = resource.message_id
    if message.state in ("processed", "ignored"):
        found = outcome.all_ok(message.state)
    else:
        code, place = message.error_code or "internal", message.error_position or ""
        found = outcome.operation_outcome([PlaceError(code, place, message.state)])
    return {
        "response": {
            "status": "201 Created",
            "location": _url(resource.kind, resource.logical_id),
            "outcome": found,
        }
    }


def _bundle(kind, entries):
    return {"resourceType": "Bundle", "type": kind, "entry": entries}


def _error(error):
    errors = getattr(error, "errors", [error])
    headers = {}
    status = outcome.status_of(error.code)
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    if status in (429, 503):
        headers["Retry-After"] = "60"
    return _json(status, outcome.operation_outcome(errors), headers)


def _json(status, body, headers=None):
    content = b"" if body is None else write_json(body)
    answer = request.make_response(
        content,
        headers=[
            ("Content-Type", "application/fhir+json; charset=utf-8"),
            ("Cache-Control", "no-store"),
            *(headers or {}).items(),
        ],
    )
    answer.status_code = status
    return answer
