"""Noticing that somebody saved a source file."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator
from importlib.util import find_spec
from pathlib import Path

POLL_SECONDS = 0.4
_DEBOUNCE_MS = 150
_MAX_FILES = 5000
# What builders and package managers write, of which some lies beside the sources.
_MADE = frozenset({"__pycache__", "build", "dist", "node_modules", "target", "zig-out"})
_MADE_FILES = (".wasm", ".pyc", ".o", ".whl", "~", ".swp", ".tmp")

State = dict[str, tuple[int, int]]


def changes(folder: Path) -> AsyncGenerator[list[str]]:
    """Yield the names of sources below *folder* that were saved, added or removed since the call.

    What is saved while nobody listens is told next.
    """
    return _changes(folder, sources(folder))


async def _changes(folder: Path, before: State) -> AsyncGenerator[list[str]]:
    async for _ in _ticks(folder):
        now = await asyncio.to_thread(sources, folder)
        changed = sorted(n for n in now.keys() | before.keys() if now.get(n) != before.get(n))
        before = now
        if changed:
            yield changed


async def _ticks(folder: Path) -> AsyncGenerator[None]:
    """Yield at once, and whenever something below *folder* may have changed."""
    yield
    if find_spec("watchfiles") is None:
        while True:
            await asyncio.sleep(POLL_SECONDS)
            yield
    from watchfiles import awatch

    async for _ in awatch(folder, debounce=_DEBOUNCE_MS, step=50, rust_timeout=1000, yield_on_timeout=True):
        yield


def sources(folder: Path) -> State:
    """Return the files below *folder* that somebody wrote, by name: when each was written, and its size."""
    found: State = {}
    for where, folders, names in os.walk(folder):
        folders[:] = [f for f in folders if f not in _MADE and not f.startswith(".")]
        for name in names:
            if name.endswith(_MADE_FILES) or name.startswith(".") or len(found) >= _MAX_FILES:
                continue
            path = Path(where, name)
            try:
                stat = path.stat()
            except OSError:  # it went away meanwhile
                continue
            found[str(path.relative_to(folder))] = (stat.st_mtime_ns, stat.st_size)
    return found
