"""``lumos up``: the host and its HTTP service."""

from __future__ import annotations

import argparse
import os

from lumosai.cli.exits import OK
from lumosai.cli.parser import Parser, add_config, add_safe_mode


def configure(parser: Parser) -> None:
    """Declare the options."""
    parser.describe(
        ["lumos up", "lumos up --port 9000", "lumos up --workers 2", "lumos up --tour"],
        {OK: "stopped by Ctrl-C or SIGTERM, everything closed"},
    )
    add_serving(parser)
    parser.add_argument(
        "--workers", type=workers, metavar="N", help="processes that serve (default: [server] workers, which is 1)"
    )
    parser.add_argument(
        "--log-json", action="store_true", help="write the log as JSON, one object a line (default: [host] log)"
    )
    parser.add_argument(
        "--tour",
        action="store_true",
        help="fetch the embedded model, ask it a question through a plugin's tool, install a plugin, then serve",
    )
    parser.add_argument(
        "--no-marketplace", action="store_true", help="with --tour: no embedded marketplace, and no plugin from it"
    )


def add_serving(parser: Parser) -> None:
    """Add the options of whoever serves."""
    parser.add_argument("--host", metavar="ADDRESS", help="where to listen (default: [server] host)")
    parser.add_argument(
        "--port", type=port, metavar="PORT", help="on which port; 0 takes a free one (default: [server] port)"
    )
    parser.add_argument("-q", "--quiet", action="store_true", help="do not show what runs and plugins do")
    add_config(parser)
    add_safe_mode(parser)


def port(text: str) -> int:
    """Read a port."""
    value = int(text)
    if not 0 <= value <= 65535:  # noqa: PLR2004 - ports
        raise argparse.ArgumentTypeError("from 0 to 65535")
    return value


def workers(text: str) -> int:
    """Read a number of processes."""
    value = int(text)
    if not 1 <= value <= 128:  # noqa: PLR2004 - as in [server] workers
        raise argparse.ArgumentTypeError("from 1 to 128")
    return value


def run(arguments: argparse.Namespace) -> int:
    """Serve until Ctrl-C or SIGTERM. Raises LumosError for what cannot even start."""
    from lumosai.config.load import find, of_text, read

    if arguments.log_json:
        os.environ["LUMOS_HOST__LOG"] = "json"  # for the processes that are started from here, too
    path = find(arguments.config)
    text = read(path)
    loaded = of_text(text, path)
    # A tour is of one process: it shows what happens in it.
    count = 1 if arguments.tour else arguments.workers or loaded.config.server.workers
    if count > 1:
        from lumosai.cli.supervising import supervise

        return supervise(arguments, loaded, text, count)
    from lumosai.cli.serving import serve_until_told

    return serve_until_told(arguments, loaded)
