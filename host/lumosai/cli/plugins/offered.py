"""``lumos plugin info NAMESPACE/NAME``: what an index tells of a plugin that is not installed."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from lumosai.cli.output import pairs, say_json
from lumosai.cli.plugins.market import market_of, with_session
from lumosai.config.load import load
from lumosai_sdk import safe
from lumosai_sdk.errors import LumosError

if TYPE_CHECKING:
    from lumosai_marketplace.client.index import Index
    from lumosai_marketplace.client.page import Project
    from lumosai_marketplace.client.session import Session
    from lumosai_marketplace.names import Name

_MOST = 20


def delivered_as(arguments: argparse.Namespace) -> str | None:
    """Return the name in this host of a plugin of a marketplace, None where it is not installed. Raises LumosError."""
    from lumosai_marketplace.names import Name

    name = Name.parse(arguments.name)
    return name.plugin if name in market_of(load(arguments.config)).read_lock().plugins else None


def tell_offered(arguments: argparse.Namespace) -> int:
    """Show what the index offers: its word, until it is verified at the install. Raises LumosError."""
    return with_session(arguments, _tell)


async def _tell(session: Session, arguments: argparse.Namespace) -> int:
    from lumosai_marketplace.names import Name

    name = Name.parse(arguments.name)
    url = session.market.index_of(name, None, arguments.index)
    project = await session.index(url).project(name)
    notices = await _notices(session.index(url), name)
    versions = sorted(project.files, key=lambda f: f.version, reverse=True)
    if arguments.json:
        told = [{"version": str(f.version), "file": f.filename, "sha256": f.sha256, "size": f.size} for f in versions]
        yanked = {str(f.version): f.yanked for f in versions if f.yanked is not None}
        head = {"plugin": name.screen, "installed": False, "status": project.status, "reason": project.reason}
        say_json({**head, "index": url, "versions": told, "yanked": yanked, "notices": notices})
        return 0
    pairs([("plugin", name.screen), ("state", "not installed"), ("index says", _status(project))])
    pairs(
        [(str(f.version), "yanked: " + safe.line(f.yanked) if f.yanked is not None else f.filename) for f in versions],
        "  ",
    )
    pairs([("beware", _warning(n)) for n in notices])
    pairs([("install", f"lumos plugin install {name}, which verifies it and shows what it may do")])
    return 0


async def _notices(index: Index, name: Name) -> list[dict[str, Any]]:
    """Return what the index says of texts of the plugin that tell people, or agents, to do something.

    The texts themselves are not shown. An index of another kind has no such answer, and no notices.
    """
    try:
        latest = (await index.plugin(name)).get("latest")
    except LumosError:
        return []
    found = latest.get("notices") if isinstance(latest, dict) else None
    return [n for n in found if isinstance(n, dict)][:_MOST] if isinstance(found, list) else []


def _warning(notice: dict[str, Any]) -> str:
    return safe.line(f"{notice.get('where', 'a text')}: {notice.get('words', '')}: {notice.get('text', '')!r}")[:400]


def _status(project: Project) -> str:
    return f"{project.status}{': ' + safe.line(project.reason) if project.reason else ''}"
