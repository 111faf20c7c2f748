"""Calls of a jailed guest: the same answers and errors as in process, and a life of their own for the workers."""

# ruff: noqa: PLR2004 - a test says what it expects where it expects it
from __future__ import annotations

import asyncio
import os
import signal
import threading
from dataclasses import replace
from typing import Any

import pytest
from tests.sandbox.inprocess.guests import SLOW_START, component
from tests.sandbox.jail.conftest import LIMITS, Start
from tests.sandbox.jail.jails import Code, children, compiled, opened, state, tenant, until

from lumosai_sandbox.guesterror import GuestError
from lumosai_sandbox.jail import lock, spawn
from lumosai_sandbox.jail.client import Jailed
from lumosai_sandbox.jail.lock import Support, supported
from lumosai_sdk.errors import (
    ConflictError,
    PluginError,
    PluginLimitError,
    PluginTimeoutError,
    PluginUnavailableError,
)
from lumosai_sdk.types.caller import NOBODY, Caller


async def say(jailed: Jailed, words: str, caller: Caller = NOBODY) -> str:
    return await jailed.call("tool.call", "t.x", words, "{}", caller=caller)


def worker_of(jailed: Jailed) -> int:
    [link] = jailed._seats.links
    assert link.pid is not None
    return link.pid


async def test_a_guest_answers(jail: Start) -> None:
    jailed = jail()
    assert jailed.exports == {"tool.call"}
    assert jailed.imports == {"kv", "tools"}
    assert await say(jailed, "yes") == "yes"
    assert await say(jailed, "ö" * 30_000) == "ö" * 30_000


async def test_a_large_text_passes_in_pieces(jail: Start) -> None:
    text = "x" * 900_000
    assert await say(jail(), text) == text


async def test_its_errors_are_those_of_the_other_tier(jail: Start) -> None:
    jailed = jail()
    with pytest.raises(GuestError, match="eek"):
        await say(jailed, "eek")
    with pytest.raises(PluginError, match="unreachable"):
        await say(jailed, "t")
    with pytest.raises(PluginLimitError) as cpu:
        await say(jailed, "l")
    assert cpu.value.limit == "cpu"
    with pytest.raises(PluginError, match="no such export"):
        await jailed.call("step.run", caller=NOBODY)
    assert jailed.metrics()["failed"] == {"cpu": 1, "trap": 1}
    assert await say(jailed, "yes") == "yes"


async def test_a_result_and_memory_have_their_limits(jail: Start) -> None:
    jailed = jail(replace(LIMITS, result=10))
    assert await say(jailed, "0123456789") == "0123456789"
    with pytest.raises(PluginLimitError) as caught:
        await say(jailed, "01234567890")
    assert caught.value.limit == "result"
    with pytest.raises(PluginError):
        await say(jailed, "m")


async def test_fuel_ends_a_call_at_the_same_place(jail: Start, folder: Any) -> None:
    jailed = jail(replace(LIMITS, fuel=100_000), of=compiled(folder, fuel=True))
    assert await say(jailed, "yes") == "yes"
    for _ in range(2):
        with pytest.raises(PluginLimitError) as caught:
            await say(jailed, "l")
        assert caught.value.limit == "fuel"


async def test_a_call_gets_a_fresh_instance_or_the_one_of_its_key(jail: Start) -> None:
    jailed = jail()
    assert [await say(jailed, "c") for _ in range(4)] == ["1"] * 4
    stateful = jail(key_of=lambda caller: caller.thread_id)
    one, two = Caller(thread_id="one"), Caller(thread_id="two")
    assert [await say(stateful, "c", one) for _ in range(3)] == ["1", "2", "3"]
    assert await say(stateful, "c", two) == "1"
    with pytest.raises(PluginError):
        await say(stateful, "t", one)
    assert await say(stateful, "c", one) == "1"


async def test_the_host_is_asked_in_the_context_of_the_caller(jail: Start) -> None:
    assert await say(jail(), "key", tenant("a")) == '"kv.get key for a"'


async def test_a_host_that_waits_holds_up_nobody_else(jail: Start) -> None:
    free = asyncio.Event()

    async def host(function: str, texts: tuple[str, ...], caller: Caller) -> str:
        await free.wait()
        return '"late"'

    jailed = jail(host=host)
    waiting = [asyncio.create_task(say(jailed, "k")) for _ in range(5)]
    assert await say(jailed, "yes") == "yes"
    assert jailed.metrics()["live"] == 5
    free.set()
    assert await asyncio.gather(*waiting) == ['"late"'] * 5


async def test_what_the_host_raises_is_told_in_words_and_its_accidents_are_not(jail: Start) -> None:
    async def host(function: str, texts: tuple[str, ...], caller: Caller) -> str:
        if texts[0] == "k1":
            raise ConflictError("it changed")
        raise RuntimeError("secret")

    jailed = jail(host=host)
    with pytest.raises(GuestError, match="it changed") as told:
        await say(jailed, "k1")
    assert told.value.kind == "conflict"
    with pytest.raises(GuestError, match="the host failed"):
        await say(jailed, "k2")


async def test_calls_of_the_host_are_counted(jail: Start) -> None:
    jailed = jail(replace(LIMITS, host_calls=20, cpu=0.05))
    with pytest.raises(PluginError):
        await say(jailed, "h")
    assert jailed.metrics()["host_calls"] == 20
    assert jailed.metrics()["killed"] == 0


async def test_a_guest_that_loops_holds_up_nobody_else(jail: Start) -> None:
    jailed = jail(replace(LIMITS, cpu=0.4))
    looping = asyncio.create_task(say(jailed, "l"))
    await say(jailed, "yes")
    assert [await say(jailed, str(n)) for n in range(20)] == [str(n) for n in range(20)]
    assert not looping.done()
    with pytest.raises(PluginLimitError):
        await looping


async def test_time_is_kept_by_the_host(jail: Start) -> None:
    async def host(function: str, texts: tuple[str, ...], caller: Caller) -> str:
        await asyncio.sleep(60)
        return "null"

    jailed = jail(replace(LIMITS, wall=0.05, cpu=10), host=host)
    await say(jailed, "yes")
    pid = worker_of(jailed)
    for words in ("l", "k"):
        with pytest.raises(PluginTimeoutError):
            await say(jailed, words)
    assert await say(jailed, "yes") == "yes"
    await asyncio.sleep(0.3)
    assert worker_of(jailed) == pid, "a worker that gives its calls up in time is kept"


async def test_a_cancelled_call_ends_in_the_worker_too(jail: Start) -> None:
    jailed = jail(replace(LIMITS, cpu=10), key_of=lambda _: "k")
    await say(jailed, "yes")
    looping = asyncio.create_task(say(jailed, "l"))
    await asyncio.sleep(0.02)
    looping.cancel()
    with pytest.raises(asyncio.CancelledError):
        await looping
    assert await say(jailed, "c") == "1", "the instance in the middle of the call is not used again"


async def test_a_stopped_worker_is_killed_and_those_who_die_with_it_are_told_to_call_again(jail: Start) -> None:
    blocked = asyncio.Event()

    async def host(function: str, texts: tuple[str, ...], caller: Caller) -> str:
        await blocked.wait()
        return "null"

    jailed = jail(replace(LIMITS, wall=0.6), host=host)
    await say(jailed, "yes")
    pid = worker_of(jailed)
    first = asyncio.create_task(say(jailed, "k"))
    await asyncio.sleep(0.5)
    os.kill(pid, signal.SIGSTOP)
    second = asyncio.create_task(say(jailed, "k"))
    with pytest.raises(PluginTimeoutError):
        await first
    with pytest.raises(PluginUnavailableError, match="because of another call"):
        await second
    await until(lambda: state(pid) is None)
    assert await say(jailed, "yes") == "yes"
    assert jailed.metrics()["killed"] == 1


async def test_a_worker_that_dies_is_told_of_and_replaced(jail: Start) -> None:
    jailed = jail(replace(LIMITS, cpu=10))
    await say(jailed, "yes")
    looping = asyncio.create_task(say(jailed, "l"))
    await asyncio.sleep(0.01)
    os.kill(worker_of(jailed), signal.SIGKILL)
    with pytest.raises(PluginError, match="worker was lost"):
        await looping
    assert await say(jailed, "yes") == "yes"
    assert jailed.metrics()["started"] == 2


async def test_a_zygote_that_dies_is_replaced(jail: Start, zygote: spawn.Zygote) -> None:
    jailed = jail()
    await say(jailed, "yes")
    pid, dead = worker_of(jailed), zygote.pid
    assert dead is not None
    os.kill(dead, signal.SIGKILL)
    await until(lambda: not jailed._seats.links)
    await until(lambda: state(pid) is None)
    assert await say(jailed, "yes") == "yes"
    assert zygote.pid not in {None, dead}
    assert state(dead) is None, "no zombie is left of it"


async def test_tenants_have_workers_of_their_own_and_not_too_many(jail: Start, zygote: spawn.Zygote) -> None:
    jailed = jail(workers=2)
    assert zygote.pid is not None
    for name in ("a", "b", "a"):
        await say(jailed, "yes", tenant(name))
    first = {link.pid for link in jailed._seats.links}
    assert len(first) == 2
    await say(jailed, "yes", tenant("c"))
    assert {s.name for s in jailed._seats._seats.values()} == {"a", "c"}
    assert jailed.metrics()["workers"] == 2
    await until(lambda: len(children(zygote.pid or 0)) == 2)
    assert "Z" not in {state(p) for p in children(zygote.pid)}


async def test_a_tenant_waits_for_a_worker_to_become_free_but_not_for_ever(jail: Start) -> None:
    free = asyncio.Event()

    async def host(function: str, texts: tuple[str, ...], caller: Caller) -> str:
        await free.wait()
        return "null"

    jailed = jail(replace(LIMITS, wall=0.5), host=host, workers=1)
    busy = asyncio.create_task(say(jailed, "k", tenant("a")))
    await until(lambda: jailed.metrics()["host_calls"] == 1)
    waiting = asyncio.create_task(say(jailed, "yes", tenant("b")))
    await until(lambda: jailed.metrics()["waiting"] == 1)
    free.set()
    assert await busy == "null"
    assert await waiting == "yes"
    free.clear()
    never = jail(replace(LIMITS, wall=0.1), host=host, workers=1)
    held = asyncio.create_task(say(never, "k", tenant("a")))
    await until(lambda: never.metrics()["host_calls"] == 1)
    never._limits = replace(LIMITS, wall=0.01)
    with pytest.raises(PluginUnavailableError, match="busy"):
        await say(never, "yes", tenant("b"))
    with pytest.raises(PluginTimeoutError):
        await held


async def test_an_idle_worker_is_stopped_and_the_next_call_starts_another(jail: Start) -> None:
    jailed = jail(replace(LIMITS, wall=0.05), idle=0.05)
    await say(jailed, "yes")
    pid = worker_of(jailed)
    await until(lambda: not jailed._seats.links)
    await until(lambda: state(pid) is None)
    assert await say(jailed, "yes") == "yes"
    assert jailed.metrics()["killed"] == 0


async def test_a_guest_that_takes_long_to_start_is_started_ahead(jail: Start, folder: Any) -> None:
    jailed = jail(of=compiled(folder, component(SLOW_START)))
    assert [await say(jailed, "c") for _ in range(4)] == ["1"] * 4


async def test_many_calls_at_once_all_end_with_their_own_answer(jail: Start) -> None:
    jailed = jail()
    found = await asyncio.gather(*[say(jailed, f"k{n}", tenant(str(n % 3))) for n in range(300)])
    assert found == [f'"kv.get k{n} for {n % 3}"' for n in range(300)]


async def test_closing_leaves_nothing_behind(code: Code, monkeypatch: pytest.MonkeyPatch) -> None:
    alone = spawn.Zygote()
    monkeypatch.setattr(spawn, "shared", lambda: alone)
    before, threads = set(opened().values()), threading.active_count()
    jailed = Jailed("guest", code, LIMITS, _never)
    waiting = [asyncio.create_task(say(jailed, "k", tenant(t))) for t in "ab"]
    await say(jailed, "yes", tenant("a"))
    await until(lambda: jailed.metrics()["live"] == 2)
    pids = [link.pid or 0 for link in jailed._seats.links] + [alone.pid or 0]
    await jailed.aclose()
    ends = await asyncio.gather(*waiting, return_exceptions=True)
    assert all(isinstance(e, PluginUnavailableError) for e in ends)
    assert {state(p) for p in pids} == {None}
    with pytest.raises(PluginUnavailableError, match="stopped"):
        await say(jailed, "yes")
    await asyncio.get_running_loop().shutdown_default_executor()
    assert (alone.pid, threading.active_count()) == (None, threads)
    assert {d for d in set(opened().values()) - before if "pidfd" in d or "socket" in d or "cwasm" in d} == set()


async def _never(function: str, texts: tuple[str, ...], caller: Caller) -> str:
    await asyncio.sleep(60)
    return "null"


def test_it_works_on_one_loop_after_another_and_on_uvloop(code: Code, zygote: spawn.Zygote) -> None:
    async def once() -> str:
        jailed = Jailed("guest", code, LIMITS, _never)
        try:
            return await say(jailed, "yes")
        finally:
            await jailed.aclose()

    uvloop = pytest.importorskip("uvloop")
    assert asyncio.run(once()) == "yes"
    assert uvloop.run(once()) == "yes"
    assert asyncio.run(once()) == "yes"


async def test_code_that_is_broken_or_gone_is_told_of(jail: Start, folder: Any) -> None:
    path = folder / "guest.cwasm"
    path.write_bytes(b"\x7fELF nothing of ours")
    with pytest.raises(PluginError, match="no worker"):
        await say(jail(of=Code(path)), "yes")
    path.unlink()
    with pytest.raises(PluginUnavailableError, match="No such file"):
        await say(jail(of=Code(path)), "yes")


async def test_without_a_jail_there_is_no_call(jail: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    from lumosai_sandbox.jail import client

    monkeypatch.setattr(client, "supported", lambda: Support(0, seccomp=True, reason="the kernel has no Landlock"))
    with pytest.raises(PluginUnavailableError, match="no Landlock"):
        await say(jail(), "yes")


def test_what_is_missing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    assert supported()
    told = lock.supported.__wrapped__
    monkeypatch.setattr("lumosai_sandbox.jail.landlock.abi", lambda: 0)
    assert "Landlock" in (told().reason or "")
    monkeypatch.undo()
    monkeypatch.setattr("lumosai_sandbox.jail.seccomp.available", lambda: False)
    assert "seccomp" in (told().reason or "")
    monkeypatch.setattr("lumosai_sandbox.jail.kernel.machine", lambda: None)
    assert "processors" in (told().reason or "")
    monkeypatch.setattr("sys.platform", "darwin")
    assert "darwin" in (told().reason or "")
