"""``lumos plugin bundle``: installed plugins in one file, for a machine without a network."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from lumosai.cli.output import say, say_json
from lumosai.cli.plugins.market import with_session
from lumosai.cli.plugins.progress import in_bytes
from lumosai.cli.words import counted
from lumosai_sdk.errors import InputError

if TYPE_CHECKING:
    from lumosai_marketplace.client.session import Session


def run(arguments: argparse.Namespace) -> int:
    """Pack. Raises LumosError."""
    return with_session(arguments, _bundle)


async def _bundle(session: Session, arguments: argparse.Namespace) -> int:
    from lumosai_marketplace.client import airgap
    from lumosai_marketplace.client.keeper import Keeper
    from lumosai_marketplace.client.lock import read
    from lumosai_marketplace.client.own import is_own
    from lumosai_marketplace.client.update import installed
    from lumosai_marketplace.names import Name

    market = session.market
    theirs = [n for n, p in market.read_lock().plugins.items() if not is_own(p)]
    names = [Name.parse(n) for n in arguments.names] or theirs
    if not names:
        raise InputError("nothing is installed that could be packed", hint="lumos plugin install NAME")
    plugins = [installed(market, n) for n in names]
    since = read(Path(arguments.since)).indexes.values() if arguments.since else ()
    data = await airgap.pack(market, Keeper(market), plugins, {s.url: s.checkpoint for s in since})
    out = Path(arguments.out)
    airgap.write(out, data)
    if arguments.json:
        say_json({"ok": True, "file": str(out), "bytes": len(data), "plugins": [str(n) for n in names]})
    else:
        say(f"{out}: {counted(len(names), 'plugin')}, {in_bytes(len(data))}; there: lumos plugin import {out.name}")
    return 0
