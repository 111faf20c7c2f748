"""The host with its HTTP service, in the foreground."""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from lumosai.cli import style
from lumosai.cli.exits import OK
from lumosai.cli.hosting import Warnings, default_agent, open_host, terminable
from lumosai.cli.output import cut, say
from lumosai.config.load import Loaded
from lumosai.version import __version__
from lumosai_sdk import safe

if TYPE_CHECKING:
    from lumosai.cli.tourmarket import TourMarket
    from lumosai.host import Host

CONSOLE = "console"
Task = Callable[[], Coroutine[Any, Any, None]]


def serve_until_told(arguments: argparse.Namespace, loaded: Loaded, *, follow_code: bool = False) -> int:
    """Serve until Ctrl-C or SIGTERM and return the exit code. Raises LumosError for what cannot even start."""
    from lumosai.gateway.listening import require_extra

    require_extra()
    from lumosai.gateway.serve import run

    return run(terminable(lambda: _serve(arguments, loaded, follow_code=follow_code)))


async def _serve(arguments: argparse.Namespace, loaded: Loaded, *, follow_code: bool) -> int:
    loaded, market = _toured(loaded, arguments)
    try:
        await _serve_on(loaded, market, arguments, follow_code=follow_code)
    finally:
        if market is not None:
            market.place.close()
    if loaded.config.host.log == "text":
        say("stopped")
    return OK


async def _serve_on(
    loaded: Loaded, market: TourMarket | None, arguments: argparse.Namespace, *, follow_code: bool
) -> None:
    from lumosai.gateway.serve import serve

    monitors = () if arguments.tour or not wants_console(arguments.quiet, loaded) else (CONSOLE,)
    warnings, log = Warnings(quiet=bool(monitors)), logging.WARNING if arguments.quiet else logging.INFO
    async with open_host(arguments, loaded=loaded, monitors=monitors, warnings=warnings, log=log, serving=True) as host:
        if arguments.tour:
            from lumosai.cli.tour import prepare

            await prepare(host)
        url: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        others: list[Task] = [host.watch, partial(_greet, host, url, arguments, market)]
        if follow_code:
            from lumosai.cli.following import follow_code as follow

            others.append(partial(follow, host, show=CONSOLE not in (*monitors, *loaded.config.host.monitors)))
        if market is not None:
            others.append(market.run)
        async with beside(others):
            await serve(host, address=arguments.host, port=arguments.port, on_ready=url.set_result)


def _toured(loaded: Loaded, arguments: argparse.Namespace) -> tuple[Loaded, TourMarket | None]:
    """Return what a tour's host is to go by, and the tour's marketplace, if there is to be one."""
    if not arguments.tour or arguments.no_marketplace or arguments.safe_mode:
        return loaded, None
    from lumosai.cli import tourmarket

    return tourmarket.opened(loaded, arguments.port)


def wants_console(quiet: bool, loaded: Loaded) -> bool:  # noqa: FBT001 - the option
    """Tell whether what happens is to be shown, and nothing else does."""
    return not quiet and not loaded.config.host.monitors and loaded.config.host.log == "text"


@asynccontextmanager
async def beside(others: list[Task]) -> AsyncIterator[None]:
    """Run *others* while the context is open; one that fails is told, the service goes on."""
    tasks = [asyncio.create_task(_told(o)) for o in others]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _told(other: Task) -> None:
    from lumosai.cli.failure import report

    try:
        await other()
    except Exception as e:  # noqa: BLE001 - what goes on beside the service must not end it
        report(e)


async def _greet(
    host: Host, url: asyncio.Future[str], arguments: argparse.Namespace, market: TourMarket | None
) -> None:
    where = await url
    greet(host, where)
    if arguments.tour:
        from lumosai.cli.tour import tour

        await tour(host, where, market)
        sys.stdout.flush()
        if wants_console(arguments.quiet, host.loaded):
            host.add_monitor(CONSOLE)
        if market is not None:
            from lumosai.cli.tourshow import rest

            await rest(market)


def greet(host: Host, url: str) -> None:
    """Tell that the service listens."""
    if host.config.host.log == "json":
        from lumosai.cli.jsonlog import log_serving

        log_serving(url)
        return
    say(banner(host, url))
    sys.stdout.flush()


def banner(host: Host, url: str) -> str:
    """Return what is told once the service listens."""
    default = default_agent(host.config)
    agents = [f"{a} (default)" if a == default else a for a in host.agents]
    lines = [
        ("serving", url),
        ("docs", f"{url}/docs"),
        ("agents", ", ".join(agents) or "none"),
        ("plugins", _plugins(host)),
        ("config", str(host.loaded.path or "defaults (lumos init makes a file)")),
        ("stop", "Ctrl-C"),
    ]
    room = style.width(sys.stdout) - 12
    shown = [f"  {style.paint(f'{name:<8}', style.DIM)}  {cut(safe.line(value), room)}" for name, value in lines]
    return "\n".join([f"\n{style.paint(f'LumosAI {__version__}', style.BOLD)}", "", *shown, ""])


def _plugins(host: Host) -> str:
    plugins = host.plugins.plugins.values()
    broken = [p.name for p in plugins if p.state == "broken"]
    said = f"{sum(p.state == 'enabled' for p in plugins)} on"
    return f"{said}, {len(broken)} broken: {', '.join(broken)} (lumos plugin doctor)" if broken else said
