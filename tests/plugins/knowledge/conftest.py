"""A host with documents, and a model of embeddings that anybody can work out by hand."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any
from zlib import crc32

import pytest

from lumosai_plugins.knowledge.collection import Collection
from lumosai_plugins.knowledge.documents import Document
from lumosai_plugins.knowledge.settings import Settings
from lumosai_sdk import PluginContext
from lumosai_sdk.testing.hosts import contribute, open_host
from lumosai_sdk.testing.scripted import ScriptedModel
from lumosai_sdk.types.auth import LOCAL, Principal
from lumosai_sdk.types.models import EmbeddingRequest, EmbeddingResponse, ModelInfo, Usage

DIMENSIONS = 64
ALIKE = {"car": "vehicle", "automobile": "vehicle", "cheap": "price", "cost": "price", "costs": "price"}
"""Words that mean the same to the model."""


class Words:
    """Embeds a text as the words in it; a few words mean the same."""

    def __init__(self) -> None:
        self.embedded: list[str] = []

    async def models(self) -> Sequence[ModelInfo]:
        return (ModelInfo("words"),)

    async def embed(self, request: EmbeddingRequest) -> EmbeddingResponse:
        self.embedded += request.inputs
        return EmbeddingResponse([vector(t) for t in request.inputs], Usage())


def vector(text: str) -> list[float]:
    counts = Counter(ALIKE.get(w, w) for w in re.findall(r"\w+", text.lower()))
    out = [0.0] * DIMENSIONS
    for word, count in counts.items():
        out[crc32(word.encode()) % DIMENSIONS] += count
    length = math.sqrt(sum(x * x for x in out)) or 1.0
    return [x / length for x in out]


Place = Callable[..., Collection]
Opened = Callable[..., AbstractAsyncContextManager[Place]]


@pytest.fixture
def words() -> Words:
    return Words()


@pytest.fixture
def model() -> ScriptedModel:
    return ScriptedModel("")


@pytest.fixture
def opened(tmp_path: Path, words: Words, model: ScriptedModel) -> Opened:
    """Return what opens a host; its value returns collections in it."""

    @asynccontextmanager
    async def open_(**sections: Any) -> AsyncIterator[Place]:
        async with open_host(tmp_path, model, **sections) as host:
            contribute(host, "provider", "words", words)

            def place(name: str = "default", principal: Principal = LOCAL, **settings: Any) -> Collection:
                given = {"model": "words/words", **settings}
                context = PluginContext("knowledge", settings=given, services=host.services)
                return Collection(context, Settings.of(given).collection(name), principal)

            place.host = host  # type: ignore[attr-defined]
            yield place

    return open_


def document(source: str, text: str, **metadata: Any) -> Document:
    return Document(source, text, metadata=metadata)
