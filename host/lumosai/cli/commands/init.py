"""``lumos init``: a working folder from a template, by asking or from options."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from lumosai.cli import style
from lumosai.cli.exits import OK
from lumosai.cli.output import say, say_json
from lumosai.cli.parser import Parser, add_json

if TYPE_CHECKING:
    from lumosai.cli.wizard import Choices

NAMES = ("assistant", "plugin", "openai", "structured", "web", "files", "knowledge")
NEXT = {
    "plugin": ("lumos chat", "lumos dev"),
    "knowledge": ("lumos knowledge add handbook", "lumos chat", "lumos eval run", "lumos up"),
}
"""What to do first in a template's folder, where it is not to chat and to serve."""


def configure(parser: Parser) -> None:
    """Declare the options."""
    parser.describe(
        [
            "lumos init",
            "lumos init --yes --template plugin --dir demo",
            "lumos init --yes --template openai --model openai/qwen3 --base-url http://127.0.0.1:11434/v1 --key-env ''",
        ]
    )
    parser.add_argument("--template", choices=NAMES, help=f"what to begin with: {', '.join(NAMES)}")
    parser.add_argument("--dir", metavar="FOLDER", help="where to make it (default: this folder)")
    parser.add_argument("--agent", metavar="NAME", help="what the agent is called (default: assistant)")
    parser.add_argument("--model", metavar="MODEL", help="its model, such as openai/gpt-5 (default: the embedded one)")
    parser.add_argument("--base-url", metavar="URL", help="template openai: where the server is")
    parser.add_argument("--key-env", metavar="NAME", help="template openai: the variable with its key; '' for none")
    parser.add_argument("-y", "--yes", action="store_true", help="ask nothing; take the defaults for what is not given")
    parser.add_argument("--force", action="store_true", help="replace files that are there")
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Make the files. Raises InputError, ConflictError when there are some already, ConfigError."""
    from lumosai.cli.scaffold import make
    from lumosai.cli.wizard import Choices

    choices = _chosen(Choices.of(arguments), yes=arguments.yes)
    folder = Path(choices.folder)
    made = make(choices, force=arguments.force)
    if arguments.json:
        say_json({"folder": str(folder.absolute()), "files": [str(p.relative_to(folder)) for p in made]})
        return OK
    for path in made:
        say(f"{style.paint('made', style.GREEN)} {path}")
    where = [] if folder.absolute() == Path.cwd() else [f"cd {folder}"]
    say("\n  ".join(["\nnext:", *where, *NEXT.get(choices.template, ("lumos chat", "lumos up"))]))
    return OK


def _chosen(given: Choices, *, yes: bool) -> Choices:
    from lumosai.cli.wizard import ask
    from lumosai_sdk.errors import InputError

    if yes:
        return given.with_defaults()
    if not style.is_tty(sys.stdin):
        raise InputError("there is nobody to ask", hint="lumos init --yes --template assistant")
    try:
        return ask(given)
    except EOFError:
        raise KeyboardInterrupt from None
