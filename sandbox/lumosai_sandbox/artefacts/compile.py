"""Compiling what a stranger wrote: in a child with a budget, because 92 KB of WebAssembly can ask for 20 s and a GB."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import tempfile
from asyncio.subprocess import DEVNULL, PIPE, Process
from contextlib import contextmanager
from typing import TYPE_CHECKING

from lumosai_sandbox.artefacts.child import UNFIT
from lumosai_sandbox.artefacts.shape import MAX_JSON, Shape
from lumosai_sandbox.engine.errors import UnfitError
from lumosai_sdk.jsontext import check_weight

if TYPE_CHECKING:
    from collections.abc import Iterator

MIB = 1024 * 1024
CPU, CPU_A_MIB = 10, 2
"""Seconds of processor time, and what each MiB of WebAssembly adds."""
MEMORY = 1536 * MIB
MAX_CODE = 512 * MIB
WALL = 3
"""Times the processor time."""
MOST_TYPES = 200_000
"""What the description of a component's types may weigh (``check_weight``)."""
_KEPT = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
"""What Python itself may need of the environment to start."""
_DEATHS = {
    signal.SIGXCPU: "compiling it takes too much processor time",
    signal.SIGKILL: "compiling it takes too much processor time or memory",
    signal.SIGABRT: "compiling it takes too much memory",
    signal.SIGXFSZ: "its compiled code is too large",
}


async def compile_to(fd: int, wasm: bytes, *, fuel: bool = False) -> Shape:
    """Compile *wasm* and write the code to *fd*. Raises UnfitError in words, also when the budget does not suffice."""
    cpu = CPU + CPU_A_MIB * len(wasm) // MIB
    with await asyncio.to_thread(_input, wasm) as source:
        child = await asyncio.create_subprocess_exec(
            sys.executable,
            "-I",
            "-m",
            "lumosai_sandbox.artefacts.child",
            *map(str, (cpu, MEMORY, MAX_CODE, fd, int(fuel))),
            stdin=source,
            stdout=PIPE,
            stderr=DEVNULL,
            pass_fds=(fd,),
            cwd="/",
            env={k: os.environ[k] for k in _KEPT if k in os.environ},
        )
    try:
        async with asyncio.timeout(cpu * WALL):
            said = await _read(child)
            status = await child.wait()
    except TimeoutError:
        raise UnfitError(f"compiling it takes more than {cpu * WALL} s") from None
    finally:
        await _end(child)
    return _shape(status, said)


@contextmanager
def _input(wasm: bytes) -> Iterator[int]:
    """Yield a file descriptor from which *wasm* can be read."""
    with tempfile.TemporaryFile() as f:
        f.write(wasm)
        f.seek(0)
        yield f.fileno()


async def _read(child: Process) -> bytes:
    assert child.stdout is not None  # noqa: S101 - it is a pipe
    out = bytearray()
    while len(out) <= MAX_JSON and (more := await child.stdout.read(MIB)):
        out += more
    return bytes(out)


async def _end(child: Process) -> None:
    if child.returncode is None:
        child.kill()
        await child.wait()


def _shape(status: int, said: bytes) -> Shape:
    if status == UNFIT:
        raise UnfitError(washed(said.decode(errors="replace")))
    if status:
        raise UnfitError(_DEATHS.get(-status, "the compiler failed on it"))  # type: ignore[call-overload]
    try:
        check_weight(said.decode(), MOST_TYPES)  # the child may have been taken over by what it compiled
        return Shape.load(said)
    except ValueError:
        raise UnfitError("its types are too large") from None


def washed(text: str) -> str:
    """Return a line of words that may be shown: names in it are a stranger's."""
    line = "".join(c if c.isprintable() else " " for c in text)
    return " ".join(line.split())[:300] or "the compiler refused it"
