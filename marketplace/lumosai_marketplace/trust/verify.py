"""Is it whole, and who signed it? sigstore's own verifier, unmodified and without a network, then ``strict``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from lumosai_marketplace import statement as statements
from lumosai_marketplace.errors import RefusedError
from lumosai_marketplace.signer import Signer
from lumosai_marketplace.statement import PluginFacts, Statement
from lumosai_marketplace.trust import pep740, strict
from lumosai_marketplace.trust.bundles import Bundle
from lumosai_marketplace.trust.certificates import signer_of
from lumosai_marketplace.trust.roots import Roots

if TYPE_CHECKING:
    from datetime import datetime

    from cryptography.x509 import Certificate
    from sigstore.models import Bundle as SigstoreBundle
    from sigstore.verify import Verifier as SigstoreVerifier

_REASONS = (
    ("signature.sct", ("sct", "certificate timestamp", "ctfe")),
    ("signature.time", ("expired at time of signing", "verified time", "timestamp authorit", "signed timestamp")),
    ("signature.ca", ("certificate chain",)),
    ("signature.certificate", ("key usage", "extended usage")),
    ("signature.log", ("log entry", "checkpoint", "inclusion", "rekor")),
    ("signature.wrong", ("invalid signature",)),
)
"""The rule for what sigstore's verifier says, by words in its message; ``signature.invalid`` where none is known."""


@dataclass(frozen=True, slots=True)
class Verified:
    """What a good signature says. ``signed`` is when (seconds since 1970), by the clock of the log or of an authority.

    ``log_id`` is hexadecimal; ``entry`` is the log's entry (protobuf's JSON), with proof and checkpoint; ``facts`` is
    the predicate of plugin/v1, and None for publish/v1.
    """

    statement: Statement
    signer: Signer
    signed: float
    log_index: int
    log_id: str
    entry: Mapping[str, Any]
    facts: PluginFacts | None = None

    @property
    def checkpoint(self) -> str:
        """The log's checkpoint that the entry came with (C2SP signed note)."""
        return str(self.entry["inclusionProof"]["checkpoint"]["envelope"])


class Verifier:
    """Verifies signatures of one sigstore instance. It keeps no state but what it has read of *roots*."""

    def __init__(self, roots: Roots) -> None:
        self.roots = roots

    @cached_property
    def _sigstore(self) -> SigstoreVerifier:
        from sigstore.errors import Error
        from sigstore.verify import Verifier as SigstoreVerifier

        try:
            return SigstoreVerifier(trusted_root=self.roots.trusted_root())
        except (Error, ValueError) as e:
            raise RefusedError("signature.roots", f"the trusted root cannot be used: {_said(e)}") from None

    def verify(self, attestation: Mapping[str, Any], filename: str, sha256: str) -> Verified:
        """Verify a PEP 740 attestation about the file *filename* with the digest *sha256* (hex).

        Raises RefusedError ``signature.*``, and nothing else, whatever *attestation* is.
        """
        return self._verified(pep740.read(attestation), filename, sha256)

    def verify_bundle(self, bundle: Mapping[str, Any], filename: str, sha256: str) -> Verified:
        """Verify a sigstore bundle (v0.3), as ``verify``; it may also hold timestamps and be of Rekor's version 2."""
        return self._verified(Bundle.read(bundle), filename, sha256)

    def _verified(self, bundle: Bundle, filename: str, sha256: str) -> Verified:
        statement = Statement.decode(bundle.payload_type, bundle.payload)
        statement.check(filename, sha256)
        facts = _facts(statement)
        signer, times = self._signed(bundle)
        return Verified(
            statement=statement,
            signer=signer,
            signed=min(t.timestamp() for t in times),
            log_index=bundle.entry.index,
            log_id=bundle.entry.log_id.hex(),
            entry=bundle.entry.to_json(),
            facts=facts,
        )

    def _signed(self, bundle: Bundle) -> tuple[Signer, list[datetime]]:
        """Return who signed, and the verified times. Whatever a library raises about a bundle is a refusal of it."""
        verifier = self._sigstore
        try:
            read, times = _run(verifier, bundle)
            signer = signer_of(read.signing_certificate)
            strict.check(self.roots.parsed, bundle, read.signing_certificate, times)
        except RefusedError:
            raise
        except Exception as e:  # noqa: BLE001 - deny by default: what cannot be verified is refused
            raise RefusedError(_rule(str(e)), f"the signature does not hold: {_said(e)}") from None
        return signer, times


def _run(verifier: SigstoreVerifier, bundle: Bundle) -> tuple[SigstoreBundle, list[datetime]]:
    from sigstore.models import Bundle as SigstoreBundle

    read = SigstoreBundle.from_json(bundle.text())
    payload_type, payload = verifier.verify_dsse(read, _JudgedLater())
    if (payload_type, payload) != (bundle.payload_type, bundle.payload):
        raise RefusedError("signature.invalid", "the verifier has read another payload than was looked at")
    times = verifier._establish_time(read)  # noqa: SLF001 - it tells verify_dsse, and nobody else
    return read, [t.time for t in times]


class _JudgedLater:
    """sigstore's policy for who may have signed: our own judges that, from the certificate once it is verified."""

    def verify(self, cert: Certificate) -> None:
        """Let anyone pass."""


def _facts(statement: Statement) -> PluginFacts | None:
    if statement.predicate_type == statements.PLUGIN:
        return PluginFacts.from_json(statement.predicate)
    if statement.predicate_type != statements.PUBLISH:
        raise RefusedError(
            "signature.predicate", f"the statement is a {statement.predicate_type[:80]!r}, which says nothing here"
        )
    if statement.predicate:
        raise RefusedError("signature.predicate", "a publish/v1 statement has no predicate (PEP 740)")
    return None


def _rule(message: str) -> str:
    lowered = message.lower()
    return next((rule for rule, words in _REASONS if any(w in lowered for w in words)), "signature.invalid")


def _said(error: Exception) -> str:
    """Return the first line of what a library says, which may quote the bundle at length."""
    text = str(error).strip() or type(error).__name__
    return " ".join(text.split("\n", 1)[0].split())[:200]
