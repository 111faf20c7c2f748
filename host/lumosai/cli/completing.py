"""Completion scripts, written by shtab from the parsers. Ids are asked of ``lumos … -q`` when they are completed.

Those commands print only names that a shell does not expand: bash expands the words a completion function gives it.
"""

from __future__ import annotations

import argparse
from typing import Any

from lumosai.cli.parser import Parser, build_parser
from lumosai.cli.quick import plugin_commands
from lumosai_sdk.errors import LumosError

_SOURCES = {
    ("plugin", "name"): "lumos plugin list -q",
    ("tools", "id"): "lumos tools list -q",
    ("runs", "id"): "lumos runs list -q",
    ("threads", "id"): "lumos threads list -q",
    ("chat", "agent"): "lumos agents -q",
    ("models", "name"): "lumos models list -q",
}

_NEW_NAMES = {"lumos plugin new"}
"""Commands whose name is of what is not there yet."""


def script(shell: str) -> str:
    """Return the completion script of a shell. Raises LumosError without shtab."""
    try:
        import shtab
    except ModuleNotFoundError:
        raise LumosError("completion scripts need the package 'shtab'", hint="pip install shtab") from None
    parser = build_parser()
    _add_contributed(parser)
    for name, made in parser.commands.items():
        for leaf in (made, *made.commands.values()):
            _annotate(leaf, name, shtab)
    return str(shtab.complete(parser, shell=shell))


def _add_contributed(parser: Parser) -> None:
    group = next(a for a in parser._actions if isinstance(a, argparse._SubParsersAction))  # noqa: SLF001
    for word, command in plugin_commands().items():
        group.add_parser(word, help=command["description"])


def _annotate(parser: Parser, command: str, shtab: Any) -> None:
    for action in parser._actions:  # noqa: SLF001 - argparse has no public way to list them
        if action.dest in {"config", "output_schema", "wasm"}:
            action.complete = shtab.FILE  # type: ignore[attr-defined]
        elif action.dest in {"dir", "folder", "out"}:
            action.complete = shtab.DIR  # type: ignore[attr-defined]
        elif (source := _SOURCES.get((command, action.dest))) and parser.prog not in _NEW_NAMES:
            action.complete = shtab.cmd(f"{source} 2>/dev/null")  # type: ignore[attr-defined]
