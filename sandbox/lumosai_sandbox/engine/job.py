"""One call from beginning to end, in steps. Whoever has the time runs the steps: an event loop, a thread, a worker."""

from __future__ import annotations

import time
from collections.abc import Hashable
from typing import Any

from lumosai_sandbox.engine.errors import OverrunError
from lumosai_sandbox.engine.hostcalls import HostCall
from lumosai_sandbox.engine.instance import Instance
from lumosai_sandbox.engine.instances import Instances
from lumosai_sandbox.engine.ticker import TICK

CHEAP_STEPS = 8
"""Steps of a call that are timed by the wall clock, which is quicker to ask than that of the thread's own time."""
MOST_OF_A_STEP = 2 * TICK
"""What one of those can have cost: more went by because the thread had to wait for its turn."""
FREEZE = 5 * TICK
"""Seconds after which a step held its thread too long: copying and filling memory cannot be interrupted."""
STARTING = b'{"code": "denied", "message": "a component may not call its host before it is called itself"}'


class Job:
    """A call of an exported function: ``step`` until it returns True, answering ``request`` whenever there is one."""

    # Defaults of the class: most calls end in one step, and change one of them.
    cpu = 0.0
    """Processor seconds that it used."""
    host_calls = 0
    """For whoever answers them to count."""
    answer: Any = None
    """For whoever answers, one that is under way."""
    froze = False
    """Whether it ever held the thread for longer than FREEZE."""
    _steps = 0
    _slices = 0
    _instance: Instance | None = None
    _ready = False

    def __init__(self, instances: Instances, export: str, texts: tuple[bytes, ...], key: Hashable = None) -> None:
        """Prepare a call; *key* names the stateful instance that serves it, which must not be busy."""
        self.export = export
        self.texts = texts
        self._instances = instances
        self._key = key

    @property
    def request(self) -> HostCall | None:
        """What the guest asks of its host, and waits for."""
        return self._instance.request if self._instance is not None else None

    def respond(self, ok: bool, text: bytes) -> None:  # noqa: FBT001 - the sides of a result
        """Answer ``request``."""
        assert self._instance is not None  # noqa: S101 - there was a request
        self._instance.respond(ok, text)

    def step(self) -> bool:
        """Run a slice, at most a tick; tell whether the call has ended. Raises TrapError, OverrunError."""
        self._steps += 1
        if self._steps <= CHEAP_STEPS:
            before = time.perf_counter()
            ended = self._slice()
            took = time.perf_counter() - before
            self.cpu += took if took < MOST_OF_A_STEP else MOST_OF_A_STEP  # noqa: FURB136 - on the path of every call
        else:
            before = time.thread_time()
            ended = self._slice()
            took = time.thread_time() - before
            self.cpu += took
        if took > FREEZE:
            self.froze = True
        if not ended and self.cpu > self._instances.limits.cpu:
            raise OverrunError(f"more than {self._instances.limits.cpu:g} s of processor time")
        return ended

    def steps(self, seconds: float) -> bool:
        """Run slices for about so long, or until the guest calls its host; tell whether the call has ended."""
        until = time.perf_counter() + seconds
        while not self.step():
            if self.request is not None or time.perf_counter() >= until:
                return False
        return True

    def take(self) -> Instance:
        """Take an instance, which ``step`` does otherwise: for who runs the steps on different threads."""
        if (instance := self._instance) is None:
            instance, self._ready = self._instances.take(self._key)
            self._instance = instance
            if self._ready:
                instance.start(self.export, *self.texts)
        return instance

    def _slice(self) -> bool:
        instance = self._instance or self.take()
        while not instance.poll():
            if instance.request is None:
                self._slices += 1
                return False
            if self._ready:
                return False
            instance.respond(False, STARTING)  # noqa: FBT003 - the sides of a result
        if self._ready:
            return True
        instance.instantiated()
        self._ready = True
        instance.start(self.export, *self.texts)
        return self._slice()

    @property
    def overran(self) -> bool:
        """Whether the call used up more than its first slice."""
        return self._slices > 0

    def result(self) -> tuple[bool, bytes]:
        """Return what the guest returned, and give its instance back. Raises TrapError, ResultTooLargeError."""
        instance = self._instance
        assert instance is not None  # noqa: S101 - the call has ended
        sound = False
        try:
            out = instance.finish()
            sound = True
        finally:
            self._leave(sound=sound)
        return out

    def close(self) -> None:
        """Give the call up, wherever it stands. No step may be running."""
        self._leave(sound=False)

    def _leave(self, *, sound: bool) -> None:
        if self._instance is not None:
            self._instances.give_back(self._key, self._instance, sound=sound)
            self._instance = None


def instantiate(instances: Instances, budget: float) -> Instance:
    """Return a fresh instance, instantiated here and now within *budget* seconds. Raises TrapError, OverrunError."""
    instance = Instance(instances.guest, instances.limits)
    deadline = time.monotonic() + budget
    try:
        while not instance.poll():
            if instance.request is not None:
                instance.respond(False, STARTING)  # noqa: FBT003 - the sides of a result
            elif time.monotonic() > deadline:
                raise OverrunError(f"not instantiated in {budget:g} s")
        instance.instantiated()
    except BaseException:
        instance.close()
        raise
    return instance
