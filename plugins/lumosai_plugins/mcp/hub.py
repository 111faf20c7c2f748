"""All servers of a host: what each is allowed to offer, as it was accepted, and what is withheld."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Protocol

from lumosai_plugins.mcp import names
from lumosai_plugins.mcp.connection import Connection
from lumosai_plugins.mcp.pins import Pins, compare
from lumosai_plugins.mcp.tools import PROMPTS, RESOURCES, ExtraTool, RemoteTool
from lumosai_sdk.errors import LumosError

if TYPE_CHECKING:
    from lumosai_plugins.mcp.offers import Offered
    from lumosai_plugins.mcp.settings import ServerSettings, Settings
    from lumosai_sdk.types.plugins import PluginContext

LOOK_AGAIN = 2.0
"""Seconds between two looks at the file of what was accepted."""


class Contributions(Protocol):
    """Where tools are put and taken from while the host runs (``lumosai.hookspecs.LateContributions``)."""

    def add(self, kind: str, id: str, obj: Any, **declared: Any) -> None:  # noqa: A002
        """Put a tool where agents find it."""

    def withhold(self, kind: str, id: str, why: str) -> None:  # noqa: A002
        """Take it from there."""


class Server:
    """One server: its tools that were accepted, held against what it offers each time that is asked."""

    def __init__(self, settings: ServerSettings, context: PluginContext, pins: Pins) -> None:
        self.settings = settings
        self.connection = Connection(settings, context, self.verify)
        self._context = context
        self._pins = pins
        self._tools: dict[str, RemoteTool] = {}
        self._out: Contributions | None = None
        self._told: set[str] = set()
        self._ids: set[str] = set()
        self.offered: Offered | None = None
        """What it offered when it was last asked."""

    def contribute(self, out: Contributions) -> None:
        """Offer what was accepted. The server need not run for that: it is started by the first call."""
        self._out = out
        accepted = self._pins.get(self.settings.name)
        tools = [t for t in accepted.tools if self.settings.offers(t.name)] if accepted else []
        named = names.ids(self.settings.name, [t.name for t in tools])
        before, self._ids, self._tools = self._ids, set(), {}
        for tool in tools:
            made = self._tools[tool.name] = RemoteTool(named[tool.name], tool, self.connection)
            self._add(out, made)
        for extra in self._extras(accepted):
            self._add(out, extra)
        for id_ in before - self._ids:
            out.withhold("tool", id_, f"it is not accepted any more; lumos mcp diff {self.settings.name}")
        if self.offered is not None:
            self.verify(self.offered)

    def _add(self, out: Contributions, tool: RemoteTool | ExtraTool) -> None:
        if tool.spec.id not in self._ids:
            self._ids.add(tool.spec.id)
            out.add("tool", tool.spec.id, tool, description=tool.spec.description)

    def _extras(self, accepted: Offered | None) -> Iterator[ExtraTool]:
        settings = self.settings
        wanted = [] if accepted is None else [*(RESOURCES if accepted.resources and settings.resources else ())]
        wanted += [] if accepted is None else [*(PROMPTS if accepted.prompts and settings.prompts else ())]
        for extra in wanted:
            if settings.offers(extra.name):
                yield ExtraTool(f"mcp.{settings.name}.{extra.name}", extra, self.connection)

    def verify(self, offered: Offered) -> None:
        """Hold what the server offers now against what was accepted; withhold what is another thing."""
        name = self.settings.name
        self.offered = offered
        accepted = self._pins.get(name)
        if accepted is None and self.settings.trust_on_first_use:
            self._pins.accept(name, offered)
            self._context.log.info("%s: %d tools accepted on first use", name, len(offered.tools))
            if self._out is not None:
                self.contribute(self._out)
            return
        for fault in offered.faults:
            self._warn(fault)
        for found in compare(accepted, offered):
            tool = self._tools.get(found.name)
            if found.state in {"changed", "gone"} and tool is not None:
                self._withhold(tool, _WHY[found.state].format(server=name))
            elif found.state == "accepted" and tool is not None and tool.withheld:
                tool.withheld = None
                if self._out is not None:
                    self._out.add("tool", tool.spec.id, tool, description=tool.spec.description)
            elif found.state == "new" and accepted is not None and self.settings.offers(found.name):
                self._warn(f"it offers more than was accepted: lumos mcp diff {name}, lumos mcp accept {name}")

    def _withhold(self, tool: RemoteTool, why: str) -> None:
        if tool.withheld == why:
            return
        tool.withheld = why
        self._warn(f"{tool.spec.id} is withheld: {why}")
        if self._out is not None:
            self._out.withhold("tool", tool.spec.id, why)

    def _warn(self, text: str) -> None:
        if text not in self._told:
            self._told.add(text)
            self._context.log.warning("MCP server %s: %s", self.settings.name, text)

    async def begin(self) -> None:
        """Get to know a server of which nothing was accepted, or say how it is accepted."""
        if self._pins.get(self.settings.name) is not None:
            return
        if not self.settings.trust_on_first_use:
            self._warn(f"nothing of it was accepted, so it offers nothing: lumos mcp accept {self.settings.name}")
            return
        try:
            await self.connection.open()
        except LumosError as e:
            self._warn(e.message)


_WHY = {
    "changed": "the server describes it otherwise than when it was accepted; see lumos mcp diff {server}, "
    "and lumos mcp accept {server} if that is right",
    "gone": "the server does not offer it any more; lumos mcp accept {server} forgets it",
}


class Hub:
    """The servers of one host."""

    def __init__(self, settings: Settings, context: PluginContext) -> None:
        self._pins = Pins(settings.lock)
        self._context = context
        self.servers = {n: Server(s, context, self._pins) for n, s in settings.servers.items() if s.enabled}
        self._out: Contributions | None = None
        self._watching: asyncio.Task[None] | None = None

    def contribute(self, out: Contributions) -> None:
        """Offer what was accepted of each server. Raises ConfigError for a file of it that is wrong."""
        self._out = out
        for server in self.servers.values():
            server.contribute(out)

    async def start(self) -> None:
        """Get to know new servers that are trusted, and follow what is accepted from now on."""
        async with asyncio.TaskGroup() as group:
            for server in self.servers.values():
                group.create_task(server.begin())
        self._watching = asyncio.create_task(self._watch(), name="lumos-mcp-lock")

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(LOOK_AGAIN)
            with contextlib.suppress(LumosError):
                if self._out is not None and await asyncio.to_thread(self._pins.has_changed):
                    self.contribute(self._out)

    async def stop(self) -> None:
        """End every server, once the calls under way have ended."""
        if self._watching is not None:
            self._watching.cancel()
        await asyncio.gather(*(self._end(s.connection) for s in self.servers.values()))

    async def _end(self, connection: Connection) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(DRAIN):
                await connection.calls.idle.wait()
        await connection.aclose()


DRAIN = 20.0
"""Seconds calls under way have to end when the plugin is swapped or the host stops."""
