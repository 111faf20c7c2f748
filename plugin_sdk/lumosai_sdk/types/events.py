"""What happens, as typed events. ``seq`` counts within a run from 1; ``at`` is seconds since the epoch (UTC)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from functools import cache
from operator import attrgetter
from typing import Any, ClassVar

from lumosai_sdk.types.models import NO_USAGE, FinishReason, Usage
from lumosai_sdk.types.runs import Pending


@dataclass(frozen=True, slots=True)
class Event:
    """The root of all events; ``run_id`` is empty for events of plugins and of the host itself."""

    type: ClassVar[str] = "event"
    run_id: str = ""
    seq: int = 0
    at: float = 0.0

    def to_json(self) -> dict[str, Any]:
        """Return ``{"type": …, …}`` with every field."""
        kind: Any = type(self)  # a class is hashable, whatever its instances are
        names, values, nested = _layout(kind)
        out: dict[str, Any] = dict(zip(names, values(self), strict=True))
        for name in nested:
            out[name] = _plain(out[name])
        return out


# Hints of fields whose values are JSON already; recording every event of every run makes the difference worth it.
_JSON_HINTS = frozenset({"str", "int", "float", "bool", "str | None", "FinishReason"})


@cache
def _layout(cls: type[Event]) -> tuple[tuple[str, ...], Callable[[Event], tuple[Any, ...]], tuple[str, ...]]:
    """Return an event class's names, what fetches their values, and the names whose values hold objects."""
    found = fields(cls)
    names = ("type", *(f.name for f in found))
    return names, attrgetter(*names), tuple(f.name for f in found if f.type not in _JSON_HINTS)


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(v) for v in value]
    if isinstance(value, Mapping):
        return dict(value)
    return value.to_json() if hasattr(value, "to_json") else value


# --- runs


@dataclass(frozen=True, slots=True)
class RunStarted(Event):
    """An agent took up a request."""

    type: ClassVar[str] = "run.started"
    agent: str = ""
    thread_id: str | None = None
    input: str = ""


@dataclass(frozen=True, slots=True)
class RunResumed(Event):
    """A suspended run goes on."""

    type: ClassVar[str] = "run.resumed"
    agent: str = ""


@dataclass(frozen=True, slots=True)
class RunHandedOver(Event):
    """The conversation is the agent ``to``'s from here on; ``agent`` had it."""

    type: ClassVar[str] = "run.handed_over"
    agent: str = ""
    to: str = ""


@dataclass(frozen=True, slots=True)
class RunSuspended(Event):
    """A run waits for a person."""

    type: ClassVar[str] = "run.suspended"
    agent: str = ""
    pending: tuple[Pending, ...] = ()


@dataclass(frozen=True, slots=True)
class RunCompleted(Event):
    """A run has its answer. ``duration`` in seconds."""

    type: ClassVar[str] = "run.completed"
    agent: str = ""
    text: str = ""
    usage: Usage = NO_USAGE
    steps: int = 0
    duration: float = 0.0


@dataclass(frozen=True, slots=True)
class RunFailed(Event):
    """A run ended without an answer; ``error`` is ``{code, message, hint?, plugin?}``."""

    type: ClassVar[str] = "run.failed"
    agent: str = ""
    error: Mapping[str, Any] = field(default_factory=dict)
    duration: float = 0.0


@dataclass(frozen=True, slots=True)
class RunCancelled(Event):
    """A run was cancelled."""

    type: ClassVar[str] = "run.cancelled"
    agent: str = ""
    duration: float = 0.0


# --- models


@dataclass(frozen=True, slots=True)
class ModelStarted(Event):
    """A model is being called; ``model`` is the full reference, ``step`` counts model calls from 1."""

    type: ClassVar[str] = "model.started"
    model: str = ""
    step: int = 0


@dataclass(frozen=True, slots=True)
class ModelDelta(Event):
    """A piece of streamed text. Goes to those who follow the run, not to hooks, monitors or storage."""

    type: ClassVar[str] = "model.delta"
    text: str = ""


@dataclass(frozen=True, slots=True)
class ModelCompleted(Event):
    """A model answered; ``text`` may be empty when it called ``tool_calls`` tools. ``duration`` in seconds."""

    type: ClassVar[str] = "model.completed"
    model: str = ""
    step: int = 0
    text: str = ""
    tool_calls: int = 0
    finish_reason: FinishReason = "stop"
    usage: Usage = NO_USAGE
    duration: float = 0.0


@dataclass(frozen=True, slots=True)
class ModelRetried(Event):
    """A model call failed, with ``error`` as a failed run's, and is tried again after ``delay`` seconds."""

    type: ClassVar[str] = "model.retried"
    model: str = ""
    attempt: int = 0
    delay: float = 0.0
    error: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ModelFellBack(Event):
    """A model is given up, with ``error`` as a failed run's, for the next one of the agent's list."""

    type: ClassVar[str] = "model.fell_back"
    model: str = ""
    to: str = ""
    error: Mapping[str, Any] = field(default_factory=dict)


# --- tools


@dataclass(frozen=True, slots=True)
class ToolCalled(Event):
    """A tool is about to be called with ``arguments`` (JSON text as the model wrote it)."""

    type: ClassVar[str] = "tool.call"
    call_id: str = ""
    tool: str = ""
    arguments: str = ""


@dataclass(frozen=True, slots=True)
class ToolReturned(Event):
    """A tool answered; ``error`` tells whether ``content`` is an error message. ``duration`` in seconds."""

    type: ClassVar[str] = "tool.result"
    call_id: str = ""
    tool: str = ""
    content: str = ""
    error: bool = False
    duration: float = 0.0


# --- plugins and the host


@dataclass(frozen=True, slots=True)
class PluginEvent(Event):
    """Something befell a plugin; ``detail`` says what, in words."""

    type: ClassVar[str] = "plugin.event"
    plugin: str = ""
    version: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class PluginAdded(PluginEvent):
    """A plugin was found."""

    type: ClassVar[str] = "plugin.added"


@dataclass(frozen=True, slots=True)
class PluginRemoved(PluginEvent):
    """A plugin is gone."""

    type: ClassVar[str] = "plugin.removed"


@dataclass(frozen=True, slots=True)
class PluginSwapped(PluginEvent):
    """A plugin was replaced by another version or by its own changed code."""

    type: ClassVar[str] = "plugin.swapped"


@dataclass(frozen=True, slots=True)
class PluginEnabled(PluginEvent):
    """A plugin was switched on."""

    type: ClassVar[str] = "plugin.enabled"


@dataclass(frozen=True, slots=True)
class PluginDisabled(PluginEvent):
    """A plugin was switched off."""

    type: ClassVar[str] = "plugin.disabled"


@dataclass(frozen=True, slots=True)
class PluginFailed(PluginEvent):
    """A plugin failed; the host goes on without what it gave."""

    type: ClassVar[str] = "plugin.failed"


@dataclass(frozen=True, slots=True)
class PluginDenied(PluginEvent):
    """A plugin asked for what it was not granted; ``detail`` names the grant that would allow it."""

    type: ClassVar[str] = "plugin.denied"


@dataclass(frozen=True, slots=True)
class PluginMessage(PluginEvent):
    """A plugin tells whoever watches something of its own: a name, and JSON."""

    type: ClassVar[str] = "plugin.message"
    name: str = ""
    data: Any = None


@dataclass(frozen=True, slots=True)
class HostStarted(Event):
    """The host is ready."""

    type: ClassVar[str] = "system.started"
    version: str = ""
    plugins: int = 0


@dataclass(frozen=True, slots=True)
class HostStopping(Event):
    """The host is about to stop."""

    type: ClassVar[str] = "system.stopping"


@dataclass(frozen=True, slots=True)
class HostWarning(Event):
    """Something an operator should know."""

    type: ClassVar[str] = "system.warning"
    detail: str = ""


# --- who was refused what, and who changed what


@dataclass(frozen=True, slots=True)
class AuditEvent(Event):
    """A request by HTTP that somebody may have to account for.

    ``caller`` is ``<tenant>/<id>``, empty for one nobody knew; ``credential`` names what it showed; ``address`` is
    where it came from; ``path`` is without the query; ``action`` is what it took leave for.
    """

    type: ClassVar[str] = "audit.event"
    caller: str = ""
    credential: str = ""
    address: str = ""
    method: str = ""
    path: str = ""
    action: str = ""
    status: int = 0
    request_id: str = ""


@dataclass(frozen=True, slots=True)
class AuditRefused(AuditEvent):
    """A request was refused; ``code`` says why. ``untold`` were refused before it, faster than they can be told."""

    type: ClassVar[str] = "audit.refused"
    code: str = ""
    untold: int = 0


@dataclass(frozen=True, slots=True)
class AuditChanged(AuditEvent):
    """A request changed something of the host: plugins, threads, or how a run goes on."""

    type: ClassVar[str] = "audit.changed"
