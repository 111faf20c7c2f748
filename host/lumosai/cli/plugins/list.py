"""``lumos plugin list``: what is installed, from the index, without opening a host."""

from __future__ import annotations

import argparse
from typing import Any

from lumosai.cli import quick
from lumosai.cli.output import say_ids, say_json, table, tell
from lumosai.cli.words import counted
from lumosai_sdk import safe


def run(arguments: argparse.Namespace) -> int:
    """List the plugins."""
    plugins = quick.plugins(arguments.config, safe_mode=arguments.safe_mode)
    if arguments.json:
        say_json(plugins)
    elif arguments.quiet:
        say_ids(p["name"] for p in plugins)
    else:
        table([_row(p) for p in plugins], ["name", "version", "state", "gives", "description"])
        for why in quick.stale_indexes(arguments.config):
            tell(f"! {safe.line(why)}")
    return 0


def _row(plugin: dict[str, Any]) -> dict[str, Any]:
    gives = ", ".join(counted(len(ids), kind) for kind, ids in plugin["contributes"].items())
    said = plugin.get("reason") or plugin["description"]
    return {**plugin, "gives": gives, "description": said}
