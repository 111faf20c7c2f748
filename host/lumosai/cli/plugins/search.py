"""``lumos plugin search``: what an index has."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from lumosai.cli.output import say_json, table, tell
from lumosai.cli.plugins.market import index_url, with_session
from lumosai.config.load import load
from lumosai_sdk import safe

if TYPE_CHECKING:
    from lumosai_marketplace.client.session import Session


def run(arguments: argparse.Namespace) -> int:
    """Search. Raises LumosError."""
    return with_session(arguments, _search)


async def _search(session: Session, arguments: argparse.Namespace) -> int:
    url = index_url(load(arguments.config), arguments.index)
    found = await session.index(url).search(" ".join(arguments.words), limit=arguments.limit, kind=arguments.kind)
    if arguments.json:
        say_json(found)
        return 0
    rows = [_row(r) for r in found.get("items", ()) if isinstance(r, dict)]
    if found.get("corrected"):
        tell(f"nothing has these words; searched for: {safe.line(found['corrected'])}")
    table(rows, ["name", "version", "risk", "publisher", "summary"], empty="nothing found")
    return 0


def _row(result: dict[str, Any]) -> dict[str, Any]:
    publisher = result.get("publisher")
    told = publisher if isinstance(publisher, dict) else {}
    mark = " ✓" if result.get("verified") is True else ""
    return {**result, "publisher": f"{told.get('repository') or told.get('subject') or ''}{mark}"}
