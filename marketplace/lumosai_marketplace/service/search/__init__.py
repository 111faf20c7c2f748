"""Finding plugins: by words, by what they give and ask for, and in spite of typing errors."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lumosai_marketplace.service.state import Service


async def keep(service: Service) -> None:
    """Index what is not indexed yet, and read the catalogue before somebody asks for it."""
    from lumosai_marketplace.service.search import indexing, search

    await indexing.catch_up(service)
    async with service.reads() as session:
        await search.of(service).followed(session)
