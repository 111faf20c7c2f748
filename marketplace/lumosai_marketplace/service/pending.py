"""From an upload that was looked at to a release that everybody sees; a crash at any moment leaves no half of one.

A version's row is there first, ``pending``, under the unique constraint of its project and version: of two uploads of
one version, in two services, exactly one has it. The row carries a lease; whoever holds that alone may go on. A row
without a sign of life is forgotten, with its files.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import secrets
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError

from lumosai_marketplace.errors import RateLimitedError
from lumosai_marketplace.service import audit, naming
from lumosai_marketplace.service.db.models import Namespace, Project, Release
from lumosai_marketplace.service.state import Service
from lumosai_marketplace.service.versions import equal_to, refresh_latest
from lumosai_marketplace.trust import pep740
from lumosai_sdk.errors import ConflictError, NotFoundError

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

    from lumosai_marketplace.trust.verify import Verified
    from lumosai_marketplace.wheels.wheel import Wheel

PENDING = "pending"
_TRIES = 3


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to finish one upload."""

    release_id: int
    secret: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """A wheel that was read, and what its two attestations say."""

    wheel: Wheel
    metadata_sha256: str
    plugin: Verified
    attestations: Sequence[Mapping[str, Any]]


async def claim(service: Service, candidate: Candidate) -> Lease | None:
    """Put the row down. None when this very file is published already: to send it again changes nothing.

    Raises ConflictError for a version that is taken, RefusedError ``index.squat``, RateLimitedError while another
    upload of it is under way.
    """
    await naming.check_plugin(service, candidate.wheel.name)
    for _ in range(_TRIES):
        try:
            return await _claim(service, candidate)
        except IntegrityError:  # another service was faster
            continue
        except _StaleError as e:
            await forget(service, e.release_id, e.lease)
    raise ConflictError(f"{candidate.wheel.name} {candidate.wheel.version} is being uploaded by somebody else")


async def _claim(service: Service, candidate: Candidate) -> Lease | None:
    wheel, now = candidate.wheel, service.clock()
    async with service.sessions() as session, session.begin():
        project = await _project(session, service, wheel)
        if project.status != "active":
            raise ConflictError(f"{wheel.name} is {project.status}: it takes no new versions")
        if (known := await equal_to(session, project, wheel.version)) is not None:
            _check_taken(known, wheel, now - service.settings.publishing.pending_seconds)
            return None
        lease = secrets.token_hex(16)
        release = _row(candidate, project.id, lease, now)
        session.add(release)
        await session.flush()
        return Lease(release.id, lease)


async def _project(session: AsyncSession, service: Service, wheel: Wheel) -> Project:
    """Return the plugin's row, locked; made, when it is new."""
    query = select(Project).where(Project.wire == wheel.name.wire).with_for_update()
    if (project := await session.scalar(query)) is not None:
        return project
    namespace = await session.scalar(select(Namespace).where(Namespace.name == wheel.name.namespace))
    if namespace is None:
        raise NotFoundError("namespace", wheel.name.namespace)
    made = new_project(namespace, wheel.name.wire, service.clock())
    session.add(made)
    await session.flush()
    return made


def new_project(namespace: Namespace, wire: str, now: float) -> Project:
    """Return the row of a plugin without releases."""
    return Project(
        namespace_id=namespace.id,
        wire=wire,
        status="active",
        status_reason="",
        latest_id=None,
        downloads=0,
        created=now,
    )


class _StaleError(Exception):
    """An upload of the version broke off."""

    def __init__(self, release_id: int, lease: str) -> None:
        super().__init__(release_id)
        self.release_id = release_id
        self.lease = lease


def _check_taken(known: Release, wheel: Wheel, stale: float) -> None:
    """Say why a version cannot be had. Nothing, when it is this very file."""
    if known.state == PENDING:
        if known.uploaded < stale:
            raise _StaleError(known.id, known.state_reason)
        raise RateLimitedError(f"{wheel.name} {wheel.version} is being uploaded", known.uploaded - stale + 1)
    if known.sha256 == wheel.sha256 and known.filename == wheel.filename and known.state in {"active", "yanked"}:
        return
    raise ConflictError(
        f"{wheel.name} {known.version} is there already, and a version is never replaced",
        hint="raise the version number, build, sign and publish again",
    )


def _row(candidate: Candidate, project_id: int, lease: str, now: float) -> Release:
    wheel, verified = candidate.wheel, candidate.plugin
    facts = verified.facts.to_json() if verified.facts else {}
    return Release(
        project_id=project_id,
        version=wheel.version,
        state=PENDING,
        state_reason=lease,
        filename=wheel.filename,
        sha256=wheel.sha256,
        size=wheel.size,
        metadata_sha256=candidate.metadata_sha256,
        requires_python=wheel.requires_python,
        summary=str(wheel.core.get("summary", "")),
        readme=wheel.readme,
        metadata_json=_dump({**wheel.core, "readme_type": wheel.readme_type}),
        manifest_json=wheel.manifest.model_dump_json(by_alias=True, exclude_defaults=True),
        facts_json=_dump(facts),
        signer_json=_dump(verified.signer.to_json()),
        provenance_json=_dump(pep740.provenance(verified.signer, candidate.attestations)),
        signed=verified.signed,
        log_index=verified.log_index,
        uploaded=now,
    )


def _dump(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))  # in ASCII: not all that JSON can escape can be kept as text


@asynccontextmanager
async def alive(service: Service, lease: Lease) -> AsyncIterator[None]:
    """Give signs of life while the upload goes on; forget it when it fails or is cancelled."""
    beat = asyncio.create_task(_beat(service, lease))
    try:
        yield
    except BaseException:
        await asyncio.shield(forget(service, lease.release_id, lease.secret))
        raise
    finally:
        beat.cancel()
        await asyncio.gather(beat, return_exceptions=True)


async def _beat(service: Service, lease: Lease) -> None:
    while True:
        await asyncio.sleep(service.settings.publishing.pending_seconds / 3)
        async with service.sessions() as session, session.begin():
            row = update(Release).where(*_mine(lease)).values(uploaded=service.clock())
            await session.execute(row)


async def activate(service: Service, lease: Lease, name: str, actor: str) -> None:
    """Let everybody see it. Raises ConflictError when the lease was lost."""
    from lumosai_marketplace.service import events

    async with service.sessions() as session, session.begin():
        now = service.clock()
        row = update(Release).where(*_mine(lease)).values(state="active", state_reason="", uploaded=now)
        if (await session.execute(row)).rowcount != 1:  # type: ignore[attr-defined]
            raise ConflictError(f"the upload of {name} took too long, and was given up", hint="upload it again")
        release = await session.get_one(Release, lease.release_id)
        project = await session.get_one(Project, release.project_id, with_for_update=True)
        await refresh_latest(session, project)
        detail = {"version": release.version, "sha256": release.sha256, "signer": json.loads(release.signer_json)}
        await audit.record(session, now, actor, "publish", project.wire, detail)
        await events.told(service, session, "release.published", project, release)


async def forget(service: Service, release_id: int, lease: str) -> None:
    """Remove a pending upload and its files, while its row, locked, keeps others from uploading the same."""
    query = select(Release).where(*_mine(Lease(release_id, lease))).with_for_update()
    async with service.sessions() as session, session.begin():
        if (release := await session.scalar(query)) is None:
            return
        for digest in (release.sha256, release.metadata_sha256):
            if not await _uses(session, release, digest):
                await service.blobs.delete(digest)
        await session.delete(release)
        await session.flush()
        await _forget_project(session, release.project_id)


async def _forget_project(session: AsyncSession, project_id: int) -> None:
    """Remove a plugin that has no release, unless somebody has reserved its name."""
    project = await session.get(Project, project_id, with_for_update=True)
    left = await session.scalar(select(func.count()).where(Release.project_id == project_id))
    if project is not None and not left and not project.status_reason:
        await session.delete(project)


async def _uses(session: AsyncSession, release: Release, digest: str) -> bool:
    others = (Release.sha256 == digest) | (Release.metadata_sha256 == digest)
    query = select(func.count()).select_from(Release).where(others, Release.id != release.id)
    return bool(await session.scalar(query))


def _mine(lease: Lease) -> tuple[Any, ...]:
    return Release.id == lease.release_id, Release.state == PENDING, Release.state_reason == lease.secret


def digest(data: bytes) -> str:
    """Return the sha256 that a file is kept under."""
    return hashlib.sha256(data).hexdigest()
