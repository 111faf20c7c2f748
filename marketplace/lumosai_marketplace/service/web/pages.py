"""The pages: for people, and their browsers without scripts as well."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Annotated, Any, Literal, ParamSpec

from fastapi import APIRouter, Path, Query
from fastapi.responses import HTMLResponse
from pydantic import BeforeValidator, Field

from lumosai_marketplace.client.advisories import affects, severity
from lumosai_marketplace.names import Name
from lumosai_marketplace.service import plugins, stats
from lumosai_marketplace.service.api import publishers, showing
from lumosai_marketplace.service.api.searching import Parameters, goes_on
from lumosai_marketplace.service.search import search as searching
from lumosai_marketplace.service.search.query import MAX_HITS, SORTS, SearchQuery
from lumosai_marketplace.service.state import Service, Shared
from lumosai_marketplace.service.web import readme
from lumosai_marketplace.service.web.rendering import page, wrong
from lumosai_sdk.errors import LumosError
from lumosai_sdk.threads import in_thread

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
P = ParamSpec("P")
Segment = Annotated[str, Path(max_length=64)]
Version = Annotated[str, Query(max_length=64)]
_DAYS = 30
_FRONT = 6


def _or_none(value: Any) -> Any:
    return value or None


class Asked(Parameters):
    """What a page's form may ask: a choice of nothing arrives as an empty text."""

    runtime: Annotated[Literal["wasm", "python"] | None, BeforeValidator(_or_none)] = None
    verified: Annotated[bool | None, BeforeValidator(_or_none)] = None
    page: Annotated[int, Field(ge=1, le=MAX_HITS)] = 1


def told(route: Callable[P, Awaitable[HTMLResponse]]) -> Callable[P, Awaitable[HTMLResponse]]:
    """Show what goes wrong as a page."""

    @wraps(route)
    async def shown(*args: P.args, **kwargs: P.kwargs) -> HTMLResponse:
        try:
            return await route(*args, **kwargs)
        except LumosError as e:
            if e.status >= 500:  # noqa: PLR2004
                raise
            service: Any = kwargs["service"]
            return wrong(service, e)

    return shown


@router.get("/")
@told
async def front(service: Shared) -> HTMLResponse:
    """Show the search, what is used most and what is new."""
    async with service.reads() as session:
        found = searching.of(service)
        best = await found.search(session, SearchQuery(size=_FRONT))
        new = await found.search(session, SearchQuery(sort="updated", size=_FRONT))
        totals = await stats.totals(session)
    return page(service, "front.html", best=best, new=new, totals=totals)


@router.get("/search")
@told
async def search(service: Shared, asked: Annotated[Asked, Query()]) -> HTMLResponse:
    """Show what is found, and the facets to choose from."""
    query = asked.query(asked.page)
    async with service.reads() as session:
        found = await searching.of(service).search(session, query)
    chosen = {
        "q": asked.q,
        "kind": query.kinds,
        "permission": query.permissions,
        "without": query.without,
        "publisher": query.publishers,
        "runtime": query.runtime,
        "verified": "true" if query.verified else None,
        "sort": None if query.sort == "relevance" else query.sort,
    }
    more = goes_on(query, found)
    return page(service, "search.html", found=found, asked=query, chosen=chosen, more=more, sorts=SORTS)


@router.get("/plugins/{namespace}/{plugin}")
@told
async def overview(service: Shared, namespace: Segment, plugin: Segment, version: Version = "latest") -> HTMLResponse:
    """Show what a plugin is, and may do."""
    values = await _plugin(service, namespace, plugin, version)
    if values["one"] is not None:
        texts = values["texts"]
        values["readme"] = await in_thread(readme.render, values["one"].sha256, texts.readme, texts.readme_type)
    return page(service, "plugin.html", tab="overview", **values)


@router.get("/plugins/{namespace}/{plugin}/{tab}")
@told
async def tabs(
    service: Shared,
    namespace: Segment,
    plugin: Segment,
    tab: Annotated[str, Path(pattern="^(?:versions|gives|security)$")],
    version: Version = "latest",
) -> HTMLResponse:
    """Show a plugin's versions; what it gives; who signed it and what is known to be wrong with it."""
    values = await _plugin(service, namespace, plugin, version)
    return page(service, f"{tab}.html", tab=tab, **values)


@router.get("/publishers/{namespace}")
@told
async def publisher(service: Shared, namespace: Segment) -> HTMLResponse:
    """Show a namespace, how it was proven, who may sign for it and what it has published."""
    async with service.reads() as session:
        found, trusted = await publishers.load(session, namespace)
        plugins_found = await publishers.plugins_of(service, session, namespace)
    return page(service, "publisher.html", namespace=found, trusted=trusted, found=plugins_found)


@router.get("/publish")
@told
async def publish(service: Shared) -> HTMLResponse:
    """Show how to publish here."""
    return page(service, "publish.html", issuers=service.settings.trust.issuers)


async def _plugin(service: Service, namespace: str, plugin: str, wanted: str) -> dict[str, Any]:
    """Return what all pages of a plugin show. Raises NotFoundError."""
    async with service.reads() as session:
        found = await plugins.load(session, Name.parse(f"{namespace}/{plugin}"))
        one = found.find(wanted) if found.versions else None
        texts = await plugins.texts(session, one) if one else None
        first = int(service.clock() // stats.DAY) - _DAYS
        downloads = await stats.days(session, found.project.id, first)
    names = (found.name.screen, found.name.wire)
    return {
        "plugin": found,
        "one": one,
        "texts": texts,
        "contributions": plugins.contributions(texts.manifest) if texts else (),
        "homepage": showing.homepage(texts.manifest) if texts else "",
        "affecting": [a for a in found.advisories if one is not None and affects(a, names, one.version)],
        "severity": severity,
        "recent": sum(downloads.values()),
    }
