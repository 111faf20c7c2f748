"""The in-process tier: a guest's first slice runs on the event loop's own thread, what is more on spare threads."""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import Callable, Hashable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

from lumosai_sandbox.engine.component import Guest
from lumosai_sandbox.engine.errors import EngineError
from lumosai_sandbox.engine.instances import Instances
from lumosai_sandbox.engine.job import Job
from lumosai_sandbox.guesterror import GuestError, to_guest
from lumosai_sandbox.limits import Limits
from lumosai_sandbox.outcome import ended_badly, timed_out
from lumosai_sandbox.runner import HostFunctions
from lumosai_sdk.errors import LumosError
from lumosai_sdk.types.caller import Caller

KeyOf = Callable[[Caller], Hashable]
IDLE = 0.5
"""Seconds without a call after which the ticker rests."""


def no_key(_: Caller) -> None:
    """Every call gets an instance of its own."""


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
        self._guest = guest
        self._limits = limits
        self._host = host
        self._key_of = key_of
        self._instances = Instances(guest, limits)
        self._locks: dict[Hashable, asyncio.Lock] = {}
        self._room = asyncio.Semaphore(limits.concurrency)
        self._slow = (
            False  # whether the last call went past its first slice, and the next one had better not start here
        )
        self._counts: Counter[str] = Counter()
        self._cpu = 0.0
        self._closed = False

    async def call(self, export: str, *texts: str, caller: Caller) -> str:
        """Call an export; see ``Runner``."""
        key = self._key_of(caller)
        async with self._room:
            if key is None:
                return await self._called(Job(self._instances, export, _encoded(texts)), caller)
            async with self._locks.setdefault(key, asyncio.Lock()):
                return await self._called(Job(self._instances, export, _encoded(texts), key), caller)

    async def _called(self, job: Job, caller: Caller) -> str:
        self._counts["calls"] += 1
        ticker = self._guest.engine.ticker
        if ticker.enter():
            asyncio.get_running_loop().call_later(IDLE, self._rest)
        try:
            if self._slow or not job.step():
                await self._rest_of(job, caller)
            ok, text = job.result()
        except EngineError as e:
            job.close()
            self._counts["failures"] += 1
            raise ended_badly(self.plugin, job.export, e, self._limits) from None
        finally:
            ticker.leave()
            self._slow = job.overran
            self._cpu += job.cpu
        answer = text.decode(errors="replace")
        if not ok:
            raise GuestError.parse(answer)
        return answer

    async def _rest_of(self, job: Job, caller: Caller) -> None:
        scope = asyncio.timeout(self._limits.wall)
        try:
            async with scope:
                await self._until_ended(job, caller)
        except TimeoutError:
            job.close()
            if not scope.expired():
                raise
            self._counts["failures"] += 1
            raise timed_out(self.plugin, job.export, self._limits) from None
        except BaseException:
            job.close()
            raise

    async def _until_ended(self, job: Job, caller: Caller) -> None:
        loop = asyncio.get_running_loop()
        calls = 0
        while True:
            if job.request is None:
                if await self._in_thread(loop, job):
                    return
                continue
            calls += 1
            job.respond(*await self._answer(job, caller, calls))
            if job.step():
                return

    async def _in_thread(self, loop: asyncio.AbstractEventLoop, job: Job) -> bool:
        future = loop.run_in_executor(_threads(), job.step)
        try:
            return await asyncio.shield(future)
        except asyncio.CancelledError:
            # The slice still runs; it ends within a tick, and only then may its instance be freed.
            await asyncio.wait([future])
            raise

    async def _answer(self, job: Job, caller: Caller, calls: int) -> tuple[bool, bytes]:
        request = job.request
        if request is None or calls > self._limits.host_calls:
            return False, b'{"code": "limit", "message": "too many calls of the host"}'
        try:
            texts = tuple(t.decode() for t in request.texts)
            return True, (await self._host(request.function, texts, caller)).encode()
        except LumosError as e:
            return False, to_guest(e).encode()

    def _rest(self) -> None:
        if not self._guest.engine.ticker.rest():
            asyncio.get_running_loop().call_later(IDLE, self._rest)

    def metrics(self) -> Mapping[str, Any]:
        """Return counts since the start."""
        return {**self._counts, "cpu_seconds": round(self._cpu, 4), "tier": self.tier}

    async def aclose(self) -> None:
        """Close the idle instances; those in calls close when their calls end."""
        self._closed = True
        self._instances.close()


def _encoded(texts: tuple[str, ...]) -> tuple[bytes, ...]:
    return tuple(t.encode() for t in texts)
