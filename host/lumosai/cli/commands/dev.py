"""``lumos dev``: ``lumos up`` for those who write plugins."""

from __future__ import annotations

import argparse

from lumosai.cli.commands.up import add_serving
from lumosai.cli.exits import OK
from lumosai.cli.parser import Parser


def configure(parser: Parser) -> None:
    """Declare the options."""
    parser.describe(["lumos dev", "lumos dev --port 0"], {OK: "stopped by Ctrl-C or SIGTERM, everything closed"})
    parser.set_defaults(tour=False)
    add_serving(parser)


def run(arguments: argparse.Namespace) -> int:
    """Serve and follow the plugins' code until Ctrl-C or SIGTERM. Raises LumosError for what cannot even start."""
    from lumosai.cli.serving import serve_until_told
    from lumosai.config.load import load

    return serve_until_told(arguments, load(arguments.config), follow_code=True)
