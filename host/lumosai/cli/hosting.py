"""A host for the time of one command."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from lumosai.agents.agent import Agent
from lumosai.cli.exits import TERMINATED
from lumosai.cli.output import warn
from lumosai.config.load import Loaded, load
from lumosai.config.model import Config
from lumosai.host import Host
from lumosai_sdk.types.events import Event, HostStarted, HostWarning, PluginDenied, PluginFailed

T = TypeVar("T")


def run_async(main: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run *main* to its end. Ctrl-C and SIGTERM cancel it first: runs are recorded as cancelled, all is closed."""
    with asyncio.Runner() as runner:
        return runner.run(terminable(main))


def with_host(arguments: argparse.Namespace, work: Callable[[Host, argparse.Namespace], Coroutine[Any, Any, T]]) -> T:
    """Do *work* with a started host. Raises ConfigError, LumosError."""

    async def main() -> T:
        async with open_host(arguments) as host:
            return await work(host, arguments)

    return run_async(main)


async def terminable(main: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Await *main*, cancelling it at SIGTERM. Raises SystemExit then."""
    task = asyncio.current_task()
    told = False

    def tell() -> None:
        nonlocal told
        told = True
        if task is not None:
            task.cancel()

    with contextlib.suppress(NotImplementedError, ValueError, RuntimeError):  # Windows, or not the main thread
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, tell)
    try:
        return await main()
    except asyncio.CancelledError:
        if told:
            raise SystemExit(TERMINATED) from None
        raise


@asynccontextmanager
async def open_host(
    arguments: argparse.Namespace,
    *,
    loaded: Loaded | None = None,
    agents: Iterable[Agent] = (),
    monitors: Iterable[str] = (),
    warnings: bool = True,
) -> AsyncIterator[Host]:
    """Yield a started host with the command's ``--config`` and ``--safe-mode``; its warnings go to standard error."""
    loaded = loaded or load(arguments.config)
    host = Host(loaded, agents=agents, monitors=monitors, safe_mode=getattr(arguments, "safe_mode", False))
    if warnings:
        host.bus.listen(_Warnings().show)
    async with host:
        yield host


class _Warnings:
    """Shows what an operator should know. Plugins that cannot start get one line together: ``doctor`` has the rest."""

    def __init__(self) -> None:
        self._broken: list[str] | None = []

    def show(self, event: Event) -> None:
        if isinstance(event, HostWarning | PluginDenied):
            warn(event.detail)
        elif isinstance(event, PluginFailed):
            if self._broken is None:
                warn(f"plugin {event.plugin!r}: {event.detail}")
            else:
                self._broken.append(event.plugin)
        elif isinstance(event, HostStarted):
            if self._broken:
                many = "plugins are" if len(self._broken) > 1 else "plugin is"
                warn(f"{len(self._broken)} {many} broken: {', '.join(self._broken)} (lumos plugin doctor)")
            self._broken = None


def default_agent(config: Config) -> str:
    """Return the agent that is meant where none is named: the configured one, else the only one there is."""
    chosen = config.host.default_agent
    if chosen not in config.agents and len(config.agents) == 1:
        return next(iter(config.agents))
    return chosen
