"""Content that only the holder of a key file can read, and tokens for visits.

AES-256-GCM seals; HMAC-SHA-256 makes tokens. Both keys are derived (HKDF, RFC 5869)
from the master keys in the file, one a line, base64 of 32 bytes. The first line seals;
every line opens, so a key is rotated by putting a new one on top. Tokens come from the
last line: a visit keeps its token when keys are rotated, as long as that line stays.
"""

import base64
import binascii
import hmac
import os
from dataclasses import dataclass, field
from functools import cached_property

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

VERSION = b"\x01"
NAME_BYTES, NONCE_BYTES = 4, 12


class SealError(Exception):
    """A key file or a sealed content that cannot be used; the text has no secret."""


@dataclass(frozen=True)
class Keyring:
    """Master keys, newest first."""

    masters: tuple[bytes, ...] = field(repr=False)

    def seal(self, content: bytes, bound_to: str) -> bytes:
        """Encrypt. ``bound_to`` (say, the content's hash) must be given again to open:
        so a sealed content cannot be moved to another record unseen."""
        return self.seal_all([(content, bound_to)])[0]

    def seal_all(self, contents: list[tuple[bytes, str]]) -> list[bytes]:
        """Encrypt many ``(content, bound_to)``; their nonces are drawn at once."""
        name, cipher = next(iter(self._ciphers.items()))
        drawn = os.urandom(NONCE_BYTES * len(contents))
        sealed = []
        for number, (content, bound_to) in enumerate(contents):
            nonce = drawn[NONCE_BYTES * number : NONCE_BYTES * (number + 1)]
            body = cipher.encrypt(nonce, content, bound_to.encode())
            sealed.append(VERSION + name + nonce + body)
        return sealed

    def unseal(self, sealed: bytes, bound_to: str) -> bytes:
        """Decrypt what ``seal`` made for the same ``bound_to``; ``SealError`` where the
        key is gone, the content was changed or belongs to another record."""
        name = sealed[1 : 1 + NAME_BYTES]
        cipher = self._ciphers.get(name)
        if sealed[:1] != VERSION or not cipher:
            raise SealError(
                f"sealed with the key {name.hex()}, which is not in the file"
            )
        start = 1 + NAME_BYTES
        nonce, body = sealed[start : start + NONCE_BYTES], sealed[start + NONCE_BYTES :]
        try:
            return cipher.decrypt(nonce, body, bound_to.encode())
        except (InvalidTag, ValueError):
            raise SealError("the content was changed, or belongs to another record")

    @property
    def name(self) -> str:
        """Which key seals now: 8 hexadecimal digits that give nothing away."""
        return next(iter(self._ciphers)).hex()

    def token(self, kind: str, identifier: str, scope: str) -> str:
        """64 hexadecimal digits that stand for a visit within ``scope`` (a company)."""
        text = "\x1f".join((scope, kind, identifier))
        return hmac.digest(self._token_key, text.encode(), "sha256").hex()

    @cached_property
    def _ciphers(self):
        return {
            _derive(master, b"name")[:NAME_BYTES]: AESGCM(_derive(master, b"content"))
            for master in self.masters
        }

    @cached_property
    def _token_key(self):
        return _derive(self.masters[-1], b"encounter token")


def read_keyring(text: str) -> Keyring:
    """The keys of a key file's text; empty lines and ``#`` comments are skipped."""
    lines = [line.strip() for line in text.splitlines()]
    lines = [line for line in lines if line and not line.startswith("#")]
    try:
        masters = tuple(base64.b64decode(line, validate=True) for line in lines)
    except (binascii.Error, ValueError):
        raise SealError("a line of the key file is not base64")
    if not masters or any(len(master) != 32 for master in masters):
        raise SealError("the key file needs at least one line with 32 bytes in base64")
    return Keyring(masters)


def key_name(sealed: bytes) -> str:
    """Which key a content was sealed with."""
    return sealed[1 : 1 + NAME_BYTES].hex()


def new_key_line() -> str:
    """A line for a key file: 32 random bytes in base64."""
    return base64.b64encode(os.urandom(32)).decode()


def _derive(master, purpose):
    info = b"medical consumables / " + purpose
    return HKDF(hashes.SHA256(), length=32, salt=None, info=info).derive(master)
