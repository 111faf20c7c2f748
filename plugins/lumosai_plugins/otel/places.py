"""Where runs, model calls and tool calls stand in traces: said as they happen, for what they ask of others.

The spans themselves are made later, off the path of runs, of the ids that were said here.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from opentelemetry.context import Context
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.sdk.trace.sampling import Decision
from opentelemetry.trace import (
    NonRecordingSpan,
    SpanContext,
    TraceFlags,
    TraceState,
    set_span_in_context,
)

from lumosai_plugins.otel import semconv as names
from lumosai_plugins.otel.values import clean
from lumosai_sdk.types import events as ev
from lumosai_sdk.types.trace import OUTGOING, TRACE, Trace

if TYPE_CHECKING:
    from opentelemetry.sdk.trace.sampling import Sampler

MAX_RUNS: Final = 10_000
MAX_PLACES: Final = 40_000
_SAMPLED, _RANDOM = 1, 2


@dataclass(frozen=True, slots=True)
class Place:
    """The ids of a span to be made, and of what it is part of, unless its run's span tells that."""

    trace_id: int
    span_id: int
    parent: Trace | None = None

    @property
    def context(self) -> Context:
        """The context the span is made in."""
        if self.parent is None:
            return Context()
        return _context(self.parent)


class Ids(RandomIdGenerator):
    """Gives out the ids of a place, once, where there is one; else random ones."""

    def __init__(self) -> None:
        self.place: Place | None = None

    def generate_trace_id(self) -> int:
        return super().generate_trace_id() if self.place is None else self.place.trace_id

    def generate_span_id(self) -> int:
        place, self.place = self.place, None
        return super().generate_span_id() if place is None else place.span_id


class _Run:
    """A run under way. ``outer`` is what was said where it began, and is said again when it has ended."""

    __slots__ = ("carriers", "chat", "flags", "open", "outer", "span_id", "state", "trace_id")

    def __init__(self, trace_id: int, flags: int, state: str, carriers: frozenset[str], outer: Trace | None) -> None:
        self.trace_id = trace_id
        self.span_id = _random(64)
        self.flags = flags
        self.state = state
        self.carriers = carriers
        self.outer = outer
        self.chat = 0
        self.open = True

    def at(self, span_id: int) -> _Here:
        return _Here(f"00-{self.trace_id:032x}-{span_id:016x}-{self.flags:02x}", self.state, self.carriers, self)


@dataclass(frozen=True, slots=True)
class _Here(Trace):
    """What is said within a run."""

    run: Any = None


class Places:
    """Follows runs in their own contexts, and remembers what it said for the spans that are made of their events."""

    def __init__(self, ids: Ids, sampler: Sampler, carriers: Iterable[str]) -> None:
        self.ids = ids
        self._sampler = sampler
        self._carriers = frozenset(carriers)
        self._runs: dict[str, _Run] = {}
        self._places: dict[tuple[str, int, float], Place] = {}
        self._takers: dict[type[ev.Event], Callable[[Any], None]] = {
            ev.RunStarted: self._began,
            ev.RunResumed: self._began,
            ev.ModelStarted: self._asks,
            ev.ModelCompleted: self._is_back,
            ev.ModelFellBack: self._is_back,
            ev.ToolCalled: self._calls,
            ev.ToolReturned: self._is_back,
            ev.RunCompleted: self._ended,
            ev.RunFailed: self._ended,
            ev.RunCancelled: self._ended,
            ev.RunSuspended: self._ended,
        }

    def hear(self, event: ev.Event) -> None:
        """Say where what happens stands, to those it happens in."""
        if (taker := self._takers.get(type(event))) is not None:
            taker(event)

    def at(self, event: ev.Event) -> Context | None:
        """Have the next span get the ids that were said at an event; return its context, but for those within a run."""
        self.ids.place = place = self._places.pop((event.run_id, event.seq, event.at), None)
        return None if place is None else place.context

    def _began(self, e: ev.RunStarted | ev.RunResumed) -> None:
        outer = OUTGOING.get()
        parent = outer if isinstance(outer, _Here) and outer.run.open else TRACE.get()
        trace_id = _random(128) if parent is None else int(parent.trace_id, 16)
        flags = self._flags(parent, trace_id, e)
        run = _Run(trace_id, flags, "" if parent is None else parent.state, self._carriers, outer)
        if len(self._runs) >= MAX_RUNS:
            self._runs.pop(next(iter(self._runs))).open = False
        self._runs[e.run_id] = run
        self._note(e, Place(trace_id, run.span_id, parent))
        OUTGOING.set(run.at(run.span_id))

    def _flags(self, parent: Trace | None, trace_id: int, e: ev.RunStarted | ev.RunResumed) -> int:
        context = None if parent is None else _context(parent)
        name, attributes = names.run_span(clean(e.agent), clean(e.run_id))
        decision = self._sampler.should_sample(context, trace_id, name, attributes=attributes).decision
        return (_SAMPLED if decision == Decision.RECORD_AND_SAMPLE else 0) | (
            _RANDOM if parent is None else parent.flags & _RANDOM
        )

    def _asks(self, e: ev.ModelStarted) -> None:
        if (run := self._runs.get(e.run_id)) is None:
            return
        if not run.chat:  # else it is the same call, tried again
            run.chat = _random(64)
            self._note(e, Place(run.trace_id, run.chat))
        OUTGOING.set(run.at(run.chat))

    def _calls(self, e: ev.ToolCalled) -> None:
        if (run := self._runs.get(e.run_id)) is None:
            return
        place = Place(run.trace_id, _random(64))
        self._note(e, place)
        OUTGOING.set(run.at(place.span_id))

    def _is_back(self, e: ev.ModelCompleted | ev.ModelFellBack | ev.ToolReturned) -> None:
        if not e.run_id and (parent := TRACE.get()) is not None:  # somebody uses a model itself
            self._note(e, Place(int(parent.trace_id, 16), _random(64), parent))
        if (run := self._runs.get(e.run_id)) is None:
            return
        if not isinstance(e, ev.ToolReturned):
            run.chat = 0
        OUTGOING.set(run.at(run.span_id))

    def _ended(self, e: ev.Event) -> None:
        if (run := self._runs.pop(e.run_id, None)) is None:
            return
        run.open = False
        here = OUTGOING.get()
        if isinstance(here, _Here) and here.run is run:
            OUTGOING.set(run.outer)

    def _note(self, e: ev.Event, place: Place) -> None:
        if len(self._places) >= MAX_PLACES:
            del self._places[next(iter(self._places))]
        self._places[e.run_id, e.seq, e.at] = place


def _context(trace: Trace) -> Context:
    span = SpanContext(
        int(trace.trace_id, 16),
        int(trace.span_id, 16),
        is_remote=not isinstance(trace, _Here),
        trace_flags=TraceFlags(trace.flags),
        trace_state=TraceState.from_header([trace.state]) if trace.state else None,
    )
    return set_span_in_context(NonRecordingSpan(span), Context())


def _random(bits: int) -> int:
    return random.getrandbits(bits) or 1  # not a secret: the same source as the SDK's
