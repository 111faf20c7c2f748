"""What becomes of releases and projects: yanked, quarantined, archived; and back. Each change is in the audit log."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select

from lumosai_marketplace.names import Name
from lumosai_marketplace.service import audit, events, publishers
from lumosai_marketplace.service.db.models import Namespace, Project, Release
from lumosai_marketplace.service.people import Person, SignedIn
from lumosai_marketplace.service.state import Service, Shared
from lumosai_marketplace.service.versions import parsed, refresh_latest
from lumosai_sdk.errors import ConflictError, InputError, NotFoundError, PermissionDeniedError

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

router = APIRouter(tags=["states"])
Action = Literal["yank", "unyank", "quarantine", "release"]
ProjectAction = Literal["archive", "unarchive", "quarantine", "release"]

RELEASES: dict[Action, tuple[frozenset[str], str]] = {
    "yank": (frozenset({"active", "yanked"}), "yanked"),
    "unyank": (frozenset({"yanked"}), "active"),
    "quarantine": (frozenset({"active", "yanked", "quarantined"}), "quarantined"),
    "release": (frozenset({"quarantined"}), "active"),
}
"""From which states an action leads, and to which; what is released is again what it was before."""

PROJECTS: dict[ProjectAction, tuple[frozenset[str], str]] = {
    "archive": (frozenset({"active"}), "archived"),
    "unarchive": (frozenset({"archived"}), "active"),
    "quarantine": (frozenset({"active", "archived", "quarantined"}), "quarantined"),
    "release": (frozenset({"quarantined"}), "active"),
}

OPERATORS = frozenset({"quarantine", "release"})
"""What only those who run the index do."""


class Reason(BaseModel):
    """Why: shown to everybody who asks for the plugin."""

    model_config = ConfigDict(extra="forbid")

    reason: Annotated[str, Field(max_length=1000, pattern=r"^[^\x00-\x1f\x7f]*$")] = ""


@router.post("/api/v1/plugins/{namespace}/{plugin}/{action}")
async def change_project(
    namespace: str, plugin: str, action: ProjectAction, body: Reason, service: Shared, person: SignedIn
) -> dict[str, Any]:
    """Archive a plugin, or take it back; quarantine all of it, or release it, as an operator."""
    name = Name.parse(f"{namespace}/{plugin}")
    await check_right(service, person, name, action)
    status = await set_project(service, name, action, body.reason, person.subject)
    return {"plugin": name.screen, "status": status}


@router.post("/api/v1/plugins/{namespace}/{plugin}/{version}/{action}")
async def change_release(
    namespace: str, plugin: str, version: str, action: Action, body: Reason, service: Shared, person: SignedIn
) -> dict[str, Any]:
    """Yank a release, or take that back; quarantine or release it, as an operator."""
    name = Name.parse(f"{namespace}/{plugin}")
    await check_right(service, person, name, action)
    state = await set_release(service, name, version, action, body.reason, person.subject)
    return {"plugin": name.screen, "version": version, "state": state}


def action(word: str) -> Action:
    """Return what can be done to a release. Raises InputError for a word that is none of it."""
    for known in RELEASES:
        if known == word:
            return known
    raise InputError(f"nothing called {word!r} can be done to a release", hint=f"there are: {', '.join(RELEASES)}")


def project_action(word: str) -> ProjectAction:
    """Return what can be done to a plugin. Raises InputError for a word that is none of it."""
    for known in PROJECTS:
        if known == word:
            return known
    raise InputError(f"nothing called {word!r} can be done to a plugin", hint=f"there are: {', '.join(PROJECTS)}")


async def check_right(service: Service, person: Person, name: Name, action: str) -> None:
    """Refuse who neither runs the index nor is of the namespace. Raises PermissionDeniedError."""
    if person.admin:
        return
    async with service.reads() as session:
        namespace = await session.scalar(select(Namespace).where(Namespace.name == name.namespace))
        mine = namespace is not None and await publishers.role(session, namespace, person.id)
    if not mine or action in OPERATORS:
        who = "those who run this index" if action in OPERATORS else f"members of the namespace {name.namespace}"
        raise PermissionDeniedError(f"to {action} {name} is for {who}")


async def set_release(service: Service, name: Name, version: str, action: Action, reason: str, actor: str) -> str:
    """Do *action* to a release, and return its state. Raises NotFoundError, ConflictError."""
    async with service.sessions() as session, session.begin():
        project = await _project(session, name)
        release = await _find(session, project, name, version)
        allowed, state = RELEASES[action]
        if release.state not in allowed:
            raise ConflictError(f"{name} {release.version} is {release.state}: it cannot be changed by {action}")
        if action == "release":
            state, reason = release.former_state or state, release.former_reason
        elif action == "quarantine" and release.state != "quarantined":
            release.former_state, release.former_reason = release.state, release.state_reason
        release.state, release.state_reason = state, reason if state != "active" else ""
        await session.flush()
        await refresh_latest(session, project)
        detail = {"version": release.version, "reason": reason}
        await audit.record(session, service.clock(), actor, action, project.wire, detail)
        await events.told(service, session, f"release.{action}", project, release)
    await _revoke(service)
    return state


async def set_project(service: Service, name: Name, action: ProjectAction, reason: str, actor: str) -> str:
    """Do *action* to a project, and return its status. Raises NotFoundError, ConflictError."""
    async with service.sessions() as session, session.begin():
        project = await _project(session, name)
        allowed, status = PROJECTS[action]
        if project.status not in allowed:
            raise ConflictError(f"{name} is {project.status}: it cannot be changed by {action}")
        if action == "release":
            status, reason = project.former_status or status, project.former_reason
        elif action == "quarantine" and project.status != "quarantined":
            project.former_status, project.former_reason = project.status, project.status_reason
        project.status, project.status_reason = status, reason if status != "active" else ""
        await audit.record(session, service.clock(), actor, f"project.{action}", project.wire, {"reason": reason})
        await events.told(service, session, f"project.{action}", project)
    await _revoke(service)
    return status


async def _project(session: AsyncSession, name: Name) -> Project:
    project = await session.scalar(select(Project).where(Project.wire == name.wire).with_for_update())
    if project is None:
        raise NotFoundError("plugin", name.screen)
    return project


async def _find(session: AsyncSession, project: Project, name: Name, version: str) -> Release:
    query = select(Release).where(Release.project_id == project.id, Release.state != "pending")
    for release in await session.scalars(query):
        if release.version == version or parsed(release.version) == parsed(version):
            return release
    raise NotFoundError("release", f"{name} {version[:64]}")


async def _revoke(service: Service) -> None:
    """Tell clients that have it already: the list of revocations, signed with TUF."""
    from lumosai_marketplace.service.telling import publish

    await asyncio.shield(publish(service))
