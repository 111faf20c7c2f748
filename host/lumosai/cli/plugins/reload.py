"""``lumos plugin reload``: make the running host load a plugin's code anew."""

from __future__ import annotations

import argparse

from lumosai.cli.output import say, say_json
from lumosai.cli.running import ask
from lumosai.config.load import load
from lumosai_sdk import safe


def run(arguments: argparse.Namespace) -> int:
    """Tell the running host. Raises NotRunningError, LumosError."""
    told = ask(load(arguments.config), "POST", "v1", "plugins", arguments.name, "reload")
    if arguments.json:
        say_json(told)
    else:
        say(safe.line(f"{arguments.name} {told.get('version', '')} is loaded anew: {told['state']}"))
    return 0
