"""Commands that plugins contribute: ``lumos <last part of the id>``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lumosai.cli import quick
from lumosai.cli.exits import USAGE
from lumosai.cli.failure import show
from lumosai.cli.table import COMMANDS


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
            return _run(manager.registry.get("command", command_id), plugin, word, arguments)
        finally:
            runner.run(manager.aclose())


def _run(entry: Any, plugin: str, word: str, arguments: Sequence[str]) -> int:
    from lumosai.cli.parser import Parser
    from lumosai_sdk.errors import LumosError, PluginError

    command = entry.obj
    parser = Parser(prog=f"lumos {word}", description=entry.data.get("description", ""))
    parser.describe([f"lumos {word}"])
    try:
        command.add_arguments(parser)
        return int(command.run(parser.parse(arguments), entry.generation.context))
    except (LumosError, BrokenPipeError):
        raise
    except Exception as e:
        raise PluginError(plugin, f"command {word!r}", f"{type(e).__name__}: {e}") from e
