"""``lumos plugin search``: what an index has."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from lumosai.cli.output import say_json, table
from lumosai.cli.plugins.market import index_url, with_session
from lumosai.config.load import load

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
    rows = found.get("results", found.get("items", found.get("plugins", [])))
    table(
        [_row(r) for r in rows if isinstance(r, dict)],
        ["name", "version", "summary", "publisher"],
        empty="nothing found",
    )
    return 0


def _row(result: dict[str, Any]) -> dict[str, Any]:
    publisher = result.get("publisher") or {}
    who = publisher.get("repository") or publisher.get("subject") if isinstance(publisher, dict) else publisher
    about = result.get("summary") or result.get("description", "")
    return {"name": result.get("name"), "version": result.get("version"), "summary": about, "publisher": who}
