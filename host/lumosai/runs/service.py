"""Runs from the outside: start, follow, cancel, resume."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Coroutine, Mapping
from contextlib import aclosing, suppress
from dataclasses import replace
from functools import partial
from typing import Any

from lumosai.agents.agent import Agent
from lumosai.agents.limits import narrowed
from lumosai.agents.plan import Plan, Planner
from lumosai.agents.variants import adapted
from lumosai.agents.versions.service import Versions
from lumosai.config.model import Config
from lumosai.events.bus import EventBus
from lumosai.ids import MadeId, new_id
from lumosai.plugins.hooks import Hooks
from lumosai.runs.children import begun_in, check_metadata
from lumosai.runs.decisions import said_of
from lumosai.runs.execution import Execution
from lumosai.runs.handovers import restore_handovers
from lumosai.runs.loop import Loop
from lumosai.runs.memories import Memories
from lumosai.runs.recorder import Recorder, check_owner, owner_of
from lumosai.runs.resumption import check_resumable, resumed_request, unsure_calls
from lumosai.runs.state import TERMINAL, OnPending, RunState
from lumosai.runs.tools import authorize
from lumosai.runs.turns import Turns
from lumosai_sdk.errors import (
    ConflictError,
    InputError,
    NotFoundError,
)
from lumosai_sdk.types import events as ev
from lumosai_sdk.types.auth import LOCAL, Principal
from lumosai_sdk.types.caller import RUN
from lumosai_sdk.types.events import Event
from lumosai_sdk.types.models import NO_USAGE, Usage
from lumosai_sdk.types.runs import Decision, RunRequest, RunResult
from lumosai_sdk.types.storage import RunRecord

GRACE = 10.0
"""Seconds that runs which are told to end have for recording it."""


class Runs:
    """Starts runs and keeps track of those under way in this process."""

    def __init__(
        self,
        agents: Mapping[str, Agent],
        versions: Versions,
        planner: Planner,
        loop: Loop,
        recorder: Recorder,
        bus: EventBus,
        hooks: Hooks,
        config: Config,
    ) -> None:
        self._agents = agents
        self._versions = versions
        self._planner = planner
        self._loop = loop
        self._recorder = recorder
        self._bus = bus
        self._hooks = hooks
        self._config = config
        self._active: dict[str, tuple[RunState, asyncio.Task[object] | None]] = {}
        self._resuming: set[str] = set()
        self.turns = Turns()
        self._memories = Memories(bus)
        self._execution = Execution(recorder, self.turns, self._memories)
        self._idle = asyncio.Event()
        self._closing = False
        self.on_resumed: Callable[[str], None] | None = None
        """Told the id of a suspended run with which this process goes on."""

    def equip(self, planner: Planner, loop: Loop, config: Config) -> None:
        """Begin runs with these from now on; those under way go on with what they began with."""
        self._planner, self._loop, self._config = planner, loop, config

    async def run(self, request: RunRequest, on_pending: OnPending | None = None) -> RunResult:
        """Run an agent to its answer, or until it is suspended. Raises LumosError when it fails.

        *on_pending* decides at once what would otherwise suspend the run; None from it suspends the run after all.
        """
        return await self._begun(request, await self._unused(request.run_id), on_pending)

    async def _unused(self, run_id: str | None) -> str:
        """Return a run's id, a new one where none is given.

        Raises ConflictError if there is such a run: another of its id would show and replace what is its owner's.
        """
        if not run_id or isinstance(run_id, MadeId):
            return str(run_id or new_id("run"))
        if run_id in self._active:
            raise ConflictError(f"run {run_id!r} is under way")
        if await self._recorder.storage.get_run(run_id) is not None:
            raise ConflictError(f"there is a run {run_id!r} already", hint="leave run_id out: the host gives one")
        return run_id

    async def _begun(self, request: RunRequest, run_id: str, on_pending: OnPending | None) -> RunResult:
        check_metadata(request.metadata)
        state = await self._state(request, run_id, on_pending)
        if not self._hooks.implementations("lumos_around_run"):
            return await self._execute(state)

        latest: list[RunState] = []

        async def inner(changed: RunRequest) -> RunResult:
            # A middleware may change the request, or try again: each time the run begins afresh, its events go on.
            fresh = state if changed is request and not latest else await self._state(changed, state.id, on_pending)
            fresh.seq = latest[-1].seq if latest else 0
            latest[:] = [fresh]
            return await self._execute(fresh)

        return await self._hooks.around("lumos_around_run", inner, run=state.info)(request)

    async def stream(self, request: RunRequest, on_pending: OnPending | None = None) -> AsyncGenerator[Event, None]:
        """Run an agent and yield its events, ``model.delta`` among them. Closing the iterator cancels the run.

        Failures are events (``run.failed``), not exceptions; only a request that cannot start raises.
        """
        run_id = await self._unused(request.run_id)
        request = replace(request, run_id=run_id)
        async with aclosing(self._followed(run_id, self._begun(request, run_id, on_pending))) as events:
            async for event in events:
                yield event

    async def stream_resume(
        self,
        run_id: str,
        decisions: Mapping[str, Decision],
        on_pending: OnPending | None = None,
        principal: Principal = LOCAL,
    ) -> AsyncGenerator[Event, None]:
        """Resume a run as ``resume`` does and yield its events as ``stream`` does."""
        # Before it is followed: who may not see the run must not hear of what it is doing now either.
        await self.get(run_id, principal)
        async with aclosing(self._followed(run_id, self.resume(run_id, decisions, on_pending, principal))) as events:
            async for event in events:
                yield event

    async def _followed(self, run_id: str, run: Coroutine[Any, Any, RunResult]) -> AsyncGenerator[Event, None]:
        with self._bus.follow(run_id) as stream:
            task = asyncio.create_task(run)
            task.add_done_callback(lambda _: stream.close())
            ended = False
            try:
                async for event in stream:
                    ended = isinstance(event, TERMINAL)
                    yield event
            finally:
                if not ended:
                    task.cancel()
                await asyncio.wait([task])
                error = None if task.cancelled() else task.exception()
            if not ended and error is not None:
                raise error

    async def resume(
        self,
        run_id: str,
        decisions: Mapping[str, Decision],
        on_pending: OnPending | None = None,
        principal: Principal = LOCAL,
    ) -> RunResult:
        """Go on with a run that is suspended, or was interrupted by its host's stop.

        Raises NotFoundError, ConflictError for another, InputError.
        """
        # A stranger learns of no conflict, and keeps nobody else from resuming.
        await self.get(run_id, principal)
        if run_id in self._resuming:
            raise ConflictError(f"run {run_id!r} is being resumed")
        # From the look at the record to the end: of two who resume at once one must not act on what the other changed.
        self._resuming.add(run_id)
        try:
            record = await self.get(run_id, principal)
            return await self._resumed(record, decisions, on_pending, principal)
        finally:
            self._resuming.discard(run_id)

    async def _resumed(
        self, record: RunRecord, decisions: Mapping[str, Decision], on_pending: OnPending | None, principal: Principal
    ) -> RunResult:
        run_id = record.id
        check_resumable(record)
        if run_id in self._active:
            raise ConflictError(f"run {run_id!r} is under way")
        said = said_of(record, decisions)
        request = resumed_request(record, principal)
        state = await self._state(request, run_id, on_pending, record.usage)
        await restore_handovers(state, record)
        state.said, state.unsure = said, unsure_calls(record)
        state.created_at, state.steps, state.usage = record.created_at, record.steps, record.usage
        events = await self._recorder.storage.events(run_id)
        state.seq = int(events[-1]["seq"]) if events else 0
        claimed = await self._recorder.claim(record, status="running")
        if self.on_resumed is not None:
            self.on_resumed(run_id)
        return await self._execute(state, claimed)

    async def cancel(self, run_id: str, principal: Principal = LOCAL) -> None:
        """Cancel a run. Raises NotFoundError, ConflictError when it has already ended."""
        active = self._active.get(run_id)
        if active is None:
            record = await self.get(run_id, principal)
            if record.status != "suspended":
                raise ConflictError(f"run {run_id!r} is {record.status}; there is nothing to cancel")
            await self._cancel_suspended(record)
            return
        state, task = active
        check_owner("run", run_id, owner_of(state.request.principal), principal)
        if task is not None and not state.cancel_requested:
            state.cancel_requested = True
            task.cancel()

    async def _cancel_suspended(self, record: RunRecord) -> None:
        events = await self._recorder.storage.events(record.id)
        await self._recorder.claim(record, status="cancelled", pending=())
        ended = ev.RunCancelled(record.id, int(events[-1]["seq"]) + 1 if events else 1, time.time(), record.agent)
        await self._recorder.storage.append_events(record.id, [ended.to_json()])
        await self._recorder.storage.flush()
        self._bus.publish(ended)

    async def get(self, run_id: str, principal: Principal = LOCAL) -> RunRecord:
        """Return a run's record. Raises NotFoundError, also for a run of somebody else."""
        record = await self._recorder.storage.get_run(run_id)
        if record is None:
            raise NotFoundError("run", run_id, hint="lumos runs")
        check_owner("run", run_id, record.owner, principal)
        return record

    async def drain(self, seconds: float, grace: float = GRACE) -> None:
        """Let what is under way end, within *seconds*, and interrupt the rest; return when that is recorded.

        From now on a run that is broken off, and not because somebody asked for that, is interrupted, not cancelled.
        """
        self._execution.stopping = True
        await self._until_idle(seconds)
        self.interrupt()
        await self._until_idle(grace)

    def interrupt(self) -> None:
        """Interrupt what is under way, so that it can go on when a host is up again; start nothing more."""
        self._execution.stopping = self._closing = True
        for state, task in list(self._active.values()):
            if task is not None and not (state.broken_off or state.cancel_requested):
                state.broken_off = state.interrupted = True
                task.cancel()

    async def aclose(self, grace: float = GRACE) -> None:
        """Interrupt what is under way and wait until that is recorded, at most *grace* seconds; start nothing more."""
        self.interrupt()
        await self._until_idle(grace)
        await self._memories.aclose(grace)

    async def _until_idle(self, seconds: float) -> None:
        if self._active:
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._idle.wait()

    @property
    def is_stopping(self) -> bool:
        """Whether runs under way are given the time to end, and no more."""
        return self._execution.stopping

    def under_way(self, run_id: str) -> RunState | None:
        """Return a run of this process that has not ended, or None."""
        found = self._active.get(run_id)
        return None if found is None else found[0]

    @property
    def active(self) -> int:
        """How many runs are under way."""
        return len(self._active)

    def agent(self, agent_id: str) -> Agent:
        """Return an agent, or a version of one that was found before. Raises NotFoundError."""
        agent = self._agents.get(agent_id) or self._versions.ready.get(agent_id)
        if agent is None:
            raise NotFoundError("agent", agent_id, self._agents, hint="lumos agents")
        return agent

    async def find(self, agent_id: str, principal: Principal = LOCAL) -> Agent:
        """Return an agent, or a version (``assistant@3``) of one. Raises NotFoundError, PermissionDeniedError."""
        return self._agents.get(agent_id) or await self._versions.agent(agent_id, principal)

    # --- one run

    def at_work(self) -> RunState | None:
        """Return the run in whose course this is called, if there is one."""
        info = RUN.get()
        return None if info is None or not info.run_id else self.under_way(info.run_id)

    async def _state(
        self, request: RunRequest, run_id: str, on_pending: OnPending | None, used: Usage = NO_USAGE
    ) -> RunState:
        if self._closing:
            raise ConflictError("the host is stopping", hint="run it again when the host is up")
        if (parent := self.at_work()) is not None:
            request = begun_in(parent, request, used)
        agent = adapted(await self.find(request.agent, request.principal), request)
        size = len(request.input) if isinstance(request.input, str) else sum(len(m.text) for m in request.input)
        size += len(request.instructions)
        if size > self._config.limits.input:
            raise InputError(f"the input has {size} characters, the limit is {self._config.limits.input}")
        plan = self._planner.plan(agent)
        limits = plan.limits if request.limits is None else narrowed(plan.limits, request.limits)
        state = RunState(
            run_id,
            request,
            plan,
            limits,
            self._bus.publish,
            on_pending,
            find_plan=partial(self._handed_over, request),
            streaming=self._bus.follows(run_id),
        )
        state.parent = parent
        return state

    async def _handed_over(self, request: RunRequest, agent_id: str) -> Plan:
        """Return the plan of an agent that is to go on with a run. Raises NotFoundError, PermissionDeniedError."""
        await authorize(self._hooks, request.principal, "agent.run", agent_id)
        return self._planner.plan(adapted(await self.find(agent_id, request.principal), request))

    async def _execute(self, state: RunState, suspended: RunRecord | None = None) -> RunResult:
        if state.id in self._active:
            raise ConflictError(f"run {state.id!r} is under way")
        self._active[state.id] = (state, asyncio.current_task())
        self._idle.clear()
        before = RUN.set(state.info)
        try:
            return await self._execution.run(state, self._loop, suspended)
        finally:
            RUN.reset(before)
            del self._active[state.id]
            if not self._active:
                self._idle.set()
