"""Time slices, from the system's timer and from a thread."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from functools import cache

import pytest
from tests.sandbox.inprocess.guests import component

from lumosai_sandbox.engine.component import Guest
from lumosai_sandbox.engine.engine import Engine
from lumosai_sandbox.engine.instance import Instance
from lumosai_sandbox.limits import MIB, Limits

LIMITS = Limits(memory=16 * MIB)
native_too = pytest.mark.parametrize(
    "native", [pytest.param(True, marks=pytest.mark.skipif(sys.platform != "linux", reason="timer_create")), False]
)


@cache
def looping(native: bool) -> Guest:
    return Guest.from_bytes(Engine(native_ticker=native), component())


def started(guest: Guest) -> Instance:
    instance = Instance(guest, LIMITS)
    while not instance.poll():
        pass
    instance.instantiated()
    instance.start("tool.call", b"id", b"l", b"{}")
    return instance


@pytest.fixture
def loop(request: pytest.FixtureRequest, native: bool) -> Iterator[Instance]:
    guest = looping(native)
    guest.engine.ticker.enter()
    instance = started(guest)
    yield instance
    instance.close()
    guest.engine.ticker.leave()
    while not guest.engine.ticker.rest():
        pass


@native_too
def test_a_guest_that_loops_gives_way_again_and_again(loop: Instance) -> None:
    began = time.process_time()
    assert [loop.poll() for _ in range(20)] == [False] * 20
    assert time.process_time() - began < 5  # noqa: PLR2004 - 20 slices of a few milliseconds


@native_too
def test_a_guest_gives_way_while_other_threads_hold_the_interpreter(loop: Instance) -> None:
    stop = threading.Event()

    def busy() -> None:
        while not stop.is_set():
            sum(range(100))

    threads = [threading.Thread(target=busy) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        assert not loop.poll()
    finally:
        stop.set()
        for thread in threads:
            thread.join()


@native_too
def test_a_slice_costs_no_more_when_the_instance_was_idle_for_long(native: bool) -> None:
    guest = looping(native)
    guest.engine.ticker.enter()
    instance = Instance(guest, LIMITS)
    while not instance.poll():
        pass
    instance.instantiated()
    time.sleep(0.05)  # many epochs go by
    instance.start("tool.call", b"id", b"x", b"{}")
    assert instance.poll()
    assert instance.finish() == (True, b"x")
    instance.close()
    guest.engine.ticker.leave()


class Beat:
    def __init__(self) -> None:
        self.said: list[str] = []

    def start(self) -> None:
        self.said.append("start")

    def stop(self) -> None:
        self.said.append("stop")


def test_it_beats_while_guests_run_and_rests_when_none_came_for_a_while() -> None:
    ticker = Engine(native_ticker=False).ticker
    beat = ticker._beat = Beat()
    assert ticker.enter()
    assert not ticker.enter()
    ticker.leave()
    assert not ticker.rest()  # one still runs
    ticker.leave()
    assert ticker.rest()
    assert beat.said == ["start", "stop"]
    assert ticker.rest()
    assert ticker.enter()
    ticker.leave()
    assert not ticker.rest()  # one ran just now
    assert ticker.rest()
    assert beat.said == ["start", "stop", "start", "stop"]
