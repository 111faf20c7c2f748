"""From a component to its compiled code, by way of the cache."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from weakref import WeakKeyDictionary

from lumosai_sandbox.artefacts import cache as entries
from lumosai_sandbox.artefacts.artefact import Artefact
from lumosai_sandbox.artefacts.compile import compile_to
from lumosai_sandbox.artefacts.folder import Folder
from lumosai_sandbox.artefacts.source import Source, read
from lumosai_sandbox.engine.engine import fingerprint
from lumosai_sandbox.engine.errors import UnfitError

Progress = Callable[[str], None]
AT_ONCE = 2
"""Compilations at the same time: each may take 1.5 GB."""
Wanted = tuple[Path, str, bool]


@dataclass(slots=True)
class _Compilations:
    """Those under way on one event loop: who asks for the same one waits for it."""

    room: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))
    running: dict[Wanted, tuple[asyncio.Task[Artefact], set[object]]] = field(default_factory=dict)


_loops: WeakKeyDictionary[asyncio.AbstractEventLoop, _Compilations] = WeakKeyDictionary()


async def prepare(
    wasm: Path | bytes, *, fuel: bool = False, cache: Path | None = None, progress: Progress | None = None
) -> Artefact:
    """Return the compiled code of a component, from the cache or compiled now in a child process with limits.

    *fuel* is for an engine that counts instructions; *cache* the folder to use instead of ``$LUMOS_CACHE`` or the
    user's; *progress* is told in words when something takes long. Raises UnfitError in words for what is no component,
    is malformed, or takes too much to compile.
    """
    source = await asyncio.to_thread(read, wasm)
    where = entries.location(cache)
    try:
        return await _found_or_made(source, where, fuel=fuel, progress=progress)
    except OSError:
        # Somebody else's folder, no room, read-only: this process compiles for itself.
        pass
    try:
        return await _found_or_made(source, entries.substitute(), fuel=fuel, progress=progress)
    except OSError as e:
        raise UnfitError(f"it cannot be compiled here: {e.strerror or e}") from None


async def _found_or_made(source: Source, where: Path, *, fuel: bool, progress: Progress | None) -> Artefact:
    found = await asyncio.to_thread(_found, source, where, fuel=fuel)
    if found is not None:
        return found
    if progress is not None:
        progress(f"compiling {len(source.wasm) / 2**20:.1f} MiB of WebAssembly, once")
    return await _shared(source, where, fuel=fuel)


def _found(source: Source, where: Path, *, fuel: bool) -> Artefact | None:
    with Folder(where) as folder:
        return entries.find(folder, source.digest, fingerprint(fuel=fuel))


async def _shared(source: Source, where: Path, *, fuel: bool) -> Artefact:
    compilations = _loops.setdefault(asyncio.get_running_loop(), _Compilations())
    wanted = (where, source.digest, fuel)
    if wanted not in compilations.running:
        task = asyncio.ensure_future(_made(source, where, compilations.room, fuel=fuel))
        compilations.running[wanted] = task, set()
        task.add_done_callback(lambda _: compilations.running.pop(wanted, None))
    task, waiting = compilations.running[wanted]
    me = object()
    waiting.add(me)
    try:
        return await asyncio.shield(task)
    finally:
        waiting.discard(me)
        if not waiting:
            task.cancel()


async def _made(source: Source, where: Path, room: asyncio.Semaphore, *, fuel: bool) -> Artefact:
    async with room:
        with Folder(where) as folder:
            fd, temporary = folder.create()
            try:
                shape = await compile_to(fd, source.wasm, fuel=fuel)
                made = fingerprint(fuel=fuel)
                return await asyncio.to_thread(
                    entries.store, folder, fd, temporary, digest=source.digest, fingerprint=made, shape=shape
                )
            finally:
                os.close(fd)
                folder.remove(temporary)
