"""``lumos --help``: the commands by group, and those that plugins add, told from the index without importing any."""

from __future__ import annotations

import sys

from lumosai.cli import style
from lumosai.cli.output import cut
from lumosai.cli.quick import plugin_commands
from lumosai.cli.table import COMMANDS, GROUPS
from lumosai_sdk import safe

_MARGIN = 14


def overview() -> str:
    """Return the help of the whole command line."""
    parts = [
        "usage: lumos COMMAND ...        lumos COMMAND --help        lumos --version",
        "LumosAI: an AI-agent host that strangers may extend.",
    ]
    for group, title in GROUPS.items():
        parts.append(_section(title, [(n, c.help) for n, c in COMMANDS.items() if c.group == group]))
    if added := plugin_commands():
        parts.append(_section("from plugins", [(n, f"{c['description']} ({c['plugin']})") for n, c in added.items()]))
    parts.append(
        "exit codes: 0 done, 1 failed, 2 wrong usage, 3 a run is suspended, 130 Ctrl-C\n"
        'begin with: lumos run "What time is it in Tokyo?"'
    )
    return "\n\n".join(parts)


def _section(title: str, entries: list[tuple[str, str]]) -> str:
    room = max(style.width(sys.stdout) - _MARGIN - 2, 20)
    listed = "\n".join(f"  {safe.line(n):<{_MARGIN - 2}}{cut(safe.line(text), room)}" for n, text in entries)
    return f"{style.paint(title, style.BOLD)}\n{listed}"
