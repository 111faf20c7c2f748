"""``lumos completion``: what makes the shell complete commands, options and ids."""

from __future__ import annotations

import argparse

from lumosai.cli.output import say
from lumosai.cli.parser import Parser

_SHELLS = ("bash", "zsh", "fish")


def configure(parser: Parser) -> None:
    """Declare the arguments."""
    parser.describe(
        [
            'eval "$(lumos completion bash)"',
            "lumos completion zsh > ~/.zfunc/_lumos",
            "lumos completion fish > ~/.config/fish/completions/lumos.fish",
        ]
    )
    parser.add_argument("shell", metavar="SHELL", choices=_SHELLS, help=f"one of {', '.join(_SHELLS)}")


def run(arguments: argparse.Namespace) -> int:
    """Print the script. Raises LumosError when the library that writes it is not installed."""
    from lumosai.cli.completing import script

    say(script(arguments.shell))
    return 0
