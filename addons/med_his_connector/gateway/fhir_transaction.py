"""The sending side of FHIR for whole Bundles: one transaction, all of it or none."""

import http.client
import ssl
from urllib.parse import urlsplit

from ..core.errors import Hl7Error
from ..core.json_text import read_json
from ..core.mllp_answer import Received
from .client import LineDown
from .fhir_client import LARGEST_ANSWER, FhirClient, _received


class FhirSender(FhirClient):
    """Creates where a condition is given, else sends a transaction to the base."""

    def __init__(self, url, key, seconds, tls=None):
        super().__init__(url, key, seconds, tls)
        self._base = urlsplit(url).path.rstrip("/") or "/"

    def send(self, content: bytes, condition: str, codec: str) -> Received:
        if condition:
            return super().send(content, condition, codec)
        headers = {
            "Content-Type": "application/fhir+json; charset=utf-8",
            "Accept": "application/fhir+json",
            "Prefer": "return=minimal",
        }
        if self._key:
            headers["Authorization"] = f"Bearer {self._key}"
        try:
            self._line.request("POST", self._base, content, headers)
            answer = self._line.getresponse()
            body = answer.read(LARGEST_ANSWER)
        except (OSError, http.client.HTTPException, ssl.SSLError) as error:
            self.close()
            words = getattr(error, "strerror", None) or type(error).__name__
            raise LineDown(words) from None
        return _of_transaction(answer.status, body)


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
