"""The transparency log, for people to look into: what was signed, and what proves that it is there."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Path, Query
from fastapi.responses import HTMLResponse
from sqlalchemy import select

from lumosai_marketplace.log import note
from lumosai_marketplace.names import Name
from lumosai_marketplace.service.db.models import Project, Release
from lumosai_marketplace.service.state import Service, Shared
from lumosai_marketplace.service.web.pages import told
from lumosai_marketplace.service.web.rendering import page
from lumosai_sdk.errors import NotFoundError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lumosai_marketplace.log.rows import Entry
    from lumosai_marketplace.log.store import Log

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
PAGE = 25
_WORDS = {"publish": "Publication", "plugin": "Description"}
_MAX_STATEMENT = 256 * 1024


@dataclass(frozen=True, slots=True)
class Shown:
    """An entry as people read it. ``plugin`` is empty where no release here has the file."""

    index: int
    at: float
    leaf: str
    filename: str
    sha256: str
    what: str
    statement: str
    plugin: str = ""
    version: str = ""


@router.get("/transparency")
@told
async def newest(service: Shared, before: Annotated[int | None, Query(ge=1, lt=1 << 62)] = None) -> HTMLResponse:
    """Show the log's newest entries, or those before one, and its checkpoint."""
    log = _log(service)
    text = await log.checkpoint()
    tree, _ = note.parse(text)
    end = tree.size if before is None else min(before, tree.size)
    begin = max(0, end - PAGE)
    entries = [_shown(e) for e in await log.entries(begin, end)] if end else []
    shown = await _with_plugins(service, reversed(entries))
    return page(service, "log.html", tree=tree, checkpoint=text, entries=shown, begin=begin, end=end)


@router.get("/transparency/{index}")
@told
async def entry(service: Shared, index: Annotated[int, Path(ge=0, lt=1 << 62)]) -> HTMLResponse:
    """Show one entry, and the proof that it is in the log."""
    log = _log(service)
    found = await log.entry(index)
    tree, _ = note.parse(await log.checkpoint())
    proof = [h.hex() for h in await log.proof(index, tree.size)]
    (shown,) = await _with_plugins(service, [_shown(found)])
    return page(service, "entry.html", entry=shown, tree=tree, proof=proof)


def _log(service: Service) -> Log:
    if service.log is None:
        raise NotFoundError("log", "here", hint="this index trusts another instance of sigstore: its log is there")
    return service.log


def _shown(entry: Entry) -> Shown:
    """Return an entry. Its statement was signed by a publisher: a stranger's text like any other."""
    try:
        data = json.loads((entry.statement or b"")[:_MAX_STATEMENT])
        subject = data["subject"][0]
        filename, sha256 = str(subject["name"])[:255], str(subject["digest"]["sha256"])[:64]
        kind = str(data["predicateType"]).split("/")[-2]
        statement = json.dumps(data, indent=2, ensure_ascii=True, sort_keys=True)
    except (ValueError, KeyError, TypeError, IndexError, RecursionError):
        filename = sha256 = kind = statement = ""
    what = _WORDS.get(kind, "Signature")
    return Shown(entry.index, entry.at, entry.leaf.hex(), filename, sha256, what, statement)


async def _with_plugins(service: Service, entries: Iterable[Shown]) -> list[Any]:
    """Return the entries with the plugins that they are about."""
    from dataclasses import replace

    found = list(entries)
    query = select(Release.sha256, Project.wire, Release.version).join(Project, Project.id == Release.project_id)
    query = query.where(Release.sha256.in_([e.sha256 for e in found if e.sha256]), Release.state != "pending")
    async with service.reads() as session:
        known = {sha: (wire, version) for sha, wire, version in await session.execute(query)}
    return [
        replace(e, plugin=Name.parse(known[e.sha256][0]).screen, version=known[e.sha256][1]) if e.sha256 in known else e
        for e in found
    ]
