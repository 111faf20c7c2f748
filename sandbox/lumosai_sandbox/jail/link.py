"""The host's end of one worker: its calls, its deadlines, and its end. What comes from there is hostile input."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from lumosai_sandbox.jail import frames
from lumosai_sandbox.jail.frames import BrokenFrameError, Reader
from lumosai_sandbox.limits import Limits

GRACE = 0.25
"""Seconds within which a worker says that it has given a call up; one that does not is killed."""
IDLE_CPU = 1.0
"""Processor seconds that a worker without a call may use: for spares and for cleaning up."""
LOOKS_EVERY = 5.0
"""Seconds after which an idle worker is looked at again."""
GONE_WITHIN = 5.0
SLACK = 4096
MOST_UNSENT = 64 * 1024 * 1024
"""Bytes that may wait for a worker which does not read."""
# What becomes of a call besides the frames of its worker.
TIMED_OUT, ENDED, KILLED, GIVEN_UP = -1, -2, -3, -4

Frame = tuple[int, bytes]


@dataclass(slots=True, eq=False)
class Call:
    """A call that was sent. ``future`` waits for the next frame about it, None while the host is at work for it."""

    number: int
    deadline: float
    future: asyncio.Future[Frame] | None
    asked: int = 0
    scope: asyncio.Timeout | None = None
    fate: Frame | None = None


class Link:
    """A worker, seen from the host's event loop. It never waits for the worker, only for what comes from it."""

    def __init__(self, channel: socket.socket, limits: Limits, *, idle: float, ended: Callable[[Link], None]) -> None:
        """Listen on *channel*; *ended* is called once when the worker is no more, *idle* seconds unused included."""
        self.loop = asyncio.get_running_loop()
        self.calls: dict[int, Call] = {}
        self.jail: dict[str, Any] = {}
        self.ready: asyncio.Future[Frame] = self.loop.create_future()
        self.gone: asyncio.Future[None] = self.loop.create_future()
        self.closed = self.killed = False
        self.cpu = 0.0
        self.pid: int | None = None
        self.used_at = self.loop.time()
        self._channel = channel
        self._limits = limits
        self._idle = idle
        self._ended = ended
        self._reader = Reader(max(limits.result, 4 * limits.host_text) + SLACK)
        self._leaving: dict[int, float] = {}
        self._settled: asyncio.Event = asyncio.Event()
        self._pidfd: int | None = None
        self._count = 0
        self._unsent = bytearray()
        self._timer: asyncio.TimerHandle | None = None
        self._cpu_when_idle: float | None = None
        channel.setblocking(False)  # noqa: FBT003 - the standard library's own
        self.loop.add_reader(channel.fileno(), self._readable)

    @property
    def usable(self) -> bool:
        """Whether a call can be sent at once: it is jailed, and not asked for a sign of life."""
        return bool(self.jail) and not self._leaving

    async def settled(self) -> None:
        """Wait until the worker has given up what it was told to, or is no more. It has only GRACE for that."""
        if self._leaving and not self.closed:
            self._settled.clear()
            await self._settled.wait()

    # --- calls

    def begin(self, export: bytes, key: bytes, texts: list[bytes]) -> Call:
        """Send a call; ``future`` has what comes of it."""
        now = self.loop.time()
        self._count = number = self._count % 0xFFFF_FFFF + 1
        call = Call(number, now + self._limits.wall, self.loop.create_future())
        self.calls[number] = call
        self._cpu_when_idle = None
        self._send(frames.texts_frame(frames.CALL, number, export, key, *texts))
        self._look_at(call.deadline)
        return call

    def answer(self, call: Call, text: bytes, *, ok: bool) -> asyncio.Future[Frame]:
        """Answer a call of the host; returns what has the next frame, or the call's fate."""
        call.future = future = self.loop.create_future()
        if call.fate is not None:
            future.set_result(call.fate)
        else:
            self._send(frames.frame(frames.ANSWER_OK if ok else frames.ANSWER_ERROR, call.number, text))
        return future

    def give_up(self, call: Call) -> None:
        """Tell the worker to end a call, and see to it that it does."""
        if self.calls.pop(call.number, None) is None or self.closed:
            return
        self._leaving[call.number] = until = self.loop.time() + GRACE
        self._send(frames.frame(frames.CANCEL, call.number))
        self._look_at(until)

    def _send(self, data: bytes) -> None:
        if self.closed:
            return
        if not self._unsent:
            try:
                sent = self._channel.send(data)
            except BlockingIOError:
                sent = 0
            except OSError:
                return  # it is gone; the reader sees it too
            if sent == len(data):
                return
            data = data[sent:]
            self.loop.add_writer(self._channel.fileno(), self._writable)
        self._unsent += data
        if len(self._unsent) > MOST_UNSENT:
            self.kill("it does not read what it is sent")

    def _writable(self) -> None:
        try:
            sent = self._channel.send(self._unsent[: 1024 * 1024])
        except BlockingIOError:
            return
        except OSError:
            self._unsent.clear()
        else:
            del self._unsent[:sent]
        if not self._unsent:
            self.loop.remove_writer(self._channel.fileno())

    # --- what comes back

    def _readable(self) -> None:
        try:
            data = self._channel.recv(frames.CHUNK) if self._pidfd is not None else self._first()
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._end((ENDED, b"its process ended"))
            return
        try:
            for kind, call, payload in self._reader.feed(data):
                self._take(kind, call, payload)
                if self.closed:
                    return
        except (BrokenFrameError, ValueError) as e:
            self.kill(f"it broke the protocol: {e}")

    def _first(self) -> bytes:
        """Read what the worker says before it is jailed: a descriptor of itself, by which it can be killed."""
        data, fds, _, _ = socket.recv_fds(self._channel, frames.CHUNK, 1)
        if fds:
            self._pidfd = fds[0]
        return data

    def _take(self, kind: int, number: int, payload: bytes) -> None:
        call = self.calls.get(number)
        if call is not None:
            self._take_for(call, kind, payload)
        elif number in self._leaving:
            if kind not in {frames.OK, frames.ERROR, frames.FAILED, frames.HOST}:
                raise BrokenFrameError(f"kind {kind}")
            if kind != frames.HOST:  # asked before it knew; whatever else it says ends the call
                del self._leaving[number]
                if not self._leaving:
                    self._settled.set()
                self._at_rest()
        elif number == 0 and not self.ready.done():
            self._take_first(kind, payload)
        else:
            raise BrokenFrameError(f"about a call {number} that is not open")

    def _take_for(self, call: Call, kind: int, payload: bytes) -> None:
        future = call.future
        if future is None:
            raise BrokenFrameError("it speaks while it is to wait")
        if kind == frames.HOST:
            call.asked += 1
            call.future = None
            if call.asked > self._limits.host_calls:
                raise BrokenFrameError("too many calls of the host")
        elif kind in {frames.OK, frames.ERROR, frames.FAILED}:
            if kind != frames.FAILED and len(payload) > self._limits.result:
                raise BrokenFrameError("a result that is too large")
            del self.calls[call.number]
            self._at_rest()
        else:
            raise BrokenFrameError(f"kind {kind}")
        if not future.done():
            future.set_result((kind, payload))

    def _take_first(self, kind: int, payload: bytes) -> None:
        if kind == frames.BORN:
            return
        if kind == frames.READY:
            told = json.loads(payload)
            if not isinstance(told, dict) or type(told.get("pid")) is not int:
                raise BrokenFrameError("not ready")
            self.jail, self.pid = told, told["pid"]
            self._at_rest()
        elif kind != frames.FAILED:
            raise BrokenFrameError(f"kind {kind}")
        self.ready.set_result((kind, payload))

    # --- time

    def _look_at(self, when: float) -> None:
        """See to it that the deadlines are looked at by then: one timer for all of them."""
        timer = self._timer
        if timer is None or timer.when() > when:
            if timer is not None:
                timer.cancel()
            self._timer = self.loop.call_at(when, self._look)

    def _look(self) -> None:
        self._timer = None
        now = self.loop.time()
        if any(until <= now for until in self._leaving.values()):
            self._end((GIVEN_UP, b"it did not give that up in time"))
            return
        for call in list(self.calls.values()):
            if call.deadline > now:
                break
            if call.scope is None and call.future is not None and not call.future.done():
                call.future.set_result((TIMED_OUT, b""))
                self.give_up(call)
        if not self.calls and not self._leaving and self._overstays(now):
            return
        self._look_at(self._next(now))

    def _next(self, now: float) -> float:
        if self._leaving:
            return min(self._leaving.values())
        open_ = next((c.deadline for c in self.calls.values() if c.deadline > now), None)
        return open_ if open_ is not None else now + min(self._idle, LOOKS_EVERY)

    def _at_rest(self) -> None:
        if not self.calls:
            self.used_at = self.loop.time()

    def _overstays(self, now: float) -> bool:
        """End a worker nobody needs, or that works though nobody asked it to."""
        used = self.cpu_time()
        if self._cpu_when_idle is None:
            self._cpu_when_idle = used
        if used - self._cpu_when_idle > IDLE_CPU:
            self.kill("it used the processor without a call")
        elif now - self.used_at >= self._idle:
            self._end((ENDED, b"it was idle"))
        return self.closed

    def cpu_time(self) -> float:
        """Return the processor seconds the worker has used; the clock of a process is clock_getcpuclockid(3)'s."""
        if self.pid is not None and not self.closed:
            with contextlib.suppress(OSError):
                self.cpu = time.clock_gettime((~self.pid << 3) | 2)
        return self.cpu

    # --- the end

    def kill(self, why: str) -> None:
        """End the worker because of what it did."""
        self._end((KILLED, why.encode(errors="replace")))

    def _end(self, fate: Frame) -> None:
        if self.closed:
            return
        self.cpu_time()
        self.closed = True
        self.killed = fate[0] in {KILLED, GIVEN_UP}
        self.jail = {}
        self.loop.remove_reader(self._channel.fileno())
        self.loop.remove_writer(self._channel.fileno())
        self._channel.close()
        if self._timer is not None:
            self._timer.cancel()
        if self._pidfd is None:
            self._died()
        else:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)
            self.loop.add_reader(self._pidfd, self._died)
        if not self.ready.done():
            self.ready.set_result(fate)
        for call in self.calls.values():
            self._tell(call, fate)
        self.calls.clear()
        self._settled.set()
        self._ended(self)

    def _tell(self, call: Call, fate: Frame) -> None:
        call.fate = fate
        if call.future is not None:
            if not call.future.done():
                call.future.set_result(fate)
        elif call.scope is not None:
            with contextlib.suppress(RuntimeError):  # one that is ending by itself
                call.scope.reschedule(self.loop.time())

    def close(self) -> None:
        """End the worker, who did nothing wrong."""
        self._end((ENDED, b"the plugin was stopped"))

    def _died(self) -> None:
        """Forget the process, which is gone now."""
        fd, self._pidfd = self._pidfd, None
        if fd is not None:
            self.loop.remove_reader(fd)
            os.close(fd)
        if not self.gone.done():
            self.gone.set_result(None)

    async def until_gone(self) -> None:
        """Wait until the process of a worker that was ended is gone."""
        with contextlib.suppress(TimeoutError):  # the kernel cannot end it now; it has no way back to anything
            async with asyncio.timeout(GONE_WITHIN):
                await asyncio.shield(self.gone)
        self._died()
