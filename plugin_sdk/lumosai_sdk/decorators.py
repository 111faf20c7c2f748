"""What authors write above their code. A decorator makes a function a contribution, or marks a class as one.

The id and everything else that stands in the manifest wins over what is written here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from inspect import isfunction
from typing import Any, ParamSpec, TypeVar, overload

from lumosai_sdk.functions import FunctionPanel, FunctionProcessor, FunctionRoute, FunctionStep, FunctionTool
from lumosai_sdk.types.processors import PHASES, Phase
from lumosai_sdk.types.tools import Approval

P = ParamSpec("P")
R = TypeVar("R")
C = TypeVar("C", bound=type)
MARK = "__lumos_contribution__"


@dataclass(frozen=True, slots=True)
class Mark:
    """What a decorated class says it is."""

    kind: str
    id: str


@overload
def tool(fn: Callable[P, R], /) -> FunctionTool[P, R]: ...
@overload
def tool(
    *,
    id: str | None = None,
    description: str | None = None,
    approval: Approval | None = None,
    timeout: float | None = None,
    side_effects: bool | None = None,
) -> Callable[[Callable[P, R]], FunctionTool[P, R]]: ...
def tool(fn: Callable[..., Any] | None = None, /, **overrides: Any) -> Any:
    """Make a function a tool: its schema from its type hints, its description from its docstring.

    A parameter hinted ``ToolContext`` is handed the context of the call. Plain functions run in a thread, ``async``
    ones on the event loop. Raises SchemaError when a hint has no JSON Schema.
    """
    if fn is not None:
        return FunctionTool.of(fn)
    return lambda f: FunctionTool.of(f, **overrides)


def step(fn: Callable[P, R]) -> FunctionStep[P, R]:
    """Make a function of a value (and the run, if it takes two) a workflow step."""
    return FunctionStep(fn)


def processor(*phases: Phase) -> Callable[[Callable[P, R]], FunctionProcessor[P, R]]:
    """Make a function of ``(value, context)`` a processor for *phases* (none named: all)."""
    return lambda fn: FunctionProcessor(fn, frozenset(phases or PHASES))


def route(fn: Callable[P, R]) -> FunctionRoute[P, R]:
    """Make a function of an HttpRequest a route; method and path stand in the manifest."""
    return FunctionRoute(fn)


def panel(fn: Callable[P, R]) -> FunctionPanel[P, R]:
    """Make a function of the PluginContext, returning a PanelView, a panel."""
    return FunctionPanel(fn)


def _marks(kind: str, id: str) -> Callable[[C], C]:  # noqa: A002
    from lumosai_sdk.kinds import PROTOCOLS  # costs more than all of this, and functions need it not

    def mark(cls: C) -> C:
        if missing := [n for n in _methods(PROTOCOLS[kind]) if not callable(getattr(cls, n, None))]:
            raise TypeError(f"{cls.__name__} is no {kind}: it lacks {', '.join(missing)}")
        setattr(cls, MARK, Mark(kind, id))
        return cls

    return mark


def _methods(protocol: type) -> list[str]:
    """Return the methods a Protocol asks for, its bases' first."""
    bases = [b for b in reversed(protocol.__mro__) if getattr(b, "_is_protocol", False)]
    return [n for b in bases for n, member in vars(b).items() if isfunction(member) and not n.startswith("_")]


def provider(id: str) -> Callable[[C], C]:  # noqa: A002
    """Mark a class of models; it is constructed with a PluginContext. Raises TypeError when a method is missing."""
    return _marks("provider", id)


def storage(id: str) -> Callable[[C], C]:  # noqa: A002
    """Mark a storage class; it is constructed with a PluginContext. Raises TypeError when a method is missing."""
    return _marks("storage", id)


def monitor(id: str) -> Callable[[C], C]:  # noqa: A002
    """Mark a monitor class; it is constructed with a PluginContext. Raises TypeError when a method is missing."""
    return _marks("monitor", id)


def command(id: str) -> Callable[[C], C]:  # noqa: A002
    """Mark a command class; it is constructed with a PluginContext. Raises TypeError when a method is missing."""
    return _marks("command", id)


def memory(id: str) -> Callable[[C], C]:  # noqa: A002
    """Mark a memory class; it is constructed with a PluginContext. Raises TypeError when a method is missing."""
    return _marks("memory", id)


def vectors(id: str) -> Callable[[C], C]:  # noqa: A002
    """Mark a vector store class; constructed with a PluginContext. Raises TypeError when a method is missing."""
    return _marks("vectors", id)


def scorer(id: str) -> Callable[[C], C]:  # noqa: A002
    """Mark a scorer class; it is constructed with a PluginContext. Raises TypeError when a method is missing."""
    return _marks("scorer", id)


def auth(id: str) -> Callable[[C], C]:  # noqa: A002
    """Mark an authenticator class; constructed with a PluginContext. Raises TypeError when a method is missing."""
    return _marks("auth", id)
