"""``revocations.json``: the wheels that no host should run any more, wherever they were got.

A target of the index's TUF repository, so that it is neither forged nor, while that is refreshed, held back. It also
counts: a list whose ``serial`` is lower than one that was seen is refused, whoever has signed it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any, Self

from lumosai_marketplace.errors import RefusedError
from lumosai_marketplace.trust import shapes
from lumosai_marketplace.trust.shapes import Shape

NAME = "revocations.json"
MAX_BYTES = 8 * 1024 * 1024
MAX_ENTRIES = 50_000
RULE = "tuf.revocations"
_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)
_WEIGHT = 20
"""What an entry weighs as JSON at most, and a little more."""


@dataclass(frozen=True, slots=True)
class Revoked:
    """A wheel by its digest (hex); the rest is for people: the plugin, its version, why, and an advisory's id."""

    sha256: str
    plugin: str = ""
    version: str = ""
    reason: str = ""
    advisory: str = ""

    def to_json(self) -> dict[str, str]:
        """Return the fields that say something."""
        return {k: v for k, v in asdict(self).items() if v}


@dataclass(frozen=True)
class Revocations:
    """The list. ``serial`` grows by each change."""

    serial: int = 0
    revoked: tuple[Revoked, ...] = field(default=())

    @classmethod
    def from_json(cls, data: bytes | str) -> Self:
        """Read the list. Raises RefusedError ``tuf.revocations`` for what is not exactly one."""
        table = shapes.parse(data, "the revocation list", rule=RULE, most=MAX_BYTES, weight=_WEIGHT * MAX_ENTRIES)
        shape = Shape("the revocation list", RULE)
        shape.table(table, "it", ("serial", "revoked"))
        serial = table["serial"]
        if isinstance(serial, bool) or not isinstance(serial, int) or not 0 < serial < 2**53:
            raise shape.refused("its serial is no whole number above 0")
        return cls(serial, tuple(_revoked(r, shape) for r in shape.rows(table["revoked"], "revoked", MAX_ENTRIES)))

    def to_json(self) -> bytes:
        """Return the list as ``from_json`` reads it, the same for the same list."""
        body = {"serial": self.serial, "revoked": [r.to_json() for r in self.revoked]}
        return json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()

    @cached_property
    def _known(self) -> Mapping[str, Revoked]:
        return {r.sha256: r for r in self.revoked}

    def find(self, sha256: str) -> Revoked | None:
        """Return the entry of a wheel, if it is revoked."""
        return self._known.get(sha256.lower())

    def among(self, digests: Iterable[str]) -> tuple[Revoked, ...]:
        """Return the entries of those wheels that are revoked."""
        return tuple(found for d in digests if (found := self.find(d)) is not None)

    def check(self, sha256: str) -> None:
        """Refuse a wheel that is revoked: ``tuf.revoked``."""
        if found := self.find(sha256):
            what = f"{found.plugin} {found.version}".strip() or f"the file {sha256[:12]}"
            why = f": {found.reason}" if found.reason else ""
            raise RefusedError(
                "tuf.revoked",
                f"{what} is revoked{why}{f' ({found.advisory})' if found.advisory else ''}",
                hint="lumos plugin audit shows what else is, and which versions are not",
            )


def _revoked(value: Any, shape: Shape) -> Revoked:
    table = shape.table(value, "an entry", ("sha256",), ("plugin", "version", "reason", "advisory"))
    told = {k: shape.text(v, k, 1000) for k, v in table.items()}
    if not _SHA256.fullmatch(told["sha256"]):
        raise shape.refused("an entry's sha256 is not 64 hexadecimal digits in lower case")
    return Revoked(**told)
