"""Providers that do no I/O: they say what to ask over HTTP, and read what comes back; somebody else does the asking.

Such a class is a provider like any other once it is in ``lumosai_sdk.sansio.Driven``, and needs nothing else to be
one in the sandbox.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, runtime_checkable

from lumosai_sdk.types.models import (
    EmbeddingRequest,
    EmbeddingResponse,
    ModelChunk,
    ModelInfo,
    ModelRequest,
    ModelResponse,
)
from lumosai_sdk.types.sansio import Answer, HttpAnswer, HttpCall, Operation


@runtime_checkable
class SansIOProvider(Protocol):
    """Three pure functions. Errors are those of every provider: ModelError and its kin, with ``retryable`` told."""

    def prepare(self, operation: Operation, request: ModelRequest | EmbeddingRequest | None) -> HttpCall | Answer:
        """Say what to ask: a ModelRequest for ``complete`` and ``stream``, an EmbeddingRequest for ``embed``."""
        ...

    def parse(
        self, operation: Operation, response: HttpAnswer
    ) -> ModelResponse | EmbeddingResponse | Sequence[ModelInfo]:
        """Read a whole answer, for ``stream`` one that is an HTTP error. Raises ModelError for a server's refusal."""
        ...

    def parse_chunk(self, chunk: str, state: Any) -> tuple[Sequence[ModelChunk], Any]:
        """Read a piece of a stream, cut anywhere; an empty one is its end.

        ``state`` is what the call before returned, None at first, and must be JSON.
        """
        ...
