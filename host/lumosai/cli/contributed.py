"""Commands that plugins contribute: ``lumos <last part of the id>``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from lumosai.cli import quick
from lumosai.cli.exits import USAGE
from lumosai.cli.failure import show
from lumosai.cli.table import COMMANDS

if TYPE_CHECKING:
    from argparse import Namespace

    from lumosai.host import Host
    from lumosai.plugins.registry import Entry


def run_contributed(word: str, arguments: Sequence[str]) -> int:
    """Run a plugin's command and return its exit code. Raises LumosError for the plugin's failures."""
    found = quick.plugin_commands().get(word)
    if found is None:
        return _unknown(word)
    return _with_plugin(found["plugin"], found["id"], word, arguments)


def _unknown(word: str) -> int:
    from lumosai.cli.parser import nearest

    for plugin in quick.plugins():
        if any(c.rpartition(".")[2] == word for c in plugin["contributes"].get("command", ())):
            why = f": {plugin['reason']}" if "reason" in plugin else ""
            show(
                f"the command {word!r} comes from the plugin {plugin['name']!r}, which cannot run{why}",
                f"lumos plugin info {plugin['name']}",
            )
            return USAGE
    show(f"there is no command {word!r}{nearest(word, [*COMMANDS, *quick.plugin_commands()])}", "lumos --help")
    return USAGE


def _with_plugin(plugin: str, command_id: str, word: str, arguments: Sequence[str]) -> int:
    """Load the plugins and run the command outside of the event loop: it may well want one of its own."""
    import asyncio

    from lumosai.config.load import load
    from lumosai.events.bus import EventBus
    from lumosai.plugins.manager import PluginManager

    manager = PluginManager(EventBus(), load())
    with asyncio.Runner() as runner:
        runner.run(manager.start())
        try:
            entry = manager.registry.get("command", command_id)
            with _blamed(plugin, word):
                parsed = _parsed(entry, word, arguments)
                if not entry.data.get("host"):
                    return int(entry.obj.run(parsed, entry.generation.context))
        finally:
            runner.run(manager.aclose())
    return _hosted(command_id, plugin, word, parsed)


def _parsed(entry: Entry, word: str, arguments: Sequence[str]) -> Namespace:
    from lumosai.cli.parser import Parser

    parser = Parser(prog=f"lumos {word}", description=entry.data.get("description", ""))
    parser.describe([])
    if entry.data.get("host"):
        parser.add_argument("--config", metavar="FILE", help="the configuration; default: lumos.toml here")
    entry.obj.add_arguments(parser)
    return parser.parse(arguments)


def _hosted(command_id: str, plugin: str, word: str, parsed: Namespace) -> int:
    """Run a command that wants a started host in one."""
    from lumosai.cli.hosting import with_host

    async def work(host: Host, parsed: Namespace) -> int:
        entry = host.registry.get("command", command_id)
        with _blamed(plugin, word):
            return int(await entry.obj.run(parsed, entry.generation.context))

    return with_host(parsed, work)


@contextmanager
def _blamed(plugin: str, word: str) -> Iterator[None]:
    """Let what goes wrong in a command be told as its plugin's failure."""
    from lumosai_sdk.errors import LumosError, PluginError

    try:
        yield
    except (LumosError, BrokenPipeError):
        raise
    except Exception as e:
        raise PluginError(plugin, f"command {word!r}", f"{type(e).__name__}: {e}") from e
