"""A run's events as AG-UI's (1.0): text, tool calls and results, and how the run ended."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Any

from ag_ui import core as ag

from lumosai_plugins.agui.frontend import ID
from lumosai_plugins.agui.reading import named
from lumosai_plugins.agui.sharing import Shared
from lumosai_sdk import safe
from lumosai_sdk.types import events as ev

if TYPE_CHECKING:
    from lumosai_sdk.types.runs import Pending

_APPROVAL = {
    "type": "object",
    "properties": {"approved": {"type": "boolean"}, "reason": {"type": "string"}},
    "required": ["approved"],
}
_ANSWER = {"type": "object", "properties": {"answer": {"type": "string"}}, "required": ["answer"]}


class Telling:
    """Makes the events of one request. *known* are calls the application was told of by the request before.

    *shared* has the state where the agent shares it, None where it does not.
    """

    def __init__(self, thread: str, run: str, known: Collection[str] = (), shared: Shared | None = None) -> None:
        self._shared = shared
        self._thread = thread
        self._run = run
        self._known = set(known)
        self._message = ""
        self._is_open = False
        self._streamed = False
        self._step = 0
        self.is_over = False

    def started(self) -> Iterator[ag.BaseEvent]:
        """Yield what every answer begins with."""
        yield ag.RunStartedEvent(thread_id=self._thread, run_id=self._run, protocol_version=ag.PROTOCOL_VERSION)
        if self._shared is not None:
            yield ag.StateSnapshotEvent(snapshot=self._shared.state)

    def failed(self, message: str, code: str) -> Iterator[ag.BaseEvent]:
        """Yield the end of a run that failed."""
        yield from self._closed()
        self.is_over = True
        yield ag.RunErrorEvent(message=message, code=code)

    def events(self, event: ev.Event) -> Iterator[ag.BaseEvent]:
        """Yield what an application is to hear of an event."""
        if isinstance(event, ev.ModelStarted):
            yield from self._closed()
            self._step, self._streamed = event.step, False
        elif isinstance(event, ev.ModelDelta):
            yield from self._text(event.run_id, event.text)
        elif isinstance(event, ev.ModelCompleted):
            yield from self._closed()
        elif isinstance(event, ev.ToolCalled):
            yield from self._call(event.run_id, event.call_id, event.tool, event.arguments)
        elif isinstance(event, ev.ToolReturned):
            yield from self._result(event)
            yield from self._state()
        else:
            yield from self._end(event)

    def _text(self, run: str, text: str) -> Iterator[ag.BaseEvent]:
        if not text:
            return
        if not self._is_open:
            self._is_open = self._streamed = True
            # A run that goes on counts its steps on: no two messages of a thread have one id.
            self._message = f"{run}:{self._step}"
            yield ag.TextMessageStartEvent(message_id=self._message, role="assistant")
        yield ag.TextMessageContentEvent(message_id=self._message, delta=text)

    def _closed(self) -> Iterator[ag.BaseEvent]:
        if self._is_open:
            self._is_open = False
            yield ag.TextMessageEndEvent(message_id=self._message)

    def _call(self, run: str, call: str, tool: str, arguments: str) -> Iterator[ag.BaseEvent]:
        if call in self._known:
            return
        self._known.add(call)
        name = named(run, call)
        if tool == ID:
            tool, arguments = _function(arguments)
        yield ag.ToolCallStartEvent(tool_call_id=name, tool_call_name=tool)
        yield ag.ToolCallArgsEvent(tool_call_id=name, delta=arguments or "{}")
        yield ag.ToolCallEndEvent(tool_call_id=name)

    def _result(self, event: ev.ToolReturned) -> Iterator[ag.BaseEvent]:
        """Yield a result, but for one the application gave itself."""
        name = named(event.run_id, event.call_id)
        if (event.tool == ID and not event.error) or event.call_id not in self._known:
            return
        yield ag.ToolCallResultEvent(message_id=f"{name}:result", tool_call_id=name, content=event.content)

    def _state(self) -> Iterator[ag.BaseEvent]:
        for changes in self._shared.untold() if self._shared else ():
            yield ag.StateDeltaEvent(delta=changes)

    def _end(self, event: ev.Event) -> Iterator[ag.BaseEvent]:
        if isinstance(event, ev.RunCompleted):
            if not self._streamed:
                yield from self._text(event.run_id, event.text)
            yield from self._finished(ag.RunFinishedSuccessOutcome())
        elif isinstance(event, ev.RunSuspended):
            yield from self._suspended(event)
        elif isinstance(event, ev.RunCancelled):
            yield from self._finished(ag.RunFinishedCancelledOutcome())
        elif isinstance(event, ev.RunFailed):
            error = event.error
            yield from self.failed(str(error.get("message", "the run failed")), str(error.get("code", "run_failed")))

    def _suspended(self, event: ev.RunSuspended) -> Iterator[ag.BaseEvent]:
        """Yield what the run waits for: functions of the application are pending calls, the rest are interrupts."""
        for pending in event.pending:
            yield from self._call(event.run_id, pending.call_id, pending.tool, json.dumps(dict(pending.arguments)))
        interrupts = [_interrupt(event.run_id, p) for p in event.pending if p.tool != ID or p.kind != "question"]
        if interrupts:
            yield from self._finished(ag.RunFinishedInterruptOutcome(interrupts=interrupts))
        else:
            calls = [named(event.run_id, p.call_id) for p in event.pending]
            yield from self._finished(ag.RunFinishedSuccessOutcome(pending_tool_call_ids=calls))

    def _finished(self, outcome: Any) -> Iterator[ag.BaseEvent]:
        yield from self._closed()
        self.is_over = True
        yield ag.RunFinishedEvent(thread_id=self._thread, run_id=self._run, outcome=outcome)


def _function(arguments: str) -> tuple[str, str]:
    """Return the application's function that a call of the tool means, and its arguments."""
    try:
        given = json.loads(arguments)
        return str(given["function"])[:128], json.dumps(given.get("arguments", {}), ensure_ascii=False)
    except (ValueError, KeyError, TypeError, RecursionError):
        return ID, arguments


def _interrupt(run: str, pending: Pending) -> ag.Interrupt:
    name = named(run, pending.call_id)
    if pending.kind == "question":
        return ag.Interrupt(
            id=name, reason="question", message=pending.question, tool_call_id=name, response_schema=_ANSWER
        )
    shown = safe.arguments(pending.arguments)
    text = f"May {pending.tool} be called with {shown}?"
    return ag.Interrupt(id=name, reason="tool_approval", message=text, tool_call_id=name, response_schema=_APPROVAL)
