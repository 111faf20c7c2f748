"""``lumos plugin lock``: what lumos.lock says, and whether the store holds it."""

from __future__ import annotations

import argparse
from pathlib import Path

from lumosai.cli.exits import FAILURE, OK
from lumosai.cli.output import say_json, table, tell
from lumosai.config.load import load


def run(arguments: argparse.Namespace) -> int:
    """Show the lock; with ``--check`` the exit code tells whether the store holds it. Raises ConfigError."""
    from lumosai_marketplace.client.lock import Locked, read
    from lumosai_marketplace.errors import RefusedError
    from lumosai_marketplace.store import Store
    from lumosai_marketplace.store.check import check

    delivered = load(arguments.config).delivered
    store = Store(Path(delivered.store))

    def state(plugin: Locked) -> str:
        try:
            check(store, plugin.sha256, plugin.receipt)
        except RefusedError as e:
            return e.rule.partition(".")[2]
        return "whole"

    rows = [
        {
            "name": p.name.screen,
            "version": p.version,
            "state": state(p),
            "signer": p.signer.repository or p.signer.subject,
            "index": p.index,
            "sha256": p.sha256,
        }
        for p in read(Path(delivered.lock)).plugins.values()
    ]
    if arguments.json:
        say_json({"path": delivered.lock, "plugins": rows})
    else:
        table(rows, ["name", "version", "state", "signer", "index"], empty="lumos.lock names no plugin")
        tell(delivered.lock)
    return FAILURE if arguments.check and any(r["state"] != "whole" for r in rows) else OK
