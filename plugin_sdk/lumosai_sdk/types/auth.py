"""Who is calling."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Principal:
    """An authenticated caller: a stable ``id``, its ``tenant`` and the ``scopes`` it was given (``*`` is all).

    What it makes belongs to ``<tenant>/<id>``. Raises ValueError for an empty id, or a tenant with a ``/`` in it: two
    callers must not come to the same name.
    """

    id: str
    tenant: str = "default"
    scopes: frozenset[str] = frozenset()

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
