"""The jailed tier as the host sees it: a guest whose calls run in worker processes, one for each tenant."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Hashable, Mapping
from typing import Any

from lumosai_sandbox.answering import Answer, answered
from lumosai_sandbox.engine.errors import EngineError, OverrunError, ResultTooLargeError, TrapError
from lumosai_sandbox.firststep import Begun
from lumosai_sandbox.guesterror import GuestError
from lumosai_sandbox.jail import frames, link, spawn
from lumosai_sandbox.jail.frames import BrokenFrameError
from lumosai_sandbox.jail.interfaces import Offer, Source, offered
from lumosai_sandbox.jail.link import Call, Frame, Link
from lumosai_sandbox.jail.lock import supported
from lumosai_sandbox.jail.seats import Seat, Seats
from lumosai_sandbox.limits import Limits
from lumosai_sandbox.metrics import Metrics
from lumosai_sandbox.outcome import ended_badly, timed_out
from lumosai_sandbox.runner import HostFunctions, KeyOf, no_key
from lumosai_sdk.errors import LumosError, PluginError, PluginUnavailableError
from lumosai_sdk.types.caller import Caller

IDLE = 60.0
"""Seconds after which a worker nobody calls is stopped."""
WORKERS = 8
STARTS_WITHIN = 30.0
"""Seconds for a worker's start, that of the zygote on a busy machine included."""
MOST_WORDS = 500
_ERRORS: dict[bytes, type[EngineError]] = {b"trap": TrapError, b"cpu": OverrunError, b"result": ResultTooLargeError}


class Jailed:
    """Runs a guest in processes that can only compute. What breaks out of the engine there has nothing to reach."""

    tier = "jail"

    def __init__(
        self,
        plugin: str,
        artefact: Source,
        limits: Limits,
        host: HostFunctions,
        *,
        key_of: KeyOf = no_key,
        idle: float = IDLE,
        workers: int = WORKERS,
    ) -> None:
        """Run *artefact* for *plugin*; *key_of* tells which calls share a stateful instance.

        Nothing is started before the first call, and tenants never share a worker. A component that is none of
        ours has its plain functions called, by their keys, with a JSON object, one at a time in each worker.
        """
        self.plugin = plugin
        self.counts = Metrics()
        self._offer: Offer = offered(artefact.shape)
        self.exports = self._offer.exports
        self.imports = self._offer.imports
        self._artefact = artefact
        self._limits = limits
        self._host = host
        self._key_of = key_of
        self._idle = idle
        self._seats = Seats(plugin, 1 if self._offer.generic else limits.concurrency, workers)
        self._dying: set[Link] = set()
        self._holds = False
        self._closed = False
        self._started = self._killed = 0

    async def call(self, export: str, *texts: str, caller: Caller) -> str:
        """Call an export; see ``Runner``. Raises PluginUnavailableError where there is no jail, or no worker to be had.

        What dies with a worker that was ended because of another call raises that too, and may be tried again.
        """
        if export not in self.exports:
            raise PluginError(self.plugin, export, "the component has no such export")
        key = self._key_of(caller)
        seat = self._seats.take(caller.tenant)
        turns = seat.turns
        nested = turns.nested(caller)
        try:
            if not turns.enter_now(key, nested):
                await turns.enter(key, nested)
            try:
                return await self._called(seat, export, texts, key, caller)
            finally:
                turns.leave(key, nested)
        finally:
            self._seats.give_back(seat)

    async def _called(self, seat: Seat, export: str, texts: tuple[str, ...], key: Hashable, caller: Caller) -> str:
        worker = seat.link
        if worker is None or not worker.usable:
            worker = await self._worker(seat, export)
        self.counts.calls += 1
        name = b"" if key is None else repr(key).encode("utf-8", "replace")
        call = worker.begin(export.encode(), name, [t.encode("utf-8", "replace") for t in texts])
        try:
            assert call.future is not None  # noqa: S101 - just begun
            kind, payload = await call.future
            if kind == frames.HOST:
                kind, payload = await self._with_host(worker, call, payload, caller)
        except BaseException:
            worker.give_up(call)
            raise
        if kind != frames.OK:
            raise self._error(worker, export, kind, payload)
        try:
            return payload.decode()
        except UnicodeDecodeError:
            raise self._broken(worker, export, "a result that is no text") from None

    # --- how it ended

    def _error(self, worker: Link, export: str, kind: int, payload: bytes) -> LumosError:
        if kind == frames.ERROR:
            try:
                return GuestError.parse(payload.decode())
            except UnicodeDecodeError:
                return self._broken(worker, export, "an error that is no text")
        if kind == frames.FAILED:
            return self._failed(worker, export, payload)
        return self._lost(export, kind, payload.decode(errors="replace"))

    def _lost(self, export: str, kind: int, why: str) -> LumosError:
        if kind == link.TIMED_OUT:
            return self.counts.failed(timed_out(self.plugin, export, self._limits))
        if self._closed:
            return self._unavailable(export, "the plugin was stopped")
        if kind == link.GIVEN_UP:
            return self._unavailable(export, f"its worker was ended because of another call: {why}; call again")
        return self.counts.failed(PluginError(self.plugin, export, f"its worker was lost: {why}"))

    def _failed(self, worker: Link, export: str, payload: bytes) -> LumosError:
        try:
            kind, words = frames.texts_of(payload)
        except (BrokenFrameError, ValueError):
            return self._broken(worker, export, "a failure that is none")
        if kind == b"wall":
            return self.counts.failed(timed_out(self.plugin, export, self._limits))
        if kind not in _ERRORS:
            return self._broken(worker, export, "a failure of no known kind")
        error = _ERRORS[kind](words[:MOST_WORDS].decode(errors="replace"))
        return self.counts.failed(ended_badly(self.plugin, export, error, self._limits))

    def _broken(self, worker: Link, export: str, why: str) -> LumosError:
        worker.kill(f"it broke the protocol: {why}")
        return self.counts.failed(PluginError(self.plugin, export, f"its worker broke the protocol: {why}"))

    def _unavailable(self, export: str, why: str) -> PluginUnavailableError:
        return PluginUnavailableError(self.plugin, export, why)

    # --- calls of the host

    async def _with_host(self, worker: Link, call: Call, payload: bytes, caller: Caller) -> Frame:
        """Answer what the guest asks until the call ends; return how it ended."""
        kind = frames.HOST
        while kind == frames.HOST and call.fate is None:
            self.counts.host_calls += 1
            try:
                function, texts = self._offer.asked(payload, self._limits.host_text)
            except BrokenFrameError as e:
                worker.kill(f"it broke the protocol: {e}")
                break
            answer = Begun(answered(self._host, self.plugin, self.counts, function, texts, caller))
            ok, text = answer.result() if answer.done else await self._in_time(worker, call, answer)
            kind, payload = await worker.answer(call, text, ok=ok)
        return call.fate or (kind, payload)

    async def _in_time(self, worker: Link, call: Call, answer: Begun[Answer]) -> Answer:
        """Wait for the host, until the call's deadline or the end of its worker, which become the call's fate."""
        scope = call.scope = asyncio.timeout_at(call.deadline)
        try:
            async with scope:
                return await answer
        except TimeoutError:
            if not scope.expired():
                raise
            if call.fate is None:
                call.fate = (link.TIMED_OUT, b"")
                worker.give_up(call)
            return False, b""
        finally:
            call.scope = None

    # --- workers

    async def _worker(self, seat: Seat, export: str) -> Link:
        """Return the seat's worker, started if there is none. Raises PluginUnavailableError, PluginError."""
        if not (found := supported()):
            raise self._unavailable(export, f"no jail can be made on this machine: {found.reason}")
        if seat.link is not None:
            await seat.link.settled()
        worker, (kind, words) = await self._started_one(seat, export)
        if kind == link.ENDED and not self._closed:  # a zygote that was just killed takes the first wish with it
            worker, (kind, words) = await self._started_one(seat, export)
        if kind == frames.READY:
            return worker
        if self._closed:
            raise self._unavailable(export, "the plugin was stopped")
        text = b": ".join(frames.texts_of(words)) if kind == frames.FAILED else words
        raise self.counts.failed(PluginError(self.plugin, export, f"no worker: {text.decode(errors='replace')}"))

    async def _started_one(self, seat: Seat, export: str) -> tuple[Link, Frame]:
        worker = seat.link if seat.link is not None else await self._start(seat, export)
        return worker, await self._until_ready(worker, export)

    async def _until_ready(self, worker: Link, export: str) -> Frame:
        try:
            async with asyncio.timeout(STARTS_WITHIN):
                frame = await asyncio.shield(worker.ready)
        except TimeoutError:
            worker.kill("it did not start in time")
            raise self._unavailable(export, f"its worker did not start in {STARTS_WITHIN:g} s") from None
        if frame[0] == frames.FAILED:
            worker.close()
        return frame

    async def _start(self, seat: Seat, export: str) -> Link:
        try:
            async with asyncio.timeout(self._limits.wall):
                await self._seats.enter()
        except TimeoutError:
            raise self._unavailable(export, "all workers are busy") from None
        started = False
        try:
            fd = await self._opened()
            try:
                if seat.link is None and not self._closed:  # nobody was quicker
                    seat.link = self._born(fd)
                    started = True
            finally:
                os.close(fd)
        except (EngineError, OSError) as e:
            raise self._unavailable(export, f"no worker could be started: {e}") from None
        finally:
            if not started:
                self._seats.leave(asyncio.get_running_loop())
        if seat.link is None:
            raise self._unavailable(export, "the plugin was stopped")
        return seat.link

    def _born(self, fd: int) -> Link:
        zygote = spawn.shared()
        if not self._holds:
            zygote.hold()
            self._holds = True
        wish = spawn.wish(self._limits, generic=self._offer.generic, stateful=self._key_of is not no_key)
        worker = Link(spawn.channel(zygote, wish, fd), self._limits, idle=self._idle, ended=self._ended)
        self._started += 1
        return worker

    async def _opened(self) -> int:
        """Return a descriptor of the compiled code; checking that may take long enough for a thread of its own."""
        opening = asyncio.ensure_future(asyncio.to_thread(self._artefact.open))
        try:
            return await asyncio.shield(opening)
        except asyncio.CancelledError:
            opening.add_done_callback(_close)
            raise

    def _ended(self, worker: Link) -> None:
        self._killed += worker.killed
        self.counts.cpu += worker.cpu
        self._dying.add(worker)
        worker.gone.add_done_callback(lambda _: self._dying.discard(worker))
        self._seats.left(worker)

    # --- all of it

    def metrics(self) -> Mapping[str, Any]:
        """Return counts since the start, those of the processes included."""
        links = self._seats.links
        cpu = self.counts.cpu + sum(w.cpu_time() for w in links)
        return {
            **self.counts.to_json(),
            "cpu_seconds": round(cpu, 4),
            "live": sum(len(w.calls) for w in links),
            "waiting": self._seats.waiting,
            "workers": len(links),
            "started": self._started,
            "killed": self._killed,
            "tier": self.tier,
        }

    async def aclose(self) -> None:
        """End the calls that run, and every worker; return when their processes are gone."""
        self._closed = True
        self._seats.close(self._unavailable("call", "the plugin was stopped"))
        for worker in self._seats.links:
            worker.close()
        for worker in list(self._dying):
            await worker.until_gone()
        if self._holds:
            self._holds = False
            spawn.shared().release()


def _close(opening: asyncio.Future[int]) -> None:
    if not opening.cancelled() and opening.exception() is None:
        os.close(opening.result())
