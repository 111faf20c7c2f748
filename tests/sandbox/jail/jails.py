"""What jailed guests in tests are made of: compiled code in a file, and ways to look at processes."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.sandbox.inprocess.guests import component

from lumosai_sandbox.artefacts import Shape
from lumosai_sandbox.engine.engine import shared
from lumosai_sdk import wit
from lumosai_sdk.types.caller import Caller

OURS = Shape((wit.qualified("kv"), wit.qualified("tools")), (wit.qualified("tool"),), ours=True, wasi=False)


@dataclass(frozen=True)
class Code:
    """Compiled code, as ``Artefact`` offers it."""

    path: Path
    shape: Shape = OURS

    def open(self) -> int:
        return os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)


def compiled(folder: Path, wasm: bytes | None = None, *, fuel: bool = False) -> Code:
    from wasmtime import component as wc

    path = folder / "guest.cwasm"
    path.write_bytes(wc.Component(shared(fuel=fuel).wasmtime, wasm or component()).serialize())
    return Code(path)


def tenant(name: str) -> Caller:
    return Caller(tenant=name)


def children(pid: int) -> list[int]:
    """Return the children of a process, zombies included."""
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        return [int(n) for t in tasks for n in (t / "children").read_text().split()]
    except OSError:
        return []


def state(pid: int) -> str | None:
    """Return a process's state, ``Z`` for a zombie, None when it is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return None


def opened(pid: int | str = "self") -> dict[str, str]:
    """Return the descriptors of a process, and where they lead."""
    out = {}
    for fd in Path(f"/proc/{pid}/fd").iterdir():
        try:
            out[fd.name] = str(fd.readlink())
        except OSError:
            continue
    return out


async def until(condition: Callable[[], Any], seconds: float = 5) -> None:
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - other processes have no events for it
            await asyncio.sleep(0.005)
