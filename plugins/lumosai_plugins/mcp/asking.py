"""An agent as a tool: its run is told as progress, its answer is the result."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from lumosai_plugins.mcp.catalog import MAX_INPUT
from lumosai_sdk.errors import InputError, LumosError, PermissionDeniedError
from lumosai_sdk.types import events as ev
from lumosai_sdk.types.runs import RunRequest

if TYPE_CHECKING:
    from mcp_types import CallToolResult, InputRequiredResult

    from lumosai_plugins.mcp.leave import Leave
    from lumosai_sdk.types.services import OnPending, TrustedServices

_BETWEEN = 0.1
Answer = "CallToolResult | InputRequiredResult"


class RunError(LumosError):
    """A run ended without an answer; the message says how."""

    code = "run_failed"


async def ask_agent(
    services: TrustedServices, agent: str, arguments: Mapping[str, Any], leave: Leave
) -> CallToolResult | InputRequiredResult:
    """Run an agent, or go on with the run that a client comes back to with a person's word. Raises LumosError."""
    principal = leave.principal
    on_pending: OnPending | None = leave.decide if leave.may_decide and not leave.is_modern else None
    if leave.state is None:
        request = RunRequest(agent, _text(arguments, "input") or "", _text(arguments, "thread"), principal=principal)
        return await _followed(services.stream(request, on_pending), leave)
    record = await services.find_run(leave.state, principal)
    if record.agent != agent:
        raise PermissionDeniedError(f"the run {leave.state!r} is not one of the agent {agent!r}")
    decisions = leave.decisions(record.pending)
    if not decisions:
        return leave.wanted(record.pending, leave.state)
    return await _followed(services.stream_resumed(leave.state, decisions, principal), leave)


def _text(arguments: Mapping[str, Any], key: str) -> str | None:
    found = arguments.get(key)
    if found is None and key == "thread":
        return None
    if not isinstance(found, str) or not found or len(found) > MAX_INPUT:
        raise InputError(f"{key!r} is a text")
    return found


async def _followed(events: AsyncIterator[ev.Event], leave: Leave) -> CallToolResult | InputRequiredResult:
    """Tell each step of a run as progress, and return what came of it. Raises RunError."""
    from lumosai_plugins.mcp.server import value

    progress = _Progress(leave)
    async with aclosing(events) as following:  # type: ignore[type-var]
        async for event in following:
            if isinstance(event, ev.RunCompleted):
                await progress.flush()
                return value(event.text)
            if isinstance(event, ev.RunSuspended):
                return _suspended(event, leave)
            if isinstance(event, ev.RunFailed):
                raise RunError(str(event.error.get("message", "the run failed")), hint=event.error.get("hint"))
            if isinstance(event, ev.RunCancelled):
                break
            await progress.tell(event)
    raise RunError("the run was cancelled")


def _suspended(event: ev.RunSuspended, leave: Leave) -> InputRequiredResult:
    if leave.is_modern and leave.may_decide:
        return leave.wanted(event.pending, event.run_id)
    waits = ", ".join(p.tool for p in event.pending)
    raise RunError(
        f"the run {event.run_id} waits for a person ({waits})",
        hint="decide with POST /v1/runs/{run}/resume, and ask again",
    )


class _Progress:
    """Progress notifications: each tool that is called, and the answer as it is written."""

    def __init__(self, leave: Leave) -> None:
        self._session = leave.ctx.session
        self._count = 0
        self._text = ""
        self._told = 0.0

    async def tell(self, event: ev.Event) -> None:
        """Tell what an event says, of text not more often than ten times a second."""
        if isinstance(event, ev.ModelDelta):
            self._text += event.text
            if time.monotonic() - self._told >= _BETWEEN:
                await self.flush()
        elif isinstance(event, ev.ToolCalled):
            await self.flush()
            await self._send(f"[{event.tool}]")

    async def flush(self) -> None:
        """Send the text that was not sent yet."""
        text, self._text = self._text, ""
        if text:
            await self._send(text)

    async def _send(self, message: str) -> None:
        self._count += 1
        self._told = time.monotonic()
        await self._session.report_progress(self._count, message=message)
