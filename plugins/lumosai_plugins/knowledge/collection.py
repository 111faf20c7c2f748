"""One collection: its documents as chunks in a vector store."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from lumosai_plugins.knowledge.documents import digest
from lumosai_plugins.knowledge.models import embed
from lumosai_plugins.knowledge.settings import CollectionSettings
from lumosai_sdk.errors import ConfigError, NotFoundError
from lumosai_sdk.types.auth import Principal
from lumosai_sdk.types.vectors import CollectionInfo, VectorItem, Where

if TYPE_CHECKING:
    from lumosai_sdk.kinds.vectors import VectorStore
    from lumosai_sdk.types.plugins import PluginContext

_PAGE = 1000


class Collection:
    """Where a collection is kept, and by which model it is embedded."""

    def __init__(self, context: PluginContext, settings: CollectionSettings, principal: Principal) -> None:
        self.context = context
        self.settings = settings
        suffix = f".{digest(principal.tenant)[:16]}" if settings.per_tenant else ""
        self.key = f"knowledge.{digest(settings.name)[:16]}{suffix}"

    @property
    def store(self) -> VectorStore:
        """The vector store. Raises NotFoundError."""
        return self.context.host.vectors(self.settings.store or None)

    async def embed(self, texts: Sequence[str]) -> list[Sequence[float]]:
        """Return the vectors of texts. Raises LumosError."""
        return await embed(self.context, self.settings.model, texts)

    async def info(self) -> CollectionInfo | None:
        """Return what the store knows of it, None before anything was added. Raises ConfigError for another model."""
        found = next((c for c in await self.store.collections() if c.name == self.key), None)
        return found and self._checked(found)

    async def make(self, dimensions: int) -> None:
        """Make it, where nobody has meanwhile. Raises ConflictError, ConfigError for another model."""
        metadata = {"model": self.settings.model, "name": self.settings.name}
        self._checked(await self.store.create(self.key, dimensions, "cosine", metadata))

    def _checked(self, found: CollectionInfo) -> CollectionInfo:
        if (model := found.metadata.get("model")) != self.settings.model:
            name = self.settings.name
            raise ConfigError(
                f"the collection {name!r} was embedded by {model}, not by {self.settings.model}",
                hint=f'set model = "{model}", or begin anew: lumos knowledge remove --all --collection {name}',
            )
        return found

    async def chunks(self, where: Where | None) -> AsyncIterator[VectorItem]:
        """Yield the chunks that fit, by id."""
        after = None
        while True:
            try:
                page = await self.store.items(self.key, where=where, limit=_PAGE, after=after)
            except NotFoundError:
                return
            for item in page:
                yield item
            if len(page) < _PAGE:
                return
            after = page[-1].id

    async def documents(self) -> list[dict[str, Any]]:
        """Return the documents there are: source, title, chunks, when they were added."""
        return [_document(item.metadata) async for item in self.chunks({"position": 0})]

    async def remove(self, sources: Sequence[str] | None) -> int:
        """Take documents out, all of them for None; return how many there were."""
        there = [d["source"] for d in await self.documents() if sources is None or d["source"] in set(sources)]
        if sources is None:
            await self.store.drop(self.key)
        elif there:
            await self.store.delete(self.key, where={"source": {"in": there}})
        return len(there)


def _document(metadata: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "source": metadata["source"],
        "title": metadata["title"],
        "chunks": metadata["chunks"],
        "added_at": metadata["added_at"],
    }
