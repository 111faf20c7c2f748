"""``lumos trust index``: the TUF root of an index, looked at by a person before anything is believed."""

from __future__ import annotations

import argparse
from pathlib import Path

from lumosai.cli.exits import FAILURE, OK
from lumosai.cli.output import say, say_json, tell
from lumosai.config.load import load
from lumosai_sdk.errors import ConfigError, InputError


def run(arguments: argparse.Namespace) -> int:
    """Trust the root. Raises InputError, ConflictError, ConfigError, IndexUnavailableError."""
    from lumosai.cli.hosting import run_async
    from lumosai.cli.plugins.market import market_of
    from lumosai_marketplace.client import keeper

    url = arguments.url if arguments.url.endswith("/") else f"{arguments.url}/"
    market = market_of(load(arguments.config))
    root = _read(arguments.root) if arguments.root else run_async(lambda: keeper.first_root(url))
    print_ = keeper.fingerprint(root)
    if not arguments.root and not run_async(lambda: _agreed(arguments, url, print_)):
        tell("nothing was changed")
        return FAILURE
    path = keeper.trust_root(market, url, root, replace=arguments.replace)
    if arguments.json:
        say_json({"index": url, "fingerprint": print_, "path": str(path)})
    else:
        say(f"{url} is known by {path}")
        say("who may publish what you run is another matter: lumos trust add")
    return OK


def _read(name: str) -> bytes:
    from lumosai_marketplace.client.keeper import MAX_ROOT

    try:
        with Path(name).open("rb") as f:
            return f.read(MAX_ROOT + 1)
    except OSError as e:
        raise ConfigError(f"{name}: {e.strerror}") from None


async def _agreed(arguments: argparse.Namespace, url: str, found: str) -> bool:
    """Compare with what the owner has told, or let the person compare."""
    from lumosai.cli.asking import can_ask, read_terminal

    if arguments.fingerprint:
        if arguments.fingerprint.strip().lower() != found:
            raise InputError(
                f"{url} shows a root with another fingerprint: {found}",
                hint="ask the index's owner by another way; trust nothing meanwhile",
            )
        return True
    if arguments.json or not can_ask():
        raise InputError(
            f"nobody is here to compare the root's fingerprint: {found}",
            hint=f"compare it with what the owner says, then: lumos trust index {url} --fingerprint {found}",
        )
    tell(f"{url} shows a root with the fingerprint\n  {found}\nCompare it with what its owner has published elsewhere.")
    answer = await read_terminal("Is it the same? [y]es, [n]o: ")
    return (answer or "").strip().casefold() in {"y", "yes"}
