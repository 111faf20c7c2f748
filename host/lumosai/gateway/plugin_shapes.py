"""The shapes of answers about plugins and panels, for the document."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from lumosai.gateway.shapes import HealthView


class PluginSummary(BaseModel):
    """A plugin and how it stands."""

    name: str
    version: str
    state: Literal["enabled", "disabled", "broken"]
    runtime: str
    distribution: str
    built_in: bool
    description: str
    contributes: dict[str, list[str]]
    failures: int
    circuit: str | None = None
    reason: str | None = None
    delivered: str | None = None


class PermissionsView(BaseModel):
    """What a plugin asks for, what its owner grants, and what holds: both."""

    requested: dict[str, Any]
    granted: dict[str, Any]
    effective: dict[str, Any]
    missing: dict[str, Any]


class RightView(BaseModel):
    """One thing that a plugin may do or asks for: the rule, in plain words, and its risk."""

    kind: str
    rule: str
    words: str
    risk: Literal["low", "medium", "high"]
    granted: bool


class PluginPermissions(PermissionsView):
    """What a plugin asks for, is granted, and may do, each thing it asks for in plain words, the riskiest first.

    What a plugin of the runtime ``python`` asks for binds well-meaning code alone: it runs in the host's process.
    """

    name: str
    runtime: str
    rights: list[RightView]


class PluginHealth(BaseModel):
    """How a plugin stands, and what it says of itself: null if it says nothing."""

    name: str
    state: Literal["enabled", "disabled", "broken"]
    failures: int
    circuit: str | None = None
    reason: str | None = None
    health: HealthView | None


class ContributionView(BaseModel):
    """Something that a plugin contributes; what else it has depends on its kind."""

    model_config = ConfigDict(extra="allow")

    id: str = ""
    description: str | None = None


class SiblingFailure(BaseModel):
    """A process of the service that could not follow a change."""

    process: int
    code: str
    detail: str


class SiblingsView(BaseModel):
    """What came of a change in the other processes of the service; left out where there are none."""

    asked: int
    failed: list[SiblingFailure]


class PluginView(PluginSummary):
    """A plugin with all it contributes and may do.

    ``health`` is its own word, if it has one; ``sandbox`` what a plugin of the runtime ``wasm`` may use and has used
    since it was loaded: tier, limits, calls, failures, processor seconds, host calls, denials, live instances.
    """

    contributions: dict[str, list[ContributionView]]
    permissions: PermissionsView
    health: HealthView | None
    sandbox: dict[str, Any] | None = None
    siblings: SiblingsView | None = None


class ChangesView(BaseModel):
    """What looking again at the installed plugins found."""

    added: list[str]
    swapped: list[str]
    removed: list[str]
    siblings: SiblingsView | None = None


class PanelSummary(BaseModel):
    """A panel."""

    id: str
    plugin: str
    title: str
    description: str


class PanelBlockView(BaseModel):
    """A piece of a panel."""

    kind: Literal["markdown", "metric", "table", "json"]
    title: str
    value: Any
    columns: list[str]
    rows: list[list[Any]]


class PanelViewShape(BaseModel):
    """What a panel shows now; ask again after ``refresh`` seconds."""

    title: str
    blocks: list[PanelBlockView]
    refresh: float | None
