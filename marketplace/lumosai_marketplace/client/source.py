"""Where plugins come from: an index, or a bundle that was carried here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from lumosai_marketplace.client.http import Told
from lumosai_marketplace.client.page import File, Project
from lumosai_marketplace.names import Name

if TYPE_CHECKING:
    from lumosai_marketplace.trust.verify import Verifier


class Source(Protocol):
    """What ``install`` asks. ``url`` is what the lock calls it."""

    @property
    def url(self) -> str: ...

    async def project(self, name: Name) -> Project: ...

    async def download(self, project: Project, file: File, told: Told | None = None) -> bytes: ...

    async def provenance(self, project: Project, file: File) -> bytes: ...

    async def checkpoint(self) -> str: ...

    async def consistency(self, old: int, new: int) -> Sequence[bytes]: ...


@dataclass(frozen=True)
class Trust:
    """Who is believed about signatures from one index: the sigstore instance whose keys its TUF repository tells.

    ``revoked`` are reasons by the hash of wheels; ``versions`` are those of the TUF metadata.
    """

    instance: str
    verifier: Verifier
    versions: Mapping[str, int] = field(default_factory=dict)
    revoked: Mapping[str, str] = field(default_factory=dict)
    signing_config: Mapping[str, Any] | None = None
