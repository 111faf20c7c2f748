"""A provider that asks itself: each answer is begun before the one before it has ended."""

from __future__ import annotations

from typing import Any

import pytest

from lumosai_sdk.errors import LumosError, PermissionDeniedError
from lumosai_sdk.testing.hosts import OpenHost, contribute
from lumosai_sdk.types.caller import current
from lumosai_sdk.types.messages import Message
from lumosai_sdk.types.models import EmbeddingRequest, EmbeddingResponse, ModelInfo, ModelRequest, ModelResponse

TOO_DEEP, MAX_DEPTH = 8, 4
ASK: dict[str, Any] = {"model": "evil/x", "messages": [{"role": "user", "content": "hello"}]}


class Provider:
    """What a sandboxed provider does when its guest asks for a model while it prepares a request."""

    def __init__(self, host: Any, name: str, asks: str) -> None:
        self.host, self.name, self.asks = host, name, asks
        self.depth = self.deepest = 0

    async def models(self) -> list[ModelInfo]:
        return [ModelInfo("x")]

    async def complete(self, _: ModelRequest) -> ModelResponse:
        if self.asks:
            await self._asked("complete", {**ASK, "model": self.asks})
        return ModelResponse(Message("assistant", "hello"))

    async def embed(self, request: EmbeddingRequest) -> EmbeddingResponse:
        if self.asks:
            await self._asked("embed", {"model": self.asks, "inputs": list(request.inputs)})
        return EmbeddingResponse([[1.0] for _ in request.inputs])

    async def _asked(self, what: str, request: dict[str, Any]) -> None:
        self.depth += 1
        self.deepest = max(self.deepest, self.depth)
        try:
            if self.depth > TOO_DEEP:
                raise RuntimeError("too deep")
            await getattr(self.host.services, what)(request, current(self.name))
        finally:
            self.depth -= 1

    def stream(self, request: ModelRequest) -> Any:
        raise NotImplementedError


@pytest.mark.parametrize("what", ["complete", "embed"])
async def test_a_provider_does_not_ask_itself_without_end(lumos_host: OpenHost, what: str) -> None:
    async with lumos_host() as host:
        evil = Provider(host, "evil", "evil/x")
        contribute(host, "provider", "evil", evil, capabilities=["chat", "embedding"])
        with pytest.raises(PermissionDeniedError, match="at most 4 deep"):
            await _ask(host, what, "evil/x")
        assert evil.deepest <= MAX_DEPTH


@pytest.mark.parametrize("what", ["complete", "embed"])
async def test_a_provider_may_ask_another(lumos_host: OpenHost, what: str) -> None:
    async with lumos_host() as host:
        contribute(host, "provider", "honest", Provider(host, "honest", ""), capabilities=["chat", "embedding"])
        contribute(host, "provider", "router", Provider(host, "router", "honest/x"), capabilities=["chat", "embedding"])
        assert (await _ask(host, what, "router/x"))["model"] == "router/x"


async def _ask(host: Any, what: str, model: str) -> Any:
    request = {**ASK, "model": model} if what == "complete" else {"model": model, "inputs": ["hello"]}
    return await getattr(host.services, what)(request, current("somebody"))


async def test_a_conversation_of_very_many_messages_is_refused(lumos_host: OpenHost) -> None:
    """Each message is looked at by Python code on the event loop: a megabyte of them would hold it for a second."""
    async with lumos_host() as host:
        contribute(host, "provider", "evil", Provider(host, "evil", ""), capabilities=["chat"])
        request = {**ASK, "messages": ASK["messages"] * 2049}
        with pytest.raises(LumosError, match="messages"):
            await host.services.complete(request, current("somebody"))
        assert await host.services.complete({**ASK, "messages": ASK["messages"] * 100}, current("somebody"))
