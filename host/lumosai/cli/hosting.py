"""A host for the time of one command."""

from __future__ import annotations

import argparse
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable
from contextlib import ExitStack, asynccontextmanager
from logging import WARNING, Handler
from typing import Any, TypeVar

from lumosai.agents.agent import Agent
from lumosai.cli.loops import run_async, terminable
from lumosai.cli.output import warn
from lumosai.cli.plugins.logged import PLUGINS, Shown, logged
from lumosai.config.load import Loaded, load
from lumosai.config.model import Config
from lumosai.host import Host
from lumosai_sdk.errors import LumosError
from lumosai_sdk.types.events import Event, HostStarted, HostWarning, PluginDenied, PluginFailed

__all__ = ["Warnings", "default_agent", "open_host", "run_async", "terminable", "with_host"]

T = TypeVar("T")


def with_host(arguments: argparse.Namespace, work: Callable[[Host, argparse.Namespace], Coroutine[Any, Any, T]]) -> T:
    """Do *work* with a started host. Raises ConfigError, LumosError."""

    async def main() -> T:
        warnings = Warnings(patient=True)
        async with open_host(arguments, warnings=warnings) as host:
            try:
                return await work(host, arguments)
            except LumosError as e:
                warnings.told(e)
                raise
            finally:
                warnings.flush()

    return run_async(main)


@asynccontextmanager
async def open_host(
    arguments: argparse.Namespace,
    *,
    loaded: Loaded | None = None,
    agents: Iterable[Agent] = (),
    monitors: Iterable[str] = (),
    warnings: Warnings | None = None,
    log: int = WARNING,
    serving: bool = False,
) -> AsyncIterator[Host]:
    """Yield a started host with the command's ``--config`` and ``--safe-mode``; *warnings* shows what to know.

    What plugins log is shown from the level *log* on. Where the host is *serving*, ``[host] log`` says how.
    """
    loaded = loaded or load(arguments.config)
    as_json = serving and loaded.config.host.log == "json"
    host = Host(loaded, agents=agents, monitors=monitors, safe_mode=getattr(arguments, "safe_mode", False))
    with ExitStack() as stack:
        handler: Handler = Shown()
        if as_json:
            from lumosai.cli.jsonlog import json_log, log_event

            handler = stack.enter_context(json_log(log))
            host.bus.listen(log_event)
        else:
            host.bus.listen((warnings or Warnings()).show)
        stack.enter_context(logged(PLUGINS, handler, log))
        async with host:
            yield host


class Warnings:
    """Shows what an operator should know. Plugins that cannot start get one line together: ``doctor`` has the rest.

    A *patient* one keeps what is said of plugins for ``flush``: a command that ends in an error may say it itself. A
    *late* one says nothing of the start: another process of the same service does.
    """

    def __init__(self, *, patient: bool = False, quiet: bool = False, late: bool = False) -> None:
        self._patient = patient
        self._quiet = quiet
        self._late = late
        self._broken: list[str] | None = []
        self._kept: list[str] = []

    def show(self, event: Event) -> None:
        """Show an event, if it is one to be known."""
        if self._quiet:
            return
        if self._late:
            self._late = not isinstance(event, HostStarted)
            self._broken = None
        elif isinstance(event, HostWarning):
            warn(event.detail)
        elif isinstance(event, PluginDenied):
            self._of_plugin(event.detail)
        elif isinstance(event, PluginFailed):
            if self._broken is None:
                name = f"plugin {event.plugin!r}: "
                self._of_plugin(event.detail if event.detail.startswith(name) else name + event.detail)
            else:
                self._broken.append(event.plugin)
        elif isinstance(event, HostStarted):
            if self._broken:
                many = "plugins are" if len(self._broken) > 1 else "plugin is"
                warn(f"{len(self._broken)} {many} broken: {', '.join(self._broken)} (lumos plugin doctor)")
            self._broken = None

    def _of_plugin(self, text: str) -> None:
        if self._patient:
            self._kept.append(text)
        else:
            warn(text)

    def told(self, error: LumosError) -> None:
        """Forget what *error* says as well."""
        self._kept = [text for text in self._kept if error.message not in text]

    def flush(self) -> None:
        """Show what was kept."""
        for text in self._kept:
            warn(text)
        self._kept.clear()


def default_agent(config: Config) -> str:
    """Return the agent that is meant where none is named: the configured one, else the only one there is."""
    chosen = config.host.default_agent
    if chosen not in config.agents and len(config.agents) == 1:
        return next(iter(config.agents))
    return chosen
