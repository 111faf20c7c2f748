"""``lumos plugin dev``: save, and what you saved is what the host calls."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import signal
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lumosai.cli.exits import OK
from lumosai.cli.output import tell
from lumosai.cli.plugins.compiling import compiled
from lumosai.cli.plugins.logged import PLUGINS, logged
from lumosai.cli.plugins.making import make
from lumosai.cli.plugins.progress import Clock, steps
from lumosai.cli.plugins.remote import follow
from lumosai.cli.plugins.screen import Screen
from lumosai.cli.plugins.source import Source, source
from lumosai.cli.plugins.targets import Target, own_host, running
from lumosai.cli.plugins.tiers import policy
from lumosai.cli.plugins.watching import changes
from lumosai.config.load import Loaded, load
from lumosai.gateway.signals import stopping
from lumosai_sdk.errors import InputError, LumosError

if TYPE_CHECKING:
    from lumosai.host import Host


def run(arguments: argparse.Namespace) -> int:
    """Follow the plugin's sources until Ctrl-C or SIGTERM. Raises LumosError for what cannot even start."""
    from lumosai.gateway.serve import run as run_loop

    return run_loop(_Session(arguments).run())


class _Session:
    def __init__(self, arguments: argparse.Namespace) -> None:
        self._loaded: Loaded = load(arguments.config)
        self._source: Source = source(Path(arguments.folder))
        self._name = self._source.manifest.name
        self._runtime = self._source.chosen(arguments.runtime)
        self._alone: bool = arguments.alone
        self._tool: str | None = arguments.call
        self._arguments = _parsed(arguments.arguments)
        self._screen = Screen(self._name)
        self._built = False
        self._stop = asyncio.Event()

    async def run(self) -> int:
        with stopping(self._stop.set, (signal.SIGINT, signal.SIGTERM)), logged(f"{PLUGINS}.{self._name}", self._screen):
            await _first(self._follow(), self._stop.wait())
        tell("stopped")
        return OK

    async def _follow(self) -> None:
        folder = self._source.folder
        self._screen.note(f"{self._name}: following {folder.absolute()}, runtime {self._runtime}; Ctrl-C stops")
        seen = changes(folder)
        async with contextlib.aclosing(seen):
            root = await self._first_build(seen)
            async with self._target(root) as target:
                self._screen.note(f"loaded in {target.where}")
                await self._take_up(target, first=True)
                async for names in seen:
                    self._screen.saved(names)
                    if await self._build() is not None:
                        await self._take_up(target)

    async def _first_build(self, seen: AsyncIterator[list[str]]) -> Path:
        """Build until it works: a plugin that never did has no version that could go on."""
        while (root := await self._build()) is None:
            self._screen.saved(await anext(seen))
        return root

    async def _build(self) -> Path | None:
        """Return the folder of the manifest of what is to be loaded; None, and why on the screen, when it fails."""
        clock = Clock()
        try:
            root = await (self._checked() if self._runtime == "python" else self._component())
        except LumosError as e:
            self._screen.bad(e, goes_on="the version before goes on" if self._built else "save to try again")
            return None
        if self._runtime == "wasm":
            self._screen.good(f"built in {clock}")
        self._built = True
        return root

    async def _checked(self) -> Path:
        await asyncio.to_thread(self._source.check)
        return self._source.native()

    async def _component(self) -> Path:
        source, cache = self._source, policy(self._loaded).cache
        with steps(f"building {self._name}", lines=False) as told:
            made = await asyncio.to_thread(make, source.folder, source.staged(), told, cache=cache, pack=False)
            await compiled(made.wasm, cache, told)
        return made.manifest.parent

    async def _take_up(self, target: Target, *, first: bool = False) -> None:
        clock = Clock()
        try:
            version = await target.take_up()
        except LumosError as e:
            self._screen.bad(e, goes_on="" if first else "the version before goes on")
            return
        self._screen.good(f"{self._name} {version} loaded in {clock}")
        if self._tool:
            await self._call(target, self._tool)

    async def _call(self, target: Target, tool: str) -> None:
        clock = Clock()
        try:
            self._screen.answer(tool, await target.call(tool, self._arguments), str(clock))
        except LumosError as e:
            self._screen.bad(e)

    @asynccontextmanager
    async def _target(self, root: Path) -> AsyncIterator[Target]:
        found = None if self._alone else await asyncio.to_thread(running, self._loaded, self._name, root)
        if found is not None:
            async with _beside(follow(self._loaded, self._name, self._screen)):
                yield found
            return
        async with own_host(self._loaded, self._name, root, self._screen) as own:
            self._screen.note(f'for another host: [host] plugin_paths = ["{root.parent}"]')
            async with _beside(_serve(own.host, self._screen, self._stop)):
                yield own


def _parsed(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as e:
        raise InputError(f"--with is not JSON: {e}", hint="""quote it: --with '{"city": "Rome"}'""") from None
    if not isinstance(value, dict):
        raise InputError(f"--with must be a JSON object, not {type(value).__name__}")
    return value


async def _first(*others: Coroutine[Any, Any, Any]) -> None:
    """Wait until one of them ends; end the rest. Raises what it raised."""
    tasks = [asyncio.create_task(o) for o in others]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@asynccontextmanager
async def _beside(other: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Run *other* for as long as the context is open."""
    task = asyncio.create_task(other)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _serve(host: Host, screen: Screen, stop: asyncio.Event) -> None:
    """Serve the host over HTTP where that is installed and the port is free: other programs can call it then."""
    from lumosai.gateway.serve import serve

    try:
        await serve(host, on_ready=lambda url: screen.note(f"serving {url}"))
    except LumosError as e:
        screen.note(f"not served over HTTP: {e.message}")
    else:
        stop.set()  # the signals were its own
