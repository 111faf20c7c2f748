"""What an entry says: who signed, and what, as far as it can be known."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from hashlib import sha256
from typing import Any

from lumosai_marketplace.log.remote import Shown
from lumosai_marketplace.names import Name
from lumosai_marketplace.signer import Signer
from lumosai_marketplace.statement import PAYLOAD, Statement
from lumosai_sdk.errors import LumosError
from lumosai_sdk.jsontext import bounded_json

_DEPTH, _WEIGHT = 8, 200


@dataclass(frozen=True, slots=True)
class Seen:
    """An entry, understood. ``signer`` and ``statement`` are None where the log does not show them."""

    index: int
    at: float
    signer: Signer | None
    statement: Statement | None

    @property
    def name(self) -> Name | None:
        """The plugin whose wheel was signed."""
        # Not read as a wheel's name is: whoever signs may write anything, such as one that stands for a billion tags.
        filename = "" if self.statement is None else self.statement.filename
        project, _, rest = filename.partition("-")
        try:
            return Name.parse(project) if rest.endswith(".whl") else None
        except LumosError:
            return None

    def to_json(self) -> dict[str, Any]:
        """Return what is known, as JSON."""
        name, statement = self.name, self.statement
        return {
            "index": self.index,
            "at": datetime.fromtimestamp(self.at, UTC).isoformat(timespec="seconds"),
            "name": None if name is None else name.screen,
            "file": None if statement is None else statement.filename,
            "sha256": None if statement is None else statement.sha256,
            "predicate_type": None if statement is None else statement.predicate_type,
            "signer": None if self.signer is None else self.signer.to_json(),
        }


@dataclass(frozen=True, slots=True)
class Filter:
    """Which entries are told: patterns (``*``, ``?``) for whom and for what; without any, all.

    What is not known fits any pattern: who watches a name wants to hear of what is kept from him.
    """

    identities: Sequence[str] = ()
    names: Sequence[str] = ()

    def fits(self, seen: Seen) -> bool:
        """Tell whether the signer is one of ``identities`` and the plugin one of ``names``."""
        signer = seen.signer
        who = () if signer is None else (signer.subject, signer.repository)
        what = () if seen.name is None else (seen.name.screen, seen.name.wire)
        return _any(who, self.identities) and _any(what, self.names)


def _any(texts: Sequence[str], patterns: Sequence[str]) -> bool:
    return not patterns or not texts or any(fnmatchcase(text, p) for text in texts if text for p in patterns)


def understand(shown: Shown) -> Seen:
    """Read an entry of any kind. A statement counts only when the body has its hash."""
    signer, payload_hash = None, ""
    try:
        spec = bounded_json(shown.body, depth=_DEPTH, weight=_WEIGHT)["spec"]
        payload_hash = spec["payloadHash"]["value"]
        signer = _signer(b64decode(spec["signatures"][0]["verifier"], validate=True))
    except (ValueError, KeyError, TypeError, IndexError, RecursionError, LumosError):
        pass  # an entry of another kind: told as one of nobody who is known
    return Seen(shown.index, shown.at, signer, _statement(shown.statement, payload_hash))


def _signer(pem: bytes) -> Signer:
    from cryptography.x509 import load_pem_x509_certificate

    from lumosai_marketplace.trust.certificates import signer_of

    return signer_of(load_pem_x509_certificate(pem))


def _statement(data: bytes | None, payload_hash: object) -> Statement | None:
    if data is None or sha256(data).hexdigest() != payload_hash:
        return None
    try:
        return Statement.decode(PAYLOAD, data)
    except LumosError:
        return None
