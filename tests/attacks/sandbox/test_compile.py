"""Components made to be compiled for ever, or into nothing but memory."""

# ruff: noqa: PLR2004 - a test says what it expects where it expects it
from __future__ import annotations

import asyncio
import errno
import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.sandbox.generic.components import SUM
from wasmtime import wat2wasm

from lumosai_sandbox.artefacts import compile as compiling
from lumosai_sandbox.artefacts import prepare
from lumosai_sandbox.engine.errors import UnfitError
from lumosai_sandbox.jail.lock import supported

SECOND = 1


def bomb(functions: int, blocks: int) -> bytes:
    """Return a small component whose functions take the register allocator far longer than they are long."""
    locals_ = "(local" + " i64" * 200 + ")"
    body = "".join(
        f"(if (i64.eqz (local.get {n % 200})) (then (local.set {(n * 7) % 200} (i64.add (local.get {(n * 3) % 200})"
        f" (local.get {(n * 11) % 200})))) (else (local.set {(n * 5) % 200} (i64.mul (local.get {n % 200})"
        f" (local.get {(n * 13) % 200})))))"
        for n in range(blocks)
    )
    made = f"(func {locals_} {body})" * functions
    return bytes(wat2wasm(f"(component (core module {made}))"))


BOMB = bomb(25, 1_500)


@pytest.fixture
def little(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give the child a budget that a test can wait for."""
    monkeypatch.setattr(compiling, "CPU", SECOND)
    monkeypatch.setattr(compiling, "CPU_A_MIB", 0)
    monkeypatch.setattr(compiling, "WALL", 40)  # whatever else this machine does meanwhile


def used() -> float:
    """Return the processor seconds of the children that have ended."""
    found = resource.getrusage(resource.RUSAGE_CHILDREN)
    return found.ru_utime + found.ru_stime


async def test_a_bomb_is_stopped_at_its_budget_of_processor_time(little: None, tmp_path: Path) -> None:
    assert len(BOMB) < 2**20
    before = used()
    with pytest.raises(UnfitError, match="too much processor time"):
        await prepare(BOMB, cache=tmp_path)
    assert used() - before < 3 * SECOND
    assert list((tmp_path / "wasm").glob("tmp-*")) == []
    await prepare(SUM, cache=tmp_path)


async def test_the_host_goes_on_while_a_bomb_is_compiled(little: None, tmp_path: Path) -> None:
    task = asyncio.ensure_future(prepare(BOMB, cache=tmp_path))
    ticks = 0
    while not task.done():
        await asyncio.sleep(0.01)
        ticks += 1
    assert ticks > 20
    with pytest.raises(UnfitError):
        await task


async def test_a_bomb_is_stopped_at_its_budget_of_memory(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(compiling, "MEMORY", 96 * compiling.MIB)
    with pytest.raises(UnfitError, match=r"memory|the compiler failed"):
        await prepare(BOMB, cache=tmp_path)
    monkeypatch.undo()
    await prepare(SUM, cache=tmp_path)


async def test_code_without_end_is_not_written(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(compiling, "MAX_CODE", 4096)
    with pytest.raises(UnfitError, match=r"too large|the compiler failed"):
        await prepare(SUM, cache=tmp_path)
    assert sum(p.stat().st_size for p in (tmp_path / "wasm").iterdir()) < 4096


async def test_a_child_that_does_nothing_is_ended_too(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(compiling, "CPU", 0)
    monkeypatch.setattr(compiling, "WALL", 0)
    with pytest.raises(UnfitError, match="takes more than"):
        await prepare(SUM, cache=tmp_path)


async def test_a_compilation_that_is_given_up_leaves_no_process(tmp_path: Path) -> None:
    task = asyncio.ensure_future(prepare(BOMB, cache=tmp_path))
    await asyncio.sleep(0.6)
    task.cancel()
    began = time.monotonic()
    with pytest.raises(asyncio.CancelledError):
        await task
    await asyncio.sleep(0.1)
    assert time.monotonic() - began < 5
    assert children() == []


def children() -> list[str]:
    me = os.getpid()
    path = Path(f"/proc/{me}/task/{me}/children")
    return [
        pid
        for pid in (path.read_text().split() if path.exists() else [])
        if b"artefacts.child" in Path(f"/proc/{pid}/cmdline").read_bytes()
    ]


@pytest.mark.skipif(not supported(), reason="this machine cannot jail a process")
def test_a_compiler_that_was_taken_over_has_nothing_to_reach(tmp_path: Path) -> None:
    """Confine a child as the compiling one is, and let it try: it still computes, on threads and with new code."""
    (tmp_path / "secret").write_text("x")
    tries = {
        "read": f"open({str(tmp_path / 'secret')!r}).read()",
        "write": f"open({str(tmp_path / 'new')!r}, 'w')",
        "socket": "socket.socket()",
        "run": "os.posix_spawn('/bin/true', ['true'], {})",
        "fork": "os.fork()",
        "kill": "os.kill(os.getppid(), 0)",
        "look": "os.listdir('/proc')",
        "trace": "ctypes.CDLL(None, use_errno=True).ptrace(16, os.getppid(), 0, 0) and os.kill(1, 0)",
    }
    script = f"""
import ctypes, json, mmap, os, socket, sys, threading
import wasmtime
from lumosai_sandbox.jail.lock import confine_compiler, supported
supported()
confine_compiler()
out = {{}}
for name, code in {tries!r}.items():
    try:
        eval(code)
        out[name] = "worked"
    except OSError as e:
        out[name] = e.errno
threading.Thread(target=lambda: out.__setitem__("thread", 1)).start()
wasmtime.Module(wasmtime.Engine(), bytes([0, 97, 115, 109, 1, 0, 0, 0]))
os.write(1, json.dumps(out).encode())
"""
    made = subprocess.run([sys.executable, "-I", "-c", script], capture_output=True, check=True, timeout=30)
    said = json.loads(made.stdout)
    assert said.pop("thread") == 1
    assert set(said) == set(tries)
    assert set(said.values()) <= {errno.EPERM, errno.EACCES}


async def test_a_component_larger_than_any_is_not_even_hashed(tmp_path: Path) -> None:
    path = tmp_path / "large.wasm"
    with path.open("wb") as f:
        f.write(SUM[:8])
        f.truncate(65 * 2**20)
    with pytest.raises(UnfitError, match="larger than 64 MiB"):
        await prepare(path, cache=tmp_path)


@pytest.mark.parametrize("name", [b"a\x1b[31mred", b"a\nb: done", "a\u202ebcd".encode(), b"a\xff\xfebcde"])
async def test_a_name_that_paints_the_terminal_is_washed_out_of_the_error(tmp_path: Path, name: bytes) -> None:
    wasm = bytes(wat2wasm('(component (import "abcdefgh" (func)))'))
    with pytest.raises(UnfitError) as caught:
        await prepare(wasm.replace(b"abcdefgh", name[:8].ljust(8, b"x")), cache=tmp_path)
    assert str(caught.value).isprintable()


async def test_types_that_double_with_each_line_are_refused_by_size(tmp_path: Path) -> None:
    levels = "".join(f"(type $t{n} (tuple $t{n - 1} $t{n - 1}))" for n in range(1, 26))
    wasm = bytes(wat2wasm(f'(component (type $t0 (tuple u32 u32)) {levels} (import "f" (func (param "a" $t25))))'))
    with pytest.raises(UnfitError, match="type size exceeds the limit"):
        await prepare(wasm, cache=tmp_path)


async def test_the_child_gets_nothing_of_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    seen: list[dict[str, str]] = []
    start = asyncio.create_subprocess_exec

    async def watched(*command: str, **options: object) -> asyncio.subprocess.Process:
        seen.append(dict(options["env"]))  # type: ignore[call-overload]
        return await start(*command, **options)  # type: ignore[arg-type]

    monkeypatch.setenv("SECRET", "x")
    monkeypatch.setattr(asyncio, "create_subprocess_exec", watched)
    await prepare(SUM, cache=tmp_path)
    assert seen
    assert all(set(env) <= {"LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"} for env in seen)
