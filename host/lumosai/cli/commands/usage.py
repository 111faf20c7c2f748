"""``lumos usage``: what callers of the HTTP service spent on models."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from lumosai.cli.output import say_json, table
from lumosai.cli.parser import Parser, add_config, add_json

if TYPE_CHECKING:
    from lumosai.host import Host


def configure(parser: Parser) -> None:
    """Declare the arguments."""
    parser.describe(["lumos usage", "lumos usage key:3f9a1c0b7d42 --json"])
    parser.add_argument("caller", metavar="CALLER", nargs="*", help="a key as key:ID, or another caller (default: all)")
    add_config(parser)
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Tell it. Raises LumosError."""
    from lumosai.cli.hosting import with_host

    return with_host(arguments, _tell)


async def _tell(host: Host, arguments: argparse.Namespace) -> int:
    spending = host.spending
    spending.ledger.keep(host.storage)
    names = arguments.caller or await spending.ledger.names()
    found = [await spending.usage(name, None) for name in names]
    if arguments.json:
        say_json([{"caller": u["caller"], "periods": u["periods"]} for u in found])
    else:
        table([_row(u) for u in found], ["caller", "today", "month", "ever"], empty="nobody has used a model yet")
    return 0


def _row(usage: dict[str, Any]) -> dict[str, str]:
    periods = usage["periods"]
    columns = {"today": periods["day"], "month": periods["month"], "ever": periods["total"]}
    return {"caller": usage["caller"], **{name: _words(spent) for name, spent in columns.items()}}


def _words(spent: dict[str, Any]) -> str:
    cost = f", ${spent['cost']:.4g}" if spent["cost"] else ""
    return f"{spent['tokens']:,} tokens{cost}"
