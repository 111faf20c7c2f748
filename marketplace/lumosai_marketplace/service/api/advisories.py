"""Advisories: for everybody to read, for owners and operators to write."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response
from pydantic import AwareDatetime  # noqa: TC002 - read at run time

from lumosai_marketplace.names import Name
from lumosai_marketplace.service import advisories
from lumosai_marketplace.service.api.models import AdvisoriesModel
from lumosai_marketplace.service.api.paging import Cursor, decode, encode
from lumosai_marketplace.service.osv import AdvisoryBody
from lumosai_marketplace.service.people import SignedIn
from lumosai_marketplace.service.state import Shared

router = APIRouter(prefix="/advisories", tags=["advisories"])
Identifier = Annotated[str, Path(max_length=64)]


@router.get("")
async def feed(
    service: Shared,
    response: Response,
    plugin: Annotated[str, Query(max_length=64, description="Of one plugin: `acme/weather`.")] = "",
    since: Annotated[AwareDatetime | None, Query(description="Modified after this time.")] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 200,
    cursor: Cursor = "",
) -> AdvisoriesModel:
    """List advisories, the least recently modified first, those that were withdrawn among them.

    Who follows them asks on with the `next` of the last answer, or with the time of the last one that was seen.
    """
    begun = since.timestamp() if isinstance(since, datetime) else -1.0
    after = tuple(decode(cursor, float, str)) if cursor else (begun, "~" if since else "")
    async with service.reads() as session:
        found = await advisories.listed(
            session, (after[0], after[1]), limit + 1, Name.parse(plugin) if plugin else None
        )
    shown = found[:limit]
    more = encode(shown[-1].modified, shown[-1].id) if len(found) > limit else None
    response.headers["cache-control"] = "no-cache"
    return AdvisoriesModel(advisories=[json.loads(a.document) for a in shown], next=more)


@router.get("/{advisory_id}")
async def one(service: Shared, advisory_id: Identifier) -> dict[str, Any]:
    """Return an advisory, in the OSV format."""
    async with service.reads() as session:
        return await advisories.find(session, advisory_id)


@router.post("", status_code=201)
async def create(service: Shared, person: SignedIn, body: AdvisoryBody) -> dict[str, Any]:
    """Publish an advisory about a plugin of one's own namespace; about any, as an operator."""
    return await advisories.create(service, person, body)


@router.put("/{advisory_id}")
async def replace(service: Shared, person: SignedIn, advisory_id: Identifier, body: AdvisoryBody) -> dict[str, Any]:
    """Write an advisory anew."""
    return await advisories.replace(service, person, advisory_id, body)


@router.post("/{advisory_id}/withdraw")
async def withdraw(service: Shared, person: SignedIn, advisory_id: Identifier) -> dict[str, Any]:
    """Withdraw an advisory that was wrong."""
    return await advisories.withdraw(service, person, advisory_id)
