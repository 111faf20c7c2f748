"""A plugin: its versions, what they may do and how that changed, who signed them, what they give."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query

from lumosai_marketplace.names import Name
from lumosai_marketplace.service import plugins, stats
from lumosai_marketplace.service.api import showing
from lumosai_marketplace.service.api.models import (
    ChangeModel,
    DayModel,
    DownloadsModel,
    Listed,
    NoticeModel,
    PluginModel,
    ReadmeModel,
    VersionModel,
    VersionShort,
)
from lumosai_marketplace.service.api.paging import Cursor, Limit, decode, encode
from lumosai_marketplace.service.api.showing import Here
from lumosai_marketplace.service.state import Shared

router = APIRouter(prefix="/plugins/{namespace}/{plugin}", tags=["plugins"])
Segment = Annotated[str, Path(max_length=64)]
VersionText = Annotated[str, Path(max_length=64, description="A version, or `latest`.")]
_DAYS = 90


@router.get("")
async def plugin(service: Shared, namespace: Segment, plugin: Segment) -> PluginModel:
    """Return a plugin and its latest version."""
    async with service.reads() as session:
        found = await plugins.load(session, Name.parse(f"{namespace}/{plugin}"))
        texts = await plugins.texts(session, found.latest) if found.latest else None
    return showing.plugin(found, texts, Here.of(service))


@router.get("/versions")
async def versions(
    service: Shared, namespace: Segment, plugin: Segment, limit: Limit = 50, cursor: Cursor = ""
) -> Listed[VersionShort]:
    """List the versions, the newest first, each with what it asks for otherwise than the one before it."""
    first = max(0, decode(cursor, int)[0]) if cursor else 0
    async with service.reads() as session:
        found = await plugins.load(session, Name.parse(f"{namespace}/{plugin}"))
    shown = found.versions[first : first + limit]
    more = first + limit < len(found.versions)
    return Listed(items=[showing.short(found, v) for v in shown], next=encode(first + limit) if more else None)


@router.get("/changes")
async def changes(
    service: Shared,
    namespace: Segment,
    plugin: Segment,
    old: Annotated[str, Query(alias="from", max_length=64)],
    new: Annotated[str, Query(alias="to", max_length=64)] = "latest",
) -> Listed[ChangeModel]:
    """Tell in words what one version may do that another may not."""
    async with service.reads() as session:
        found = await plugins.load(session, Name.parse(f"{namespace}/{plugin}"))
    return Listed(items=showing.changes(found.find(new), found.find(old)))


@router.get("/downloads")
async def downloads(service: Shared, namespace: Segment, plugin: Segment) -> DownloadsModel:
    """Return how often it was downloaded, day by day."""
    first = int(service.clock() // stats.DAY) - _DAYS
    async with service.reads() as session:
        found = await plugins.load(session, Name.parse(f"{namespace}/{plugin}"))
        counted = await stats.days(session, found.project.id, first)
    days = [DayModel(date=_date(day), downloads=number) for day, number in counted.items()]
    return DownloadsModel(total=found.project.downloads, days=days)


@router.get("/{version}")
async def version(service: Shared, namespace: Segment, plugin: Segment, version: VersionText) -> VersionModel:
    """Return all about a version but its README."""
    async with service.reads() as session:
        found = await plugins.load(session, Name.parse(f"{namespace}/{plugin}"))
        one = found.find(version)
        texts = await plugins.texts(session, one)
    return showing.version(found, one, texts, Here.of(service))


@router.get("/{version}/readme")
async def readme(service: Shared, namespace: Segment, plugin: Segment, version: VersionText) -> ReadmeModel:
    """Return the README of a version, with what it tells its readers to do."""
    async with service.reads() as session:
        found = await plugins.load(session, Name.parse(f"{namespace}/{plugin}"))
        texts = await plugins.texts(session, found.find(version))
    notices = [NoticeModel.model_validate(n) for n in texts.notices if n.where == "readme"]
    return ReadmeModel(text=texts.readme, type=texts.readme_type, notices=notices)


def _date(day: int) -> str:
    return datetime.fromtimestamp(day * stats.DAY, UTC).strftime("%Y-%m-%d")
