"""After thousands of hostile calls the host has no more memory, threads, descriptors or processes than before."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from tests.attacks.sandbox.conftest import LIMITS, Start, component, say, stop_ticking

from lumosai_sandbox.limits import MIB
from lumosai_sandbox.runner import Runner, no_key
from lumosai_sdk.errors import LumosError
from lumosai_sdk.types.caller import Caller

ASK = "(call $kv.set {0} {0} {0} (i32.const 32))"
KEY = "(i32.const 64) (i32.const 3)"
HOSTILE: dict[str, dict[str, Any]] = {
    "trap": {"evil": "unreachable"},
    "loop": {"evil": "(loop $l (br $l))"},
    "deep recursion": {"evil": "(call $f)", "code": "(func $f (call $f) (call $f))"},
    "lie": {"evil": "(return (call $ok (i32.const 0) (i32.const -1)))"},
    "large result": {"evil": "(drop (memory.grow (i32.const 64))) (return (call $ok (i32.const 0)"
                             "(i32.const 3000000)))"},
    "large error": {"evil": "(return (call $err (i32.const 4096) (i32.const 50000)))"},
    "memory": {"evil": "(drop (memory.grow (i32.const 100)))"
                       "(memory.fill (i32.const 4096) (i32.const 1) (i32.const 2000000)) (unreachable)"},
    "host calls": {"evil": f"(loop $l {ASK.format(KEY)} (br $l))", "imports": ["kv.set"]},
    "large arguments": {"evil": f"(drop (memory.grow (i32.const 64))) {ASK.format('(i32.const 0) (i32.const 1000000)')}"
                                "(unreachable)", "imports": ["kv.set"]},
    "start function": {"code": "(start $s) (func $s unreachable)"},
    "given up": {"evil": f"{ASK.format(KEY)} (loop $l (br $l))", "imports": ["kv.set"]},
    "state": {"evil": "(drop (memory.grow (i32.const 2)))"},
}  # fmt: skip


@dataclass(frozen=True)
class Held:
    """What a process and its descendants hold."""

    memory: int
    threads: int
    descriptors: int
    processes: int

    @classmethod
    def now(cls) -> Held:
        gc.collect()
        family = _family(os.getpid())
        return cls(
            memory=sum(_memory(pid) for pid in family),
            threads=len(list(Path("/proc/self/task").iterdir())),
            descriptors=len(list(Path("/proc/self/fd").iterdir())),
            processes=len(family),
        )


def _family(pid: int) -> list[int]:
    out = [pid]
    with contextlib.suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                out += _family(int(child))
    return out


def _memory(pid: int) -> int:
    """Return the bytes a process holds, of shared ones its part."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    return 0


async def answers(function: str, texts: tuple[str, ...], caller: Caller) -> str:
    return "null"


def by_last_digit(caller: Caller) -> str:
    return caller.call_id[-1:]


async def one(runner: Runner, name: str, number: int) -> str:
    """Attack once; return how it ended."""
    caller = Caller(tenant="t", call_id=str(number))
    call = asyncio.ensure_future(say(runner, "!", caller))
    if name == "given up":
        await asyncio.sleep(0.001)
        call.cancel()
    try:
        await call
    except LumosError as e:
        return type(e).__name__
    except asyncio.CancelledError:
        return "cancelled"
    return "answer"


async def storm(runners: dict[str, Runner], calls: int) -> Counter[str]:
    """Attack *calls* times, eight at a time; return how the calls ended."""
    ended: Counter[str] = Counter()
    numbers = iter(range(calls))

    async def attacker() -> None:
        for number in numbers:
            name = list(runners)[number % len(runners)]
            ended[await one(runners[name], name, number)] += 1

    await asyncio.gather(*(attacker() for _ in range(8)))
    return ended


async def held_at_rest() -> Held:
    """Return what is held once no guest runs, and the threads that told the time have ended."""
    await asyncio.sleep(0.2)
    stop_ticking()
    for _ in range(20):
        before = Held.now()
        await asyncio.sleep(0.1)
        if Held.now().threads == before.threads:
            break
    return Held.now()


async def held_after(start: Start, calls: int) -> tuple[Held, Held, Counter[str]]:
    """Attack a while, to warm up, and *calls* times more; return what was held before and after, and what happened."""
    limits = replace(LIMITS, cpu=0.004, host_calls=200)
    runners = {
        name: await start(component(**guest), limits, answers, key_of=by_last_digit if name == "state" else no_key)
        for name, guest in HOSTILE.items()
    }
    honest = await start(component())
    for _ in range(3):
        await storm(runners, 10 * len(runners))
    before = await held_at_rest()
    ended = await storm(runners, calls)
    assert await say(honest) == "hello"
    return before, await held_at_rest(), ended


async def check(start: Start, calls: int) -> None:
    before, after, ended = await held_after(start, calls)
    assert ended.total() == calls
    assert {"PluginError", "PluginLimitError", "GuestError", "cancelled", "answer"} <= set(ended)
    grown = after.memory - before.memory
    more = max(after.processes - before.processes, 0)  # workers, whose memory counts here too
    assert grown < (24 + 12 * more) * MIB, f"{grown / calls:.0f} bytes a call"
    assert after.threads <= before.threads + 1
    assert after.descriptors <= before.descriptors + 2 * len(HOSTILE)  # a worker that was ended has a successor
    assert after.processes <= before.processes + len(HOSTILE)


async def test_hundreds_of_hostile_calls_leave_nothing(start: Start) -> None:
    await check(start, 300)


@pytest.mark.slow
@pytest.mark.timeout(240)
async def test_ten_thousand_hostile_calls_leave_nothing(start: Start) -> None:
    await check(start, 10_000)
