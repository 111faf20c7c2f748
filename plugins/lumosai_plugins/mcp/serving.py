"""``lumos mcp serve`` and ``lumos mcp config``."""

from __future__ import annotations

import shutil
import sys
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from lumosai_plugins.mcp.settings import Expose
from lumosai_plugins.mcp.snippets import EDITORS, snippet
from lumosai_sdk.errors import InputError
from lumosai_sdk.safe import say
from lumosai_sdk.types.auth import LOCAL

if TYPE_CHECKING:
    from lumosai_sdk.types.plugins import PluginContext


async def serve(arguments: Namespace, context: PluginContext) -> int:
    """Serve over stdin and stdout until stdin ends. Raises InputError when there is nothing to serve."""
    expose = Expose(tuple(arguments.tools), tuple(arguments.agents))
    if not expose:
        raise InputError(
            "nothing is served unless it is named", hint="lumos mcp serve --tools 'time.*' --agents 'assistant'"
        )
    services = context.host
    from lumosai_plugins.mcp.catalog import Catalog
    from lumosai_plugins.mcp.server import server

    made = server(services, Catalog(services, expose), lambda _: LOCAL, context.version)
    from mcp.server.stdio import stdio_server

    async with stdio_server() as (incoming, outgoing):
        await made.run(incoming, outgoing, made.create_initialization_options())
    return 0


async def config(arguments: Namespace, context: PluginContext) -> int:
    """Print what editors want to know."""
    given = [*_options("--tools", arguments.tools), *_options("--agents", arguments.agents)]
    where = ["--config", str(context.config.absolute())] if context.config else []
    command = (_program(), "mcp", *where, "serve", *(given or ["--agents", "*"]))
    editors = [arguments.editor] if arguments.editor else sorted(EDITORS)
    for editor in editors:
        if len(editors) > 1:
            say(f"# {editor}: {EDITORS[editor][0]}")
        say(snippet(editor, command))
    return 0


def _options(option: str, globs: list[str]) -> list[str]:
    return [word for glob in globs for word in (option, glob)]


def _program() -> str:
    """Return the command's whole path: editors do not know the environment it is installed in."""
    beside = Path(sys.executable).with_name("lumos")
    return str(beside) if beside.exists() else (shutil.which("lumos") or "lumos")
