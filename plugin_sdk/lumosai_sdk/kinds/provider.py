"""The ``provider`` kind: models of one vendor, or one engine. It has ``models`` and at least one other method."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Protocol, runtime_checkable

from lumosai_sdk.types.models import (
    EmbeddingRequest,
    EmbeddingResponse,
    ModelChunk,
    ModelInfo,
    ModelRequest,
    ModelResponse,
)


@runtime_checkable
class Provider(Protocol):
    """What every provider has."""

    async def models(self) -> Sequence[ModelInfo]:
        """Return the models on offer. Raises ModelError when the vendor cannot be asked."""
        ...


@runtime_checkable
class ChatProvider(Provider, Protocol):
    """A provider of chat models. Raises ModelError and its kin, with ``retryable`` told: the host retries."""

    async def complete(self, request: ModelRequest) -> ModelResponse:
        """Return the whole answer at once."""
        ...

    def stream(self, request: ModelRequest) -> AsyncIterator[ModelChunk]:
        """Yield the answer as it comes; the last chunk has a ``finish_reason``. Closing it stops the model."""
        ...


@runtime_checkable
class EmbeddingProvider(Provider, Protocol):
    """A provider of embedding models."""

    async def embed(self, request: EmbeddingRequest) -> EmbeddingResponse:
        """Return one vector an input, in order."""
        ...
