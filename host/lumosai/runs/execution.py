"""One run from its beginning to its end, which is recorded before it is told."""

from __future__ import annotations

import asyncio

from lumosai.deadlines import Deadline
from lumosai.runs.context import Context
from lumosai.runs.handovers import Handovers
from lumosai.runs.loop import Loop
from lumosai.runs.memories import Memories
from lumosai.runs.processors import process
from lumosai.runs.recorder import Recorder
from lumosai.runs.resumption import RunInterruptedError
from lumosai.runs.state import RunState
from lumosai.runs.turns import Turns
from lumosai_sdk.errors import InputError, LimitExceededError, LumosError, RunCancelledError, Suspend
from lumosai_sdk.types import events as ev
from lumosai_sdk.types.events import Event
from lumosai_sdk.types.runs import RunResult, RunStatus
from lumosai_sdk.types.storage import RunRecord


class Execution:
    """Executes runs. While the host is ``stopping`` a run that is broken off is interrupted, not cancelled."""

    def __init__(self, recorder: Recorder, turns: Turns, memories: Memories) -> None:
        self._recorder = recorder
        self._turns = turns
        self._memories = memories
        self._context = Context(recorder, memories)
        self._handovers = Handovers(recorder, self._context)
        self.stopping = False

    async def run(self, state: RunState, loop: Loop, suspended: RunRecord | None) -> RunResult:
        """Return the result of a run, or of one that goes on from its record, when it is recorded.

        Raises LumosError when it failed, was cancelled or interrupted.
        """
        scope = Deadline(state.limits.seconds)
        try:
            if state.request.thread_id is None:
                return await self._run(state, loop, suspended, scope)
            async with self._turns.alone_on(state.request.thread_id):
                return await self._run(state, loop, suspended, scope)
        except LumosError as e:
            raise await self._failed(state, e) from None
        except Suspend as e:
            raise await self._failed(state, LumosError(f"asked outside of a tool's call: {e.question}")) from None
        except asyncio.CancelledError:
            if not state.taken:
                await self._cancelled(state, suspended)
            raise
        except Exception as e:
            if scope.expired:
                raise await self._failed(state, _out_of_time(state)) from None
            await self._failed(state, LumosError(f"the host failed: {type(e).__name__}: {e}"))
            raise

    async def _run(self, state: RunState, loop: Loop, suspended: RunRecord | None, scope: Deadline) -> RunResult:
        state.deadline = scope
        with scope:
            await self._open(state, suspended)
            result = await loop.run(state, self._handovers.take)
        await self._close(state, result)
        if state.plan.memory and result.status == "completed":
            self._memories.remember(state, state.history)
        return result

    async def _open(self, state: RunState, suspended: RunRecord | None) -> None:
        """Put together what the model is to read, and note that the run began."""
        request, given = state.request, state.request.messages()
        before = state.plan.agent.id
        if request.thread_id is not None:
            thread = await self._recorder.thread(request.thread_id, request.principal, given[-1].text if given else "")
            state.thread_owner = thread.owner
            if suspended is None:
                await self._handovers.follow(state, thread)
        if suspended is not None:
            given = suspended.messages
            await self._context.put(state, given)
            state.begun = "unread" not in suspended.request
            state.emit(ev.RunResumed, state.agent)
        elif given:
            await self._context.put(state, given)
            await self._recorder.begin(state)
            state.emit(ev.RunStarted, state.agent, request.thread_id, given[-1].text)
        else:
            raise InputError("the input is empty")
        if state.plan.agent.id != before:
            state.emit(ev.RunHandedOver, before, state.plan.agent.id)
        if state.plan.processors and not state.begun:
            state.messages[state.own :] = await process(state, "input", tuple(given))
        state.begun = True

    async def _close(self, state: RunState, result: RunResult) -> None:
        """Record the run, then tell: who hears of its end finds it recorded."""
        agent = state.agent
        if result.status == "suspended":
            ended = state.note(ev.RunSuspended, agent, result.pending)
        else:
            ended = state.note(ev.RunCompleted, agent, result.text, result.usage, result.steps, state.elapsed)
        try:
            await self._recorder.end(state, result)
        except asyncio.CancelledError:
            if not state.taken:
                state.forget(ended)
                raise
            await self._too_late(state, ended)
        except BaseException:
            state.forget(ended)
            raise
        state.publish(ended)

    async def _too_late(self, state: RunState, ended: Event) -> None:
        """Return if only the run was to be cancelled, whose end the store has taken; raise if its caller was."""
        was_told = state.cancel_requested or state.interrupted
        if not was_told or (task := asyncio.current_task()) is None or task.uncancel():
            state.publish(ended)
            raise asyncio.CancelledError
        await self._recorder.settle()

    async def _failed(self, state: RunState, error: LumosError) -> LumosError:
        ended = state.note(ev.RunFailed, state.agent, error.to_json(), state.elapsed)
        await self._recorded_as(state, "failed", error, ended)
        return error

    async def _cancelled(self, state: RunState, suspended: RunRecord | None) -> None:
        """Record the cancellation; raise an error where the run was to end, rather than cancel the caller."""
        state.broken_off = True
        if self.stopping and not state.cancel_requested:
            error: LumosError = await self._interrupted(state, suspended)
        else:
            error = RunCancelledError(f"run {state.id!r} was cancelled")
            ended = state.note(ev.RunCancelled, state.agent, state.elapsed)
            await self._recorded_as(state, "cancelled", error, ended)
        # The caller may have been cancelled as well: then that is what it must see.
        was_told = state.cancel_requested or state.interrupted
        if was_told and (task := asyncio.current_task()) is not None and not task.uncancel():
            raise error from None

    async def _interrupted(self, state: RunState, suspended: RunRecord | None) -> LumosError:
        """Record what the run has done so far, so that it can go on."""
        if not state.messages:  # it was waiting for its turn
            state.messages = list(suspended.messages if suspended is not None else state.request.messages())
            state.begun = suspended is not None and "unread" not in suspended.request
        error = RunInterruptedError(state.id)
        ended = state.note(ev.RunFailed, state.agent, error.to_json(), state.elapsed)
        await self._recorded_as(state, "interrupted", error, ended)
        return error

    async def _recorded_as(self, state: RunState, status: RunStatus, error: LumosError, ended: Event) -> None:
        try:
            await self._recorder.fail(state, status, error.to_json())
        finally:
            state.publish(ended)


def _out_of_time(state: RunState) -> LimitExceededError:
    limit = state.limits.seconds or 0
    return LimitExceededError("seconds", limit, hint="raise [limits] seconds, or the agent's limits.seconds")
