"""What the API and the pages tell of a plugin: read from its rows, its rights only from the signed statement."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from lumosai_marketplace.names import Name
from lumosai_marketplace.service import notices
from lumosai_marketplace.service.db.models import Advisory, Namespace, Project, Release
from lumosai_marketplace.service.versions import parsed
from lumosai_marketplace.signer import Signer
from lumosai_marketplace.trust.permissions import Change, Right, diff, rights
from lumosai_marketplace.trust.words import RISKS, Risk
from lumosai_sdk.errors import InputError, NotFoundError
from lumosai_sdk.permissions import Permissions
from lumosai_sdk.threads import in_thread

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

SHOWN = ("active", "yanked")
_LIGHT = (
    Release.id,
    Release.version,
    Release.state,
    Release.state_reason,
    Release.filename,
    Release.sha256,
    Release.size,
    Release.requires_python,
    Release.facts_json,
    Release.signer_json,
    Release.signed,
    Release.log_index,
    Release.uploaded,
)


@dataclass(frozen=True)
class Version:
    """A version, without its long texts. ``permissions`` is None where the statement cannot be read any more."""

    id: int
    version: str
    state: str
    reason: str
    filename: str
    sha256: str
    size: int
    requires_python: str
    facts: Mapping[str, Any]
    signer: Signer
    signed: float
    log_index: int
    uploaded: float

    @cached_property
    def runtime(self) -> str:
        """The runtime that was signed for."""
        return str(self.facts.get("runtime", ""))

    @cached_property
    def permissions(self) -> Permissions | None:
        """What was signed for that it may do."""
        try:
            return Permissions.from_json(self.facts.get("permissions") or {}) if self.facts else None
        except InputError:
            return None

    @cached_property
    def rights(self) -> tuple[Right, ...]:
        """The same in words."""
        if self.permissions is None:
            return (Right("unknown", "", "nobody can say: its signed statement cannot be read any more", "high"),)
        return rights(self.permissions, self.runtime)

    @cached_property
    def risk(self) -> Risk:
        """The worst of its rights."""
        return max((r.risk for r in self.rights), key=RISKS.index, default="low")

    def changes(self, before: Version | None) -> tuple[Change, ...]:
        """Return what is asked for otherwise than in the version before."""
        if before is None or before.permissions is None or self.permissions is None:
            return ()
        return diff(before.permissions, self.permissions, runtime_before=before.runtime, runtime_after=self.runtime)


@dataclass(frozen=True)
class Plugin:
    """A plugin with its visible versions, the newest first. Quarantined ones have none."""

    name: Name
    project: Project
    namespace: Namespace
    versions: tuple[Version, ...]
    advisories: tuple[Mapping[str, Any], ...] = field(default=())

    @property
    def latest(self) -> Version | None:
        """What is installed by who asks for no version; where all are yanked, the newest of these."""
        found = next((v for v in self.versions if v.id == self.project.latest_id), None)
        return found or next(iter(self.versions), None)

    @property
    def verified(self) -> bool:
        """Whether the namespace is proven, and one publisher has signed everything."""
        first = self.versions[-1].signer if self.versions else None
        proven = bool(self.namespace.proof) and first is not None
        return proven and all(v.signer.same_publisher(first) for v in self.versions if first is not None)

    def before(self, version: Version) -> Version | None:
        """Return the version before one."""
        at = self.versions.index(version)
        return self.versions[at + 1] if at + 1 < len(self.versions) else None

    def signer_changed(self, version: Version) -> bool:
        """Tell whether somebody else than before has signed a version."""
        before = self.before(version)
        return before is not None and not version.signer.same_publisher(before.signer)

    def find(self, text: str) -> Version:
        """Return a version, ``latest`` among them. Raises NotFoundError."""
        found = self.latest if text == "latest" else None
        for version in self.versions:
            if found is None and (version.version == text or parsed(version.version) == parsed(text)):
                found = version
        if found is None:
            raise NotFoundError("release", f"{self.name} {text[:64]}")
        return found


@dataclass(frozen=True)
class Texts:
    """What is long about a version."""

    summary: str
    readme: str
    readme_type: str
    manifest: Mapping[str, Any]
    core: Mapping[str, Any]
    notices: tuple[notices.Notice, ...]


async def load(session: AsyncSession, name: Name) -> Plugin:
    """Read a plugin. Raises NotFoundError for one that nobody knows, or that has nothing to show."""
    query = select(Project, Namespace).join(Namespace, Namespace.id == Project.namespace_id)
    row = (await session.execute(query.where(Project.wire == name.wire))).one_or_none()
    if row is None:
        raise NotFoundError("plugin", name.screen)
    project, namespace = row
    versions = () if project.status == "quarantined" else await _versions(session, project.id)
    if not versions and project.status == "active":
        raise NotFoundError("plugin", name.screen)
    told = select(Advisory.document).where(Advisory.project_id == project.id).order_by(Advisory.modified.desc())
    advisories = tuple(json.loads(d) for d in await session.scalars(told))
    return Plugin(name, project, namespace, versions, advisories)


async def texts(session: AsyncSession, version: Version) -> Texts:
    """Read what is long about a version."""
    release = await session.get_one(Release, version.id)
    manifest, core = json.loads(release.manifest_json), json.loads(release.metadata_json)
    said = {"readme": release.readme, "summary": release.summary, **dict(notices.manifest_texts(manifest))}
    found = await in_thread(notices.of_release, release.sha256, said)
    readme_type = str(core.get("readme_type", "")) or "text/plain"
    return Texts(release.summary, release.readme, readme_type, manifest, core, found)


async def _versions(session: AsyncSession, project_id: int) -> tuple[Version, ...]:
    query = select(*_LIGHT).where(Release.project_id == project_id, Release.state.in_(SHOWN))
    found = [_version(row) for row in (await session.execute(query)).all()]
    return tuple(sorted(found, key=lambda v: parsed(v.version), reverse=True))


def _version(row: Any) -> Version:
    facts: Mapping[str, Any] = json.loads(row.facts_json)
    signer = Signer.from_json(json.loads(row.signer_json))
    return Version(
        id=row.id,
        version=row.version,
        state=row.state,
        reason=row.state_reason,
        filename=row.filename,
        sha256=row.sha256,
        size=row.size,
        requires_python=row.requires_python,
        facts=facts,
        signer=signer,
        signed=row.signed,
        log_index=row.log_index,
        uploaded=row.uploaded,
    )


def contributions(manifest: Mapping[str, Any]) -> Sequence[tuple[str, Mapping[str, Any]]]:
    """Return what a plugin gives, kind by kind."""
    return [(kind, item) for kind, items in (manifest.get("contributes") or {}).items() for item in items]
