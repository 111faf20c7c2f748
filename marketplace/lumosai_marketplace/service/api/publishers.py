"""Publishers: a namespace, how it was proven, who may sign for it, what it has published. And totals of everything."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Path
from sqlalchemy import select

from lumosai_marketplace.names import NAMESPACE
from lumosai_marketplace.service import stats
from lumosai_marketplace.service.api import showing
from lumosai_marketplace.service.api.models import PublisherPage, StatsModel, TrustedModel, at
from lumosai_marketplace.service.db.models import Namespace, Publisher
from lumosai_marketplace.service.search import search as searching
from lumosai_marketplace.service.search.query import MAX_PAGE_SIZE, SearchPage, SearchQuery
from lumosai_marketplace.service.state import Service, Shared
from lumosai_sdk.errors import NotFoundError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.ext.asyncio import AsyncSession

router = APIRouter(tags=["plugins"])
Segment = Annotated[str, Path(pattern=f"^{NAMESPACE}$")]


@router.get("/publishers/{namespace}")
async def publisher(service: Shared, namespace: Segment) -> PublisherPage:
    """Return a namespace and its plugins, the best first."""
    async with service.reads() as session:
        found, registered = await load(session, namespace)
        page = await plugins_of(service, session, namespace)
    return PublisherPage(
        namespace=found.name,
        proof=found.proof,
        since=at(found.created),
        plugins=[showing.hit(h) for h in page.hits],
        total=page.total,
        trusted=[_trusted(p) for p in registered],
    )


@router.get("/stats", tags=["statistics"])
async def totals(service: Shared) -> StatsModel:
    """Return how much there is of everything."""
    async with service.reads() as session:
        return StatsModel(**await stats.totals(session))


async def load(session: AsyncSession, name: str) -> tuple[Namespace, Sequence[Publisher]]:
    """Return a namespace that is proven, and who may sign for it. Raises NotFoundError."""
    found = await session.scalar(select(Namespace).where(Namespace.name == name, Namespace.proof != ""))
    if found is None:
        raise NotFoundError("publisher", name)
    query = select(Publisher).where(Publisher.namespace_id == found.id).order_by(Publisher.id)
    return found, (await session.scalars(query)).all()


async def plugins_of(service: Service, session: AsyncSession, name: str, page: int = 1) -> SearchPage:
    """Return the plugins of a namespace, the best first."""
    query = SearchQuery(publishers=(name,), size=MAX_PAGE_SIZE, page=page)
    return await searching.of(service).search(session, query)


def _trusted(publisher: Publisher) -> TrustedModel:
    """Return who may sign. A person's address is not told here: those who have signed stand in their releases."""
    return TrustedModel(
        plugin=publisher.plugin,
        kind="workflow" if publisher.repository_id else "person",
        issuer=publisher.issuer,
        repository=publisher.repository,
        workflow=publisher.workflow,
        ref=publisher.ref,
    )
