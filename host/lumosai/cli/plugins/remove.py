"""``lumos plugin remove``: out of the lock, and out of the store."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from lumosai.cli.output import say, say_json
from lumosai.cli.plugins.market import installed_name, with_session

if TYPE_CHECKING:
    from lumosai_marketplace.client.session import Session


def run(arguments: argparse.Namespace) -> int:
    """Remove what is named. Raises LumosError."""
    return with_session(arguments, _remove)


async def _remove(session: Session, arguments: argparse.Namespace) -> int:
    gone = [await session.remove(installed_name(session.market, n)) for n in arguments.names]
    if arguments.json:
        say_json({"ok": True, "removed": [{"plugin": g.name.screen, "version": g.version} for g in gone]})
    else:
        for each in gone:
            say(f"removed {each.name} {each.version}")
    return 0
