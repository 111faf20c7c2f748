"""Whose signatures count here: those of the private instance, and of another one that is configured."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from lumosai_marketplace.errors import RefusedError
from lumosai_marketplace.trust.roots import Roots
from lumosai_marketplace.trust.verify import Verified, Verifier

if TYPE_CHECKING:
    from lumosai_marketplace.authority.instance import Authority


class Judges:
    """Verifies by each instance's own roots, which are never mixed; the private one's are followed when they change."""

    def __init__(self, authority: Authority | None, others: Sequence[Roots] = ()) -> None:
        self._authority = authority
        self._others = tuple(Verifier(roots) for roots in others)
        self._own: tuple[str, Verifier] | None = None

    def verify(self, attestation: Mapping[str, Any], filename: str, sha256: str) -> Verified:
        """Verify a PEP 740 attestation by the first instance that made it. Raises RefusedError ``signature.*``.

        It takes milliseconds, and a third of a second the first time: call it in a thread.
        """
        first: RefusedError | None = None
        for verifier in self._all():
            try:
                return verifier.verify(attestation, filename, sha256)
            except RefusedError as e:
                first = first or e
        raise first or RefusedError("signature.roots", "this service trusts no sigstore instance")

    def _all(self) -> Sequence[Verifier]:
        if self._authority is None:
            return self._others
        text = json.dumps(self._authority.trusted_root(), sort_keys=True)
        if self._own is None or self._own[0] != text:
            self._own = (text, Verifier(Roots.from_json(text)))
        return (self._own[1], *self._others)
