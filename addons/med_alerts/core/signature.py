"""Signatures by which a receiver knows that a message is ours and new."""

import base64
import hashlib
import hmac
from urllib.parse import quote_plus


def _digest(secret: str, content: bytes) -> bytes:
    return hmac.new(secret.encode(), content, hashlib.sha256).digest()


def of_webhook(secret: str, seconds: int, body: bytes) -> str:
    """``t=<seconds>,v1=<hex HMAC-SHA-256 of "seconds.body">``.

    The moment is signed with the body, so that a recorded message cannot be sent
    again later. ``seconds`` are since 1970, UTC.
    """
    content = str(seconds).encode() + b"." + body
    return f"t={seconds},v1={_digest(secret, content).hex()}"


def of_dingtalk(secret: str, milliseconds: int) -> str:
    """The ``timestamp`` and ``sign`` that a DingTalk robot wants behind its address.

    Source: DingTalk's open platform, custom robots, additional signature.
    """
    content = f"{milliseconds}\n{secret}".encode()
    sign = quote_plus(base64.b64encode(_digest(secret, content)))
    return f"timestamp={milliseconds}&sign={sign}"
