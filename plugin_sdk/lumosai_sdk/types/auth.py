"""Who is calling."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, Literal, get_args

Period = Literal["day", "month", "total"]


@dataclass(frozen=True, slots=True)
class Budget:
    """How many ``tokens`` and US dollars (``cost``) may be spent on models in a ``period`` (UTC).

    Raises ValueError for what limits nothing, or would let nobody through.
    """

    tokens: int | None = None
    cost: float | None = None
    period: Period = "month"

    def __post_init__(self) -> None:
        given = [v for v in (self.tokens, self.cost) if v is not None]
        if not given or not all(0 < v < float("inf") for v in given) or self.period not in get_args(Period):
            raise ValueError(f"no budget: {self}")

    def to_json(self) -> dict[str, Any]:
        return {"tokens": self.tokens, "cost": self.cost, "period": self.period}


@dataclass(frozen=True, slots=True)
class Allowance:
    """How much a caller may ask of a host: ``rate`` requests a second, ``burst`` at once, ``concurrency`` under way.

    None leaves it to the host's ``[server.limits]``, and ``budget`` to its ``[server.budgets]``. ``models`` are globs:
    the agents, aliases, routes and models the caller may name; none are all. Raises ValueError for what would let
    nobody through.
    """

    rate: float | None = None
    burst: int | None = None
    concurrency: int | None = None
    budget: Budget | None = None
    models: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        # A rate that is no number compares with nothing, and would limit nobody.
        if not all(v is None or 0 < v < float("inf") for v in (self.rate, self.burst, self.concurrency)):
            raise ValueError(f"no allowance: {self}")

    def names(self, model: str) -> bool:
        """Tell whether the caller may name an agent or model."""
        return not self.models or any(fnmatchcase(model, pattern) for pattern in self.models)


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
