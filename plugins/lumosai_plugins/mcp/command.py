"""``lumos mcp``: which servers there are, what they offer, what of it is accepted; and the host as a server itself."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING

from lumosai_plugins.mcp.snippets import EDITORS
from lumosai_sdk.decorators import command

if TYPE_CHECKING:
    from lumosai_sdk.types.plugins import PluginContext


@command("mcp.mcp")
class McpCommand:
    """Looks at servers, accepts what they offer, and serves."""

    def __init__(self, context: PluginContext) -> None:
        """Nothing is read before the command runs."""

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the subcommands."""
        group = parser.add_subparsers(
            dest="subcommand", required=True, metavar="list|diff|accept|login|serve|config", help="what to do"
        )
        listed = group.add_parser("list", help="connect to each server and show its state, tools and pins")
        listed.add_argument("--json", action="store_true", help="print JSON")
        diff = group.add_parser("diff", help="show how what a server offers differs from what was accepted")
        diff.add_argument("server", metavar="SERVER", help="its name in lumos.toml")
        accept = group.add_parser("accept", help="accept what a server offers now; tools are offered to agents then")
        accept.add_argument("server", metavar="SERVER", help="its name in lumos.toml")
        login = group.add_parser("login", help="log in to a server that wants OAuth")
        login.add_argument("server", metavar="SERVER", help="its name in lumos.toml")
        serve = group.add_parser("serve", help="serve tools and agents over stdin and stdout")
        config = group.add_parser("config", help="print what an editor wants to know to use lumos mcp serve")
        config.add_argument("--editor", choices=sorted(EDITORS), help="the editor; without it all of them")
        for made in (serve, config):
            made.add_argument("--tools", action="append", default=[], metavar="GLOB", help="tools to serve, by id")
            made.add_argument("--agents", action="append", default=[], metavar="GLOB", help="agents to serve, by id")

    async def run(self, arguments: Namespace, context: PluginContext) -> int:
        """Do it. Raises LumosError."""
        from lumosai_plugins.mcp import looking, serving

        does: Mapping[str, Callable[[Namespace, PluginContext], Awaitable[int]]] = {
            "list": looking.show_list,
            "diff": looking.show_diff,
            "accept": looking.accept,
            "login": looking.login,
            "serve": serving.serve,
            "config": serving.config,
        }
        return await does[arguments.subcommand](arguments, context)
