"""The public sigstore instance, known by its address *and* its CA's certificates: an index may name what it likes."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sigstore.models import ClientTrustConfig

CA = "https://fulcio.sigstore.dev"
ROOTS = frozenset({
    "03a38ffb1f450100c2596d1d10b900ac4d504058006dda58199576bbeb9c73d0",  # 2021, retired in 2022
    "3ba7b6cc4e95469d4d334b49cb257ad8537076fa84b0ca87ff4ecfe6a54680c1",  # since 2022
})  # fmt: skip
"""SHA-256 of the root certificates, DER, as the TUF repository of the public instance tells them."""

LOGS = frozenset({
    "c0d23d6ad406973f9559f3ba2d1ca01f84147d8ffc5b8445c224f98b9591801d",  # rekor.sigstore.dev
})  # fmt: skip
"""SHA-256 of the public keys of its transparency logs, as far as PEP 740 carries their entries."""


def is_public_good(config: ClientTrustConfig) -> bool:
    """Tell whether a token is sent to the public instance's CA, and nothing but its certificates is taken for good.

    It looks at what sigstore's client will use, and not at the document that it was read from.
    """
    asked = config.signing_config._inner.ca_urls  # noqa: SLF001 - there is no other way to all of them
    trusted = config.trusted_root._inner.certificate_authorities  # noqa: SLF001
    roots = {hashlib.sha256(a.cert_chain.certificates[-1].raw_bytes).hexdigest() for a in trusted}
    return {s.url for s in asked} == {CA} and bool(roots) and roots <= ROOTS
