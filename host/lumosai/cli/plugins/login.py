"""``lumos plugin login``: sign in to an index, with a browser on any device."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from lumosai.cli import style
from lumosai.cli.output import say, say_json, tell
from lumosai.cli.plugins.market import index_url, refusals
from lumosai.config.load import load
from lumosai.plugins.index import user_data
from lumosai_sdk import safe

if TYPE_CHECKING:
    from lumosai_marketplace.client.login import Tokens, Waiting


def run(arguments: argparse.Namespace) -> int:
    """Sign in, or out. Raises LumosError."""
    return refusals(arguments, lambda: _sign_out(arguments) if arguments.out else _sign_in(arguments))


def tokens() -> Tokens:
    """Return the sign-ins of whoever is at this terminal: a person's, not a project's."""
    from lumosai_marketplace.client.login import Tokens

    return Tokens(Path(user_data()) / "marketplace-logins.json")


def _sign_in(arguments: argparse.Namespace) -> int:
    from lumosai.cli.loops import run_async
    from lumosai_marketplace.client.login import login

    url = index_url(load(arguments.config), arguments.index)
    run_async(lambda: login(url, tokens(), _show))
    if arguments.json:
        say_json({"ok": True, "index": url})
    else:
        say(f"you are signed in to {url}")
    return 0


async def _show(waiting: Waiting) -> None:
    bold = style.paint(safe.line(waiting.code), style.BOLD, sys.stderr)
    tell(f"open {safe.line(waiting.address)} and enter the code {bold}")
    tell(f"or open {safe.line(waiting.complete)}")


def _sign_out(arguments: argparse.Namespace) -> int:
    url = index_url(load(arguments.config), arguments.index)
    known = tokens().forget(url) is not None
    if arguments.json:
        say_json({"ok": True, "index": url, "was_signed_in": known})
    else:
        say(f"you are signed out of {url}" if known else f"you were not signed in to {url}")
    return 0
