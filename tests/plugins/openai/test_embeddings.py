"""Embeddings, and lists of models."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

import pytest

from lumosai_sdk.errors import (
    ModelError,
    ModelResponseError,
)
from lumosai_sdk.types.models import EmbeddingRequest

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tests.plugins.openai.conftest import FakeServer

    from lumosai_plugins.openai.provider import OpenAIProvider


async def fails(call: Awaitable[Any]) -> ModelError:
    with pytest.raises(ModelError) as raised:
        await call
    return raised.value


def unused_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"data": "x"},
        {"data": []},
        {"data": [{"index": 0, "embedding": [1]}]},
        {"data": [{"index": 0, "embedding": [1]}, {"index": 0, "embedding": [1]}]},
        {"data": [{"index": 0, "embedding": [1]}, {"index": 1, "embedding": [1, 2]}]},
        {"data": [{"embedding": [1]}, {"embedding": []}]},
        {"data": [{"embedding": [1]}, {"embedding": ["x"]}]},
        {"data": [{"embedding": [1]}, {"embedding": None}]},
        {"data": [{"embedding": [1]}, {"embedding": [1e999]}]},
        {"data": [{"embedding": [1]}, {"embedding": "AAA="}]},
        {"data": [{"index": [], "embedding": [1]}, {"embedding": [1]}]},
    ],
    ids=str,
)
async def test_embeddings_that_are_none(provider: OpenAIProvider, server: FakeServer, data: Any) -> None:
    server.json(data)
    assert isinstance(await fails(provider.embed(EmbeddingRequest("e", ["a", "b"]))), ModelResponseError)


async def test_embeddings_in_base64_and_out_of_order(provider: OpenAIProvider, server: FakeServer) -> None:
    server.json({"data": [{"index": 1, "embedding": "AACAPwAAAEA="}, {"index": 0, "embedding": [3, 4.5]}]})
    response = await provider.embed(EmbeddingRequest("e", ["a", "b"], dimensions=2))
    assert response.vectors == [[3.0, 4.5], [1.0, 2.0]]
    assert server.last.body == {"model": "e", "input": ["a", "b"], "encoding_format": "float", "dimensions": 2}


async def test_many_embeddings_go_in_several_calls(provider: OpenAIProvider, server: FakeServer) -> None:
    from aiohttp import web

    async def answer(request: web.Request) -> web.Response:
        vectors = [{"embedding": [float(t)]} for t in (await request.json())["input"]]
        return web.json_response({"data": vectors, "usage": {"prompt_tokens": len(vectors)}})

    server.use(answer)
    inputs = [str(i) for i in range(2500)]
    response = await provider.embed(EmbeddingRequest("e", inputs))
    assert [v[0] for v in response.vectors] == [float(i) for i in inputs]
    assert response.usage.input_tokens == len(inputs)


@pytest.mark.parametrize("data", [{}, {"data": 1}, "x", None], ids=str)
async def test_a_list_of_models_that_is_none(provider: OpenAIProvider, server: FakeServer, data: Any) -> None:
    server.json(data)
    assert isinstance(await fails(provider.models()), ModelResponseError)


async def test_an_endpoint_that_is_down_does_not_hide_the_others(
    make: Callable[..., OpenAIProvider], server: FakeServer, caplog: pytest.LogCaptureFixture
) -> None:
    server.json({"data": [{"id": "a", "max_model_len": 4096}, {"id": "nomic-embed"}, {"id": 3}, None]})
    dead = {"base_url": f"http://127.0.0.1:{unused_port()}"}
    listed = {"base_url": "http://127.0.0.1:1", "models": ["x"]}
    infos = await make(base_url=server.url, endpoints={"dead": dead, "fixed": listed}).models()
    assert [(i.id, i.capabilities, i.context_length) for i in infos] == [
        ("a", ("chat",), 4096),
        ("nomic-embed", ("embedding",), None),
        ("fixed/x", ("chat",), None),
    ]
    assert "openai/dead" in caplog.text
