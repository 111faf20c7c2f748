"""The files themselves, their metadata (PEP 658) and their provenance (PEP 740)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fastapi import APIRouter, BackgroundTasks, Request, Response
from fastapi.responses import StreamingResponse
from packaging.utils import canonicalize_name
from sqlalchemy import select

from lumosai_marketplace.service import stats
from lumosai_marketplace.service.db.models import Project, Release
from lumosai_marketplace.service.problems import HttpError
from lumosai_marketplace.service.state import Service, Shared
from lumosai_sdk.errors import NotFoundError

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

router = APIRouter(tags=["index"])
PROVENANCE = "application/vnd.pypi.integrity.v1+json"
_METADATA = ".metadata"
_VISIBLE = Release.state.in_(["active", "yanked"]), Project.status != "quarantined"
"""What is pending or quarantined is not there for anybody."""

_RANGE = re.compile(r"bytes=(?P<first>[0-9]{0,18})-(?P<last>[0-9]{0,18})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Range:
    """The bytes from ``begin`` up to ``end``."""

    begin: int
    end: int


@router.head("/files/{sha256}/{name}", response_class=Response, include_in_schema=False)
@router.get("/files/{sha256}/{name}", response_class=Response)
async def file(request: Request, service: Shared, tasks: BackgroundTasks, sha256: str, name: str) -> Response:
    """Return a wheel, or with ``.metadata`` after its name, its metadata."""
    release, project = await _release(service, sha256, name.removesuffix(_METADATA))
    if name.endswith(_METADATA):
        return Response(await service.blobs.get(release.metadata_sha256), headers=_headers(release.metadata_sha256))
    headers = _headers(release.sha256)
    if request.headers.get("if-none-match") == headers["etag"]:
        return Response(status_code=304, headers=headers)
    part = _wanted(request, release.size, headers["etag"])
    whole = part is None
    begin, end = (0, release.size) if part is None else (part.begin, part.end)
    if not whole:
        headers["content-range"] = f"bytes {begin}-{end - 1}/{release.size}"
    headers["content-length"] = str(end - begin)
    if request.method == "HEAD":
        return Response(status_code=200 if whole else 206, headers=headers)
    if not await service.blobs.has(release.sha256):
        raise NotFoundError("file", name[:200])
    if whole:
        address, agent = str(request.scope.get("lumos.address", "")), request.headers.get("user-agent", "")
        tasks.add_task(stats.of(service).saw, project.id, address, agent)
    pieces = service.blobs.read(release.sha256, begin, end)
    return StreamingResponse(pieces, 200 if whole else 206, headers, background=tasks)


@router.get("/integrity/{project}/{version}/{name}/provenance", response_class=Response)
async def provenance(service: Shared, project: str, version: str, name: str) -> Response:
    """Return who signed a file, and their attestations."""
    async with service.reads() as session:
        query = select(Release).join(Project, Project.id == Release.project_id)
        query = query.where(
            *_VISIBLE, Project.wire == canonicalize_name(project), Release.filename == name, Release.version == version
        )
        release = await session.scalar(query)
    if release is None:
        raise NotFoundError("provenance", name[:200])
    return Response(release.provenance_json, media_type=PROVENANCE, headers={"cache-control": "no-cache"})


async def _release(service: Service, sha256: str, name: str) -> tuple[Release, Project]:
    async with service.reads() as session:
        found = await _find(session, sha256, name)
    if found is None:
        raise NotFoundError("file", name[:200])
    return found


async def _find(session: AsyncSession, sha256: str, name: str) -> tuple[Release, Project] | None:
    query = select(Release, Project).join(Project, Project.id == Release.project_id)
    query = query.where(*_VISIBLE, Release.filename == name, Release.sha256 == sha256)
    row = (await session.execute(query)).one_or_none()
    return None if row is None else (row[0], row[1])


def _headers(digest: str) -> dict[str, str]:
    return {
        "etag": f'"{digest}"',
        "accept-ranges": "bytes",
        "cache-control": "public, max-age=300",
        "content-type": "application/octet-stream",
        "content-disposition": "attachment",
        "cross-origin-resource-policy": "cross-origin",
    }


def _wanted(request: Request, size: int, etag: str) -> Range | None:
    """Return the one range that is asked for (RFC 9110 section 14.2); None for the whole file."""
    text = request.headers.get("range")
    if text is None or request.headers.get("if-range", etag) != etag or not text.startswith("bytes="):
        return None
    found = _RANGE.fullmatch(text.replace(" ", ""))
    if found is None:
        return None  # several ranges, or none that can be read: the whole file is a right answer
    first, last = found["first"], found["last"]
    if first:
        begin, end = int(first), min(size, int(last) + 1 if last else size)
    else:
        begin, end = max(0, size - int(last or 0)), size
    if not first and not last:
        return None
    if begin >= end:
        raise HttpError(416, f"the file has {size} bytes")
    return Range(begin, end)
