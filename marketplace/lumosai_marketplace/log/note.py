"""Checkpoints: a tree's size and root in a signed note (C2SP signed-note, tlog-checkpoint).

The signature is Rekor v1's: ECDSA of P-256 with SHA-256 in DER, under the first four bytes of the SHA-256 of the public
key. The first line, the origin, names the log: the host name of its URL without a port, which clients of sigstore
compare; public Rekor adds `` - `` and a number.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Protocol, Self
from urllib.parse import urlsplit

from lumosai_marketplace.errors import RefusedError
from lumosai_marketplace.log.tree import HASH, MAX_LEVEL
from lumosai_sdk.errors import InputError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric import ec

MAX_NOTE = 16 * 1024
_MAX_SIGNATURES = 16
_HINT = 4
_LINES = 3
_SIGNATURE = re.compile(r"— (?P<name>[^\s+]+) (?P<signature>[A-Za-z0-9+/]+={0,2})")
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)
_SHARD = re.compile(r"(?P<host>[^\s+]+)(?: - [0-9]{1,20})?", re.ASCII)


class NoteSigner(Protocol):
    """Who signs for the log: ``Authority.log_signer`` is one. ``key_id`` is the SHA-256 of the public key's DER."""

    @property
    def key_id(self) -> bytes: ...

    def sign(self, data: bytes) -> bytes:
        """Return an ECDSA signature with SHA-256, in DER."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a log says of itself; ``text`` is the whole note, kept as evidence."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()
    text: str = ""

    @property
    def body(self) -> str:
        """The signed lines."""
        lines = [self.origin, str(self.size), b64encode(self.root).decode(), *self.extensions]
        return "".join(f"{line}\n" for line in lines)


def sign(checkpoint: Checkpoint, signer: NoteSigner) -> str:
    """Return the checkpoint as a signed note."""
    body = checkpoint.body
    signature = b64encode(signer.key_id[:_HINT] + signer.sign(body.encode())).decode()
    return f"{body}\n— {checkpoint.origin.split(' ')[0]} {signature}\n"


@dataclass(frozen=True)
class LogKey:
    """The public key of a log, on the curve P-256. ``key_id`` is what sigstore calls the log's id."""

    public: ec.EllipticCurvePublicKey
    key_id: bytes

    @classmethod
    def from_der(cls, der: bytes) -> Self:
        """Read a SubjectPublicKeyInfo. Raises InputError for anything but a key on P-256."""
        from cryptography.exceptions import UnsupportedAlgorithm
        from cryptography.hazmat.primitives.asymmetric import ec
        from cryptography.hazmat.primitives.serialization import load_der_public_key

        try:
            key = load_der_public_key(der)
        except (ValueError, UnsupportedAlgorithm):
            raise InputError("the log's key is no public key in DER") from None
        if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
            raise InputError("the log's key is not on the curve P-256")
        return cls(key, sha256(der).digest())

    @classmethod
    def from_pem(cls, text: str) -> Self:
        """Read a public key in PEM. Raises InputError."""
        found = re.search(r"-----BEGIN PUBLIC KEY-----([A-Za-z0-9+/=\s]+)-----END PUBLIC KEY-----", text)
        if found is None:
            raise InputError("there is no PUBLIC KEY in PEM")
        try:
            return cls.from_der(b64decode("".join(found[1].split()), validate=True))
        except ValueError:
            raise InputError("the public key in PEM is no base64") from None

    def verify(self, signature: bytes, data: bytes) -> bool:
        """Tell whether *signature* is this key's of *data*."""
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives import hashes
        from cryptography.hazmat.primitives.asymmetric import ec

        try:
            self.public.verify(signature, data, ec.ECDSA(hashes.SHA256()))
        except InvalidSignature:
            return False
        return True


def keys_of(trusted_root: Mapping[str, Any], host: str, at: float) -> list[LogKey]:
    """Return the keys that the logs at *host* sign with at the time *at*, of a trusted_root (sigstore, JSON).

    Logs with other kinds of keys are left out. Raises InputError for what is no trusted_root.
    """
    try:
        return [
            LogKey.from_der(b64decode(key["rawBytes"], validate=True))
            for log in trusted_root["tlogs"]
            if urlsplit(log["baseUrl"]).hostname == host and _in_force(key := log["publicKey"], at)
        ]
    except (KeyError, TypeError, ValueError, AttributeError) as e:
        raise InputError(f"that is no trusted_root of sigstore: {type(e).__name__} {e}") from None


def _in_force(key: Mapping[str, Any], at: float) -> bool:
    valid = key.get("validFor") or {}
    start, end = (datetime.fromisoformat(valid[k]).timestamp() if valid.get(k) else None for k in ("start", "end"))
    timely = (start is None or start <= at) and (end is None or at <= end)
    return timely and key["keyDetails"] == "PKIX_ECDSA_P256_SHA_256"


def origin_of(url: str) -> str:
    """Return the origin of the log at *url*: the host name, without a port. Raises InputError."""
    host = urlsplit(url).hostname
    if not host or not _SHARD.fullmatch(host):
        raise InputError(f"{url[:200]!r} names no host")
    return host


def is_origin(origin: str, host: str) -> bool:
    """Tell whether *origin* is of the log at *host*: its name, or its name with a shard's number (Rekor v1)."""
    found = _SHARD.fullmatch(origin)
    return found is not None and found["host"] == host


def parse(text: str) -> tuple[Checkpoint, list[tuple[str, bytes]]]:
    """Read a note, signatures unverified: the checkpoint, and names with key hints and signatures.

    Raises RefusedError ``log.checkpoint`` for anything that is not as C2SP has it.
    """
    body, blank, tail = text.partition("\n\n")
    lines = body.split("\n")
    if len(text) > MAX_NOTE or not blank or not tail.endswith("\n") or len(lines) < _LINES:
        raise _refused("it is no note with an origin, a size, a root and signatures")
    if not all(line and line.isprintable() for line in lines):
        raise _refused("it has an empty line, or characters that cannot be seen")
    origin, size, root, *extensions = lines
    if not _SIZE.fullmatch(size) or int(size) > 1 << MAX_LEVEL:
        raise _refused(f"{size[:40]!r} is no size of a tree")
    hash_ = _exact(root)
    if len(hash_) != HASH:
        raise _refused("its root is no SHA-256")
    return Checkpoint(origin, int(size), hash_, tuple(extensions), text), _signatures(tail[:-1].split("\n"))


def hinted(signatures: Sequence[tuple[str, bytes]], keys: Sequence[LogKey]) -> list[tuple[LogKey, bytes]]:
    """Return the signatures of a note that say that they are of one of *keys*, each with that key."""
    return [(k, signed[_HINT:]) for _, signed in signatures for k in keys if signed[:_HINT] == k.key_id[:_HINT]]


def signer_of(text: str, keys: Sequence[LogKey]) -> LogKey:
    """Return which of *keys* has signed a note. Raises RefusedError ``log.key`` where none has."""
    checkpoint, signatures = parse(text)
    body = checkpoint.body.encode()
    found = next((key for key, signature in hinted(signatures, keys) if key.verify(signature, body)), None)
    if found is None:
        raise RefusedError(
            "log.key", f"the checkpoint of {checkpoint.origin[:80]!r} is signed by no key that is trusted"
        )
    return found


def _signatures(lines: list[str]) -> list[tuple[str, bytes]]:
    found = [_SIGNATURE.fullmatch(line) for line in lines[: _MAX_SIGNATURES + 1]]
    if len(found) > _MAX_SIGNATURES:
        raise _refused(f"it has more than {_MAX_SIGNATURES} signatures")
    out = [(f["name"], _exact(f["signature"])) for f in found if f is not None]
    if len(out) != len(found) or not all(len(signature) > _HINT for _, signature in out):
        raise _refused("a line below its text is no signature")
    return out


def _exact(text: str) -> bytes:
    """Return what base64 says; it must be written in the one way there is."""
    try:
        out = b64decode(text, validate=True)
    except ValueError:
        raise _refused("it has something else where base64 should be") from None
    if b64encode(out).decode() != text:
        raise _refused("its base64 is not as it is written")
    return out


def _refused(why: str) -> RefusedError:
    return RefusedError("log.checkpoint", f"the log's checkpoint cannot be used: {why}")
