"""What every door over HTTPS does first: who is it, how often, how much, which format.

Nothing of the request is believed before the key is proven, and nothing of it is logged
but its address and the reason of a refusal.
"""

import contextlib
import ipaddress
import logging
import time

from psycopg2 import InterfaceError, OperationalError
from psycopg2.pool import PoolError

from odoo import SUPERUSER_ID
from odoo.http import request
from odoo.service.model import MAX_TRIES_ON_CONCURRENCY_FAILURE as TRIES
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY as LOCKED
from odoo.tools import config

from ..core.errors import PlaceError
from ..core.rate_limit import RateLimit, Seldom
from ..gateway.quick import DURABLE

_logger = logging.getLogger(__name__)

LIMIT = RateLimit()
SELDOM = Seldom()
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


def safely(work, refuse):
    """The answer of ``work()``, or of ``refuse(error)``: whatever happens, a sender is
    answered in its own format, and with success only where all is committed."""
    try:
        try:
            answer = work()
        except PlaceError as error:
            answer = refuse(error)
        # Whatever the server says for speed, what is answered with success is kept.
        request.env.cr.execute(DURABLE)
        # Else a disk that is full at the commit would be a page of HTML.
        request.env.cr.commit()  # pylint: disable=invalid-commit
        return answer
    except LOCKED as error:
        if _tries() < TRIES:
            raise  # two requests met: the server runs this one again
        return _away(error, refuse)
    except (OperationalError, InterfaceError, PoolError) as error:
        return _away(error, refuse)
    except Exception as error:  # noqa: BLE001  see above
        # What it says may quote the request; where it was is enough.
        _logger.error("a request failed", exc_info=_without_words(error))
        return _undone(refuse(PlaceError("internal", text="failed unexpectedly")))


def _tries():
    """How often the server has run this request."""
    environ = request.httprequest.environ
    environ["med.tries"] = environ.get("med.tries", 0) + 1
    return environ["med.tries"]


def _away(error, refuse):
    """The database is full, busy or away: the sender sends again."""
    _logger.error("a request cannot be kept: %s", type(error).__name__)
    return _undone(refuse(PlaceError("unavailable", text="not kept; send it again")))


def _undone(answer):
    try:
        request.env.cr.rollback()
    except (OperationalError, InterfaceError):
        # Gone: else the server would commit, and fail, once more.
        with contextlib.suppress(OperationalError, InterfaceError):
            request.env.cr.close()
    return answer


def _without_words(error):
    """Type and place of an exception, without what it says."""
    plain = type(error).__name__
    return RuntimeError, RuntimeError(plain), error.__traceback__


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
    left_out = SELDOM(time.monotonic())
    if left_out is not None:
        more = f" ({left_out} more since the last line)" if left_out else ""
        _logger.warning("request from %s refused: %s, %s%s", peer, code, text, more)
    if LIMIT.allow(("trail", peer), TRAIL_PER_MINUTE, time.monotonic()):
        env["med.his.event"]._log(
            "refuse",
            channel=channel,
            failed=True,
            peer=peer,
            detail=f"HTTP: {code}, {text}",
        )
    raise PlaceError(code, text=text)
