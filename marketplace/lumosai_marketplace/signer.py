"""Who signed: what a certificate of sigstore says about the identity that the CA has seen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Self

from lumosai_sdk.errors import InputError


@dataclass(frozen=True, slots=True)
class Signer:
    """``subject`` is the certificate's only alternative name: an e-mail address, or the URI of a workflow.

    The others are Fulcio's claims (OIDs 1.3.6.1.4.1.57264.1.8 to 22), empty where the CA made none.
    """

    issuer: str
    subject: str
    repository: str = ""  # https://github.com/acme/weather
    repository_id: str = ""
    owner_id: str = ""
    workflow: str = ""  # .github/workflows/release.yml
    ref: str = ""  # refs/tags/v1.0.0
    commit: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return the fields that say something."""
        return {k: v for k, v in asdict(self).items() if v}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Read what ``to_json`` wrote. Raises InputError."""
        known = {f.name for f in fields(cls)}
        if not {"issuer", "subject"} <= data.keys() <= known or not all(isinstance(v, str) for v in data.values()):
            raise InputError("a signer has an issuer and a subject, and texts only")
        return cls(**data)

    def same_publisher(self, other: Signer) -> bool:
        """Tell whether this is the same publisher: the same person, or the same workflow of the same repository.

        A repository is its number: names can be registered anew by somebody else.
        """
        if self.issuer != other.issuer:
            return False
        if self.repository_id or other.repository_id:
            mine = (self.repository_id, self.owner_id, self.workflow)
            return mine == (other.repository_id, other.owner_id, other.workflow)
        return self.subject == other.subject
