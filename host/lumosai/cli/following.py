"""Taking up changed plugin code while the host runs: what is saved in the editor is called a moment later."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncGenerator
from contextlib import aclosing
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from lumosai.cli import style
from lumosai.cli.output import tell
from lumosai.cli.words import counted
from lumosai.plugins.fingerprint import CODE, newest_code
from lumosai_sdk.errors import LumosError

if TYPE_CHECKING:
    from lumosai.host import Host

POLL_SECONDS = 0.5
_DEBOUNCE_MS = 200


async def follow_code(host: Host, *, show: bool) -> None:
    """Refresh the plugins whenever code below one of the watched folders has changed, until cancelled.

    With *show* it tells what it took up; a console monitor tells that itself.
    """
    while True:
        folders = watched(host)
        tell(style.paint(f"following {_named(folders)}", style.DIM, sys.stderr))
        async with aclosing(_changes(folders)) as changes:
            async for _ in changes:
                await _refresh(host, show=show)
                if watched(host) != folders:
                    break


def _named(folders: list[str]) -> str:
    """Return the folders that are under this one by name, the rest by number."""
    here = [os.path.relpath(f) for f in folders if Path(f).is_relative_to(Path.cwd())]
    others = len(folders) - len(here)
    parts = [*here, f"{counted(others, 'plugin')} elsewhere"] if others else here
    return ", ".join(parts) or "nothing: no plugin is a folder of yours"


async def _refresh(host: Host, *, show: bool) -> None:
    try:
        changes = await host.plugins.refresh()
    except LumosError as e:
        host.bus.warn(e.message)
        return
    if not show:
        return
    for word, names in (("added", changes.added), ("reloaded", changes.swapped), ("removed", changes.removed)):
        for name in names:
            plugin = host.plugins.plugins.get(name)
            state = f", but it is broken: {plugin.reason}" if plugin and plugin.reason else ""
            tell(f"{style.paint('↻', style.CYAN, sys.stderr)} {name} {word}{state}")


def watched(host: Host) -> list[str]:
    """Return the folders that may change: plugin paths, and plugins installed from a folder elsewhere (editable)."""
    paths = host.loaded.plugin_paths
    roots = [p.record["root"] for p in host.plugins.plugins.values() if p.record.get("root")]
    editable = [r for r in roots if "site-packages" not in r and "dist-packages" not in r]
    alone = [r for r in editable if not any(Path(r).is_relative_to(p) for p in paths)]
    return sorted({f for f in (*paths, *alone) if Path(f).is_dir()})


async def _changes(folders: list[str]) -> AsyncGenerator[None]:
    if find_spec("watchfiles") is None or not folders:
        async for _ in poll(folders):
            yield
        return
    from watchfiles import awatch

    async for _ in awatch(*folders, watch_filter=lambda _, path: _is_code(path), debounce=_DEBOUNCE_MS, step=50):
        yield


def _is_code(path: str) -> bool:
    return path.endswith(CODE) and "__pycache__" not in path


async def poll(folders: list[str], interval: float = POLL_SECONDS) -> AsyncGenerator[None]:
    """Yield whenever the newest file or the number of files below *folders* has changed."""
    state = _state(folders)
    while True:
        await asyncio.sleep(interval)
        now = await asyncio.to_thread(_state, folders)
        if now != state:
            state = now
            yield


def _state(folders: list[str]) -> list[tuple[int, int]]:
    return [newest_code(f) for f in folders if Path(f).is_dir()]
