"""Argument parsers that all look alike: examples, exit codes, and the nearest name for a mistyped one."""

from __future__ import annotations

import argparse
import re
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any, NoReturn

from lumosai.cli.exits import FAILURE, INTERRUPTED, MEANINGS, OK, USAGE
from lumosai.cli.failure import show
from lumosai.cli.table import COMMANDS

_CHOICE = re.compile(r"invalid choice: '(.*?)' \(choose from (.*)\)", re.DOTALL)
_UNKNOWN = re.compile(r"unrecognized arguments: (\S+)")


class Parser(argparse.ArgumentParser):
    """A parser with the project's manner.

    With subcommands, ``default`` is the one that is meant where none is named, and ``word`` the one that is meant where
    the first word is none of them: ``lumos tools`` lists, ``lumos tools time.now`` shows. Where a subcommand's
    ``passes_on`` is set, what stands after ``--`` is for another program, and told as ``rest``.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("formatter_class", argparse.RawDescriptionHelpFormatter)
        kwargs.setdefault("allow_abbrev", False)
        super().__init__(*args, **kwargs)
        self._default: str | None = None
        self._word: str | None = None
        self.commands: dict[str, Parser] = {}
        self.passes_on = False

    def describe(self, examples: Sequence[str], exits: Mapping[int, str] | None = None) -> None:
        """Put examples and exit codes under the help."""
        codes = {c: MEANINGS[c] for c in (OK, FAILURE, USAGE, INTERRUPTED)} | dict(exits or {})
        listed = "\n".join(f"  {code:<4} {meaning}" for code, meaning in sorted(codes.items()))
        shown = "".join(f"  {e}\n" for e in examples)
        self.epilog = (f"examples:\n{shown}\n" if shown else "") + f"exit codes:\n{listed}"

    def subcommands(self, *, default: str | None = None, word: str | None = None) -> Any:
        """Declare that the parser has subcommands; add them to what is returned, with ``add``."""
        self._default, self._word = default, word
        return self.add_subparsers(dest="subcommand", metavar="COMMAND", required=True, parser_class=Parser)

    def add(self, group: Any, name: str, summary: str, examples: Sequence[str], **exits: Any) -> Parser:
        """Add a subcommand with its help, and return its parser. *exits* is passed on to ``describe``."""
        made: Parser = group.add_parser(name, help=summary, description=f"{summary[0].upper()}{summary[1:]}.")
        made.describe(examples, **exits)
        self.commands[name] = made
        return made

    def parse(self, arguments: Sequence[str]) -> argparse.Namespace:
        """Parse a command line; what a subcommand does not know is reported by that subcommand."""
        words, rest = self._parted(self.expanded(arguments))
        namespace, extra = self.parse_known_args(words)
        namespace.rest = rest
        if extra:
            leaf = self.commands.get(getattr(namespace, "subcommand", None) or "", self)
            leaf.error(f"unrecognized arguments: {' '.join(extra)}")
        return namespace

    def _parted(self, words: list[str]) -> tuple[list[str], list[str]]:
        leaf = self.commands.get(words[0], self) if words else self
        if not leaf.passes_on or "--" not in words:
            return words, []
        at = words.index("--")
        return words[:at], words[at + 1 :]

    def expanded(self, arguments: Sequence[str]) -> list[str]:
        """Return *arguments* with the subcommand that is meant where none is named."""
        words = list(arguments)
        if not self.commands or (words and words[0] in {"-h", "--help"}):
            return words
        if self._default and (not words or words[0].startswith("-")):
            return [self._default, *words]
        if self._word and words and words[0] not in self.commands:
            return [self._word, *words]
        return words

    def error(self, message: str) -> NoReturn:
        """Tell what is wrong, with the nearest right name, and exit with the code for wrong usage."""
        show(self._nearer(message), f"{self.prog} --help")
        self.exit(USAGE)

    def _nearer(self, message: str) -> str:
        if match := _CHOICE.search(message):
            known = re.findall(r"[\w.:-]+", match[2])
            return f"there is no {match[1]!r} here{_meant(match[1], known)}"
        if match := _UNKNOWN.search(message):
            options = [o for a in self._actions for o in a.option_strings]
            word = match[1]
            return f"{message}{nearest(word.partition('=')[0], options) if word.startswith('-') else ''}"
        return message


def nearest(word: str, known: Sequence[str]) -> str:
    """Return ``; did you mean …?``, or nothing when nothing is near."""
    from difflib import get_close_matches

    close = get_close_matches(word, known, n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


def _meant(word: str, known: Sequence[str]) -> str:
    return nearest(word, known) or f"; there are: {', '.join(known)}"


def command_parser(name: str) -> tuple[Parser, Any]:
    """Import a command's module; return its parser and the module."""
    module = import_module(f"lumosai.cli.commands.{name}")
    summary = COMMANDS[name].help
    parser = Parser(prog=f"lumos {name}", description=f"{summary[0].upper()}{summary[1:]}.")
    module.configure(parser)
    return parser, module


def build_parser() -> Parser:
    """Return the parser of the whole command line, for completion scripts and the reference."""
    parser = Parser(prog="lumos", description="LumosAI: an AI-agent host that strangers may extend.")
    parser.describe(['lumos run "What time is it in Tokyo?"', "lumos up", "lumos plugin list"])
    parser.add_argument("--version", action="store_true", help="print the version and exit")
    group = parser.subcommands()
    for name, command in COMMANDS.items():
        made: Parser = group.add_parser(name, help=command.help, description=f"{command.help}.".capitalize())
        parser.commands[name] = made
        import_module(f"lumosai.cli.commands.{name}").configure(made)
    return parser


def add_config(parser: argparse.ArgumentParser) -> None:
    """Add ``--config``."""
    parser.add_argument(
        "--config", metavar="FILE", help="the configuration (default: $LUMOS_CONFIG, or lumos.toml in this folder)"
    )


def add_json(parser: argparse.ArgumentParser) -> None:
    """Add ``--json``."""
    parser.add_argument("--json", action="store_true", help="print JSON")


def add_ids(parser: argparse.ArgumentParser) -> None:
    """Add ``--quiet``, for scripts and completion."""
    parser.add_argument("-q", "--quiet", action="store_true", help="print ids alone, one a line")


def add_safe_mode(parser: argparse.ArgumentParser) -> None:
    """Add ``--safe-mode``."""
    parser.add_argument("--safe-mode", action="store_true", help="leave all plugins out that did not come with LumosAI")
