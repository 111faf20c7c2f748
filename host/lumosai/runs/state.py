"""A run while it runs."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from lumosai.agents.limits import narrowed
from lumosai.agents.plan import Plan
from lumosai.deadlines import Deadline
from lumosai.runs.decisions import Said
from lumosai_sdk.types.events import Event, ModelDelta, RunCancelled, RunCompleted, RunFailed, RunSuspended
from lumosai_sdk.types.messages import Message
from lumosai_sdk.types.models import NO_USAGE, OutputSchema, Usage
from lumosai_sdk.types.processors import RunInfo
from lumosai_sdk.types.runs import Decision, Limits, Pending, RunRequest, RunResult

TERMINAL = (RunCompleted, RunFailed, RunCancelled, RunSuspended)
FindPlan = Callable[[str], Awaitable[Plan]]
OnPending = Callable[[Pending], Awaitable[Decision | None]]


TRAIL = "lumos.agents"
"""Metadata of a run that was handed over: the agents that had it, in order."""


@dataclass(frozen=True, slots=True)
class Handover:
    """To whom a conversation is handed over; with ``keep`` later messages of its thread go there, too."""

    plan: Plan
    keep: bool


class RunState:
    """Everything a run knows. ``messages`` is the whole conversation, the run's own from index ``own`` on."""

    __slots__ = (
        "agent",
        "begun",
        "broken_off",
        "calling",
        "cancel_requested",
        "created_at",
        "deadline",
        "find_plan",
        "handover",
        "history",
        "id",
        "info",
        "interrupted",
        "limits",
        "messages",
        "on_pending",
        "output",
        "own",
        "parent",
        "plan",
        "publish",
        "request",
        "said",
        "saving",
        "seq",
        "started",
        "steps",
        "streaming",
        "taken",
        "thread_owner",
        "unsaved",
        "unsure",
        "usage",
        "wants_leave",
    )

    def __init__(
        self,
        run_id: str,
        request: RunRequest,
        plan: Plan,
        limits: Limits,
        publish: Callable[[Event], None],
        on_pending: OnPending | None = None,
        *,
        find_plan: FindPlan,
        streaming: bool = False,
    ) -> None:
        self.id = run_id
        self.agent = plan.agent.id
        """The agent that was asked; the one of ``plan`` has the conversation now."""
        self.request = request
        self.plan = plan
        self.limits = limits
        self.publish = publish
        self.on_pending = on_pending
        self.find_plan = find_plan
        """Returns the plan of an agent that the conversation may be handed over to."""
        self.handover: Handover | None = None
        """Asked for by a tool, and done when the tools of this step have ended."""
        self.parent: RunState | None = None
        """The run in whose course this one was begun, while that is under way."""
        self.deadline: Deadline | None = None
        """When its time is over, while it is at work."""
        self.streaming = streaming
        self.info = RunInfo(run_id, plan.agent.name, request.thread_id, request.principal)
        self.output: OutputSchema | None = request.output or plan.output
        self.messages: list[Message] = []
        self.history: Sequence[Message] = ()
        """The last messages of the thread, as the agent that has the conversation is shown them before its memories."""
        self.own = 0
        self.thread_owner: str | None = None
        self.usage: Usage = NO_USAGE
        self.steps = 0
        self.seq = 0
        self.unsaved: list[Event] = []
        self.saving: list[Event] = []
        self.said: dict[str, Said] = {}
        self.created_at = time.time()
        self.started = time.perf_counter()
        self.cancel_requested = False
        self.interrupted = False
        """The host stops, and told it to end."""
        self.broken_off = False
        """It was cancelled, for whatever reason, and records that."""
        self.taken = False
        """The store has its end: a cancellation comes too late."""
        self.begun = False
        """Its input has passed the processors."""
        self.calling: set[str] = set()
        """Calls of tools that have begun and not ended."""
        self.wants_leave: dict[str, str] = {}
        """Calls for which a processor wants a person's leave, and why."""
        self.unsure: frozenset[str] = frozenset()
        """Calls that may have been made before the run was interrupted: a person says whether to make them again."""

    def spend(self, usage: Usage) -> None:
        """Count what was used, here and against every run in whose course this one was begun."""
        at: RunState | None = self
        while at is not None:
            at.usage = at.usage + usage if at.usage is not NO_USAGE else usage
            at = at.parent

    def go_on_as(self, plan: Plan) -> None:
        """Be another agent's run from now on. The limits are the narrower of both."""
        self.plan = plan
        self.limits = narrowed(self.limits, plan.limits)
        if self.deadline is not None:
            self.deadline.narrow(self.limits.seconds)
        self.output = self.request.output or plan.output
        self.info = replace(self.info, agent=plan.agent.name)

    @property
    def trail(self) -> Sequence[str]:
        """The agents that had the conversation in this run, in order."""
        trail: Sequence[str] = self.request.metadata.get(TRAIL) or [self.agent]
        return trail

    def emit(self, event: type[Event], *fields: Any) -> None:
        """Publish an event of this run; all but pieces of text are kept for the record."""
        self.publish(self.note(event, *fields))

    def note(self, event: type[Event], *fields: Any) -> Event:
        """Return an event of this run, kept for the record, to be published later."""
        self.seq += 1
        made = event(self.id, self.seq, time.time(), *fields)
        if event is not ModelDelta:
            self.unsaved.append(made)
        return made

    def forget(self, event: Event) -> None:
        """Take back an event that was noted and has not come to pass."""
        if event in self.unsaved:
            self.unsaved.remove(event)

    def unrecorded(self) -> list[Event]:
        """Return what happened and cannot be read from the record yet; not the end, which comes to pass with it."""
        return [e for e in (*self.saving, *self.unsaved) if not isinstance(e, TERMINAL)]

    def said_of(self, call_id: str) -> Said:
        """Return what was said of a call, to be added to."""
        return self.said.setdefault(call_id, Said())

    @property
    def own_messages(self) -> tuple[Message, ...]:
        return tuple(self.messages[self.own :])

    @property
    def elapsed(self) -> float:
        return time.perf_counter() - self.started

    def result(self, status: Any, text: str = "", output: Any = None, pending: tuple[Pending, ...] = ()) -> RunResult:
        """Return how the run stands."""
        return RunResult(
            self.id,
            self.agent,
            status,
            text,
            output,
            self.own_messages,
            self.usage,
            self.steps,
            self.request.thread_id,
            pending,
        )
