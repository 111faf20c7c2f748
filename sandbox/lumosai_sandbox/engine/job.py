"""One call from beginning to end, in steps. Whoever has the time runs the steps: an event loop, a thread, a worker."""

from __future__ import annotations

import time
from collections.abc import Hashable

from lumosai_sandbox.engine.errors import OverrunError
from lumosai_sandbox.engine.hostcalls import HostCall
from lumosai_sandbox.engine.instance import Instance
from lumosai_sandbox.engine.instances import Instances
from lumosai_sandbox.engine.ticker import TICK

STARTING = b'{"code": "denied", "message": "a component may not call its host before it is called itself"}'


class Job:
    """A call of an exported function: ``step`` until it returns True, answering ``request`` whenever there is one."""

    __slots__ = ("_cpu", "_instance", "_instances", "_key", "_ready", "_slices", "export", "texts")

    def __init__(self, instances: Instances, export: str, texts: tuple[bytes, ...], key: Hashable = None) -> None:
        """Prepare a call; *key* names the stateful instance that serves it, which must not be busy."""
        self.export = export
        self.texts = texts
        self._instances = instances
        self._key = key
        self._cpu = 0.0
        self._slices = 0
        self._instance: Instance | None = None
        self._ready = False

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
        if not self._slices:
            return self._slice()
        before = time.thread_time()
        ended = self._slice()
        self._cpu += time.thread_time() - before
        if not ended and self._cpu > self._instances.limits.cpu:
            raise OverrunError(f"more than {self._instances.limits.cpu:g} s of processor time")
        return ended

    def _slice(self) -> bool:
        instance = self._instance
        if instance is None:
            instance, self._ready = self._instances.take(self._key)
            self._instance = instance
            if self._ready:
                instance.start(self.export, *self.texts)
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

    @property
    def cpu(self) -> float:
        """Processor seconds used, a tick counted for the first slice if it was used up."""
        return self._cpu + (TICK if self._slices else 0.0)

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
