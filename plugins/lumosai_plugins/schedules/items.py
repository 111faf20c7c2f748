"""Tasks in the queue: a run that is to be made, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, Literal

from lumosai_plugins.schedules.jobs import kept_principal, principal_of
from lumosai_sdk.types.auth import LOCAL, Principal

State = Literal["queued", "running", "done", "suspended", "dead"]
OPEN: frozenset[str] = frozenset({"queued", "running"})


@dataclass(frozen=True, slots=True)
class Item:
    """A task. ``due`` is when it was to be done first, ``not_before`` when it may be tried next (epoch, UTC)."""

    id: str
    agent: str
    input: str
    due: float
    not_before: float
    state: State = "queued"
    job: str | None = None
    queue: str = "default"
    thread: str | None = None
    overlap: bool = True
    attempts: int = 0
    run: str = ""
    text: str = ""
    error: str = ""
    ended: float = 0.0
    principal: Principal = field(default=LOCAL)

    @property
    def owner(self) -> str:
        """Return whose it is: tenant and person."""
        return f"{self.principal.tenant}/{self.principal.id}"

    def kept(self) -> dict[str, Any]:
        """Return it as it is kept."""
        out = {f.name: getattr(self, f.name) for f in fields(self)}
        return {**out, "principal": kept_principal(self.principal)}

    @classmethod
    def from_kept(cls, data: Mapping[str, Any]) -> Item:
        """Read what ``kept`` returned."""
        return cls(**{**data, "principal": principal_of(data["principal"])})

    def to_json(self) -> dict[str, Any]:
        """Return it for a listing."""
        out = self.kept()
        del out["principal"], out["overlap"]
        return {**{k: v for k, v in out.items() if v not in (None, "", 0.0)}, "owner": self.owner}

    def again(self, at: float, error: str) -> Item:
        """Return it to be tried again."""
        return replace(self, state="queued", not_before=at, error=error)
