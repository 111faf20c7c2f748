"""``lumos marketplace yank``, ``quarantine``, ``archive``: what becomes of a version, or of a whole plugin."""

from __future__ import annotations

import argparse

from lumosai.cli.marketplace.operating import operate
from lumosai.cli.output import say, say_json
from lumosai_sdk.errors import InputError

_UNDO = {"yank": "unyank", "quarantine": "release", "archive": "unarchive"}


def run(arguments: argparse.Namespace) -> int:
    """Do it, or take it back. Raises LumosError."""
    from lumosai_marketplace.names import Name

    text, _, version = arguments.name.partition("==")
    name, what = Name.parse(text), arguments.subcommand
    if what == "yank" and not version:
        raise InputError("a version is yanked, not a plugin", hint=f"lumos marketplace yank {name}==VERSION")
    action = _UNDO[what] if arguments.undo else what
    state = operate(arguments, lambda o: o.change(name, version or None, action, arguments.reason))
    shown = f"{name} {version}".strip()
    if arguments.json:
        say_json({"plugin": name.screen, "version": version or None, "state": state})
    else:
        say(f"{shown} is {state}")
    return 0
