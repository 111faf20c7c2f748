"""What a verifier trusts: the keys of one sigstore instance, and when each of them held."""

from __future__ import annotations

import os
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Self

from lumosai_marketplace.errors import RefusedError
from lumosai_marketplace.trust import shapes

if TYPE_CHECKING:
    from sigstore.models import TrustedRoot
    from sigstore_models.trustroot.v1 import TrustedRoot as Parsed

MEDIA_TYPE = "application/vnd.dev.sigstore.trustedroot+json;version=0.1"
MAX_BYTES = 1024 * 1024
RULE = "signature.roots"


class Roots:
    """A sigstore ``TrustedRoot``. ``text`` is its JSON as it came.

    It comes out of a TUF repository, or of a file that the owner has: whoever writes it decides who is believed.
    """

    def __init__(self, text: str) -> None:
        data = shapes.parse(text, "the trusted root", rule=RULE, most=MAX_BYTES)
        if data.get("mediaType") != MEDIA_TYPE:
            raise RefusedError(RULE, f"the trusted root is of the type {str(data.get('mediaType'))[:80]!r}")
        self.text = text

    @classmethod
    def from_json(cls, data: bytes | str) -> Self:
        """Read a ``trusted_root.json``. Raises RefusedError ``signature.roots``."""
        if isinstance(data, str):
            return cls(data)
        try:
            return cls(data.decode())
        except UnicodeDecodeError:
            raise RefusedError(RULE, "the trusted root is not UTF-8") from None

    @classmethod
    def from_file(cls, path: str | os.PathLike[str]) -> Self:
        """Read a file. Raises RefusedError ``signature.roots``, OSError."""
        with Path(path).open("rb") as f:
            return cls.from_json(f.read(MAX_BYTES + 1))

    @cached_property
    def parsed(self) -> Parsed:
        """The root as sigstore's model has it. Raises RefusedError ``signature.roots``."""
        from pydantic import ValidationError
        from sigstore_models.trustroot.v1 import TrustedRoot

        try:
            return TrustedRoot.from_json(self.text)
        except ValidationError as e:
            first = e.errors(include_url=False, include_input=False)[0]
            where = ".".join(str(p) for p in first["loc"])
            raise RefusedError(RULE, f"the trusted root is not as it should be: {where}: {first['msg']}") from None

    def trusted_root(self) -> TrustedRoot:
        """Return what sigstore's verifier takes. Raises RefusedError ``signature.roots``."""
        from sigstore.models import TrustedRoot

        return TrustedRoot(self.parsed)
