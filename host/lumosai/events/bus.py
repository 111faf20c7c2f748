"""The event bus: in process, synchronous for hooks and followers, batched for monitors."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Protocol

from lumosai.events.stream import EventStream
from lumosai_sdk.types.events import Event, HostWarning, ModelDelta

Listener = Callable[[Event], None]


class _Hooks(Protocol):
    def notify(self, event: Event) -> None: ...


class EventBus:
    """Hands each event to the followers of its run, to those who follow all, to hooks and to monitors."""

    def __init__(self) -> None:
        self._runs: dict[str, tuple[Listener, ...]] = {}
        self._all: tuple[Listener, ...] = ()
        self.hooks: _Hooks | None = None

    def publish(self, event: Event) -> None:
        """Deliver an event. Never raises for a listener; ``model.delta`` goes to the followers of its run only."""
        followers = self._runs.get(event.run_id)
        if followers:
            for listener in followers:
                listener(event)
        if type(event) is ModelDelta:
            return
        for listener in self._all:
            listener(event)
        if self.hooks is not None:
            self.hooks.notify(event)

    def warn(self, detail: str) -> None:
        """Publish a ``system.warning``."""
        self.publish(HostWarning(at=time.time(), detail=detail))

    def follows(self, run_id: str) -> bool:
        """Tell whether anybody follows the run, so that it is worth streaming."""
        return run_id in self._runs

    def listen(self, listener: Listener, run_id: str | None = None) -> Callable[[], None]:
        """Call *listener* for each event (of one run); it must not raise or block. Returns what ends it."""
        if run_id is None:
            self._all = (*self._all, listener)
        else:
            self._runs[run_id] = (*self._runs.get(run_id, ()), listener)
        return partial(self._stop, listener, run_id)

    def _stop(self, listener: Listener, run_id: str | None) -> None:
        # A listener may stop in the middle of an event: the others must still be told, so nothing is changed in place.
        if run_id is None:
            self._all = tuple(other for other in self._all if other != listener)
        elif left := tuple(other for other in self._runs.get(run_id, ()) if other != listener):
            self._runs[run_id] = left
        else:
            self._runs.pop(run_id, None)

    def follow(self, run_id: str | None = None) -> EventStream:
        """Return a stream of the events (of one run) from now on; close it when done."""
        stream = EventStream()
        stream.on_close(self.listen(stream.push, run_id))
        return stream
