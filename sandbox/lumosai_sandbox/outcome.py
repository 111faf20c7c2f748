"""What a guest's bad end means to the host: one error each for code that failed, took too long, or took too much."""

from __future__ import annotations

from lumosai_sandbox.engine.errors import EngineError, OverrunError, ResultTooLargeError
from lumosai_sandbox.limits import Limits
from lumosai_sandbox.policy import KEYS
from lumosai_sdk.errors import PluginError, PluginLimitError, PluginTimeoutError

# What wasmtime says when a guest reached one of its limits, and the limit's name in a manifest.
_LIMITS = (
    ("all fuel consumed", "fuel"),
    ("call stack exhausted", "stack"),
    ("memory minimum size", "memory"),
    ("forcing trap when growing memory", "memory"),
    ("memory count too high", "memories"),
    ("table minimum size", "table_elements"),
    ("table count too high", "tables"),
    ("instance count too high", "instances"),
)


def ended_badly(plugin: str, export: str, error: EngineError, limits: Limits) -> PluginError:
    """Return the error for a call that trapped or went past a limit."""
    why = str(error)
    if isinstance(error, OverrunError):
        return PluginLimitError(plugin, export, why, limit="cpu", hint=_hint(plugin, "cpu"))
    if isinstance(error, ResultTooLargeError):
        return PluginLimitError(plugin, export, why, limit="result", hint=_hint(plugin, "result"))
    for words, limit in _LIMITS:
        if words in why:
            told = f"{why} (limit: {getattr(limits, limit, 'the engine’s')})"
            return PluginLimitError(plugin, export, told, limit=limit, hint=_hint(plugin, limit))
    return PluginError(plugin, export, why)


def timed_out(plugin: str, export: str, limits: Limits) -> PluginTimeoutError:
    """Return the error for a call that did not end in time."""
    return PluginTimeoutError(plugin, export, f"no answer in {limits.wall:g} s", hint=_hint(plugin, "time"))


def _hint(plugin: str, limit: str) -> str | None:
    if limit not in KEYS:
        return None
    return f"a higher limit may be set in lumos.toml: [plugins.{plugin}.limits] {limit} = …"
