"""TLS as a channel wants it: 1.2 at least, and a certificate from the client.

Keys come out of the sealed store and go to OpenSSL through memory: no file of them is
ever written.
"""

import os
import ssl
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Tls:
    """What a channel speaks TLS with; PEM texts, and the client names it accepts."""

    certificate: str
    key: str = field(repr=False)
    authority: str
    pins: frozenset[str]


def server_context(tls: Tls) -> ssl.SSLContext:
    """For a door of ours: TLS 1.2 or newer, and a client needs a certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(cadata=tls.authority)
    show_certificate(context, tls.certificate, tls.key)
    return context


def client_context(tls: Tls) -> ssl.SSLContext:
    """For what we send on a connection of our own; the other side's name is pinned."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.check_hostname = False  # names are pinned instead
    context.load_verify_locations(cadata=tls.authority)
    show_certificate(context, tls.certificate, tls.key)
    return context


def show_certificate(context: ssl.SSLContext, certificate: str, key: str) -> None:
    """Let connections of ``context`` prove who we are; PEM texts."""
    file = os.memfd_create("tls", os.MFD_CLOEXEC)
    try:
        os.write(file, f"{certificate}\n{key}\n".encode())
        context.load_cert_chain(f"/proc/self/fd/{file}")
    finally:
        os.close(file)


def reason_of(error: Exception) -> str:
    """Why a handshake failed, in OpenSSL's own short words."""
    reason = getattr(error, "reason", None) or type(error).__name__
    return str(reason).lower().replace("_", " ")
