"""Keep the documents of the search as the plugins are, in the transaction that changes these."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import select, update

from lumosai_marketplace.names import Name
from lumosai_marketplace.service.db.models import Namespace, Project, Release
from lumosai_marketplace.service.search import textindex
from lumosai_marketplace.service.search.schema import SearchDocument, SearchSerial
from lumosai_marketplace.service.search.words import indexed
from lumosai_marketplace.signer import Signer
from lumosai_marketplace.trust.permissions import rights
from lumosai_marketplace.trust.words import RISKS
from lumosai_sdk.errors import InputError
from lumosai_sdk.permissions import Permissions

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

    from lumosai_marketplace.service.state import Service

_VISIBLE = ("active", "yanked")
_SHOWN = ("active", "archived")
_AT_ONCE = 500


async def refresh(session: AsyncSession, project: Project) -> None:
    """Make the plugin's document what the plugin is now. The session has to be in a transaction."""
    await session.flush()
    document = await _document(session, project)
    if document is None:
        await _hide(session, project.id)
        return
    fields, texts = document
    await session.merge(SearchDocument(**fields, serial=await next_serial(session)))
    await session.flush()
    await textindex.put(session, project.id, texts)


async def next_serial(session: AsyncSession) -> int:
    """Return the number of a change. Changes of others wait until this transaction has ended."""
    row = update(SearchSerial).where(SearchSerial.id == 0).values(value=SearchSerial.value + 1)
    return (await session.execute(row.returning(SearchSerial.value))).scalar_one()


async def catch_up(service: Service) -> int:
    """Index the plugins that have something to install and no document; return how many they were."""
    done = 0
    while True:
        async with service.sessions() as session, session.begin():
            known = select(SearchDocument.project_id).where(SearchDocument.project_id == Project.id).exists()
            query = select(Project).where(Project.latest_id.is_not(None), ~known).limit(_AT_ONCE)
            found = (await session.scalars(query.order_by(Project.id))).all()
            for project in found:
                await refresh(session, project)
        done += len(found)
        if len(found) < _AT_ONCE:
            return done


async def _hide(session: AsyncSession, project_id: int) -> None:
    if (document := await session.get(SearchDocument, project_id)) is not None and document.listed:
        document.listed, document.serial = False, await next_serial(session)
        await session.flush()
        await textindex.remove(session, project_id)


async def _document(session: AsyncSession, project: Project) -> tuple[dict[str, Any], dict[str, str]] | None:
    """Return the fields and the indexed texts of a plugin, None for one that is not to be found."""
    release = await session.get(Release, project.latest_id) if project.latest_id is not None else None
    if release is None or project.status not in _SHOWN:
        return None
    namespace = await session.get_one(Namespace, project.namespace_id)
    query = select(Release.signer_json).where(Release.project_id == project.id, Release.state.in_(_VISIBLE))
    signers = (await session.scalars(query)).all()
    name, manifest = Name.parse(project.wire), json.loads(release.manifest_json)
    fields = {
        "project_id": project.id,
        "wire": project.wire,
        "version": release.version,
        "summary": release.summary or str(manifest.get("description", ""))[:512],
        "kinds": " ".join(kinds(manifest)),
        **_rights(json.loads(release.facts_json)),
        "proof": namespace.proof,
        "signer_json": release.signer_json,
        "verified": bool(namespace.proof) and is_continuous(signers),
        "releases": len(signers),
        "downloads": project.downloads,
        "created": project.created,
        "updated": release.uploaded,
        "listed": True,
    }
    return fields, _texts(name, str(fields["summary"]), manifest, json.loads(release.metadata_json))


def kinds(manifest: Mapping[str, Any]) -> list[str]:
    """Return the kinds of contributions that a manifest has."""
    return sorted(kind for kind, items in (manifest.get("contributes") or {}).items() if items)


def is_continuous(signers: Sequence[str]) -> bool:
    """Tell whether one publisher has signed all of a plugin's releases."""
    told = [Signer.from_json(json.loads(s)) for s in dict.fromkeys(signers)]
    return bool(told) and all(told[0].same_publisher(other) for other in told[1:])


def _rights(facts: Mapping[str, Any]) -> dict[str, str]:
    """Return what the signed statement says about runtime and permissions, and the worst of its risks."""
    runtime = str(facts.get("runtime", ""))
    try:
        asked = Permissions.from_json(facts.get("permissions") or {})
        told = rights(asked, runtime)
    except InputError:  # it was let in by an older version of the rules: nobody can say what it may do
        return {"permissions": "", "runtime": runtime, "risk": "high"}
    risk = max((r.risk for r in told), key=RISKS.index, default="low")
    return {"permissions": " ".join(sorted(asked.to_json())), "runtime": runtime, "risk": risk}


def _texts(name: Name, summary: str, manifest: Mapping[str, Any], core: Mapping[str, Any]) -> dict[str, str]:
    keywords = core.get("keywords") or ()
    told = [keywords] if isinstance(keywords, str) else [str(k) for k in keywords]
    tools = [str(c.get("id", "")) for items in (manifest.get("contributes") or {}).values() for c in items]
    return {
        "name": indexed(f"{name.plugin} {name.plugin.replace('-', '')}"),
        "namespace": indexed(name.namespace),
        "keywords": indexed(" ".join([*told, *kinds(manifest), *tools]), 64),
        "summary": indexed(f"{summary} {manifest.get('description', '')}", 200),
    }
