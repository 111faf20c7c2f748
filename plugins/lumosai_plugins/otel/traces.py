"""Spans out of events: ``invoke_agent`` with its ``chat`` and ``execute_tool``, at the events' own times."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from lumosai_plugins.otel import semconv as names
from lumosai_plugins.otel.values import clean
from lumosai_sdk.types import events as ev
from lumosai_sdk.types.models import Usage

if TYPE_CHECKING:
    from opentelemetry.trace import Span, Tracer

    from lumosai_plugins.otel.places import Places

MAX_OPEN_RUNS: Final = 1000
MAX_OPEN_CALLS: Final = 256


class OpenRun:
    """The span of a run under way, and those of its model call and tool calls."""

    __slots__ = ("chat", "span", "tools")

    def __init__(self, span: Span) -> None:
        self.span = span
        self.chat: Span | None = None
        self.tools: dict[str, Span] = {}


class Traces:
    """Keeps the spans of runs under way; of runs that never end, the oldest are given up."""

    def __init__(self, tracer: Tracer, places: Places, *, capture: bool, max_content: int) -> None:
        from opentelemetry.trace import SpanKind, Status, StatusCode, set_span_in_context

        self._tracer = tracer
        self._places = places
        self._capture = capture
        self._max_content = max_content
        self._kinds = (SpanKind.CLIENT, SpanKind.INTERNAL)
        self._error: Callable[[str | None], Status] = lambda text: Status(StatusCode.ERROR, text)
        self._inside = set_span_in_context
        self._runs: dict[str, OpenRun] = {}
        self._takers: dict[type[ev.Event], Callable[[Any], None]] = {
            ev.RunStarted: self._run_started,
            ev.RunResumed: self._run_resumed,
            ev.RunCompleted: self._run_completed,
            ev.RunFailed: self._run_failed,
            ev.RunCancelled: lambda e: self._close(e, "cancelled", e.duration),
            ev.RunSuspended: lambda e: self._close(e, "suspended", 0.0),
            ev.ModelStarted: self._model_started,
            ev.ModelCompleted: self._model_completed,
            ev.ModelRetried: self._model_retried,
            ev.ModelFellBack: self._model_fell_back,
            ev.ToolCalled: self._tool_called,
            ev.ToolReturned: self._tool_returned,
        }

    def take(self, event: ev.Event) -> None:
        """Open, fill or end the span an event is about."""
        if (taker := self._takers.get(type(event))) is None:
            return
        if event.run_id:
            taker(event)
        elif type(event) is ev.ModelCompleted:
            self._alone(event)

    def close(self) -> None:
        """End what is open: the monitor goes, the runs may go on."""
        for run in list(self._runs.values()):
            self._abandon(run, None)
        self._runs.clear()

    # --- runs

    def _run_started(self, e: ev.RunStarted) -> None:
        run = self._open(e, e.at)
        if e.thread_id:
            run.span.set_attribute(names.CONVERSATION, clean(e.thread_id))
        if self._capture:
            run.span.set_attribute(names.INPUT_MESSAGES, self._message("user", e.input))

    def _run_resumed(self, e: ev.RunResumed) -> None:
        self._open(e, e.at)

    def _open(self, e: Any, at: float) -> OpenRun:
        if (old := self._runs.pop(e.run_id, None)) is not None:
            self._abandon(old, e.at)
        elif len(self._runs) >= MAX_OPEN_RUNS:
            self._abandon(self._runs.pop(next(iter(self._runs))), e.at)
        name, attributes = names.run_span(clean(getattr(e, "agent", "")), clean(e.run_id))
        context = self._places.at(e)
        run = OpenRun(self._tracer.start_span(name, context, attributes=attributes, start_time=_nanos(at)))
        self._runs[e.run_id] = run
        return run

    def _run_of(self, e: Any) -> OpenRun:
        """Return the run of an event, opened now if its start was missed."""
        return self._runs.get(e.run_id) or self._open(e, e.at - getattr(e, "duration", 0.0))

    def _run_completed(self, e: ev.RunCompleted) -> None:
        span = self._run_of(e).span
        span.set_attributes({**_usage(e.usage), names.RUN_STEPS: e.steps})
        if self._capture:
            span.set_attribute(names.OUTPUT_MESSAGES, self._message("assistant", e.text, "stop"))
        self._close(e, "completed", e.duration)

    def _run_failed(self, e: ev.RunFailed) -> None:
        self._fail_with(self._run_of(e).span, e.error)
        self._close(e, "failed", e.duration)

    def _close(self, e: Any, status: str, duration: float) -> None:
        run = self._runs.get(e.run_id) or self._open(e, e.at - duration)
        del self._runs[e.run_id]
        agent = clean(e.agent)  # not yet told if the start of the run was missed
        run.span.update_name(f"{names.INVOKE_AGENT} {agent}".rstrip())
        run.span.set_attributes({names.AGENT: agent, names.RUN_STATUS: status})
        self._abandon(run, e.at, None if status in {"completed", "suspended"} else status)

    def _abandon(self, run: OpenRun, at: float | None, why: str | None = None) -> None:
        """End a run's span, and first those inside it that nobody will end."""
        end = None if at is None else _nanos(at)
        for span in (run.chat, *run.tools.values()):
            if span is not None:
                if why is not None:
                    self._fail(span, why, "")
                span.end(end)
        run.span.end(end)

    # --- models

    def _model_started(self, e: ev.ModelStarted) -> None:
        run = self._run_of(e)
        if run.chat is None:  # else it is the same call, tried again
            run.chat = self._chat(run, e, e.at)

    def _alone(self, e: ev.ModelCompleted) -> None:
        """Tell of a call without a run: somebody uses the model itself."""
        span = self._chat(None, e, e.at - e.duration)
        span.set_attributes({**_usage(e.usage), names.FINISH_REASONS: [clean(e.finish_reason)]})
        span.end(_nanos(e.at))

    def _chat(self, run: OpenRun | None, e: Any, at: float) -> Span:
        provider, model = names.provider_and_model(clean(e.model))
        context = self._places.at(e)
        if run is not None:
            run.span.set_attribute(names.PROVIDER, provider)
        return self._tracer.start_span(
            f"{names.CHAT} {model}".rstrip(),
            context=context if run is None else self._inside(run.span),
            kind=self._kinds[provider in names.IN_PROCESS],
            attributes={names.OPERATION: names.CHAT, names.PROVIDER: provider, names.REQUEST_MODEL: model},
            start_time=_nanos(at),
        )

    def _model_completed(self, e: ev.ModelCompleted) -> None:
        run = self._run_of(e)
        span = run.chat or self._chat(run, e, e.at - e.duration)
        run.chat = None
        span.set_attributes({**_usage(e.usage), names.FINISH_REASONS: [clean(e.finish_reason)]})
        if self._capture:
            span.set_attribute(names.OUTPUT_MESSAGES, self._message("assistant", e.text, clean(e.finish_reason)))
        span.end(_nanos(e.at))

    def _model_retried(self, e: ev.ModelRetried) -> None:
        run = self._run_of(e)
        run.chat = run.chat or self._chat(run, e, e.at)
        words = self._words(str(e.error.get("message", "")))
        run.chat.add_event("retry", {"attempt": e.attempt, "delay": e.delay, **words}, _nanos(e.at))

    def _model_fell_back(self, e: ev.ModelFellBack) -> None:
        run = self._run_of(e)
        span = run.chat or self._chat(run, e, e.at)
        run.chat = None
        self._fail_with(span, e.error)
        span.end(_nanos(e.at))

    # --- tools

    def _tool_called(self, e: ev.ToolCalled) -> None:
        run = self._run_of(e)
        if len(run.tools) < MAX_OPEN_CALLS and e.call_id not in run.tools:
            run.tools[e.call_id] = self._tool(run, e, e.at)
            if self._capture:
                run.tools[e.call_id].set_attribute(names.TOOL_ARGUMENTS, clean(e.arguments, self._max_content))

    def _tool(self, run: OpenRun, e: ev.ToolCalled | ev.ToolReturned, at: float) -> Span:
        tool = clean(e.tool)
        self._places.at(e)
        return self._tracer.start_span(
            f"{names.EXECUTE_TOOL} {tool}".rstrip(),
            context=self._inside(run.span),
            attributes={
                names.OPERATION: names.EXECUTE_TOOL,
                names.TOOL: tool,
                names.TOOL_TYPE: names.FUNCTION,
                names.TOOL_CALL: clean(e.call_id),
            },
            start_time=_nanos(at),
        )

    def _tool_returned(self, e: ev.ToolReturned) -> None:
        run = self._run_of(e)
        span = run.tools.pop(e.call_id, None) or self._tool(run, e, e.at - e.duration)
        if self._capture:
            span.set_attribute(names.TOOL_RESULT, clean(e.content, self._max_content))
        if e.error:
            self._fail(span, "tool_error", e.content)
        span.end(_nanos(e.at))

    # --- words

    def _fail_with(self, span: Span, error: Mapping[str, Any]) -> None:
        self._fail(span, str(error.get("code", names.OTHER)), str(error.get("message", "")))

    def _fail(self, span: Span, kind: str, words: str) -> None:
        span.set_attribute(names.ERROR, clean(kind))
        span.set_status(self._error(self._words(words).get("error")))

    def _words(self, text: str) -> Mapping[str, str]:
        """Return an error's words, which may repeat what people and models said, if those may be sent."""
        return {"error": clean(text, self._max_content)} if self._capture and text else {}

    def _message(self, role: str, text: str, finish_reason: str | None = None) -> str:
        message: dict[str, Any] = {
            "role": role,
            "parts": [{"type": "text", "content": clean(text, self._max_content)}],
        }
        if finish_reason is not None:
            message["finish_reason"] = finish_reason
        return json.dumps([message], ensure_ascii=False)


def _usage(usage: Usage) -> dict[str, Any]:
    out: dict[str, Any] = {names.INPUT_TOKENS: usage.input_tokens, names.OUTPUT_TOKENS: usage.output_tokens}
    if usage.cached_tokens:
        out[names.CACHED_TOKENS] = usage.cached_tokens
    if usage.cost is not None:
        out[names.COST] = usage.cost
    return out


def _nanos(at: float) -> int:
    return max(0, int(at * 1e9))
