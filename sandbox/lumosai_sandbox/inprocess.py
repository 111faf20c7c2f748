"""The in-process tier: a guest's first slice runs on the event loop's own thread, what is more on spare threads.

Calls come from the thread of the event loop, whichever loop that runs. A guest's instances are handed out and taken
back on that thread too; spare threads only run slices.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import os
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

from lumosai_sandbox.answering import TOO_MANY, Answer, answered
from lumosai_sandbox.engine.component import Guest
from lumosai_sandbox.engine.errors import EngineError
from lumosai_sandbox.engine.instances import Instances
from lumosai_sandbox.engine.job import Job
from lumosai_sandbox.engine.ticker import TICK
from lumosai_sandbox.firststep import Begun
from lumosai_sandbox.guesterror import GuestError
from lumosai_sandbox.limits import Limits
from lumosai_sandbox.metrics import Metrics
from lumosai_sandbox.outcome import ended_badly, timed_out
from lumosai_sandbox.runner import HostFunctions, KeyOf, no_key
from lumosai_sandbox.spares import Spares
from lumosai_sandbox.turns import Turns
from lumosai_sdk.errors import PluginError, PluginUnavailableError
from lumosai_sdk.types.caller import Caller

IDLE = 0.5
"""Seconds without a call after which the ticker rests."""
CLOSING = 2.0
"""Seconds for which closing waits for the calls it ended."""
STRETCH = 4 * TICK
"""Seconds a guest may keep a spare thread before another has its turn: going to and fro costs a fair part of a tick."""
APART = 1_000
"""Calls of a guest that begin on a spare thread after one that froze the event loop's."""


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=os.cpu_count() or 1, thread_name_prefix="lumos-guest")


class InProcess:
    """Runs a guest in this process. Only for code whose publisher is trusted: the engine is all that holds it."""

    tier = "process"

    def __init__(
        self, plugin: str, guest: Guest, limits: Limits, host: HostFunctions, *, key_of: KeyOf = no_key
    ) -> None:
        """Run *guest* for *plugin*; *key_of* tells which calls share a stateful instance."""
        self.plugin = plugin
        self.exports = frozenset(guest.exports)
        self.imports = frozenset(guest.imports)
        self.counts = Metrics()
        self._guest = guest
        self._limits = limits
        self._host = host
        self._key_of = key_of
        self._instances = Instances(guest, limits)
        self._spares = Spares(self._instances, _threads)
        self._turns = Turns(plugin, limits.concurrency)
        self._scopes: set[asyncio.Timeout] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        # How many calls had better not begin on this thread: the next one, after a call that went past its first slice.
        self._apart = 0
        self._running = 0
        self._closed = False
        self._drained: asyncio.Event | None = None

    async def call(self, export: str, *texts: str, caller: Caller) -> str:
        """Call an export; see ``Runner``."""
        if export not in self.exports:
            raise PluginError(self.plugin, export, "the component has no such export")
        key = self._key_of(caller)
        turns = self._turns
        nested = len(caller.chain) > 1 and turns.nested(caller)
        if not turns.enter_now(key, nested):
            await turns.enter(key, nested)
        try:
            job = Job(self._instances, export, _encoded(texts), key)
            self._enter(export)
            try:
                if not self._ended_at_once(job, caller):
                    await self._in_time(job, caller)
                ok, text = job.result()
            except EngineError as e:
                job.close()
                raise self.counts.failed(ended_badly(self.plugin, export, e, self._limits)) from None
            except BaseException:
                job.close()
                raise
            finally:
                self._leave(job)
        finally:
            turns.leave(key, nested)
            if key is None:
                self._spares.after_call()
        answer = str(text, "utf-8", "replace")
        if ok:
            return answer
        raise GuestError.parse(answer)

    def _enter(self, export: str) -> None:
        if self._closed:
            raise self._stopped(export)
        self.counts.calls += 1
        self._running += 1
        loop = asyncio.get_running_loop()
        if self._guest.engine.ticker.enter() or loop is not self._loop:  # a loop that ended took its timer with it
            self._loop = loop
            loop.call_later(IDLE, self._rest, loop)

    def _leave(self, job: Job) -> None:
        self._running -= 1
        if self._drained is not None and not self._running:
            self._drained.set()
        self._guest.engine.ticker.leave()
        if self._apart or job.overran:
            self._apart = max(self._apart - 1, job.overran)
        counts = self.counts
        counts.cpu += job.cpu
        counts.host_calls += job.host_calls

    def _first_slice(self, job: Job) -> bool:
        ended = job.step()
        if job.froze:
            self._apart = APART
        elif job.overran:
            self._apart = max(self._apart, 1)
        return ended

    def _ended_at_once(self, job: Job, caller: Caller) -> bool:
        """Run the call as long as neither it nor the host needs any waiting; tell whether it has ended."""
        if self._apart:
            return False
        if self._first_slice(job):
            return True
        until = time.perf_counter() + TICK
        while job.request is not None and not (job.overran or job.froze) and time.perf_counter() < until:
            answer = Begun(self._answer(job, caller))
            if not answer.done:
                job.answer = answer
                return False
            job.respond(*answer.result())
            if self._first_slice(job):
                return True
        return False

    # --- calls that do not end at once

    async def _in_time(self, job: Job, caller: Caller) -> None:
        scope = asyncio.timeout(self._limits.wall)
        self._scopes.add(scope)
        answer: Begun[Answer] | None = job.answer
        try:
            async with scope:
                if answer is not None:
                    job.respond(*await answer)
                await self._until_ended(job, caller, apart=answer is None and job.request is None)
        except TimeoutError:
            if not scope.expired():
                raise
            if self._closed:
                raise self._stopped(job.export) from None
            raise self.counts.failed(timed_out(self.plugin, job.export, self._limits)) from None
        finally:
            self._scopes.discard(scope)

    async def _until_ended(self, job: Job, caller: Caller, *, apart: bool) -> None:
        """Run slices until the call ends, on a spare thread (*apart*) once the guest has shown that it needs many."""
        since = time.perf_counter()
        while True:
            if job.request is not None:
                job.respond(*await self._answer(job, caller))
            if time.perf_counter() - since > TICK:
                await asyncio.sleep(0)
                since = time.perf_counter()
            if await _in_thread(job) if apart else self._first_slice(job):
                return
            apart = job.request is None or job.overran or job.froze or self._apart > 1

    async def _answer(self, job: Job, caller: Caller) -> Answer:
        request = job.request
        job.host_calls += 1
        if request is None or job.host_calls > self._limits.host_calls:
            return TOO_MANY
        texts = tuple([str(t, "utf-8", "replace") for t in request.texts])
        return await answered(self._host, self.plugin, self.counts, request.function, texts, caller)

    # --- the end

    def _rest(self, loop: asyncio.AbstractEventLoop) -> None:
        if not self._guest.engine.ticker.rest():
            loop.call_later(IDLE, self._rest, loop)
        elif self._loop is loop:
            self._loop = None

    def _stopped(self, export: str) -> PluginUnavailableError:
        return PluginUnavailableError(self.plugin, export, "the plugin was stopped")

    def metrics(self) -> Mapping[str, Any]:
        """Return counts since the start."""
        live = self._running + self._instances.live
        return {**self.counts.to_json(), "live": live, "waiting": self._turns.waiting, "tier": self.tier}

    async def aclose(self) -> None:
        """End the calls that run, and close every instance."""
        self._closed = True
        self._turns.close()
        loop = asyncio.get_running_loop()
        for scope in list(self._scopes):
            with contextlib.suppress(RuntimeError):  # one that is ending by itself
                scope.reschedule(loop.time())
        if self._running:
            self._drained = self._drained or asyncio.Event()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._drained.wait(), CLOSING)
        self._spares.close()
        self._instances.close()


async def _in_thread(job: Job) -> bool:
    """Run a few slices on a spare thread. However this ends, they have ended too, or never began."""
    job.take()
    future = _threads().submit(job.steps, STRETCH)
    try:
        return await asyncio.wrap_future(future)
    except asyncio.CancelledError:
        # Cancelling reached the slices too, unless they run already. Then they end soon, and their instance may not be
        # freed before.
        while not future.done():
            waiting = asyncio.wrap_future(future)
            waiting.add_done_callback(_noted)
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.wait([waiting])
        raise
    except GeneratorExit:
        future.cancel()
        concurrent.futures.wait([future])
        raise


def _noted(future: asyncio.Future[bool]) -> None:
    """Look at how a slice of a call that was given up ended: nobody else will, and asyncio would log that."""
    if not future.cancelled():
        future.exception()


def _encoded(texts: tuple[str, ...]) -> tuple[bytes, ...]:
    try:
        return tuple(map(str.encode, texts))
    except UnicodeEncodeError:
        return tuple([t.encode("utf-8", "replace") for t in texts])
