"""``lumos plugin audit``: is what is installed still as it should be?"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from lumosai.cli import style
from lumosai.cli.exits import FAILURE, OK
from lumosai.cli.output import say, say_json, tell
from lumosai.cli.plugins.market import with_session
from lumosai.cli.words import counted
from lumosai_sdk import safe

if TYPE_CHECKING:
    from lumosai_marketplace.client.audit import Finding
    from lumosai_marketplace.client.session import Session


def run(arguments: argparse.Namespace) -> int:
    """Audit; the exit code tells whether something should not stay as it is. Raises LumosError."""
    return with_session(arguments, _audit)


async def _audit(session: Session, arguments: argparse.Namespace) -> int:
    found = await session.audit()
    bad = [f for f in found if f.bad]
    if arguments.json:
        say_json({"ok": not bad, "findings": [f.to_json() for f in found]})
    else:
        for finding in found:
            _show(finding)
        tell(f"{counted(len(session.market.read_lock().plugins), 'plugin')}, {counted(len(bad), 'problem')}")
    return FAILURE if bad else OK


def _show(finding: Finding) -> None:
    mark = style.paint("✗", style.RED) if finding.bad else style.paint("!", style.YELLOW)
    say(f"{mark} {safe.line(finding.plugin)} {safe.line(finding.version)} ({safe.line(finding.rule)})")
    say(f"    {safe.line(finding.text)}")
    if finding.hint:
        say(f"    {style.paint('hint:', style.CYAN)} {safe.line(finding.hint)}")
