"""``lumos mcp list``, ``diff``, ``accept`` and ``login``: what servers offer now, held against what was accepted."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections import Counter
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from lumosai_plugins.mcp.connection import Connection
from lumosai_plugins.mcp.names import ids
from lumosai_plugins.mcp.pins import Pins, compare, shown
from lumosai_plugins.mcp.settings import ServerSettings, Settings
from lumosai_sdk.errors import InputError, LumosError, NotFoundError
from lumosai_sdk.safe import say, say_json

if TYPE_CHECKING:
    from lumosai_plugins.mcp.offers import Offered
    from lumosai_sdk.types.plugins import PluginContext


async def offered_by(settings: ServerSettings, context: PluginContext) -> Offered:
    """Connect to a server and return what it offers now. Raises LumosError."""
    found: list[Offered] = []
    async with aclosing(Connection(settings, context, found.append)) as connection:
        await connection.open()
    return found[-1]


def _named(arguments: Namespace, context: PluginContext) -> tuple[Settings, ServerSettings]:
    settings = Settings.of(context.settings, context.base)
    if arguments.server not in settings.servers:
        raise NotFoundError("MCP server", arguments.server, settings.servers)
    return settings, settings.servers[arguments.server]


async def show_list(arguments: Namespace, context: PluginContext) -> int:
    """Show each server with its tools."""
    settings = Settings.of(context.settings, context.base)
    rows = [await _row(s, Pins(settings.lock), context) for s in settings.servers.values()]
    if arguments.json:
        say_json(rows)
        return 0
    for row in rows:
        counted = Counter(t["state"] for t in row["tools"])
        told = ", ".join(f"{n} {s}" for s, n in counted.items()) or "no tools"
        say(f"{row['name']}  {row['state']}  {told}{'  ' + row['error'] if row['error'] else ''}")
        for tool in row["tools"]:
            say(f"  {tool['id'] or tool['name']}  {tool['state']}")
    if not rows:
        say("no MCP servers: [plugins.mcp.settings.servers.<name>] in lumos.toml names one")
    return 0


async def _row(settings: ServerSettings, pins: Pins, context: PluginContext) -> dict[str, Any]:
    accepted, error, now = pins.get(settings.name), "", None
    if settings.enabled:
        try:
            now = await offered_by(settings, context)
        except LumosError as e:
            error = f"{e.message}{f' ({e.hint})' if e.hint else ''}"
    named = ids(settings.name, [t.name for t in accepted.tools if settings.offers(t.name)] if accepted else [])
    tools = [
        {"name": d.name, "id": named.get(d.name, ""), "state": d.state if settings.offers(d.name) else "denied"}
        for d in (compare(accepted, now) if now is not None else ())
    ]
    state = "down" if error else "connected" if settings.enabled else "disabled"
    return {
        "name": settings.name,
        "transport": "http" if settings.url else "stdio",
        "state": state,
        "error": error,
        "accepted": accepted is not None,
        "tools": tools or [{"name": n, "id": i, "state": "unseen"} for n, i in named.items()],
        "faults": list(now.faults) if now else [],
    }


async def show_diff(arguments: Namespace, context: PluginContext) -> int:
    """Show what differs; the exit code is 1 where something does, as that of diff(1)."""
    settings, server = _named(arguments, context)
    differing = [
        d
        for d in compare(Pins(settings.lock).get(server.name), await offered_by(server, context))
        if d.state != "accepted"
    ]
    for difference in differing:
        say(f"{difference.name}: {difference.state}")
        for text in shown(difference):
            say(text)
    if not differing:
        say(f"{server.name} offers what was accepted")
    return 1 if differing else 0


async def accept(arguments: Namespace, context: PluginContext) -> int:
    """Accept what a server offers now. What that is, is printed: it is what models will be told."""
    settings, server = _named(arguments, context)
    pins, now = Pins(settings.lock), await offered_by(server, context)
    for difference in compare(pins.get(server.name), now):
        if difference.state != "accepted":
            said = difference.now or difference.before
            about = said.description if said else ""
            say(f"{difference.state}  {difference.name}{': ' + about if about else ''}")
    for fault in now.faults:
        sys.stderr.write(f"warning: {fault}\n")
    pins.accept(server.name, now)
    say(f"{len(now.tools)} tools of {server.name} accepted, in {settings.lock.name}")
    return 0


async def login(arguments: Namespace, context: PluginContext) -> int:
    """Log in to a server. Raises InputError for one without OAuth, ToolError when nobody comes back."""
    from lumosai_plugins.mcp.oauth import logging_in, tokens

    _, server = _named(arguments, context)
    if server.oauth is None or server.oauth.grant != "authorization_code":
        raise InputError(
            f"the MCP server {server.name!r} wants no login",
            hint=f"[plugins.mcp.settings.servers.{server.name}.oauth] in lumos.toml",
        )
    tokens(server, context.data_dir).forget()
    async with logging_in(lambda url: say(f"Open this page to log in:\n{url}")) as way:
        found: list[Offered] = []
        async with aclosing(Connection(server, context, found.append, way)) as connection:
            await connection.open()
    say(f"logged in to {server.name}")
    return 0
