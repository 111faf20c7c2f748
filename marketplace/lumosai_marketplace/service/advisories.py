"""Advisories: what is known to be wrong with versions of plugins, in the OSV format.

Owners of a namespace write them for their plugins, operators for all. The index gives the id and the times.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import or_, select

from lumosai_marketplace.client import advisories as reading
from lumosai_marketplace.names import Name
from lumosai_marketplace.service import audit, publishers, webhooks
from lumosai_marketplace.service.db.models import Advisory, Namespace, Project
from lumosai_marketplace.service.osv import ECOSYSTEM, SCHEMA, AdvisoryBody
from lumosai_sdk.errors import ConflictError, NotFoundError, PermissionDeniedError

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

    from lumosai_marketplace.service.people import Person
    from lumosai_marketplace.service.state import Service

PREFIX: Final = "LUMOS"
_LETTERS: Final = "23456789cfghjmpqrvwx"


def affects(document: Mapping[str, Any], name: Name, version: str) -> bool:
    """Tell whether an advisory is about a version of a plugin."""
    return reading.affects(document, (name.screen, name.wire), version)


async def create(service: Service, person: Person, body: AdvisoryBody) -> dict[str, Any]:
    """Publish an advisory. Raises InputError, NotFoundError, PermissionDeniedError."""
    name, now = body.name(), service.clock()
    async with service.sessions() as session, session.begin():
        project = await _project(session, person, name)
        code = "".join(secrets.choice(_LETTERS) for _ in range(12))
        made = f"{PREFIX}-{code[:4]}-{code[4:8]}-{code[8:]}"
        document = _document(service, made, name, body, published=now, modified=now)
        session.add(_row(made, project, document, now))
        await session.flush()
        await _tell(service, session, person, "advisory.published", project, document)
    return document


async def replace(service: Service, person: Person, advisory_id: str, body: AdvisoryBody) -> dict[str, Any]:
    """Write an advisory anew; it stays about the same plugin. Raises ConflictError for one that was withdrawn."""
    name, now = body.name(), service.clock()
    async with service.sessions() as session, session.begin():
        row, project = await _mine(session, person, advisory_id)
        if row.withdrawn is not None or project.wire != name.wire:
            raise ConflictError(f"{advisory_id} was withdrawn, or is about another plugin: write a new one")
        begun = datetime.fromisoformat(json.loads(row.document)["published"]).timestamp()
        document = _document(service, row.id, name, body, published=begun, modified=now)
        row.document, row.modified = _text(document), now
        await _tell(service, session, person, "advisory.published", project, document)
    return document


async def withdraw(service: Service, person: Person, advisory_id: str) -> dict[str, Any]:
    """Say that an advisory was wrong: it stays where it is, and is about no version any more."""
    now = service.clock()
    async with service.sessions() as session, session.begin():
        row, project = await _mine(session, person, advisory_id)
        document: dict[str, Any] = json.loads(row.document)
        if row.withdrawn is None:
            document |= {"withdrawn": _time(now), "modified": _time(now)}
            row.document, row.modified, row.withdrawn = _text(document), now, now
            await _tell(service, session, person, "advisory.withdrawn", project, document)
    return document


async def find(session: AsyncSession, advisory_id: str) -> dict[str, Any]:
    """Return an advisory. Raises NotFoundError."""
    row = await session.get(Advisory, advisory_id[:64])
    if row is None:
        raise NotFoundError("advisory", advisory_id[:64])
    document: dict[str, Any] = json.loads(row.document)
    return document


async def listed(
    session: AsyncSession, after: tuple[float, str], most: int, name: Name | None = None
) -> Sequence[Advisory]:
    """Return up to *most* advisories that were modified after a time (or then, with a greater id), oldest first."""
    since, last = after
    query = select(Advisory).where(or_(Advisory.modified > since, (Advisory.modified == since) & (Advisory.id > last)))
    if name is not None:
        query = query.join(Project, Project.id == Advisory.project_id).where(Project.wire == name.wire)
    return (await session.scalars(query.order_by(Advisory.modified, Advisory.id).limit(most))).all()


def _document(
    service: Service, made: str, name: Name, body: AdvisoryBody, *, published: float, modified: float
) -> dict[str, Any]:
    told = body.model_dump(exclude_none=True, exclude_defaults=True)
    purl = f"pkg:pypi/{name.wire}?repository_url={service.settings.url}/simple"
    for affected in told["affected"]:
        affected["package"] = {"ecosystem": ECOSYSTEM, "name": name.screen, "purl": purl}
    times = {"published": _time(published), "modified": _time(modified)}
    return {**told, "schema_version": SCHEMA, "id": made, **times}


def _row(made: str, project: Project, document: Mapping[str, Any], now: float) -> Advisory:
    return Advisory(id=made, project_id=project.id, document=_text(document), modified=now, withdrawn=None)


def _text(document: Mapping[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


async def _project(session: AsyncSession, person: Person, name: Name) -> Project:
    """Return the plugin, for who may write about it. Raises NotFoundError, PermissionDeniedError."""
    project = await session.scalar(select(Project).where(Project.wire == name.wire))
    if project is None:
        raise NotFoundError("plugin", name.screen)
    namespace = await session.get_one(Namespace, project.namespace_id)
    if not person.admin and await publishers.role(session, namespace, person.id) != "owner":
        raise PermissionDeniedError(f"advisories about {name} are for owners of {name.namespace}, and operators")
    return project


async def _mine(session: AsyncSession, person: Person, advisory_id: str) -> tuple[Advisory, Project]:
    row = await session.get(Advisory, advisory_id[:64], with_for_update=True)
    if row is None:
        raise NotFoundError("advisory", advisory_id[:64])
    project = await session.get_one(Project, row.project_id)
    await _project(session, person, Name.parse(project.wire))
    return row, project


async def _tell(
    service: Service, session: AsyncSession, person: Person, event: str, project: Project, document: Mapping[str, Any]
) -> None:
    said = {"id": document["id"], "plugin": Name.parse(project.wire).screen, "summary": document["summary"]}
    await audit.record(session, service.clock(), person.subject, event, project.wire, {"id": document["id"]})
    await webhooks.emit(session, event, project.wire, said)
