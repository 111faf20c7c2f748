"""Fresh instances made ahead, of guests that take long enough to start for somebody to notice."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress

from lumosai_sandbox.engine.errors import EngineError
from lumosai_sandbox.engine.instance import Instance
from lumosai_sandbox.engine.instances import Instances
from lumosai_sandbox.engine.job import instantiate

WORTH = 0.0005
"""Processor seconds. A guest that starts sooner needs no spares."""
SPARES = 2
KEPT = 10.0
"""Seconds without a call after which the spares are given up, and their memory with them."""


class Spares:
    """Makes spares on another thread after the calls that used them up. Learns from the first whether that is worth it.

    Everything but the making happens on the thread of the event loop.
    """

    def __init__(self, instances: Instances, threads: Callable[[], ThreadPoolExecutor]) -> None:
        self._instances = instances
        self._ticker = instances.guest.engine.ticker
        self._threads = threads
        # Off for guests that start at once or fail to, and while one is being made.
        self._idle = True
        self._used = False
        self._aging = False
        self._closed = False

    def after_call(self) -> None:
        """A call has ended that needed an instance of its own."""
        self._used = True
        if self._idle and (not self._instances.spare or self._instances.wanting):
            with suppress(RuntimeError):  # a call that was thrown away, after its event loop
                self._make(asyncio.get_running_loop())

    def _make(self, loop: asyncio.AbstractEventLoop) -> None:
        self._idle = False
        self._ticker.enter()
        self._threads().submit(_made, self._instances).add_done_callback(lambda f: self._hand_over(loop, f))

    def _hand_over(self, loop: asyncio.AbstractEventLoop, made: Future[tuple[Instance, float]]) -> None:
        try:
            loop.call_soon_threadsafe(self._take_in, loop, made)
        except RuntimeError:  # the loop has ended meanwhile; the instance goes with the last reference to it
            self._ticker.leave()
            self._idle = True

    def _take_in(self, loop: asyncio.AbstractEventLoop, made: Future[tuple[Instance, float]]) -> None:
        self._ticker.leave()
        try:
            instance, seconds = made.result()
        except EngineError:  # the next call will tell why
            return
        if self._closed or seconds < WORTH:
            instance.close()
            return
        if not self._instances.spare:
            self._instances.spare = SPARES
        self._instances.add_spare(instance)
        if self._instances.wanting:
            self._make(loop)
            return
        self._idle = True
        if not self._aging:
            self._aging = True
            loop.call_later(KEPT, self._grow_old, loop)

    def _grow_old(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._used and not self._closed:
            self._used = False
            loop.call_later(KEPT, self._grow_old, loop)
            return
        self._aging = False
        self._instances.drop_spares()

    def close(self) -> None:
        """Make no more."""
        self._closed = True


def _made(instances: Instances) -> tuple[Instance, float]:
    began = time.thread_time()
    instance = instantiate(instances, instances.limits.cpu)
    return instance, time.thread_time() - began
