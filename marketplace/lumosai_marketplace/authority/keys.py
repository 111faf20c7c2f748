"""Private keys at rest: in a folder of their own, or wherever a ``KeyStore`` of the operator's keeps them."""

from __future__ import annotations

import json
import re
import secrets
from base64 import b64decode, b64encode
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol, runtime_checkable

from lumosai_marketplace import durable
from lumosai_marketplace.authority import files
from lumosai_sdk.errors import ConfigError, ConflictError
from lumosai_sdk.jsontext import strict_json

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric import ec

Curve = Literal["P-256", "P-384"]
FOLDER = "folder"
_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*", re.ASCII)
_REFERENCE = re.compile(r"(?P<module>[A-Za-z_][\w.]*):(?P<attribute>[A-Za-z_]\w*)", re.ASCII)
_MAX_BYTES = 16 * 1024
_SCHEMA = 1
_SCRYPT = {"n": 1 << 15, "r": 8, "p": 1}
_MAX_SCRYPT_N = 1 << 20


@runtime_checkable
class KeyStore(Protocol):
    """Where private keys are. A key is an ``ec.EllipticCurvePrivateKey``: ``RemoteKey`` makes one of a KMS's.

    The names are this package's: lower case letters, digits and dashes. Every method may be called by several threads.
    """

    def generate(self, name: str, curve: Curve = "P-256") -> ec.EllipticCurvePrivateKey:
        """Make a new key, for good once this returns. Raises ConflictError when there is one of that name."""

    def load(self, name: str) -> ec.EllipticCurvePrivateKey:
        """Return a key. Raises ConfigError that says which is missing, or that the passphrase is wrong."""

    def delete(self, name: str) -> None:
        """Forget a key that is used no more; it need not be there."""

    def names(self) -> list[str]:
        """Return the names of all keys, sorted."""


class FolderKeys:
    """Keys as PKCS#8 files, 0600 in a folder of 0700, which is checked before anything is read.

    With a passphrase they are encrypted. PKCS#8's own stretching (PBKDF2) is weak as libraries write it, so that the
    password of the files is what scrypt (RFC 7914) makes of the passphrase and of the salt in ``keys.json``.
    """

    def __init__(self, folder: Path, password: bytes | None) -> None:
        self.folder = folder
        self._password = password

    @classmethod
    def create(cls, folder: Path, passphrase: str | None = None) -> FolderKeys:
        """Make the folder, empty. Raises ConflictError when it holds keys already, ConfigError when it is open."""
        files.private_folder(folder)
        if (folder / "keys.json").exists():
            raise ConflictError(f"{folder} holds keys already")
        kdf = None if passphrase is None else {"name": "scrypt", "salt": secrets.token_hex(16), **_SCRYPT}
        password = None if passphrase is None or kdf is None else _stretch(passphrase, kdf)
        head: dict[str, Any] = {"schema": _SCHEMA, "kdf": kdf}
        if password is not None:
            head["check"] = b64encode(_check(password)).decode()
        durable.replace(folder / "keys.json", json.dumps(head, indent=1).encode())
        return cls(folder, password)

    @classmethod
    def open(cls, folder: Path, passphrase: str | None = None) -> FolderKeys:
        """Open the folder. Raises ConfigError: open to others, no keys, the passphrase missing or wrong."""
        files.check_private(folder)
        files.check_private(folder / "keys.json")
        head = _head(folder / "keys.json")
        if head["kdf"] is None:
            return cls(folder, None)
        if passphrase is None:
            raise ConfigError(f"the keys in {folder} are encrypted, and no passphrase was given")
        password = _stretch(passphrase, head["kdf"])
        if not secrets.compare_digest(_check(password), b64decode(head["check"])):
            raise ConfigError(f"the passphrase is not the one that the keys in {folder} were encrypted with")
        return cls(folder, password)

    def generate(self, name: str, curve: Curve = "P-256") -> ec.EllipticCurvePrivateKey:
        from cryptography.hazmat.primitives import serialization as ser
        from cryptography.hazmat.primitives.asymmetric import ec

        path = self._path(name)
        if path.exists():
            raise ConflictError(f"there is a key in {path} already")
        key = ec.generate_private_key(ec.SECP384R1() if curve == "P-384" else ec.SECP256R1())
        lock = ser.NoEncryption() if self._password is None else ser.BestAvailableEncryption(self._password)
        durable.replace(path, key.private_bytes(ser.Encoding.PEM, ser.PrivateFormat.PKCS8, lock))
        return key

    def load(self, name: str) -> ec.EllipticCurvePrivateKey:
        from cryptography.hazmat.primitives.asymmetric import ec
        from cryptography.hazmat.primitives.serialization import load_pem_private_key

        path = self._path(name)
        if not path.exists():
            raise ConfigError(f"there is no key in {path}", hint="if it is kept offline, put it there for this command")
        files.check_private(path)
        try:
            key = load_pem_private_key(files.read(path, _MAX_BYTES), self._password)
        except (ValueError, TypeError):
            raise ConfigError(f"{path} is damaged, or encrypted with another passphrase than its folder") from None
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise ConfigError(f"the key in {path} is not of an elliptic curve")
        return key

    def delete(self, name: str) -> None:
        self._path(name).unlink(missing_ok=True)

    def names(self) -> list[str]:
        return sorted(p.stem for p in self.folder.glob("*.pem"))

    def _path(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise ConfigError(f"{name!r} is no name of a key")
        return self.folder / f"{name}.pem"


def open_store(reference: str, folder: Path, passphrase: str | None = None, *, create: bool = False) -> KeyStore:
    """Return the store that *reference* names: ``folder``, or ``module:attribute``, called with *folder*.

    Raises ConfigError when there is no such attribute or it makes no ``KeyStore``.
    """
    if reference == FOLDER:
        return FolderKeys.create(folder, passphrase) if create else FolderKeys.open(folder, passphrase)
    found = _REFERENCE.fullmatch(reference)
    if found is None:
        raise ConfigError(f"{reference!r} names no store of keys", hint='"folder", or "module:attribute"')
    import importlib

    try:
        made = getattr(importlib.import_module(found["module"]), found["attribute"])(folder)
    except (ImportError, AttributeError) as e:
        raise ConfigError(f"the store of keys {reference} cannot be used: {e}") from None
    if not isinstance(made, KeyStore):
        raise ConfigError(f"{reference} makes a {type(made).__name__}, and no KeyStore")
    return made


def public_der(key: ec.EllipticCurvePublicKey) -> bytes:
    """Return the key's SubjectPublicKeyInfo."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


@dataclass(frozen=True)
class LogSigner:
    """Signs for a log with one key of P-256 (ECDSA with SHA-256, the signature in DER)."""

    private: ec.EllipticCurvePrivateKey
    public: ec.EllipticCurvePublicKey
    key_id: bytes
    """The SHA-256 of the public key (RFC 6962, section 3.2)."""

    @classmethod
    def of(cls, private: ec.EllipticCurvePrivateKey) -> LogSigner:
        """Return the signer with that key."""
        from hashlib import sha256

        public = private.public_key()
        return cls(private, public, sha256(public_der(public)).digest())

    @property
    def public_der(self) -> bytes:
        """The public key as SubjectPublicKeyInfo."""
        return public_der(self.public)

    def sign(self, data: bytes) -> bytes:
        """Return the signature of *data*."""
        return sign(self.private, data)


def sign(key: ec.EllipticCurvePrivateKey, data: bytes) -> bytes:
    """Return an ECDSA signature with SHA-256, in DER."""
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec

    return key.sign(data, ec.ECDSA(hashes.SHA256()))


def _stretch(passphrase: str, kdf: dict[str, Any]) -> bytes:
    from hashlib import scrypt

    n, r, p = kdf["n"], kdf["r"], kdf["p"]
    key = scrypt(passphrase.encode(), salt=bytes.fromhex(kdf["salt"]), n=n, r=r, p=p, maxmem=256 * n * r, dklen=32)
    return b64encode(key)


def _check(password: bytes) -> bytes:
    from hmac import digest

    return digest(password, b"lumosai-keys", "sha256")


def _head(path: Path) -> dict[str, Any]:
    try:
        head = strict_json(files.read(path, _MAX_BYTES).decode())
        if head["schema"] != _SCHEMA:
            raise ConfigError(f"{path} is of the schema {head['schema']}, and this knows {_SCHEMA}")
        if (kdf := head["kdf"]) is not None:
            numbers = kdf["n"], kdf["r"], kdf["p"]
            usable = kdf["name"] == "scrypt" and all(isinstance(v, int) for v in numbers)
            if not usable or not (1 << 14) <= kdf["n"] <= _MAX_SCRYPT_N or kdf["r"] not in {8, 16} or kdf["p"] != 1:
                raise ValueError("the parameters of scrypt")
            bytes.fromhex(kdf["salt"])
            b64decode(head["check"], validate=True)
    except (ValueError, KeyError, TypeError, RecursionError) as e:
        raise ConfigError(f"{path} is damaged: {type(e).__name__} {e}") from None
    return dict(head)
