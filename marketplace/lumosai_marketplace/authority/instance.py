"""A private sigstore instance: all its parts, persistent in one folder."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lumosai_marketplace import durable
from lumosai_marketplace.authority import files, rotation, trustdata
from lumosai_marketplace.authority.ca import SigningCa
from lumosai_marketplace.authority.claims import Claims
from lumosai_marketplace.authority.ct import CtKey
from lumosai_marketplace.authority.keys import FOLDER, KeyStore, LogSigner, open_store
from lumosai_marketplace.authority.oidc import IdentityIssuer
from lumosai_marketplace.authority.state import FILE, Generation, Part, State, check_url
from lumosai_marketplace.authority.tsa import Timestamper, TimestampRequest
from lumosai_sdk.errors import ConfigError, ConflictError

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import ec

_TRIES = 5


@dataclass(frozen=True, slots=True)
class _Loaded:
    """The keys that sign now, as one version of the state has them."""

    stamp: tuple[int, int, int]
    state: State
    ca: SigningCa
    ct: CtKey
    log: LogSigner
    tsa: Timestamper
    oidc: IdentityIssuer


class Authority:
    """The instance in *folder*, for any number of threads and processes.

    What another process rotates is noticed at the next use: every use looks whether the state's file is a new one.
    """

    def __init__(self, folder: Path, store: KeyStore) -> None:
        self.folder = folder
        self._store = store
        self._reload = threading.Lock()
        self._loaded = self._load()

    @classmethod
    def create(
        cls,
        folder: Path,
        *,
        url: str,
        passphrase: str | None = None,
        organization: str | None = None,
        keys: str = FOLDER,
    ) -> Authority:
        """Make a new instance for the service at *url*, its keys in the store that *keys* names.

        Raises ConflictError when the folder holds one, or half of one; ConfigError for a URL or folder that cannot be.
        """
        empty = State(check_url(url), "", keys)
        state = State(empty.url, organization or empty.host, keys)
        files.private_folder(folder)
        with durable.locked(folder / files.LOCK):
            if (folder / FILE).exists():
                raise ConflictError(f"there is a sigstore instance in {folder} already")
            if (folder / "keys").exists():
                raise ConflictError(
                    f"{folder / 'keys'} is there without an instance: making one was interrupted, or a file was lost",
                    hint=f"if nothing was signed with it: rm -r {folder / 'keys'}",
                )
            store = open_store(keys, folder / "keys", passphrase, create=True)
            rotation.first(state, store, _now()).save(folder)
        return cls(folder, store)

    @classmethod
    def open(cls, folder: Path, passphrase: str | None = None) -> Authority:
        """Open an instance. Raises ConfigError: not there, open to others, damaged, the passphrase wrong."""
        if folder.exists():
            files.check_private(folder)
        state = State.load(folder)
        return cls(folder, open_store(state.keys, folder / "keys", passphrase))

    @property
    def url(self) -> str:
        """The service's URL."""
        return self._now().state.url

    @property
    def origin(self) -> str:
        """The name that the log's checkpoints carry: the host's, without the port."""
        return self._now().state.host

    @property
    def log_signer(self) -> LogSigner:
        """The log's key of this moment: ask anew for every batch, and a rotation is followed."""
        return self._now().log

    @property
    def oidc(self) -> IdentityIssuer:
        """The issuer of identity tokens for people of the service."""
        return self._now().oidc

    def issue(self, public_key: ec.EllipticCurvePublicKey, claims: Claims, at: datetime | None = None) -> list[bytes]:
        """Return a certificate for *public_key* and its chain, DER, the leaf first. Raises InputError."""
        from cryptography.hazmat.primitives.serialization import Encoding

        now = self._now()
        leaf = now.ca.issue(public_key, claims, now.ct, at or _now())
        return [c.public_bytes(Encoding.DER) for c in (leaf, *now.ca.chain)]

    def timestamp(self, request: bytes, at: datetime | None = None) -> bytes:
        """Answer an RFC 3161 request. Raises InputError for one that is malformed or cannot be answered."""
        parsed = TimestampRequest.parse(request)
        return self._now().tsa.answer(parsed, at or _now())

    def trusted_root(self) -> dict[str, Any]:
        """Return what verifiers need."""
        return trustdata.trusted_root(self._now().state)

    def signing_config(self) -> dict[str, Any]:
        """Return what signers need besides."""
        return trustdata.signing_config(self._now().state)

    def client_trust_config(self) -> dict[str, Any]:
        """Return both."""
        return trustdata.client_trust_config(self._now().state)

    def ca_chains(self) -> list[list[bytes]]:
        """Return the chains of the CA that are trusted now, DER, the intermediate first."""
        at = _now()
        return [list(g.certificates) for g in self._now().state.of("ca") if g.end is None or g.end > at]

    def timestamp_chain(self) -> list[bytes]:
        """Return the timestamp authority's certificates, DER, its own first."""
        return list(self._now().state.current("tsa").certificates)

    def identity_token(self, subject: str, audience: str | None = None) -> str:
        """Return a token that says that its bearer is *subject*, a person of this service: to sign with here, if for no
        other *audience*.
        """
        return self.oidc.identity_token(subject, audience)

    def discovery(self) -> dict[str, Any]:
        """Return the issuer's OpenID configuration."""
        return self.oidc.discovery()

    def jwks(self) -> dict[str, Any]:
        """Return the issuer's public keys."""
        return self.oidc.jwks()

    def rotate(self, part: Part) -> None:
        """Give *part* a new key; the old one stays trusted for what it signed. Raises InputError, ConfigError."""
        with durable.locked(self.folder / files.LOCK):
            durable.clear_leftovers(self.folder)
            state = rotation.rotate(State.load(self.folder), self._store, part, _now())
            state.save(self.folder)
            rotation.forget_unused(state, self._store)
        self._now()

    def retire(self, part: Part, at: datetime) -> None:
        """Trust the earlier keys of *part* until *at* and no longer. Raises ConflictError when there is none."""
        with durable.locked(self.folder / files.LOCK):
            rotation.retire(State.load(self.folder), part, at).save(self.folder)
        self._now()

    def move(self, url: str) -> None:
        """Be at *url* from now on: another port, or HTTPS at last. Raises ConfigError for another host.

        The host's name is the log's as well: what the log has signed would be another's.
        """
        with durable.locked(self.folder / files.LOCK):
            state = State.load(self.folder)
            moved = replace(state, url=check_url(url))
            if moved.host != state.host:
                raise ConfigError(
                    f"this sigstore instance is {state.host}'s, and cannot become {moved.host}'s",
                    hint="make a new one for the new host: lumos marketplace init",
                )
            if moved != state:
                moved.save(self.folder)
        self._now()

    def generations(self, part: Part) -> tuple[Generation, ...]:
        """Return all keys that a part ever had, the oldest first."""
        return self._now().state.of(part)

    def _now(self) -> _Loaded:
        if self._loaded.stamp != self._stamp():
            with self._reload:
                if self._loaded.stamp != self._stamp():
                    self._loaded = self._load()
        return self._loaded

    def _stamp(self) -> tuple[int, int, int]:
        try:
            found = (self.folder / FILE).stat()
        except OSError as e:
            raise ConfigError(f"{self.folder / FILE} cannot be read: {e.strerror}") from None
        return found.st_mtime_ns, found.st_ino, found.st_size

    def _load(self) -> _Loaded:
        for _ in range(_TRIES):
            stamp = self._stamp()
            state = State.load(self.folder)
            try:
                return self._with_keys(stamp, state)
            except ConfigError:
                if stamp == self._stamp():
                    raise  # else: rotated meanwhile, and the key that was looked for is gone
        raise ConfigError(f"the keys of {self.folder} are rotated faster than they can be read")

    def _with_keys(self, stamp: tuple[int, int, int], state: State) -> _Loaded:
        def key(part: Part) -> ec.EllipticCurvePrivateKey:
            return _checked(state.current(part), self._store)

        return _Loaded(
            stamp,
            state,
            SigningCa(key("ca"), _chain(state.current("ca"))),
            CtKey(key("ct")),
            LogSigner.of(key("log")),
            Timestamper(key("tsa"), _chain(state.current("tsa"))),
            IdentityIssuer.of(state, key("oidc")),
        )


def _checked(generation: Generation, store: KeyStore) -> ec.EllipticCurvePrivateKey:
    from lumosai_marketplace.authority.keys import public_der

    key = store.load(generation.key)
    if public_der(key.public_key()) != generation.public:
        raise ConfigError(f"the key {generation.key} is not the one that the instance's state names")
    return key


def _chain(generation: Generation) -> tuple[x509.Certificate, ...]:
    from cryptography.x509 import load_der_x509_certificate

    return tuple(load_der_x509_certificate(c) for c in generation.certificates)


def _now() -> datetime:
    return datetime.now(UTC)
