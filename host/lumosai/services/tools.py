"""Tools for plugins: as the model would call them, and never with more rights than every plugin on the way has."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from lumosai.agents.leave import needs_leave
from lumosai.agents.plan import tool_spec
from lumosai.ids import new_id
from lumosai.runs.processors import process
from lumosai.runs.tools import authorize
from lumosai.services.behind import on_behalf, principal_of, run_of
from lumosai.validation import Validator
from lumosai_sdk.errors import ConflictError, InputError, LumosError, PermissionDeniedError, Suspend
from lumosai_sdk.types import events as ev
from lumosai_sdk.types.messages import ToolCall
from lumosai_sdk.types.tools import ToolContext, ToolSpec

if TYPE_CHECKING:
    from lumosai.host import Host
    from lumosai.plugins.registry import Entry
    from lumosai.runs.state import RunState
    from lumosai_sdk.types.caller import Caller
    from lumosai_sdk.types.processors import RunInfo

MAX_DEPTH = 4
"""Plugins in a chain of calls, first and last among them."""


async def call_tool(host: Host, id: str, arguments: Mapping[str, Any], caller: Caller) -> Any:  # noqa: A002
    """Return a tool's JSON value.

    Raises PermissionDeniedError where a plugin of the chain was not granted the tool, the person may not call it, a
    person would have to give leave, or plugins call each other in a circle or too deep; InputError for arguments that
    do not fit; whatever the tool raises.
    """
    _check_rights(host, id, caller)
    entry = host.registry.get("tool", id)
    _check_way(id, entry.generation.name, caller)
    state = run_of(host, caller)
    spec = tool_spec(entry)
    _check_leave(host, spec, arguments, caller, state)
    principal = principal_of(caller, state)
    await authorize(host.plugins.hooks, principal, "tool.call", id)
    call = ToolCall(new_id("call"), spec.name, json.dumps(arguments))
    if state is not None:
        call = await process(state, "tool_call", call)
        if (why := state.wants_leave.pop(call.id, None)) is not None:
            raise PermissionDeniedError(f"this call of {id!r} needs a person's leave: {why}")
    with on_behalf(caller, principal) as info:
        return await _Call(host, entry, spec, caller, info, state).made(call)


def _check_rights(host: Host, id: str, caller: Caller) -> None:  # noqa: A002
    """Hold the tool against what every plugin of the chain has been granted now."""
    if not caller.chain:
        raise PermissionDeniedError("tools are called for a plugin, and none is named")
    for name in caller.chain:
        plugin = host.plugins.plugins.get(name)
        generation = None if plugin is None else plugin.generation
        if generation is None or not generation.context.permissions.allows_name("tools", id):
            raise PermissionDeniedError(
                f"{id!r} was called through {' → '.join(caller.chain)}, and {name!r} may not call it",
                hint=f'in lumos.toml, under [plugins.{name}.grant]: tools = ["{id}"]',
            )


def _check_way(id: str, called: str, caller: Caller) -> None:  # noqa: A002
    way = " → ".join((*caller.chain, called))
    if called in caller.chain:
        raise PermissionDeniedError(f"{id!r}: plugins do not call each other in a circle ({way})")
    if len(caller.chain) >= MAX_DEPTH:
        raise PermissionDeniedError(f"{id!r}: plugins call each other at most {MAX_DEPTH} deep ({way})")


def _check_leave(
    host: Host, spec: ToolSpec, arguments: Mapping[str, Any], caller: Caller, state: RunState | None
) -> None:
    agent = state.plan.agent if state is not None else host.agents.get(caller.agent)
    if needs_leave(spec, agent, arguments):
        raise PermissionDeniedError(f"this call of {spec.id!r} needs a person's leave; only an agent can ask for it")


class _Call:
    """One call of a tool for a plugin."""

    def __init__(
        self, host: Host, entry: Entry, spec: ToolSpec, caller: Caller, info: RunInfo, state: RunState | None
    ) -> None:
        self._host = host
        self._entry = entry
        self._spec = spec
        self._caller = caller
        self._info = info
        self._state = state
        self._value: Any = None
        self._content = ""

    async def made(self, call: ToolCall) -> Any:
        """Return the tool's value, as hooks and processors leave it."""
        state, started = self._state, time.perf_counter()
        if state is None:
            return self._read(await self._around(call))
        state.emit(ev.ToolCalled, call.id, self._spec.id, call.arguments)
        try:
            content = await process(state, "tool_result", await self._around(call))
        except LumosError as e:
            self._returned(state, call, f"Error: {e.message}", started, error=True)
            raise
        self._returned(state, call, content, started)
        return self._read(content)

    def _returned(self, state: RunState, call: ToolCall, content: str, started: float, *, error: bool = False) -> None:
        shown = content[: self._host.config.limits.tool_result]
        state.emit(ev.ToolReturned, call.id, self._spec.id, shown, error, time.perf_counter() - started)

    async def _around(self, call: ToolCall) -> str:
        hooks = self._host.plugins.hooks
        if not hooks.implementations("lumos_around_tool_call"):
            return await self._invoke(call)
        around = hooks.around("lumos_around_tool_call", self._invoke, run=self._info, tool=self._spec.id)
        return str(await around(call))

    async def _invoke(self, call: ToolCall) -> str:
        entry, tool = self._entry, self._entry.obj
        arguments = call.parse()
        if errors := Validator(self._spec.input_schema).errors(arguments):
            raise InputError(f"the arguments of {entry.id!r} do not fit: {'; '.join(errors)}")
        context = self._context(call)
        timeout = self._spec.timeout or self._host.config.limits.tool_timeout
        try:
            self._value = await entry.generation.guard(
                f"tool {entry.id!r}", lambda: tool.call(arguments, context), timeout
            )
            self._content = self._value if isinstance(self._value, str) else json.dumps(self._value)
        except Suspend:
            raise ConflictError(f"{entry.id!r} asks a person, which it can in an agent's call only") from None
        except (TypeError, ValueError, RecursionError) as e:
            raise entry.generation.failure(f"tool {entry.id!r} returned what is not JSON", e) from e
        return self._content

    def _context(self, call: ToolCall) -> ToolContext:
        info = self._info
        return ToolContext(
            info.run_id,
            info.agent,
            call.id,
            info.thread_id,
            info.principal,
            self._entry.generation.context.permissions,
            callers=self._caller.chain,
        )

    def _read(self, content: str) -> Any:
        """Return the tool's own value, or what hooks and processors made of its text."""
        if content == self._content:
            return self._value
        try:
            return json.loads(content)
        except ValueError:
            return content
