"""``lumos plugin remove``: out of the lock, and out of the store."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from lumosai.cli.output import say, say_json
from lumosai.cli.plugins.market import with_session

if TYPE_CHECKING:
    from lumosai_marketplace.client.session import Session


def run(arguments: argparse.Namespace) -> int:
    """Remove what is named. Raises LumosError."""
    return with_session(arguments, _remove)


async def _remove(session: Session, arguments: argparse.Namespace) -> int:
    from lumosai_marketplace.names import Name

    gone = [await session.remove(Name.parse(n)) for n in arguments.names]
    if arguments.json:
        say_json({"ok": True, "removed": [{"plugin": g.name.screen, "version": g.version} for g in gone]})
    else:
        for each in gone:
            say(f"removed {each.name} {each.version}")
    return 0
