"""The provider ``openai``: one set of endpoints, spoken to over one client."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING

from lumosai_plugins.openai.failures import Refusal, reported
from lumosai_plugins.openai.payload import chat_payload, embedding_payload
from lumosai_plugins.openai.settings import Endpoint, endpoints
from lumosai_plugins.openai.sse import MAX_EVENT
from lumosai_plugins.openai.stream import read_chunks, whole_as_chunks
from lumosai_plugins.openai.wire import model_info, parse_completion, parse_embeddings, parse_json, parse_models
from lumosai_sdk.errors import ModelError
from lumosai_sdk.types.models import (
    NO_USAGE,
    EmbeddingRequest,
    EmbeddingResponse,
    ModelChunk,
    ModelInfo,
    ModelRequest,
    ModelResponse,
)
from lumosai_sdk.types.plugins import PluginContext

if TYPE_CHECKING:
    from aiohttp import ClientResponse

    from lumosai_plugins.openai.client import Call, Client

_CHAT = "chat/completions"
_MODELS_TIMEOUT = 30.0
_EMBEDDINGS_A_CALL = 1024


class OpenAIProvider:
    """Chat and embedding models of OpenAI-compatible servers.

    ``<endpoint>/<model>`` is asked of that endpoint, any other name of the default one. Raises ConfigError, when
    made, for settings that cannot be used.
    """

    def __init__(self, context: PluginContext) -> None:
        self._settings = context.settings
        self._log = context.log
        self._endpoints = endpoints(context.settings)
        self._client: Client | None = None

    async def models(self) -> Sequence[ModelInfo]:
        """Return the models of all endpoints that answer. Raises the default's ModelError when none does."""
        answers = await asyncio.gather(*(self._list(e) for e in self._endpoints.values()), return_exceptions=True)
        found: list[ModelInfo] = []
        failures: list[BaseException] = []
        for name, answer in zip(self._endpoints, answers, strict=True):
            if isinstance(answer, BaseException):
                failures.append(answer)
                continue
            prefix = f"{name}/" if name else ""
            found += [ModelInfo(prefix + m.id, m.capabilities, m.context_length) for m in answer]
        for failure in failures:
            if len(failures) == len(answers) or not isinstance(failure, ModelError):
                raise failure
            self._log.warning("models left out: %s", failure)
        return found

    async def complete(self, request: ModelRequest) -> ModelResponse:
        """Return the whole answer. Raises ModelError."""
        endpoint, model = self._route(request.model)
        call = self._call(endpoint, _CHAT, model, chat_payload(request, model, endpoint), request.timeout)
        return self._whole(await self._http.fetch(call), call)

    async def stream(self, request: ModelRequest) -> AsyncIterator[ModelChunk]:
        """Yield the answer as it comes. Raises ModelError."""
        endpoint, model = self._route(request.model)
        body = chat_payload(request, model, endpoint, stream=True)
        call = self._call(endpoint, _CHAT, model, body, request.timeout)
        response = await self._http.open(call)
        ended = False
        try:
            async with aclosing(self._chunks(response, call)) as chunks:
                async for chunk in chunks:
                    ended = chunk.finish_reason is not None
                    yield chunk
        finally:
            await self._http.release(response, ended=ended)

    async def embed(self, request: EmbeddingRequest) -> EmbeddingResponse:
        """Return one vector an input. Raises ModelError."""
        endpoint, model = self._route(request.model)
        inputs = list(request.inputs)
        vectors: list[Sequence[float]] = []
        usage = NO_USAGE
        for start in range(0, len(inputs), _EMBEDDINGS_A_CALL):
            batch = inputs[start : start + _EMBEDDINGS_A_CALL]
            body = embedding_payload(request, model, batch)
            call = self._call(endpoint, "embeddings", model, body, request.timeout)
            found, used = parse_embeddings(self._json(await self._http.fetch(call), call), len(batch))
            vectors += found
            usage += used
        return EmbeddingResponse(vectors, usage, request.model)

    async def aclose(self) -> None:
        """Close the connections."""
        if self._client is not None:
            await self._client.aclose()

    @property
    def _http(self) -> Client:
        if self._client is None:
            from lumosai_plugins.openai.client import Client

            settings = self._settings
            self._client = Client(
                max_connections=settings.get("max_connections", 100),
                max_bytes=settings.get("max_response_mib", 32) * 1024 * 1024,
                trust_env=settings.get("trust_env", False),
            )
        return self._client

    def _route(self, model: str) -> tuple[Endpoint, str]:
        name, slash, rest = model.partition("/")
        if slash and name and (endpoint := self._endpoints.get(name)) is not None:
            return endpoint, rest
        return self._endpoints[""], model

    def _call(self, endpoint: Endpoint, path: str, model: str, body: bytes | None, total: float | None) -> Call:
        from lumosai_plugins.openai.client import Call

        return Call(endpoint, path, model, body, total)

    async def _chunks(self, response: ClientResponse, call: Call) -> AsyncGenerator[ModelChunk, None]:
        async with aclosing(self._http.pieces(response, call)) as pieces:
            if response.content_type == "application/json":
                for chunk in whole_as_chunks(self._whole(b"".join([p async for p in pieces]), call)):
                    yield chunk
                return
            secrets, max_event = self._http.secrets(call.endpoint), min(MAX_EVENT, self._http.max_bytes)
            async with aclosing(read_chunks(pieces, call.endpoint, secrets, max_event)) as chunks:
                async for chunk in chunks:
                    yield chunk

    def _whole(self, raw: bytes, call: Call) -> ModelResponse:
        return parse_completion(self._json(raw, call), call.model)

    def _json(self, raw: bytes, call: Call) -> object:
        secrets = self._http.secrets(call.endpoint)
        data = parse_json(raw, secrets)
        if isinstance(data, dict) and data.get("error"):
            raise reported(call.endpoint, Refusal.of(data, secrets))
        return data

    async def _list(self, endpoint: Endpoint) -> list[ModelInfo]:
        if endpoint.models or "{model}" in endpoint.base_url:
            return [model_info(m) for m in endpoint.models]
        call = self._call(endpoint, "models", "", None, _MODELS_TIMEOUT)
        return parse_models(self._json(await self._http.fetch(call), call))
