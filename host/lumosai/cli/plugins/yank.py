"""``lumos plugin yank``: a version that nobody should begin with any more."""

from __future__ import annotations

import argparse
from urllib.parse import quote

from lumosai.cli.output import say, say_json
from lumosai.cli.plugins.login import tokens
from lumosai.cli.plugins.market import index_url, refusals
from lumosai.config.load import load


def run(arguments: argparse.Namespace) -> int:
    """Yank a version, or take that back. Raises LumosError."""
    return refusals(arguments, lambda: _yank(arguments))


def _yank(arguments: argparse.Namespace) -> int:
    from lumosai.cli.loops import run_async
    from lumosai_marketplace.client.index import Index
    from lumosai_marketplace.names import Name

    name, url = Name.parse(arguments.name), index_url(load(arguments.config), arguments.index)
    action = "unyank" if arguments.undo else "yank"

    async def main() -> None:
        async with Index(url, token=tokens().need(url)) as index:
            path = f"api/v1/plugins/{name.screen}/{quote(arguments.version, safe='')}/{action}"
            await index.send(path, {"reason": arguments.reason})

    run_async(main)
    if arguments.json:
        say_json({"ok": True, "plugin": name.screen, "version": arguments.version, "yanked": not arguments.undo})
    else:
        say(f"{name} {arguments.version} is {'back' if arguments.undo else 'yanked'}")
    return 0
