"""Events as lines for people, and how much each matters."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, Literal

from lumosai_sdk.types import events as ev
from lumosai_sdk.types.models import Usage

Level = Literal["debug", "info", "warning", "error"]
LEVELS: Final[tuple[Level, ...]] = ("debug", "info", "warning", "error")
CONTENT: Final = frozenset({"input", "text", "arguments", "content", "pending"})
"""The fields that hold what people, models and tools said."""

_LEVELS: Final[Mapping[type[ev.Event], Level]] = {
    ev.RunFailed: "error",
    ev.PluginFailed: "error",
    ev.PluginDenied: "warning",
    ev.AuditRefused: "warning",
    ev.ModelRetried: "warning",
    ev.ModelFellBack: "warning",
    ev.HostWarning: "warning",
    ev.ModelStarted: "debug",
    ev.ModelCompleted: "debug",
    ev.ModelDelta: "debug",
    ev.ToolCalled: "debug",
}

Piece = tuple[str, str]
"""What happened, and what was said (empty when nothing was)."""


def level_of(event: ev.Event) -> Level:
    """Return how much an event matters."""
    if isinstance(event, ev.ToolReturned):
        return "warning" if event.error else "info"
    return _LEVELS.get(type(event), "info")


def describe(event: ev.Event) -> Piece:
    """Return an event in words; an event of a later version of the host gets its type and nothing more."""
    words = _WORDS.get(type(event))
    return words(event) if words else (event.type, "")


def _seconds(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"


def _usage(usage: Usage) -> str:
    cost = "" if usage.cost is None else f", ${usage.cost:.4f}"
    return f"{usage.input_tokens}+{usage.output_tokens} tokens{cost}"


def _started(e: Any) -> Piece:
    return f"{e.agent} started" + (f" in thread {e.thread_id}" if e.thread_id else ""), e.input


def _resumed(e: Any) -> Piece:
    return f"{e.agent} goes on", ""


def _suspended(e: Any) -> Piece:
    return f"{e.agent} waits for a person: {', '.join(p.tool for p in e.pending)}", ", ".join(
        p.question or str(dict(p.arguments)) for p in e.pending
    )


def _completed(e: Any) -> Piece:
    steps = f"{e.steps} step{'' if e.steps == 1 else 's'}"
    return f"{e.agent} answered in {_seconds(e.duration)} ({steps}, {_usage(e.usage)})", e.text


def _failed(e: Any) -> Piece:
    code, message = e.error.get("code", "error"), e.error.get("message", "")
    return f"{e.agent} failed after {_seconds(e.duration)}: {code}: {message}", ""


def _cancelled(e: Any) -> Piece:
    return f"{e.agent} was cancelled after {_seconds(e.duration)}", ""


def _model_started(e: Any) -> Piece:
    return f"asks {e.model} (step {e.step})", ""


def _model_completed(e: Any) -> Piece:
    calls = f", {e.tool_calls} tool calls" if e.tool_calls else ""
    return f"{e.model} answered in {_seconds(e.duration)} ({e.finish_reason}{calls}, {_usage(e.usage)})", e.text


def _model_retried(e: Any) -> Piece:
    why = e.error.get("message", "")
    return f"{e.model} failed, trying again in {_seconds(e.delay)} (attempt {e.attempt}): {why}", ""


def _model_fell_back(e: Any) -> Piece:
    return f"{e.model} failed, going to {e.to}: {e.error.get('message', '')}", ""


def _tool_called(e: Any) -> Piece:
    return f"calls {e.tool}", e.arguments


def _tool_returned(e: Any) -> Piece:
    return f"{e.tool} {'failed' if e.error else 'answered'} in {_seconds(e.duration)}", e.content


def _plugin(did: str) -> Callable[[Any], Piece]:
    def words(e: Any) -> Piece:
        version = f" {e.version}" if e.version else ""
        return f"plugin {e.plugin}{version} {did}" + (f": {e.detail}" if e.detail else ""), ""

    return words


def _request(e: Any) -> str:
    who = f"{e.caller} ({e.credential})" if e.credential else e.caller
    return f"{e.method} {e.path} of {who or 'somebody'} at {e.address or 'an unknown address'}"


def _refused(e: Any) -> Piece:
    untold = f"; {e.untold} more before it" if e.untold else ""
    return f"refused {_request(e)}: {e.status} {e.code}{untold}", ""


_WORDS: Final[Mapping[type[ev.Event], Callable[[Any], Piece]]] = {
    ev.RunStarted: _started,
    ev.RunResumed: _resumed,
    ev.RunHandedOver: lambda e: (f"{e.to} goes on", ""),
    ev.RunSuspended: _suspended,
    ev.RunCompleted: _completed,
    ev.RunFailed: _failed,
    ev.RunCancelled: _cancelled,
    ev.ModelStarted: _model_started,
    ev.ModelCompleted: _model_completed,
    ev.ModelRetried: _model_retried,
    ev.ModelFellBack: _model_fell_back,
    ev.ToolCalled: _tool_called,
    ev.ToolReturned: _tool_returned,
    ev.PluginAdded: _plugin("found"),
    ev.PluginRemoved: _plugin("is gone"),
    ev.PluginSwapped: _plugin("replaced"),
    ev.PluginEnabled: _plugin("enabled"),
    ev.PluginDisabled: _plugin("disabled"),
    ev.PluginFailed: _plugin("failed"),
    ev.PluginDenied: _plugin("was denied"),
    ev.AuditRefused: _refused,
    ev.AuditChanged: lambda e: (f"done: {_request(e)}", ""),
    ev.HostStarted: lambda e: (f"LumosAI {e.version} is ready with {e.plugins} plugins", ""),
    ev.HostStopping: lambda _: ("LumosAI stops", ""),
    ev.HostWarning: lambda e: (e.detail, ""),
}
