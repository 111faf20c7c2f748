"""The pages of the simple index, as JSON and as HTML."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html import escape
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from lumosai_marketplace.service.db.models import Project, Release
from lumosai_marketplace.service.versions import parsed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.ext.asyncio import AsyncSession

VERSION = "1.4"
_SHOWN = ("active", "yanked")


@dataclass(frozen=True, slots=True)
class File:
    """A file of a project. ``url`` is relative to the project's page; ``provenance`` has to be a whole one."""

    filename: str
    url: str
    sha256: str
    metadata_sha256: str
    size: int
    uploaded: float
    requires_python: str
    yanked: str | None
    provenance: str

    def to_json(self) -> dict[str, Any]:
        """Return the file as PEP 691, 700, 714 and 740 have it."""
        return {
            "filename": self.filename,
            "url": self.url,
            "hashes": {"sha256": self.sha256},
            "size": self.size,
            "upload-time": datetime.fromtimestamp(self.uploaded, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            **({"requires-python": self.requires_python} if self.requires_python else {}),
            "core-metadata": {"sha256": self.metadata_sha256},
            "dist-info-metadata": {"sha256": self.metadata_sha256},
            "yanked": False if self.yanked is None else self.yanked or True,
            "provenance": self.provenance,
        }

    def to_html(self) -> str:
        """Return the file's line as PEP 503, 592, 714 and 740 have it."""
        marks = {
            "data-requires-python": self.requires_python or None,
            "data-core-metadata": f"sha256={self.metadata_sha256}",
            "data-dist-info-metadata": f"sha256={self.metadata_sha256}",
            "data-yanked": self.yanked,
            "data-provenance": self.provenance,
        }
        shown = "".join(f' {k}="{escape(v)}"' for k, v in marks.items() if v is not None)
        return f'<a href="{escape(self.url)}#sha256={self.sha256}"{shown}>{escape(self.filename)}</a><br>'


@dataclass(frozen=True, slots=True)
class Page:
    """The list of projects (``name`` empty), or a project's list of files."""

    name: str = ""
    projects: Sequence[str] = ()
    files: Sequence[File] = ()
    versions: Sequence[str] = ()
    status: dict[str, str] = field(default_factory=dict)

    def to_json(self) -> bytes:
        """Return the page as PEP 691 has it."""
        page: dict[str, Any] = {"meta": {"api-version": VERSION}}
        if self.name:
            page |= {"name": self.name, "project-status": self.status, "versions": list(self.versions)}
            page["files"] = [f.to_json() for f in self.files]
        else:
            page["projects"] = [{"name": p} for p in self.projects]
        return json.dumps(page, separators=(",", ":")).encode()

    def to_html(self) -> bytes:
        """Return the page as PEP 503 has it."""
        meta = {"pypi:repository-version": VERSION}
        if self.name:
            meta |= {f"pypi:project-{k if k == 'status' else f'status-{k}'}": v for k, v in self.status.items()}
        heads = "".join(f'<meta name="{k}" content="{escape(v)}">\n' for k, v in meta.items())
        title = escape(f"Links for {self.name}" if self.name else "Simple index")
        lines = [f.to_html() for f in self.files] or [f'<a href="{p}/">{p}</a><br>' for p in self.projects]
        body = "\n".join(lines)
        return (
            f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n{heads}'
            f"<title>{title}</title>\n</head>\n"
            f"<body>\n<h1>{title}</h1>\n{body}\n</body>\n</html>\n"
        ).encode()


async def project_list(session: AsyncSession) -> Page:
    """Return the page of all projects that have something to install."""
    shown = select(Release.id).where(Release.project_id == Project.id, Release.state.in_(_SHOWN)).exists()
    query = select(Project.wire).where(Project.status != "quarantined", shown).order_by(Project.wire)
    return Page(projects=(await session.scalars(query)).all())


async def project_page(session: AsyncSession, wire: str, url: str) -> Page | None:
    """Return a project's page, None for one that nobody knows. What is quarantined has no files (PEP 792)."""
    project = await session.scalar(select(Project).where(Project.wire == wire))
    if project is None:
        return None
    rows = await _releases(session, project.id)
    if not rows and project.status == "active":
        return None
    status = {"status": project.status}
    if project.status_reason and project.status != "active":
        status["reason"] = project.status_reason
    hidden = project.status == "quarantined"
    files = [] if hidden else [_file(release, wire, url) for release in rows]
    versions = [] if hidden else [r.version for r in rows]
    return Page(wire, files=files, versions=versions, status=status)


async def _releases(session: AsyncSession, project_id: int) -> list[Any]:
    columns = (
        Release.version,
        Release.state,
        Release.state_reason,
        Release.filename,
        Release.sha256,
        Release.metadata_sha256,
        Release.size,
        Release.uploaded,
        Release.requires_python,
    )
    query = select(*columns).where(Release.project_id == project_id, Release.state.in_(_SHOWN))
    return sorted((await session.execute(query)).all(), key=lambda r: parsed(r.version))


def _file(release: Any, wire: str, url: str) -> File:
    return File(
        filename=release.filename,
        url=f"../../files/{release.sha256}/{release.filename}",
        sha256=release.sha256,
        metadata_sha256=release.metadata_sha256,
        size=release.size,
        uploaded=release.uploaded,
        requires_python=release.requires_python,
        yanked=release.state_reason if release.state == "yanked" else None,
        provenance=f"{url}/integrity/{wire}/{release.version}/{release.filename}/provenance",
    )
