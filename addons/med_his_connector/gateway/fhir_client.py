"""The sending side of FHIR: one request, its answer, then the next."""

import http.client
import ssl
from urllib.parse import urlsplit

from ..core.errors import Hl7Error
from ..core.json_text import read_json
from ..core.mllp_answer import Received
from .client import LineDown, NoAnswer, NotAtWork, words_of

LARGEST_ANSWER = 256 * 1024
#: What is said of every request alike: the key, too many of them, nobody at work.
NOT_AT_WORK = {401, 403, 429, 502, 503, 504}
#: What may be otherwise the next time.
PASSING = {408, 425}


class FhirClient:
    """Sends to the server at ``url``; the connection is kept for the next one.

    With a condition, a charge item is created unless one meets it; without, the content
    is a Bundle for the base, all of it or none.
    """

    def __init__(self, url, key, seconds, tls=None):
        parts = urlsplit(url)
        self._base = parts.path.rstrip("/")
        self._key = key
        if parts.scheme == "https":
            self._line = http.client.HTTPSConnection(
                parts.hostname, parts.port, timeout=seconds, context=tls
            )
        else:
            self._line = http.client.HTTPConnection(
                parts.hostname, parts.port, timeout=seconds
            )

    def send(self, content: bytes, condition: str, _codec: str) -> Received:
        """The answer to this content; ``LineDown`` where there was none."""
        if condition:
            asked = {"If-None-Exist": condition}
            return _received(*self._post(f"{self._base}/ChargeItem", content, asked))
        return _of_transaction(*self._post(self._base or "/", content, {}))

    def close(self):
        self._line.close()

    def _post(self, path, content, headers):
        headers = {
            "Content-Type": "application/fhir+json; charset=utf-8",
            "Accept": "application/fhir+json",
            "Prefer": "return=minimal",
            **headers,
        }
        if self._key:
            headers["Authorization"] = f"Bearer {self._key}"
        problem = LineDown
        try:
            if self._line.sock is None:
                self._line.connect()
            problem = NoAnswer
            self._line.request("POST", path, content, headers)
            answer = self._line.getresponse()
            status, body = answer.status, answer.read(LARGEST_ANSWER)
        except (
            OSError,
            http.client.HTTPException,
            ssl.SSLError,
            ValueError,
        ) as error:
            # A ValueError is of the address or the key: what no header can carry.
            self.close()
            raise problem(words_of(error)) from None
        if status in NOT_AT_WORK:
            self.close()
            raise NotAtWork(f"HTTP {status}")
        return status, body


def _received(status, body):
    code = str(status)
    if status in (200, 201):
        return Received("taken", code)
    passing = status >= 500 or status in PASSING
    return Received("later" if passing else "wrong", code, _reason(code, body))


def _of_transaction(status, body):
    """Taken only where each entry was: some servers answer 200 all the same."""
    told = _received(status, body)
    if told.fate != "taken":
        return told
    for number, code in enumerate(_entry_codes(body)):
        if code[:1] != "2":
            passing = code[:1] == "5"
            reason = f"{code} Bundle.entry[{number}]"
            return Received("later" if passing else "wrong", code, reason)
    return told


def _entry_codes(body):
    """The status of each entry; nothing where the answer has no body."""
    try:
        entries = read_json(body).get("entry", ())
        return [str(each["response"]["status"])[:3] for each in entries]
    except (Hl7Error, AttributeError, KeyError, TypeError):
        return []


def _reason(code, body):
    """The issue's code and place; never its words, which may quote the charge."""
    try:
        [issue, *_others] = read_json(body)["issue"]
        place = ", ".join(issue.get("expression", ()))
        return " ".join(filter(None, (code, str(issue.get("code", "")), place)))[:100]
    except (Hl7Error, KeyError, TypeError, ValueError, AttributeError):
        return code
