"""What a running host knows of a plugin."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from lumosai.plugins import index
from lumosai.plugins.generation import Generation
from lumosai.plugins.index import Record
from lumosai.plugins.listing import listed

State = Literal["enabled", "disabled", "broken"]


@dataclass(slots=True)
class Plugin:
    """An installed plugin and how it stands."""

    record: Record
    mark: str
    state: State = "disabled"
    reason: str = ""
    generation: Generation | None = None
    failures: int = 0

    @property
    def name(self) -> str:
        return str(self.record["name"])

    @property
    def version(self) -> str:
        return str(self.record.get("version", "?"))

    @property
    def is_built_in(self) -> bool:
        return index.is_built_in(self.record)

    def to_json(self) -> dict[str, Any]:
        """Return the plugin as listings show it."""
        out = listed(self.record, self.state, self.reason) | {"failures": self.failures}
        if self.generation is not None and self.generation.breaker.is_open:
            out["circuit"] = "open"
        return out


@dataclass(frozen=True, slots=True)
class Changes:
    """What a refresh found, by plugin name."""

    added: tuple[str, ...] = ()
    swapped: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.added or self.swapped or self.removed)
