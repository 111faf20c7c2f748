"""What the CA has seen of an identity, and writes into a certificate."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from lumosai_marketplace.signer import Signer
from lumosai_sdk.errors import InputError

DETAILS: Mapping[str, int] = {
    "build_signer_uri": 9,
    "build_signer_digest": 10,
    "runner_environment": 11,
    "source_repository_uri": 12,
    "source_repository_digest": 13,
    "source_repository_ref": 14,
    "source_repository_identifier": 15,
    "source_repository_owner_uri": 16,
    "source_repository_owner_identifier": 17,
    "build_config_uri": 18,
    "build_config_digest": 19,
    "build_trigger": 20,
    "run_invocation_uri": 21,
    "source_repository_visibility": 22,
}
"""The last arc of Fulcio's extension (1.3.6.1.4.1.57264.1.N) for each detail; 8 is the issuer."""

_MAX_TEXT = 2048
_MAX_EMAIL = 254
_CONTROL = re.compile(r"[\x00-\x20\x7f-\x9f\u2028\u2029]")
_EMAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?", re.ASCII)
_URI = re.compile(r"[a-z][a-z0-9+.-]*://[\x21\x23-\x3b\x3d\x3f-\x5b\x5d\x5f\x61-\x7a\x7e]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Claims:
    """A verified identity. ``subject`` becomes the alternative name: an e-mail address, or the URI of a workflow.

    ``challenge`` is what a proof of possession signs (Fulcio's API): the e-mail address, or the token's ``sub``.
    """

    issuer: str
    subject: str
    details: Mapping[str, str] = field(default_factory=dict)
    challenge: str = ""

    def __post_init__(self) -> None:
        """Refuse what would say something else in a certificate than here. Raises InputError."""
        if unknown := self.details.keys() - DETAILS.keys():
            raise InputError(f"certificates have no field for {', '.join(sorted(unknown))}")
        for name, text in (("issuer", self.issuer), ("subject", self.subject), *self.details.items()):
            if not text or len(text) > _MAX_TEXT or _CONTROL.search(text):
                raise InputError(f"the identity's {name} is empty, too long, or holds spaces or control characters")
        if not self.is_email and not _URI.fullmatch(self.subject):
            raise InputError(f"{self.subject[:80]!r} is neither an e-mail address in ASCII nor a URI")

    @property
    def is_email(self) -> bool:
        """Whether the subject is an e-mail address."""
        return is_email(self.subject)

    def signer(self) -> Signer:
        """Return who a certificate with these claims names."""
        repository, ref = self.details.get("source_repository_uri", ""), self.details.get("source_repository_ref", "")
        return Signer(
            issuer=self.issuer,
            subject=self.subject,
            repository=repository,
            repository_id=self.details.get("source_repository_identifier", ""),
            owner_id=self.details.get("source_repository_owner_identifier", ""),
            workflow=self._workflow(repository, ref),
            ref=ref,
            commit=self.details.get("source_repository_digest", ""),
        )

    def _workflow(self, repository: str, ref: str) -> str:
        """Return the file within the repository, of ``REPOSITORY/FILE@REF``; all of it if it lies elsewhere."""
        plain = self.details.get("build_config_uri", "").removesuffix(f"@{ref}" if ref else "")
        inside = repository and plain.startswith(f"{repository}/")
        return plain[len(repository) + 1 :] if inside else plain


def is_email(text: str) -> bool:
    """Tell whether *text* is an e-mail address as certificates can carry it (RFC 5280: ASCII)."""
    return len(text) <= _MAX_EMAIL and ".." not in text and _EMAIL.fullmatch(text) is not None
