"""The ``provider`` kind: models of one vendor, or one engine. It has ``models`` and ``complete`` or ``embed``."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
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


@runtime_checkable
class Puller(Provider, Protocol):
    """A provider whose models can be fetched ahead of their first use: ``lumos models pull`` asks for that."""

    async def pull(self, name: str, progress: Callable[[int, int], None]) -> Path:
        """Fetch a model unless it is here, telling bytes done and in all; return the folder it is in.

        *progress* may be called from any thread. Cancelling ends the download. Raises LumosError.
        """
        ...
