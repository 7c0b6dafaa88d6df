"""The sending side of FHIR: one conditional create, its answer, then the next."""

import http.client
import ssl
from urllib.parse import urlsplit

from ..core.errors import Hl7Error
from ..core.json_text import read_json
from ..core.mllp_answer import Received
from .client import LineDown

LARGEST_ANSWER = 256 * 1024
#: What may be otherwise the next time: the key, too many requests, a lock.
PASSING = {401, 403, 408, 425, 429}


class FhirClient:
    """Creates resources under ``url``; the connection is kept for the next one."""

    def __init__(self, url, key, seconds, tls=None):
        parts = urlsplit(url)
        self._path = f"{parts.path.rstrip('/')}/ChargeItem"
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
        """The answer to this create; ``LineDown`` where there was none."""
        headers = {
            "Content-Type": "application/fhir+json; charset=utf-8",
            "Accept": "application/fhir+json",
            "If-None-Exist": condition,
            "Prefer": "return=minimal",
        }
        if self._key:
            headers["Authorization"] = f"Bearer {self._key}"
        try:
            self._line.request("POST", self._path, content, headers)
            answer = self._line.getresponse()
            body = answer.read(LARGEST_ANSWER)
        except (OSError, http.client.HTTPException, ssl.SSLError) as error:
            self.close()
            words = getattr(error, "strerror", None) or type(error).__name__
            raise LineDown(words) from None
        return _received(answer.status, body)

    def close(self):
        self._line.close()


def _received(status, body):
    code = str(status)
    if status in (200, 201):
        return Received("taken", code)
    passing = status >= 500 or status in PASSING
    return Received("later" if passing else "wrong", code, _reason(code, body))


def _reason(code, body):
    """The issue's code and place; never its words, which may quote the charge."""
    try:
        [issue, *_others] = read_json(body)["issue"]
        place = ", ".join(issue.get("expression", ()))
        return " ".join(filter(None, (code, str(issue.get("code", "")), place)))[:100]
    except (Hl7Error, KeyError, TypeError, ValueError, AttributeError):
        return code
