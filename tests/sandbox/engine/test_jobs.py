"""Instances and the steps of a call: who is served by which, and how calls end."""

# ruff: noqa: PLR2004 - a test says what it expects where it expects it
from __future__ import annotations

import gc
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest
from tests.sandbox.inprocess.guests import SLOW_START, component, guest
from wasmtime import WasmtimeError, wat2wasm

from lumosai_sandbox.componentize import componentize
from lumosai_sandbox.engine.component import Guest
from lumosai_sandbox.engine.engine import Engine, fingerprint, shared
from lumosai_sandbox.engine.errors import OverrunError, ResultTooLargeError, TrapError, cause
from lumosai_sandbox.engine.hostcalls import waiters
from lumosai_sandbox.engine.instances import MAX_KEPT, Instances
from lumosai_sandbox.engine.job import Job, instantiate
from lumosai_sandbox.limits import MIB, Limits

LIMITS = Limits(memory=16 * MIB, cpu=0.1)


@pytest.fixture(autouse=True)
def ticking() -> Iterator[None]:
    gc.collect()
    before = len(waiters)
    shared().ticker.enter()
    yield
    shared().ticker.leave()
    gc.collect()
    assert len(waiters) == before


@pytest.fixture
def instances() -> Iterator[Instances]:
    made = Instances(guest(), LIMITS)
    yield made
    made.close()


def run(job: Job, *answers: tuple[bool, bytes]) -> tuple[bool, bytes]:
    left = list(answers)
    try:
        while not job.step():
            if job.request is not None:
                job.respond(*left.pop(0))
        return job.result()
    except BaseException:
        job.close()
        raise


def call(instances: Instances, text: bytes, *answers: tuple[bool, bytes], key: str | None = None) -> tuple[bool, bytes]:
    return run(Job(instances, "tool.call", (b"id", text, b"{}"), key), *answers)


@pytest.mark.parametrize("text", [b"x", b"", "ü😀".encode(), b"x" * 60_000])
def test_texts_come_back_as_they_went(instances: Instances, text: bytes) -> None:
    assert call(instances, text) == (True, text)


def test_an_err_is_a_result_too(instances: Instances) -> None:
    assert call(instances, b"error") == (False, b"error")


def test_a_host_call_stops_the_guest_until_it_is_answered(instances: Instances) -> None:
    job = Job(instances, "tool.call", (b"id", b"key", b"{}"))
    assert not job.step()
    assert job.request is not None
    assert (job.request.function, job.request.texts) == ("kv.get", (b"key",))
    assert not job.step()  # nothing was answered
    job.respond(True, b"42")
    assert job.step()
    assert job.result() == (True, b"42")


def test_a_refusal_of_the_host_is_an_err_to_the_guest(instances: Instances) -> None:
    assert call(instances, b"n", (False, b"denied")) == (False, b"denied")


def test_an_argument_of_a_host_call_has_a_limit() -> None:
    made = Instances(guest(), replace(LIMITS, host_text=10))
    assert call(made, b"key", (True, b"1")) == (True, b"1")
    ok, text = call(made, b"k" * 11)
    assert not ok
    assert b"too long" in text


def test_calls_without_a_key_share_nothing(instances: Instances) -> None:
    assert [call(instances, b"c") for _ in range(3)] == [(True, b"1")] * 3
    assert instances.live == 0


def test_calls_with_a_key_share_an_instance_of_their_own(instances: Instances) -> None:
    said = [call(instances, b"c", key=k)[1] for k in ("a", "a", "b", "a")]
    assert said == [b"1", b"2", b"1", b"3"]
    assert instances.live == 2


@pytest.mark.parametrize("text", [b"t", b"l", b"m"])
def test_an_instance_that_failed_is_forgotten_and_the_next_starts_anew(instances: Instances, text: bytes) -> None:
    call(instances, b"c", key="a")
    with pytest.raises((TrapError, OverrunError)):
        call(instances, text, key="a")
    assert call(instances, b"c", key="a") == (True, b"1")


def test_a_call_given_up_takes_its_instance_with_it(instances: Instances) -> None:
    for text in (b"k", b"l"):
        job = Job(instances, "tool.call", (b"id", text, b"{}"), "a")
        job.step()
        job.close()
    assert instances.live == 0


def test_the_instances_unused_longest_give_way(instances: Instances) -> None:
    for n in range(MAX_KEPT + 3):
        call(instances, b"c", key=str(n))
    assert instances.live == MAX_KEPT
    assert call(instances, b"c", key="0") == (True, b"1")
    assert call(instances, b"c", key=str(MAX_KEPT)) == (True, b"2")


def test_spares_are_handed_out_first(instances: Instances) -> None:
    instances.spare = 2
    assert instances.wanting == 2
    instances.add_spare(instantiate(instances, 1.0))
    assert (instances.wanting, instances.live) == (1, 1)
    job = Job(instances, "tool.call", (b"id", b"c", b"{}"))
    assert run(job) == (True, b"1")
    assert instances.wanting == 2


def test_a_loop_ends_at_its_budget_of_processor_time(instances: Instances) -> None:
    began = time.process_time()
    with pytest.raises(OverrunError, match=r"more than 0\.1 s"):
        call(instances, b"l")
    assert time.process_time() - began < 2


def test_a_result_has_a_limit_and_the_instance_is_gone() -> None:
    made = Instances(guest(), replace(LIMITS, result=5))
    assert call(made, b"12345", key="a") == (True, b"12345")
    with pytest.raises(ResultTooLargeError, match="larger than 5"):
        call(made, b"123456", key="a")
    assert made.live == 0


def test_memory_has_a_limit(instances: Instances) -> None:
    with pytest.raises(TrapError):
        call(instances, b"m")
    with pytest.raises(TrapError, match="memory"):
        call(Instances(guest(), replace(LIMITS, memory=65_536)), b"x")


def test_the_limit_of_memory_is_for_all_memories_together() -> None:
    with pytest.raises(TrapError, match="memory"):
        call(Instances(guest(), replace(LIMITS, memory=2 * 65_536, memories=2)), b"x")
    assert call(Instances(guest(), replace(LIMITS, memory=2 * 65_536)), b"x") == (True, b"x")


def test_fuel_ends_a_call_at_the_same_place_every_time() -> None:
    counting = Guest.from_bytes(shared(fuel=True), component())
    for fuel, ends in ((2_000, True), (1_000_000, False)):
        made = Instances(counting, replace(LIMITS, fuel=fuel, cpu=60.0))
        for _ in range(3):
            if ends:
                with pytest.raises(TrapError, match="all fuel consumed"):
                    call(made, b"s")
            else:
                assert call(made, b"x") == (True, b"x")


def test_starting_may_take_its_time_and_not_for_ever() -> None:
    slow = Instances(guest(SLOW_START), LIMITS)
    assert call(slow, b"c") == (True, b"1")
    endless = Guest.from_bytes(shared(), component("(func $start (loop $l (br $l))) (start $start)"))
    with pytest.raises(OverrunError):
        call(Instances(endless, LIMITS), b"c")
    with pytest.raises(OverrunError, match="not instantiated"):
        instantiate(Instances(endless, LIMITS), 0.05)


def test_a_trap_at_the_start_is_told() -> None:
    broken = Guest.from_bytes(shared(), component("(func $start unreachable) (start $start)"))
    with pytest.raises(TrapError, match="unreachable"):
        call(Instances(broken, LIMITS), b"c")
    with pytest.raises(TrapError, match="unreachable"):
        instantiate(Instances(broken, LIMITS), 1.0)


def test_an_instance_that_is_dropped_in_the_middle_is_freed(instances: Instances) -> None:
    job = Job(instances, "tool.call", (b"id", b"k", b"{}"))
    job.step()
    before = len(waiters)
    del job
    gc.collect()
    assert len(waiters) == before - 1


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("error\n\nCaused by:\n    0: outer\n    1: inner\n", "1: inner"),
        ("error\n\nCaused by:\n    0: only\n", "only"),
        ("first line\nsecond", "first line"),
        ("x" * 1_000, "x" * 500),
    ],
)
def test_of_what_the_engine_says_the_reason_is_kept(text: str, reason: str) -> None:
    assert cause(text) == reason


def test_compiled_code_is_told_apart_by_what_it_depends_on() -> None:
    assert fingerprint() == fingerprint()
    assert fingerprint() != fingerprint(fuel=True)


def test_engines_of_other_settings_do_not_load_each_others_code() -> None:
    wasm = componentize(bytes(wat2wasm(PLAIN)))
    for made, loading in ((Engine(), Engine(fuel=True)), (Engine(), Engine(generic=True))):
        code = bytes(Guest.from_bytes(made, wasm).component.serialize())
        with pytest.raises(WasmtimeError):
            type(Guest.from_bytes(made, wasm).component).deserialize(loading.wasmtime, code)


PLAIN = """(module (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 0))
  (func (export "lumos:plugin/tool@1.0.0#call") (param i32 i32 i32 i32 i32 i32) (result i32) (i32.const 0)))"""
