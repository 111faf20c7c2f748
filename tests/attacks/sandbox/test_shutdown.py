"""Guests that would keep their host from ending."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.attacks.sandbox.conftest import Start, component, say

from lumosai_sandbox.limits import Limits
from lumosai_sdk.errors import LumosError, PluginUnavailableError
from lumosai_sdk.types.caller import Caller

ASK = "(call $kv.get (i32.const 64) (i32.const 3) (i32.const 32))"
GUESTS = {
    "loops": "(loop $l (br $l))",
    "loops of host calls": f"(loop $l {ASK} (br $l))",
    "waits": f"{ASK} (return (i32.const 32))",
}
FOR_EVER = Limits(cpu=600.0, wall=600.0, host_calls=10**9)


def guest(name: str) -> bytes:
    return component(GUESTS[name], imports=["kv.get"])


# --- a plugin that is stopped


@pytest.mark.parametrize("name", GUESTS)
async def test_a_plugin_is_stopped_while_its_guests_run(start: Start, name: str) -> None:
    async def host(function: str, texts: tuple[str, ...], caller: Caller) -> str:
        await asyncio.sleep(600 if name == "waits" else 0)
        return "null"

    runner = await start(guest(name), FOR_EVER, host)
    other = await start(component(), FOR_EVER)
    assert await say(runner) == "hello"
    calls = [asyncio.ensure_future(say(runner, "!")) for _ in range(40)]  # more than may run at once: some wait
    await asyncio.sleep(0.1)
    async with asyncio.timeout(10):
        await runner.aclose()
        ended = await asyncio.gather(*calls, return_exceptions=True)
    assert {type(e) for e in ended} == {PluginUnavailableError}
    with pytest.raises(PluginUnavailableError):
        await say(runner)
    assert await say(other) == "hello"


async def test_a_plugin_is_stopped_twice_and_by_two(start: Start) -> None:
    runner = await start(guest("loops"), FOR_EVER)
    call = asyncio.ensure_future(say(runner, "!"))
    await asyncio.sleep(0.05)
    async with asyncio.timeout(10):
        await asyncio.gather(runner.aclose(), runner.aclose())
        await runner.aclose()
    with pytest.raises(LumosError):
        await call


# --- a host that ends


HOST = """
import asyncio, signal, sys, threading
from lumosai_sandbox.limits import Limits
from lumosai_sdk.types.caller import NOBODY

tier, how, path, cache = sys.argv[1:]

async def host(function, texts, caller):
    await asyncio.sleep(600 if how == "waits" else 0)
    return "null"

async def runner():
    limits = Limits(cpu=600.0, wall=600.0, host_calls=10**9)
    if tier == "process":
        from lumosai_sandbox.engine.component import Guest
        from lumosai_sandbox.engine.engine import shared
        from lumosai_sandbox.inprocess import InProcess
        return InProcess("evil", Guest.from_bytes(shared(), open(path, "rb").read()), limits, host)
    from pathlib import Path
    from lumosai_sandbox.artefacts import prepare
    from lumosai_sandbox.jail.client import Jailed
    return Jailed("evil", await prepare(Path(path), cache=Path(cache)), limits, host)

async def main():
    evil = await runner()
    assert await evil.call("tool.call", "t.x", "hello", "{}", caller=NOBODY) == "hello"
    calls = [asyncio.ensure_future(evil.call("tool.call", "t.x", "!", "{}", caller=NOBODY)) for _ in range(20)]
    await asyncio.sleep(0.2)
    print("running", flush=True)
    if how == "exit":
        sys.exit(3)
    if how == "signal":
        await asyncio.sleep(600)

asyncio.run(main())
"""


@pytest.fixture(params=["process", "jail"])
def tier(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@contextlib.contextmanager
def running(tmp_path: Path, tier: str, how: str, name: str) -> Iterator[subprocess.Popen[str]]:
    """Start a host whose guests run; it has said so."""
    path = tmp_path / "evil.wasm"
    path.write_bytes(guest(name))
    command = [sys.executable, "-c", HOST, tier, how, str(path), str(tmp_path / "cache")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "running\n", process.communicate(timeout=30)[1]
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("name", GUESTS)
@pytest.mark.parametrize("how", ["return", "exit"])
def test_a_host_ends_while_its_guests_run(tmp_path: Path, tier: str, how: str, name: str) -> None:
    with running(tmp_path, tier, how if name != "waits" or how == "exit" else "waits", name) as process:
        _, err = process.communicate(timeout=20)
    assert process.returncode == (3 if how == "exit" else 0), err
    assert "panicked" not in err


@pytest.mark.parametrize(("name", "times"), [("loops", 1), ("loops of host calls", 3), ("waits", 2)])
def test_a_host_is_interrupted_while_its_guests_run(tmp_path: Path, tier: str, name: str, times: int) -> None:
    """Ctrl-C pressed again and again: Python raises at whatever line it is, also where the engine calls Python."""
    with running(tmp_path, tier, "signal", name) as process:
        for _ in range(times):
            process.send_signal(signal.SIGINT)
            time.sleep(0.02)
        _, err = process.communicate(timeout=20)
    assert process.returncode in {-signal.SIGINT, 1}, err
    assert "KeyboardInterrupt" in err
    assert "panicked" not in err


def test_a_host_that_is_killed_takes_its_guests_with_it(tmp_path: Path) -> None:
    with running(tmp_path, "jail", "signal", "loops") as process:
        family = _descendants(process.pid)
        assert len(family) > 1
        process.kill()
        process.wait(10)
        for _ in range(500):
            if not any(_alive(pid) for pid in family):
                return
            time.sleep(0.02)
    assert [pid for pid in family if _alive(pid)] == []


def _descendants(pid: int) -> list[int]:
    out = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in map(int, (task / "children").read_text().split()):
            out += [child, *_descendants(child)]
    return out


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


# --- signals whose handlers raise


SIGNALS = """
import signal, sys
from lumosai_sandbox.engine.component import Guest
from lumosai_sandbox.engine.engine import shared
from lumosai_sandbox.engine.instance import Instance
from lumosai_sandbox.limits import Limits

class Bell(BaseException): pass

def ring(*_):
    raise Bell

def ready():
    made = Instance(guest, Limits())
    while not made.poll(): pass
    made.instantiated()
    return made

guest = Guest.from_bytes(shared(), open(sys.argv[1], "rb").read())
signal.signal(signal.SIGALRM, ring)
rung = 0
while rung < 60:
    instance = ready()
    instance.start("tool.call", b"t.x", b"!", b"{}")
    signal.setitimer(signal.ITIMER_REAL, 0.005)
    try:
        while True:
            instance.poll()
            if instance.request:
                instance.respond(True, b"null")
    except Bell:
        rung += 1
instance = ready()
instance.start("tool.call", b"t.x", b"hello", b"{}")
while not instance.poll(): pass
print(instance.finish())
"""


def test_a_handler_that_raises_while_a_guest_calls_its_host_ends_that_call_only(tmp_path: Path) -> None:
    path = tmp_path / "evil.wasm"
    path.write_bytes(guest("loops of host calls"))
    command = [sys.executable, "-c", SIGNALS, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=50, check=False, env=dict(os.environ))
    assert (done.returncode, done.stdout) == (0, "(True, b'hello')\n"), done.stderr
