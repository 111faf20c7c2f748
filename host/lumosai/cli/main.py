"""The entry point: find the command, import it, run it, turn what goes wrong into a message and an exit code."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Sequence

from lumosai.cli.exits import FAILURE, INTERRUPTED, OK
from lumosai.cli.output import say
from lumosai.version import __version__


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command line (default: this process's) and return its exit code. Raises nothing."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    _forgive_encodings()
    try:
        code = _dispatch(arguments)
        sys.stdout.flush()
    except SystemExit as e:  # argparse, after --help or an error
        code = e.code if isinstance(e.code, int) else FAILURE if e.code else OK
    except KeyboardInterrupt:
        code = INTERRUPTED
    except BrokenPipeError:
        code = _reader_gone()
    except Exception as e:  # noqa: BLE001 - the person is told, not shown a traceback
        from lumosai.cli.failure import report

        code = report(e)
    return code


def _dispatch(arguments: list[str]) -> int:
    if not arguments or arguments[0] in {"-h", "--help", "help"}:
        return _help(arguments[1:])
    if arguments[0] in {"-V", "--version"}:
        say(f"lumos {__version__}")
        return OK
    from lumosai.cli.table import COMMANDS

    name, rest = arguments[0], arguments[1:]
    if name in COMMANDS:
        from lumosai.cli.parser import command_parser

        parser, module = command_parser(name)
        return int(module.run(parser.parse(rest)))
    from lumosai.cli.contributed import run_contributed

    return run_contributed(name, rest)


def _help(words: list[str]) -> int:
    if words and not words[0].startswith("-"):
        return _dispatch([*words, "--help"])
    from lumosai.cli.overview import overview

    say(overview())
    return OK


def _forgive_encodings() -> None:
    """Show a question mark rather than fail where a terminal's encoding lacks a character."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError, ValueError, OSError):
            stream.reconfigure(errors="replace")  # type: ignore[union-attr]


def _reader_gone() -> int:
    """Whoever read our output has stopped (``lumos … | head``): end quietly, the flush at exit included."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return FAILURE
