"""Every command and option, from the parsers themselves."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import Any

from generators.markdown import block, code, page, table
from lumosai.cli.exits import MEANINGS
from lumosai.cli.parser import Parser, build_parser
from lumosai.cli.table import COMMANDS, GROUPS

INTRO = """
`lumos` and `lumosai` are the same command. `lumos COMMAND --help` tells what stands here. Options stand after the
command, and after its subcommand if it has one: `lumos plugin list --json`.

Plugins add commands of their own; `lumos --help` lists them.
"""
_USUAL = {"0", "1", "2", "130"}


def pages() -> dict[str, str]:
    """Return the page."""
    parser = build_parser()
    exits = table(("exit code", "meaning"), ((str(c), meaning) for c, meaning in MEANINGS.items()))
    parts = [text for group, title in GROUPS.items() for text in _group(parser, group, title)]
    return {"cli.md": page("Command line", INTRO, exits, *parts)}


def commands() -> list[str]:
    """Return every command line without its arguments: ``lumos plugin list``."""
    return [p.prog for top in build_parser().commands.values() for p in (top, *top.commands.values())]


def _group(parser: Parser, group: str, title: str) -> Iterator[str]:
    yield f"## {title[0].upper()}{title[1:]}"
    for name, command in COMMANDS.items():
        if command.group == group:
            yield from _command(parser.commands[name], 3)


def _command(parser: Parser, level: int) -> Iterator[str]:
    yield f"{'#' * level} {parser.prog}"
    yield parser.description or ""
    if not parser.commands:
        yield block("text", _usage(parser))
    if rows := list(_rows(parser)):
        yield table(("argument", ""), rows)
    yield from _examples(parser.epilog or "")
    for sub in parser.commands.values():
        yield from _command(sub, level + 1)


def _examples(epilog: str) -> Iterator[str]:
    """Show the examples, and those exit codes that not every command has."""
    examples, _, exits = epilog.partition("exit codes:")
    if lines := [x.strip() for x in examples.removeprefix("examples:").splitlines() if x.strip()]:
        yield block("text", "\n".join(lines))
    for text in exits.splitlines():
        exit_code, _, meaning = text.strip().partition(" ")
        if exit_code and (exit_code not in _USUAL or MEANINGS[int(exit_code)] != meaning.strip()):
            yield f"Exit code {exit_code}: {meaning.strip()}."


def _shown(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    for action in parser._actions:  # noqa: SLF001 - argparse has no other way to ask
        is_own = isinstance(action, argparse._HelpAction | argparse._SubParsersAction)  # noqa: SLF001
        if action.help != argparse.SUPPRESS and not is_own:
            yield action


def _usage(parser: argparse.ArgumentParser) -> str:
    positional = [_words(a) for a in _shown(parser) if not a.option_strings]
    required = [_words(a) for a in _shown(parser) if a.option_strings and a.required]
    return " ".join([parser.prog, *required, *positional, "[OPTIONS]"])


def _words(action: argparse.Action) -> str:
    name = _name(action)
    if action.option_strings:
        return f"{action.option_strings[-1]} {name}".strip()
    if name.startswith("["):
        return f"{name} …"
    if action.nargs in {"?", "*"}:
        return f"[{name}{' …' if action.nargs == '*' else ''}]"
    return f"{name} …" if action.nargs in {"+", argparse.REMAINDER} else name


def _name(action: argparse.Action) -> str:
    if action.nargs == 0:
        return ""
    given: Any = action.metavar
    if given is None:
        given = "|".join(map(str, action.choices)) if action.choices else action.dest.upper()
    return " ".join(given) if isinstance(given, tuple) else str(given)


def _rows(parser: argparse.ArgumentParser) -> Iterator[tuple[str, str]]:
    for action in _shown(parser):
        names = ", ".join(action.option_strings)
        written = f"{names} {_name(action)}".strip() if names else _name(action)
        yield code(written), (action.help or "") % {"default": action.default, "prog": parser.prog}
