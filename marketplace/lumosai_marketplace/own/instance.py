"""One's own sigstore instance: CA, CT and log in a folder of the user's, made when it is first needed.

::

    signing/instance/           the keys (``authority``)
    signing/entries.jsonl           every signature that was made
    signing/signed/<hex>.json   the signatures of a wheel, by its hash
    signing/trusted_root.json   what verifies them

It has a name of its own that no other has, so that a signature by another's instance is another's whatever it says.
"""

from __future__ import annotations

import json
import secrets
import shutil
from base64 import b64encode
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lumosai_marketplace import durable
from lumosai_marketplace.client import own as roots
from lumosai_marketplace.client.verify import MAX_PROVENANCE
from lumosai_marketplace.errors import RefusedError
from lumosai_marketplace.signer import Signer
from lumosai_marketplace.statement import PAYLOAD, Statement
from lumosai_marketplace.trust import pep740
from lumosai_sdk.errors import LumosError

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

    from lumosai_marketplace.authority.claims import Claims
    from lumosai_marketplace.authority.instance import Authority
    from lumosai_marketplace.client.source import Trust

_DRAFT = ".new-"


class Own:
    """The instance in *folder*. Everything blocks: call it in a thread."""

    def __init__(self, folder: Path, authority: Authority) -> None:
        self.folder = folder
        self._authority = authority

    @classmethod
    def at(cls, folder: Path) -> Own:
        """Open the instance, made now unless it is there. Raises RefusedError ``trust.own``, ConfigError."""
        from lumosai_marketplace.authority.instance import Authority

        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _held(folder):
            home = folder / "instance"
            if not home.exists():
                _make(folder, home)
            own = cls(folder, Authority.open(home))
            text = json.dumps(own._authority.trusted_root(), sort_keys=True).encode()
            path = folder / roots.FILE
            if not path.is_file() or path.read_bytes() != text:
                durable.replace(path, text)
        return own

    @property
    def signer(self) -> Signer:
        """Whom its signatures name: you, on this machine."""
        return self._claims().signer()

    def trust(self, revoked: dict[str, str]) -> Trust:
        """Return whom to believe about what it signed."""
        return roots.trust_of(self.folder, revoked)

    def sign(self, sha256: str, statements: Sequence[Statement]) -> bytes:
        """Sign what is said about a wheel, log it, and return the provenance document, which is also kept.

        A wheel is signed once: what was kept of it is returned if it still holds.
        """
        with _held(self.folder):
            if (kept := self.kept(sha256, statements)) is not None:
                return kept
            document = pep740.provenance(self.signer, [self._signed(s) for s in statements])
            made = json.dumps(document, sort_keys=True).encode()
            (self.folder / "signed").mkdir(mode=0o700, exist_ok=True)
            durable.replace(self._path(sha256), made)
        return made

    def kept(self, sha256: str, statements: Sequence[Statement]) -> bytes | None:
        """Return the signatures of a wheel, if there are any that say this and hold."""
        try:
            data = roots.read_file(self._path(sha256), MAX_PROVENANCE)
            verifier = self.trust({}).verifier
            found = [
                verifier.verify(a, s.filename, sha256)
                for s, a in zip(statements, pep740.attestations(pep740.parse(data)), strict=True)
            ]
        except (LumosError, OSError, ValueError):
            return None
        same = all(v.statement == s and v.signer == self.signer for v, s in zip(found, statements, strict=True))
        return data if same else None

    def _path(self, sha256: str) -> Path:
        return self.folder / "signed" / f"{sha256}.json"

    def _claims(self) -> Claims:
        from lumosai_marketplace.authority.claims import Claims

        return Claims(f"{self._authority.url}/own", f"me@{self._authority.origin}")

    def _signed(self, statement: Statement) -> dict[str, Any]:
        from cryptography.hazmat.primitives import hashes
        from cryptography.hazmat.primitives.asymmetric import ec
        from cryptography.hazmat.primitives.serialization import Encoding
        from cryptography.x509 import load_der_x509_certificate

        from lumosai_marketplace.log.envelope import pae

        now, key = datetime.now(UTC), ec.generate_private_key(ec.SECP256R1())
        certificate = load_der_x509_certificate(self._authority.issue(key.public_key(), self._claims(), now)[0])
        payload = statement.encode()
        signature = key.sign(pae(PAYLOAD, payload), ec.ECDSA(hashes.SHA256()))
        envelope = {"payload": _b64(payload), "payloadType": PAYLOAD, "signatures": [{"sig": _b64(signature)}]}
        entry = self._logged(json.dumps(envelope), payload, signature, certificate, int(now.timestamp()))
        return pep740.from_bundle(
            {
                "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
                "verificationMaterial": {
                    "certificate": {"rawBytes": _b64(certificate.public_bytes(Encoding.DER))},
                    "tlogEntries": [entry],
                },
                "dsseEnvelope": envelope,
            }
        )

    def _logged(
        self, envelope: str, payload: bytes, signature: bytes, certificate: Certificate, at: int
    ) -> dict[str, Any]:
        from lumosai_marketplace.log.envelope import canonical_body
        from lumosai_marketplace.own.book import Book

        book = Book(self.folder, self._authority.origin, self._authority.log_signer)
        return book.add(canonical_body(envelope, payload, signature, certificate), at)


@contextmanager
def _held(folder: Path) -> Iterator[None]:
    """Keep every other process out of the folder, once it is seen to be its user's alone."""
    roots.check_alone(folder)
    with durable.locked(folder / ".guard"):
        yield


def _make(folder: Path, home: Path) -> None:
    """Make the keys aside, and put them in place in one step: whoever is killed has made none."""
    from lumosai_marketplace.authority.instance import Authority

    for left in folder.glob(f"{_DRAFT}*"):
        shutil.rmtree(left, ignore_errors=True)
    if any((folder / name).exists() for name in ("entries.jsonl", roots.FILE)):
        raise RefusedError(
            "trust.own",
            f"{folder} has a log of your own signatures, and the keys are gone",
            hint=f"take it from a backup; or move {folder} away, and install what is your own anew",
        )
    draft, name = folder / f"{_DRAFT}{secrets.token_hex(4)}", secrets.token_hex(8)
    Authority.create(draft, url=f"https://{name}.lumos.invalid", organization="lumos, on this machine")
    draft.rename(home)
    durable.sync(folder)


def _b64(data: bytes) -> str:
    return b64encode(data).decode()
