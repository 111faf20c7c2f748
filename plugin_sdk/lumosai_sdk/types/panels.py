"""A UI panel as data: the host draws it, so a panel can neither script nor style the page it stands on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class PanelBlock:
    """One piece of a panel: ``markdown`` text, a ``metric`` with a value, a ``table`` of rows, or ``json``."""

    kind: Literal["markdown", "metric", "table", "json"]
    title: str = ""
    value: Any = None
    columns: Sequence[str] = ()
    rows: Sequence[Sequence[Any]] = ()

    def to_json(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "title": self.title,
            "value": self.value,
            "columns": list(self.columns),
            "rows": [list(r) for r in self.rows],
        }


@dataclass(frozen=True, slots=True)
class PanelView:
    """What a panel shows now; ask again after ``refresh`` seconds (None: it does not change by itself)."""

    title: str
    blocks: Sequence[PanelBlock] = ()
    refresh: float | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        return {"title": self.title, "blocks": [b.to_json() for b in self.blocks], "refresh": self.refresh}
