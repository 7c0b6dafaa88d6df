from odoo.http import Controller, request, route

from ..core import feed_line
from ..core.errors import PlaceError
from ..core.fhir.outcome import status_of
from ..core.json_text import Limits, read_json, write_json
from .door import open_channel, read_body, safely

LARGEST_FEED = 1000


class FeedDoor(Controller):
    """Lines of use and return as plain JSON, for senders that speak no standard.

    POST {"lines": [{"id": "...", "item": "...", "quantity": 1, "time": "..."}]}: each
    line is kept by itself; with "all": true, all of them or none.
    """

    @route(
        "/med/feed/v1/lines",
        type="http",
        auth="none",
        methods=["POST"],
        csrf=False,
        save_session=False,
        readonly=False,
    )
    def lines(self):
        return self._safely(self._lines)

    @route(
        "/med/feed/v1/lines/<path:number>",
        type="http",
        auth="none",
        methods=["GET"],
        csrf=False,
        save_session=False,
        readonly=False,
    )
    def line(self, number):
        return self._safely(lambda: self._line(number))

    def _safely(self, work):
        return safely(lambda: _json(200, work()), _refusal)

    def _lines(self):
        channel, peer = open_channel("feed")
        raw = read_body(channel, ("application/json",))
        Message = channel.env["med.his.message"]
        try:
            limits = Limits(size=channel.max_message_kb * 1024)
            rows, whole = _rows(read_json(raw, limits))
        except PlaceError as error:
            Message._keep_refusal(channel, raw, error, peer, "Feed")
            raise
        results, good = Message._take_lines(channel, rows)
        if whole:
            good = Message._all_or_none(channel, results, good)
        Message._keep_lines(channel, rows, results, good, peer)
        found = [each["status"] for each in results]
        counts = {each: found.count(each) for each in sorted(set(found))}
        return {"lines": results, **counts}

    def _line(self, number):
        channel, _peer = open_channel("feed")
        state = channel.env["med.his.message"]._line_state(channel, number)
        if not state:
            raise PlaceError("not_found", "id", "no line with this id was received")
        return state


def _rows(found):
    """The lines of a body, and whether they must be kept together."""
    if isinstance(found, dict) and "lines" not in found:
        found = {"lines": [found]}
    if isinstance(found, list):
        found = {"lines": found}
    rows = found.get("lines") if isinstance(found, dict) else None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise PlaceError("structure", "lines", "must be a list of objects")
    if len(rows) > LARGEST_FEED:
        raise PlaceError("too_large", "lines", f"more than {LARGEST_FEED} lines")
    return rows, found.get("all") is True


def _refusal(error):
    return _json(status_of(error.code), {"error": _words(error)})


def _words(error):
    place = error.position.removeprefix(f"{feed_line.POSITION}.")
    return {"code": error.code, "field": place, "text": error.text}


def _json(status, body):
    answer = request.make_response(
        write_json(body),
        headers=[("Content-Type", "application/json"), ("Cache-Control", "no-store")],
    )
    answer.status_code = status
    if status in (429, 503):
        answer.headers["Retry-After"] = "60"
    return answer
