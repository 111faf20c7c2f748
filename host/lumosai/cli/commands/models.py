"""``lumos models``: the models on offer, and fetching embedded ones."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from lumosai.cli.output import say, say_ids, say_json, table
from lumosai.cli.parser import Parser, add_config, add_ids, add_json, add_safe_mode

if TYPE_CHECKING:
    from lumosai.host import Host


def configure(parser: Parser) -> None:
    """Declare the subcommands."""
    parser.describe(["lumos models", "lumos models pull smollm2"])
    group = parser.subcommands(default="list")
    listing = parser.add(group, "list", "list the models of every provider", ["lumos models", "lumos models --json"])
    add_ids(listing)
    pull = parser.add(
        group, "pull", "fetch a model that runs in this process", ["lumos models pull smollm2", "lumos models pull"]
    )
    pull.add_argument(
        "name",
        metavar="NAME",
        nargs="?",
        help="the model, with or without its provider (default: the default chat and embedding models)",
    )
    for made in (listing, pull):
        add_config(made)
        add_json(made)
        add_safe_mode(made)


def run(arguments: argparse.Namespace) -> int:
    """Do the subcommand. Raises LumosError."""
    from lumosai.cli.hosting import with_host

    return with_host(arguments, {"list": _list, "pull": _pull}[arguments.subcommand])


async def _list(host: Host, arguments: argparse.Namespace) -> int:
    models = [_told(host, provider, info.to_json()) for provider, info in await host.models()]
    if arguments.json:
        say_json(models)
    elif arguments.quiet:
        say_ids(model["id"] for model in models)
    else:
        rows = [{**m, "id": f"{m['id']} *" if m["default"] else m["id"], "for": m["capabilities"]} for m in models]
        table(rows, ["id", "for", "context", "description"], empty="no provider offers a model now")
        say("\n* what agents use that name none")
    return 0


def _told(host: Host, provider: str, info: dict[str, Any]) -> dict[str, Any]:
    ref = f"{provider}/{info['id']}"
    chosen = host.config.models
    defaults = {host.planner.resolve(m) for m in (chosen.default, chosen.embedding)}
    return {**info, "id": ref, "context": info["context_length"], "provider": provider, "default": ref in defaults}


async def _pull(host: Host, arguments: argparse.Namespace) -> int:
    from lumosai.cli.pulling import pull, pullable

    wanted = [arguments.name] if arguments.name else pullable(host)
    pulled = [await pull(host, name) for name in wanted]
    if arguments.json:
        say_json([{"model": ref, "folder": folder} for ref, folder in pulled])
    else:
        for ref, folder in pulled:
            say(f"{ref} is in {folder}")
    return 0
