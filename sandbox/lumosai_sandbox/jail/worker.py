"""A worker: one thread, one socket, one component, any number of calls at once. It runs jailed.

It keeps no deadline by the clock: the host says when a call is given up, and ends the process that does not listen.
"""

from __future__ import annotations

import socket
import time
from collections import deque
from collections.abc import Hashable

from lumosai_sandbox.answering import TOO_MANY
from lumosai_sandbox.engine.component import Guest
from lumosai_sandbox.engine.errors import EngineError, OverrunError, ResultTooLargeError
from lumosai_sandbox.engine.instance import Instance
from lumosai_sandbox.engine.instances import Instances
from lumosai_sandbox.engine.job import STARTING, Job, instantiate
from lumosai_sandbox.jail import frames
from lumosai_sandbox.jail.beat import Beat
from lumosai_sandbox.jail.frames import frame, texts_frame, texts_of
from lumosai_sandbox.limits import Limits

DEAR = 0.0005
"""Seconds. Of a guest that takes longer to instantiate, more spares are kept."""
SPARES = (1, 2)
"""How many, of one that starts quickly and of one that does not."""
MOST_GARBAGE = 4
SOON = 0.0001
FEWEST_LOOKS, MOST_LOOKS = 8, 64
LONGEST = 2**31
"""Bytes of a frame from the host, which is trusted."""


class Hand(Instances):
    """Instances whose closing can wait until there is time for it, which is after the answer was sent."""

    def __init__(self, guest: Guest, limits: Limits) -> None:
        super().__init__(guest, limits, spare=SPARES[0])
        self.garbage: list[Instance] = []

    def give_back(self, key: Hashable, instance: Instance, *, sound: bool) -> None:
        """End a call; see ``Instances``."""
        if key is None and sound and len(self.garbage) < MOST_GARBAGE:
            self.garbage.append(instance)
        else:
            super().give_back(key, instance, sound=sound)


class Worker:
    """Serves the calls of a component of ours."""

    def __init__(self, channel: socket.socket, guest: Guest, limits: Limits, beat: Beat) -> None:
        """Serve over *channel*, to the *beat* of the guest's engine."""
        self._channel = channel
        self._limits = limits
        self._hand = Hand(guest, limits)
        self._reader = frames.Reader(LONGEST)
        self._jobs: dict[int, Job] = {}
        self._runnable: deque[int] = deque()
        self._making: Instance | None = None
        self._beat = beat
        self._looks = 0

    def warm_up(self) -> None:
        """Instantiate once, to see how long it takes. Of a guest that fails at it the first call tells."""
        began = time.perf_counter()
        try:
            self._beat.touch()
            self._hand.add_spare(instantiate(self._hand, self._limits.cpu))
        except EngineError:
            self._hand.spare = 0
        else:
            self._hand.spare = SPARES[time.perf_counter() - began > DEAR]

    def serve(self) -> None:
        """Serve until the host closes the channel."""
        while True:
            data = self._soon() if self._runnable or self._has_chores() else self._waited_for()
            if data is None:
                self._turn()
                continue
            if not data:
                return
            for kind, call, payload in self._reader.feed(data):
                self._take(kind, call, payload)

    def _soon(self) -> bytes | None:
        """Return what has come, None for nothing."""
        try:
            return self._channel.recv(frames.CHUNK, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return None

    def _waited_for(self) -> bytes:
        """Return what comes next. Falling asleep and being woken takes longer than many a call, so it first looks again
        a few times, as long as that proves worth it.
        """
        for _ in range(self._looks):
            if (data := self._soon()) is not None:
                self._looks = min(2 * self._looks, MOST_LOOKS)
                return data
        self._looks //= 2
        began = time.perf_counter()
        data = self._channel.recv(frames.CHUNK)
        if time.perf_counter() - began < SOON:
            self._looks = max(self._looks, FEWEST_LOOKS)
        return data

    def _take(self, kind: int, call: int, payload: bytes) -> None:
        if kind == frames.CALL:
            self._begin(call, payload)
        elif (job := self._jobs.get(call)) is None:
            return  # it ended while that was on its way
        elif kind == frames.CANCEL:
            self._end(call, job)
            self._send(texts_frame(frames.FAILED, call, b"cancelled", b""))
        elif job.request is not None:
            job.respond(kind == frames.ANSWER_OK, payload)
            self._step(call, job)

    def _begin(self, call: int, payload: bytes) -> None:
        export, key, *texts = texts_of(payload)
        job = self._jobs[call] = Job(self._hand, export.decode(), tuple(texts), key or None)
        self._step(call, job)

    def _turn(self) -> None:
        """Run one slice of the call whose turn it is; if there is none, do a chore."""
        while self._runnable:
            call = self._runnable.popleft()
            if (job := self._jobs.get(call)) is not None:
                self._step(call, job)
                return
        self._do_chore()

    def _step(self, call: int, job: Job) -> None:
        self._beat.touch()
        try:
            if job.step():
                ok, text = job.result()
                del self._jobs[call]
                self._send(frame(frames.OK if ok else frames.ERROR, call, text))
            elif job.request is None:
                self._runnable.append(call)
            else:
                self._ask(call, job)
        except EngineError as e:
            self._end(call, job)
            self._send(texts_frame(frames.FAILED, call, kind_of(e), str(e).encode(errors="replace")))

    def _ask(self, call: int, job: Job) -> None:
        request = job.request
        assert request is not None  # noqa: S101 - looked at just now
        job.host_calls += 1
        if job.host_calls > self._limits.host_calls:
            job.respond(*TOO_MANY)
            self._runnable.append(call)
        else:
            self._send(texts_frame(frames.HOST, call, request.function.encode(), *request.texts))

    def _end(self, call: int, job: Job) -> None:
        self._jobs.pop(call, None)
        job.close()

    def _send(self, data: bytes) -> None:
        self._channel.sendall(data)

    # --- for when there is nothing else to do

    def _has_chores(self) -> bool:
        hand = self._hand
        return bool(hand.garbage) or self._making is not None or hand.wanting > 0

    def _do_chore(self) -> None:
        if self._hand.garbage:
            self._hand.garbage.pop().close()
            return
        if self._making is None:
            self._making = Instance(self._hand.guest, self._limits)
        self._beat.touch()
        try:
            self._make_on(self._making)
        except EngineError:
            self._making.close()
            self._making = None
            self._hand.spare = 0

    def _make_on(self, instance: Instance) -> None:
        if instance.poll():
            instance.instantiated()
            self._hand.add_spare(instance)
            self._making = None
        elif instance.request is not None:
            instance.respond(False, STARTING)  # noqa: FBT003 - the sides of a result


def kind_of(error: EngineError) -> bytes:
    """Return what the host is told that a guest’s bad end was."""
    if isinstance(error, OverrunError):
        return b"cpu"
    return b"result" if isinstance(error, ResultTooLargeError) else b"trap"
