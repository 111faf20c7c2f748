"""Calling tools: in parallel, validated, on leave where leave is needed."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any, TypeVar

from lumosai.agents.plan import BoundTool
from lumosai.config.model import LimitsConfig
from lumosai.plugins.hooks import Hooks
from lumosai.plugins.registry import Entry
from lumosai.runs.decisions import gives_leave
from lumosai.runs.handing import asking
from lumosai.runs.processors import process
from lumosai.runs.state import RunState
from lumosai_sdk.errors import (
    BlockedError,
    InputError,
    LumosError,
    PermissionDeniedError,
    Suspend,
    ToolError,
)
from lumosai_sdk.types import events as ev
from lumosai_sdk.types.messages import Message, ToolCall
from lumosai_sdk.types.runs import Pending
from lumosai_sdk.types.tools import ToolContext

T = TypeVar("T")
_NAMING = ("agent.run", "model.call")
_ENCODE = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class ToolCaller:
    """Turns a model's tool calls into messages, or into what a person must decide first."""

    def __init__(self, hooks: Hooks, limits: LimitsConfig) -> None:
        self._hooks = hooks
        self._limits = limits

    async def call_all(self, state: RunState, calls: Sequence[ToolCall]) -> tuple[Pending, ...]:
        """Make the calls, several at once, and append their results in order; return those that wait for a person."""
        if len(calls) == 1:
            outcomes: list[Message | Pending] = [await self._call(state, calls[0])]
        else:
            outcomes = await self._several(state, calls)
        state.messages.extend(o for o in outcomes if isinstance(o, Message))
        return tuple(o for o in outcomes if isinstance(o, Pending))

    async def _several(self, state: RunState, calls: Sequence[ToolCall]) -> list[Message | Pending]:
        done: dict[str, Message | Pending] = {}

        async def noted(call: ToolCall) -> Message | Pending:
            outcome = done[call.id] = await self._call(state, call)
            return outcome

        try:
            return await _together([partial(noted, c) for c in calls], self._limits.parallel_tools)
        except asyncio.CancelledError:
            # What was done is done: a run that goes on later must not do it again.
            state.messages.extend(o for c in calls if isinstance(o := done.get(c.id), Message))
            raise

    async def _call(self, state: RunState, call: ToolCall) -> Message | Pending:
        started = time.perf_counter()
        try:
            bound = _bound(state, call)
            state.wants_leave.pop(call.id, None)
            call = await process(state, "tool_call", call)
            arguments = _arguments(bound, call)
            if (pending := await self._leave(state, bound, call, arguments)) is not None:
                return pending
            await authorize(self._hooks, state.request.principal, "tool.call", bound.spec.id)
            state.emit(ev.ToolCalled, call.id, bound.spec.id, call.arguments)
            state.calling.add(call.id)
            started = time.perf_counter()
            content, error = await self._result(state, bound, call, arguments), False
            content = await process(state, "tool_result", content)
        except _Asked as e:
            state.calling.discard(call.id)
            return e.pending
        except BlockedError:
            raise
        except LumosError as e:
            content, error = f"Error: {e.message}", True
            if isinstance(e, PermissionDeniedError):
                _tell_denied(state, call, e)
        state.calling.discard(call.id)
        content = self._bounded(content)
        tool = state.plan.by_name.get(call.name)
        state.emit(
            ev.ToolReturned, call.id, tool.spec.id if tool else call.name, content, error, time.perf_counter() - started
        )
        return Message.tool(call.id, content)

    async def _leave(
        self, state: RunState, bound: BoundTool, call: ToolCall, arguments: dict[str, Any]
    ) -> Pending | None:
        """Return what waits for leave, or None: it is given, or not needed. Raises ToolError on a no."""
        said = state.said.get(call.id)
        decision = said.leave if said else None
        wanted = state.wants_leave.get(call.id)
        if decision is None and (wanted is not None or call.id in state.unsure or bound.needs_leave(arguments)):
            pending = Pending(call.id, bound.spec.id, arguments, question=wanted or "")
            if state.on_pending is not None:
                decision = await state.on_pending(pending)
            if decision is None:
                return pending
            # A question later in the call may suspend the run: leave is not asked for twice.
            state.said_of(call.id).leave = decision
        if decision is not None and not gives_leave(decision):
            raise ToolError(f"the person declined this call{f': {decision.reason}' if decision.reason else ''}")
        return None

    async def _result(self, state: RunState, bound: BoundTool, call: ToolCall, arguments: dict[str, Any]) -> str:
        if not self._hooks.implementations("lumos_around_tool_call"):
            return await self._invoke(state, bound, call, arguments)

        async def inner(changed: ToolCall) -> str:
            given = arguments if changed is call else _arguments(bound, changed)
            return await self._invoke(state, bound, changed, given)

        around = self._hooks.around("lumos_around_tool_call", inner, run=state.info, tool=bound.spec.id)
        return await around(call)

    async def _invoke(self, state: RunState, bound: BoundTool, call: ToolCall, arguments: dict[str, Any]) -> str:
        entry = bound.find()
        context = _context(state, entry, call)
        tool = entry.obj
        timeout = bound.spec.timeout or self._limits.tool_timeout
        try:
            value = await entry.generation.guard(f"tool {entry.id!r}", lambda: tool.call(arguments, context), timeout)
            return value if isinstance(value, str) else _ENCODE(value)
        except Suspend as e:
            raise _Asked(Pending(call.id, entry.id, arguments, "question", e.question)) from None
        except (TypeError, ValueError, RecursionError) as e:
            raise entry.generation.failure(f"tool {entry.id!r} returned what is not JSON", e) from e

    def _bounded(self, content: str) -> str:
        limit = self._limits.tool_result
        if len(content) <= limit:
            return content
        return f"{content[:limit]}\n[cut here: {len(content)} characters, the limit is {limit}]"


async def _together(calls: Sequence[Callable[[], Awaitable[T]]], limit: int) -> list[T]:
    """Make all calls, *limit* at a time; the first failure cancels the others and is raised as itself."""
    turns = asyncio.Semaphore(limit)

    async def in_turn(call: Callable[[], Awaitable[T]]) -> T:
        async with turns:
            return await call()

    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(in_turn(c)) for c in calls]
    except BaseExceptionGroup as e:
        raise e.exceptions[0] from None
    return [t.result() for t in tasks]


class _Asked(BaseException):
    def __init__(self, pending: Pending) -> None:
        self.pending = pending


def _tell_denied(state: RunState, call: ToolCall, error: PermissionDeniedError) -> None:
    bound = state.plan.by_name.get(call.name)
    plugin = bound.spec.id.partition(".")[0] if bound else ""
    state.emit(ev.PluginDenied, plugin, "", str(error))


async def authorize(hooks: Hooks, principal: Any, action: str, resource: str) -> None:
    """Return if the principal may. Raises PermissionDeniedError; a failing hook refuses."""
    if principal.allowance is not None and action in _NAMING and not principal.allowance.names(resource):
        raise PermissionDeniedError(
            f"{principal.id!r} may not use {resource!r}", hint="GET /v1/models lists what it may name"
        )
    if not hooks.implementations("lumos_authorize"):
        if principal.allows(action):
            return
        raise PermissionDeniedError(
            f"{principal.id!r} may not {action} {resource!r}", hint=f"give it the scope {action!r}"
        )
    outcome = await hooks.first("lumos_authorize", principal=principal, action=action, resource=resource)
    if outcome is not None and outcome.error is not None:
        raise PermissionDeniedError(f"{action} {resource!r} refused: the authorizer {outcome.plugin!r} failed")
    allowed = principal.allows(action) if outcome is None else bool(outcome.value)
    if not allowed:
        who = f" by {outcome.plugin!r}" if outcome else ""
        raise PermissionDeniedError(f"{principal.id!r} may not {action} {resource!r}{': refused' + who if who else ''}")


def _bound(state: RunState, call: ToolCall) -> BoundTool:
    bound = state.plan.by_name.get(call.name)
    if bound is None:
        have = ", ".join(state.plan.by_name) or "none"
        raise ToolError(f"there is no tool {call.name!r}; there are: {have}")
    return bound


def _arguments(bound: BoundTool, call: ToolCall) -> dict[str, Any]:
    arguments = call.parse()
    try:
        validator = bound.validator
    except InputError as e:
        raise ToolError(f"the schema of {bound.spec.id!r} is broken: {e.message}") from None
    if not validator.is_valid(arguments):
        raise ToolError(f"the arguments of {call.name} do not fit: {'; '.join(validator.errors(arguments))}")
    return arguments


def _context(state: RunState, entry: Entry, call: ToolCall) -> ToolContext:
    request = state.request
    said = state.said.get(call.id)
    answers = list(said.answers) if said else []

    async def ask(question: str) -> str:
        # An answer is to the question it was given to, once: a tool that asks another thing asks the person again.
        given = next((a for a in answers if a[0] == question), None)
        if given is not None:
            answers.remove(given)
            return given[1]
        if state.on_pending is None:
            raise Suspend(question)
        pending = Pending(call.id, entry.id, kind="question", question=question)
        answered = await state.on_pending(pending)
        if answered is None:
            raise Suspend(question)
        if not answered.approve or answered.answer is None:
            raise ToolError("the person did not answer")
        state.said_of(call.id).answers.append((question, answered.answer))
        return answered.answer

    return ToolContext(
        state.id,
        state.plan.agent.name,
        call.id,
        request.thread_id,
        request.principal,
        entry.generation.context.permissions,
        ask,
        hand_over=asking(state),
    )
