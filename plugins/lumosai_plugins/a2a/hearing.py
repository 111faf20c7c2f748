"""What a remote agent answers, put together: a message, or a task with its artifacts."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from a2a.types import TaskState

from lumosai_sdk.errors import ToolError

if TYPE_CHECKING:
    from a2a import types as a2a

_OPEN = frozenset({TaskState.TASK_STATE_SUBMITTED, TaskState.TASK_STATE_WORKING})
_WAITING = frozenset({TaskState.TASK_STATE_INPUT_REQUIRED, TaskState.TASK_STATE_AUTH_REQUIRED})
_CUT = "\n[cut off]"


class Hearing:
    """Takes the answers to one message."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._artifacts: dict[str, str] = {}
        self._said = ""
        self._state: int | None = None
        self._task = ""
        self._context = ""

    @property
    def open_task(self) -> str | None:
        """The task that goes on while nobody listens, if there is one."""
        return self._task if self._task and self._state in _OPEN else None

    def hear(self, answer: a2a.StreamResponse) -> None:
        """Take one."""
        kind = answer.WhichOneof("payload")
        if kind == "message":
            self._said, self._context = _text(answer.message.parts), answer.message.context_id
        elif kind == "task":
            self._task, self._context = answer.task.id, answer.task.context_id
            self._artifacts.update({a.artifact_id: _text(a.parts) for a in answer.task.artifacts})
            self._status(answer.task.status)
        elif kind == "status_update":
            self._task, self._context = answer.status_update.task_id, answer.status_update.context_id
            self._status(answer.status_update.status)
        elif kind == "artifact_update":
            self._artifact(answer.artifact_update)

    def _status(self, status: a2a.TaskStatus) -> None:
        self._state = status.state
        self._said = _text(status.message.parts)

    def _artifact(self, update: a2a.TaskArtifactUpdateEvent) -> None:
        before = self._artifacts.get(update.artifact.artifact_id, "") if update.append else ""
        self._artifacts[update.artifact.artifact_id] = before + _text(update.artifact.parts)

    def result(self) -> dict[str, Any]:
        """Return it for a model. Raises ToolError for a task that ended without an answer."""
        if self._state is None and not self._said:
            raise ToolError("the agent answered nothing")
        if self._state is not None and self._state not in _WAITING | {TaskState.TASK_STATE_COMPLETED}:
            raise ToolError(f"the agent's task is {self._name()}: {self._cut(self._said) or 'it says no more'}")
        waits = self._state in _WAITING
        text = "\n\n".join(t for t in self._artifacts.values() if t)
        out = {"text": self._cut(self._said if waits or not text else text), "context": self._context[:128]}
        return {**out, "waits_for": self._name(), "task": self._task[:128]} if waits else out

    def _name(self) -> str:
        name: str = TaskState.Name(self._state or 0)
        return name.removeprefix("TASK_STATE_").lower().replace("_", "-")

    def _cut(self, text: str) -> str:
        return text if len(text) <= self._most else text[: self._most] + _CUT


def _text(parts: Iterable[a2a.Part]) -> str:
    """Return the text and data of parts; of files what they are. Nothing is fetched."""
    from google.protobuf.json_format import MessageToDict

    out = []
    for part in parts:
        kind = part.WhichOneof("content")
        if kind == "text":
            out.append(part.text)
        elif kind == "data":
            out.append(json.dumps(MessageToDict(part.data), ensure_ascii=False))
        elif kind is not None:
            out.append(f"[file {part.filename[:100] or part.media_type[:100]}]")
    return "\n".join(out)
