"""What every door over HTTPS does first: who is it, how often, how much, which format.

Nothing of the request is believed before the key is proven, and nothing of it is logged
but its address and the reason of a refusal.
"""

import ipaddress
import logging
import time

from odoo import SUPERUSER_ID
from odoo.http import request
from odoo.tools import config

from ..core.errors import PlaceError
from ..core.rate_limit import RateLimit

_logger = logging.getLogger(__name__)

LIMIT = RateLimit()
#: Wrong keys from one address before it must wait.
WRONG_KEYS_PER_MINUTE = 30
#: Refusals of one address that are written down.
TRAIL_PER_MINUTE = 10
#: What a proxy says about whom it speaks for.
FORWARDED = (
    "Forwarded",
    "X-Forwarded-For",
    "X-Forwarded-Host",
    "X-Forwarded-Proto",
    "X-Real-IP",
)


def open_channel(transport):
    """The channel that the request's key opens, as the server; else ``PlaceError``.

    Work goes on as the server, on behalf of the channel: a sender has no account and
    reaches nothing but the message store.
    """
    peer, now = request.httprequest.remote_addr or "", time.monotonic()
    env = request.env(user=SUPERUSER_ID)
    if problem := _proxy_problem():
        _refuse(env, peer, "forbidden", problem)
    word, _, key = request.httprequest.headers.get("Authorization", "").partition(" ")
    if word.casefold() != "bearer":
        _refuse(env, peer, "login", "a bearer key is required")
    channel, code = env["med.his.key"]._open(key.strip(), transport)
    if not channel:
        if not LIMIT.allow(("wrong", peer), WRONG_KEYS_PER_MINUTE, now):
            _refuse(env, peer, "throttled", "too many wrong keys; wait a minute")
        words = {
            "login": "this key is not known",
            "expired": "this key has expired",
            "forbidden": "this key does not open this door",
        }
        _refuse(env, peer, code, words[code])
    if not _is_allowed(channel, peer):
        _refuse(env, peer, "forbidden", "this network is not allowed", channel)
    if not _is_protected(channel, peer):
        _refuse(env, peer, "forbidden", "send over HTTPS", channel)
    if not LIMIT.allow(channel.id, channel.requests_per_minute, now):
        _refuse(env, peer, "throttled", "too many requests; wait a minute", channel)
    return channel, peer


def read_body(channel, media_types):
    """The bytes of the body, within the channel's limit and of an agreed type."""
    found = request.httprequest
    if found.mimetype not in media_types:
        raise PlaceError("media_type", text=f"send {media_types[0]}")
    charset = found.mimetype_params.get("charset", "utf-8").casefold()
    if charset not in ("utf-8", "utf8"):
        raise PlaceError("media_type", text="send UTF-8")
    if found.headers.get("Content-Encoding", "identity") != "identity":
        raise PlaceError("media_type", text="a compressed body is not read")
    largest = channel.max_message_kb * 1024
    if (found.content_length or 0) > largest:
        raise PlaceError("too_large", text=f"more than {largest} bytes")
    raw = found.get_data(cache=True)
    if len(raw) > largest:
        raise PlaceError("too_large", text=f"more than {largest} bytes")
    return raw


def _proxy_problem():
    """Why it cannot be known for whom a proxy speaks; '' where it can, or none is.

    Behind one that is not believed everybody comes from the proxy's own address, and no
    list of networks means anything.
    """
    headers = request.httprequest.headers
    if not any(name in headers for name in FORWARDED):
        return ""
    if not config["proxy_mode"]:
        return "a proxy is in front of the server: it needs proxy_mode = True"
    if "X-Forwarded-Host" not in headers or "X-Forwarded-For" not in headers:
        return "the proxy must send X-Forwarded-Host, X-Forwarded-For and -Proto"
    return ""


def _is_protected(channel, peer):
    """Whether nobody on the way can read the key: TLS, this machine, or said so."""
    address = _address(peer)
    own = bool(address and address.is_loopback)
    return request.httprequest.scheme == "https" or own or channel.plaintext


def _is_allowed(channel, peer):
    address = _address(peer)
    return bool(address) and any(address in each for each in channel._networks())


def _address(peer):
    try:
        address = ipaddress.ip_address(peer.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _refuse(env, peer, code, text, channel=None):
    """Say no, and write it down; a flood of refusals is no flood of entries."""
    _logger.warning("a request from %s is refused: %s, %s", peer, code, text)
    if LIMIT.allow(("trail", peer), TRAIL_PER_MINUTE, time.monotonic()):
        env["med.his.event"]._log(
            "refuse",
            channel=channel,
            failed=True,
            peer=peer,
            detail=f"HTTP: {code}, {text}",
        )
    raise PlaceError(code, text=text)
