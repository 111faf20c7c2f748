"""Runs as tasks: a record is a task, and events are the task's updates (A2A 1.0, section 4.1).

Agents are opaque to each other: which tools a run calls is not told, but for calls that wait for somebody's word.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from a2a import types as a2a
from a2a.types import TaskState

from lumosai_sdk import safe
from lumosai_sdk.types import events as ev

if TYPE_CHECKING:
    from lumosai_sdk.types.runs import Pending
    from lumosai_sdk.types.storage import RunRecord

ANSWER = "answer"
STATES: Mapping[str, TaskState] = {
    "running": TaskState.TASK_STATE_WORKING,
    "suspended": TaskState.TASK_STATE_INPUT_REQUIRED,
    "completed": TaskState.TASK_STATE_COMPLETED,
    "failed": TaskState.TASK_STATE_FAILED,
    "cancelled": TaskState.TASK_STATE_CANCELED,
    "interrupted": TaskState.TASK_STATE_FAILED,
}
_INTERRUPTED = "the host stopped before the task ended"
Update = a2a.TaskStatusUpdateEvent | a2a.TaskArtifactUpdateEvent


def task(record: RunRecord, history: int | None = None) -> a2a.Task:
    """Return a run as a task, with the last *history* of its messages (None: all)."""
    context = record.thread_id or record.id
    out = a2a.Task(id=record.id, context_id=context, status=_status(record, context))
    if record.status == "completed":
        out.artifacts.append(answer(record.text))
    messages = list(_history(record, context))
    out.history.extend(messages if history is None else messages[len(messages) - min(history, len(messages)) :])
    return out


def _status(record: RunRecord, context: str) -> a2a.TaskStatus:
    said: list[a2a.Part] = []
    if record.status == "suspended":
        said = wanted(record.pending)
    elif record.status == "interrupted":
        said = [a2a.Part(text=_INTERRUPTED)]
    elif record.error is not None:
        said = [a2a.Part(text=failure(record.error))]
    return status(STATES[record.status], record.id, context, said, record.updated_at)


def status(state: TaskState, run: str, context: str, said: Sequence[a2a.Part] = (), at: float = 0.0) -> a2a.TaskStatus:
    """Return a status, with what the agent says to it."""
    out = a2a.TaskStatus(state=state, timestamp=datetime.fromtimestamp(at, UTC))
    if said:
        name = f"{run}-{TaskState.Name(state).removeprefix('TASK_STATE_').lower()}-{int(at * 1000)}"
        agent = a2a.Role.ROLE_AGENT
        out.message.CopyFrom(a2a.Message(message_id=name, context_id=context, task_id=run, role=agent, parts=said))
    return out


def _history(record: RunRecord, context: str) -> Iterator[a2a.Message]:
    roles = {"user": a2a.Role.ROLE_USER, "assistant": a2a.Role.ROLE_AGENT}
    for number, message in enumerate(record.messages):
        role = roles.get(message.role)
        if role is not None and message.text:
            yield a2a.Message(
                message_id=f"{record.id}-{number}",
                context_id=context,
                task_id=record.id,
                role=role,
                parts=[a2a.Part(text=message.text)],
            )


def answer(text: str) -> a2a.Artifact:
    """Return an agent's answer, or a piece of it."""
    return a2a.Artifact(artifact_id=ANSWER, name=ANSWER, parts=[a2a.Part(text=text, media_type="text/plain")])


def failure(error: Mapping[str, Any]) -> str:
    """Return what is told of a run that failed."""
    return str(error.get("message", "the run failed"))


def wanted(pending: Sequence[Pending]) -> list[a2a.Part]:
    """Return what a run waits for: in words for a person, and as data for a program."""
    from google.protobuf.json_format import ParseDict
    from google.protobuf.struct_pb2 import Value

    words = "\n".join(_asked(p) for p in pending)
    data = {"pending": [json.loads(json.dumps(p.to_json())) for p in pending]}
    return [a2a.Part(text=words), a2a.Part(data=ParseDict(data, Value()), media_type="application/json")]


def _asked(pending: Pending) -> str:
    if pending.kind == "question":
        return pending.question
    shown = safe.arguments(pending.arguments)
    return f"May {pending.tool} be called with {shown}? Say 'approve' or 'decline'."


class Telling:
    """Makes updates of a run's events. ``task`` is how the task stands after the last of them."""

    def __init__(self, context: str) -> None:
        self.task = a2a.Task(context_id=context)
        self._text = ""
        self._held = ""
        self._fresh = True

    def updates(self, event: ev.Event) -> Iterator[Update]:
        """Yield what a client is to hear of an event; ``task`` is brought up to it."""
        run = self.task.id = event.run_id or self.task.id
        if isinstance(event, ev.RunStarted | ev.RunResumed):
            self.task.status.CopyFrom(self._state("running", event))
            yield self._told()
        elif isinstance(event, ev.ModelStarted):
            self._text, self._held, self._fresh = "", "", True
        elif isinstance(event, ev.ModelDelta) and event.text:
            yield from self._piece(event.text)
        elif isinstance(event, ev.RunCompleted):
            yield self._whole(event.text)
            self.task.artifacts.append(answer(event.text))
            yield self._ended("completed", event)
        elif isinstance(event, ev.RunSuspended):
            yield self._ended("suspended", event, wanted(event.pending))
        elif isinstance(event, ev.RunFailed):
            yield self._ended("failed", event, [a2a.Part(text=failure(event.error))])
        elif isinstance(event, ev.RunCancelled):
            yield self._ended("cancelled", event)
        self.task.id = run

    def _piece(self, text: str) -> Iterator[Update]:
        """Hold one piece back: the last one says that it is."""
        held, self._held = self._held, text
        self._text += text
        if held:
            yield self._artifact(held, append=not self._fresh)
            self._fresh = False

    def _whole(self, text: str) -> Update:
        """Return the last piece, or all of an answer that is another than what was streamed."""
        if self._held and self._text == text:
            return self._artifact(self._held, append=not self._fresh, last=True)
        return self._artifact(text, append=False, last=True)

    def _artifact(self, text: str, *, append: bool, last: bool = False) -> Update:
        return a2a.TaskArtifactUpdateEvent(
            task_id=self.task.id,
            context_id=self.task.context_id,
            artifact=answer(text),
            append=append,
            last_chunk=last,
        )

    def _ended(self, state: str, event: ev.Event, said: Sequence[a2a.Part] = ()) -> Update:
        self.task.status.CopyFrom(self._state(state, event, said))
        return self._told()

    def _state(self, state: str, event: ev.Event, said: Sequence[a2a.Part] = ()) -> a2a.TaskStatus:
        return status(STATES[state], self.task.id, self.task.context_id, said, event.at)

    def _told(self) -> Update:
        return a2a.TaskStatusUpdateEvent(task_id=self.task.id, context_id=self.task.context_id, status=self.task.status)
