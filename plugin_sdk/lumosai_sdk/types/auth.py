"""Who is calling."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Allowance:
    """How much a caller may ask of a host: ``rate`` requests a second, ``burst`` at once, ``concurrency`` under way.

    None leaves it to the host's ``[server.limits]``. Raises ValueError for what would let nobody through.
    """

    rate: float | None = None
    burst: int | None = None
    concurrency: int | None = None

    def __post_init__(self) -> None:
        # A rate that is no number compares with nothing, and would limit nobody.
        if not all(v is None or 0 < v < float("inf") for v in (self.rate, self.burst, self.concurrency)):
            raise ValueError(f"no allowance: {self}")


@dataclass(frozen=True, slots=True)
class Principal:
    """An authenticated caller: a stable ``id``, its ``tenant`` and the ``scopes`` it was given (``*`` is all).

    ``credential`` names what it showed, such as the id of a key, and never holds it: what is limited is counted for
    each credential, and audits tell it. ``allowance`` is the credential's own, if it has one.

    What it makes belongs to ``<tenant>/<id>``. Raises ValueError for an empty id, or a tenant with a ``/`` in it: two
    callers must not come to the same name.
    """

    id: str
    tenant: str = "default"
    scopes: frozenset[str] = frozenset()
    credential: str = ""
    allowance: Allowance | None = None

    def __post_init__(self) -> None:
        if not self.id or "/" in self.tenant:
            raise ValueError(f"no principal: id {self.id!r}, tenant {self.tenant!r}")

    def allows(self, scope: str) -> bool:
        return "*" in self.scopes or scope in self.scopes

    def to_json(self) -> dict[str, Any]:
        return {"id": self.id, "tenant": self.tenant, "scopes": sorted(self.scopes)}


LOCAL = Principal("local", scopes=frozenset({"*"}))
"""The person at this machine: who calls in process or, with no authenticator configured, over loopback."""


@dataclass(frozen=True, slots=True)
class AuthRequest:
    """What an authenticator sees: header names in lower case, the peer's address, method and path."""

    headers: Mapping[str, str] = field(default_factory=dict)
    client: str = ""
    method: str = "GET"
    path: str = "/"
