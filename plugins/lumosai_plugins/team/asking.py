"""Asking an agent something in the course of another one's run, and going on where it was left when it had to wait."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import uuid4

from lumosai_sdk.errors import NotFoundError, RunCancelledError, ToolError
from lumosai_sdk.types.messages import Message
from lumosai_sdk.types.runs import Decision, Pending, RunRequest, RunResult

if TYPE_CHECKING:
    from lumosai_sdk.types.plugins import PluginContext
    from lumosai_sdk.types.tools import ToolContext

T = TypeVar("T")
_SPACE = "team.waiting"
_KEPT_SECONDS = 90 * 86_400.0
_YES = frozenset({"yes", "y", "ok", "approve", "allow", "true"})
_NO = frozenset({"no", "n", "decline", "deny", "false"})


class Asking:
    """One question to one agent, by one call of a tool: ``part`` tells several of a call apart."""

    def __init__(self, context: PluginContext, call: ToolContext, agent: str, part: str = "") -> None:
        self._services = context.host
        self._call = call
        self._agent = agent
        self._key = f"{call.run_id}:{call.call_id}:{part}" if call.run_id else ""

    async def answered(self, said: Sequence[Message]) -> str:
        """Return the agent's answer to what was *said*. Raises LumosError; Suspend where a person must be asked.

        The answer of a person, once there, goes to the run that waits for it: until ``forget`` nothing is begun twice.
        """
        result = await self._begun(said)
        while result.status == "suspended":
            result = await self._resumed(result.run_id, result.pending)
        if self._key:
            await self._services.kv().kv_set(_SPACE, self._key, {"answer": result.text}, _KEPT_SECONDS)
        return result.text

    async def forget(self) -> None:
        """Let go of what was answered: the call of the tool is over, and another may come by the same id."""
        if self._key:
            await self._services.kv().kv_delete(_SPACE, self._key)

    async def _begun(self, said: Sequence[Message]) -> RunResult:
        principal = self._call.principal
        if waiting := await self._waiting():
            return waiting
        run_id = f"run_{uuid4().hex}"
        if self._key:
            # Before it begins: a host that stops meanwhile must not begin it anew.
            await self._services.kv().kv_set(_SPACE, self._key, run_id, _KEPT_SECONDS)
        return await _own(self._services.run(RunRequest(self._agent, said, run_id=run_id, principal=principal)))

    async def _waiting(self) -> RunResult | None:
        """Return what came of the same call before it had to wait: an answer, or a run that waits as well."""
        run_id = await self._services.kv().kv_get(_SPACE, self._key) if self._key else None
        if isinstance(run_id, dict):
            return RunResult("", self._agent, "completed", str(run_id["answer"]))
        if not isinstance(run_id, str):
            return None
        try:
            record = await self._services.find_run(run_id, self._call.principal)
        except NotFoundError:
            return None
        if record.status == "completed":
            return RunResult(run_id, self._agent, "completed", record.text)
        if record.status == "suspended" or (record.status == "interrupted" and record.request):
            return RunResult(run_id, self._agent, "suspended", pending=tuple(record.pending))
        return None

    async def _resumed(self, run_id: str, pending: Sequence[Pending]) -> RunResult:
        decisions = {p.call_id: decision(p, await self._call.ask(self._question(p))) for p in pending}
        return await _own(self._services.resume(run_id, decisions, self._call.principal))

    def _question(self, pending: Pending) -> str:
        if pending.kind == "question":
            return f"{self._agent} asks: {pending.question}"
        why = f" ({pending.question})" if pending.question else ""
        return f"{self._agent} wants to call {pending.tool} with {_told(pending.arguments)}{why}. May it? yes or no"


def decision(pending: Pending, answer: str) -> Decision:
    """Return what a person's answer means. Leave is given by a yes alone."""
    if pending.kind == "question":
        return Decision(answer=answer)
    word = answer.strip().rstrip(".!").lower()
    if word in _YES:
        return Decision()
    return Decision(approve=False, reason="" if word in _NO else answer)


async def _own(run: Coroutine[Any, Any, T]) -> T:
    """Await a run in a task of its own: it ends with the caller, but the caller does not end with it."""
    task = asyncio.ensure_future(run)
    try:
        return await task
    except asyncio.CancelledError:
        current = asyncio.current_task()
        if current is not None and current.cancelling():
            raise
        raise ToolError("somebody cancelled the run of the agent that was asked") from None
    except RunCancelledError as e:
        raise ToolError(f"somebody cancelled the run of the agent that was asked: {e.message}") from None


def _told(arguments: Mapping[str, Any]) -> str:
    import json

    return json.dumps(dict(arguments), ensure_ascii=False)
