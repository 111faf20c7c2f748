"""Plain functions as contributions: what the decorators make."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Mapping
from functools import update_wrapper
from typing import Any, Generic, ParamSpec, TypeVar

from lumosai_sdk.errors import ToolError
from lumosai_sdk.schema import Signature, function_signature, to_jsonable
from lumosai_sdk.types.http import HttpRequest, HttpResponse
from lumosai_sdk.types.panels import PanelView
from lumosai_sdk.types.plugins import PluginContext
from lumosai_sdk.types.processors import Phase, RunInfo
from lumosai_sdk.types.tools import ToolContext, ToolSpec

P = ParamSpec("P")
R = TypeVar("R")
_JSON_TYPES = (str, int, float, bool, type(None))


async def _in_thread(fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
    """Call a plain function in a thread; those, and event loops, are only imported where there are any."""
    from lumosai_sdk.threads import in_thread

    run_plain_with(in_thread)
    return await in_thread(fn, *args, **kwargs)


_plain: Callable[..., Awaitable[Any]] = _in_thread


def run_plain_with(runner: Callable[..., Awaitable[Any]]) -> None:
    """Have plain functions called by ``runner(fn, *args, **kwargs)`` from now on. A guest has no threads."""
    global _plain  # noqa: PLW0603 - one runtime a process
    _plain = runner


class Function(Generic[P, R]):
    """A wrapped function: still callable as itself, awaited or run in a thread when the host calls it."""

    def __init__(self, fn: Callable[P, R]) -> None:
        update_wrapper(self, fn)
        self.fn = fn
        self.is_async = inspect.iscoroutinefunction(fn)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        return self.fn(*args, **kwargs)

    async def invoke(self, *args: Any, **kwargs: Any) -> Any:
        """Call the function without blocking the event loop."""
        if self.is_async:
            return await self.fn(*args, **kwargs)  # type: ignore[misc]
        return await _plain(self.fn, *args, **kwargs)


class FunctionTool(Function[P, R]):
    """A function as a tool: schema from hints and docstring, arguments converted to the hinted types."""

    def __init__(self, fn: Callable[P, R], spec: ToolSpec, signature: Signature) -> None:
        super().__init__(fn)
        self.spec = spec
        self.signature = signature

    @classmethod
    def of(cls, fn: Callable[P, R], **overrides: Any) -> FunctionTool[P, R]:
        """Make a tool of a function; *overrides* are fields of ToolSpec. Raises SchemaError."""
        signature = function_signature(fn, ToolContext)
        derived: dict[str, Any] = {
            "id": fn.__name__,
            "description": signature.description,
            "input_schema": signature.input_schema,
            "output_schema": signature.output_schema,
        }
        spec = ToolSpec(**{**derived, **{k: v for k, v in overrides.items() if v is not None}})
        return cls(fn, spec, signature)

    @property
    def wants_context(self) -> bool:
        """Whether the function is handed the context of the call."""
        return self.signature.context_parameter is not None

    async def call(self, arguments: Mapping[str, Any], context: ToolContext) -> Any:
        result = await self.invoke(**self._values(arguments, context))
        return result if type(result) in _JSON_TYPES else to_jsonable(result)

    def answer(self, arguments: Mapping[str, Any], context: ToolContext) -> Any:
        """Do what ``call`` does with a plain function, here and now: for where there is no event loop to block."""
        by_name: Callable[..., Any] = self.fn
        result = by_name(**self._values(arguments, context))
        return result if type(result) in _JSON_TYPES else to_jsonable(result)

    def _values(self, arguments: Mapping[str, Any], context: ToolContext) -> dict[str, Any]:
        signature = self.signature
        values = self._convert(arguments) if signature.converters else dict(arguments)
        if signature.context_parameter is not None:
            values[signature.context_parameter] = context
        return values

    def _convert(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        converters = self.signature.converters
        values = dict(arguments)
        for name in values.keys() & converters.keys():
            try:
                values[name] = converters[name](values[name])
            except (ValueError, TypeError, KeyError) as e:
                raise ToolError(f"argument {name!r}: {e}") from None
        return values


class FunctionStep(Function[P, R]):
    """A function of a value (and, if it takes two, the run) as a step."""

    async def run(self, value: Any, context: RunInfo) -> Any:
        args = (value, context) if len(inspect.signature(self.fn).parameters) > 1 else (value,)
        return to_jsonable(await self.invoke(*args))


class FunctionProcessor(Function[P, R]):
    """A function of ``(value, context)`` as a processor for some phases."""

    def __init__(self, fn: Callable[P, R], phases: frozenset[Phase]) -> None:
        super().__init__(fn)
        self.phases = phases

    async def process(self, phase: Phase, value: Any, context: RunInfo) -> Any:  # noqa: ARG002 - the kind's interface
        return await self.invoke(value, context)


class FunctionRoute(Function[P, R]):
    """A function of an HttpRequest as a route; what it returns, if not an HttpResponse, is the JSON body."""

    async def handle(self, request: HttpRequest) -> HttpResponse:
        result = await self.invoke(request)
        return result if isinstance(result, HttpResponse) else HttpResponse(to_jsonable(result))


class FunctionPanel(Function[P, R]):
    """A function of the plugin's context that returns a PanelView."""

    async def view(self, context: PluginContext) -> PanelView:
        result = await self.invoke(context)
        if not isinstance(result, PanelView):
            raise TypeError(f"{self.fn.__name__} must return a PanelView, not {type(result).__name__}")
        return result
