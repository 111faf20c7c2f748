"""Providers that do wrong, met by every path to a model: runs and direct calls, whole and streamed."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from lumosai import Agent
from lumosai.runs import backoff
from lumosai_sdk.errors import ModelUnavailableError, Suspend
from lumosai_sdk.testing.hosts import contribute
from lumosai_sdk.types.messages import Message, ToolCall
from lumosai_sdk.types.models import ModelChunk, ModelInfo, ModelResponse, ToolCallDelta

Open = Callable[..., Any]
PATHS = ["run", "direct"]
MANY = 129


class Bad:
    """Answers with *whole*, or with *pieces*; an exception among them is raised."""

    def __init__(self, whole: Any, *pieces: Any) -> None:
        self.whole = whole
        self.pieces = pieces
        self.calls = 0

    async def models(self) -> list[ModelInfo]:
        return []

    async def complete(self, request: object) -> Any:
        self.calls += 1
        if isinstance(self.whole, BaseException):
            raise self.whole
        return self.whole

    async def stream(self, request: object) -> AsyncIterator[Any]:
        self.calls += 1
        for piece in self.pieces:
            if isinstance(piece, BaseException):
                raise piece
            yield piece


class Plain(Bad):
    """Streams with an iterator that is no generator and has nothing to close."""

    def stream(self, request: object) -> Any:
        return _Iterator(list(self.pieces))


class _Iterator:
    def __init__(self, pieces: list[Any]) -> None:
        self.pieces = pieces

    def __aiter__(self) -> _Iterator:
        return self

    async def __anext__(self) -> Any:
        if not self.pieces:
            raise StopAsyncIteration
        return self.pieces.pop(0)


def calls(number: int, id: str = "") -> tuple[ToolCall, ...]:  # noqa: A002 - the field's name
    return tuple(ToolCall(id, "look", "{}") for _ in range(number))


def deltas(number: int, id: str = "") -> tuple[ToolCallDelta, ...]:  # noqa: A002 - the field's name
    return tuple(ToolCallDelta(i, id, "look", "{}") for i in range(number))


BAD = {
    "a dict": (Bad({"text": "hi"}, {"text": "hi"}), "plugin_error", "plugin 'bad': model 'm': "),
    "nothing": (Bad(None), "model_response", "ended without saying why"),
    "a bug": (Bad(KeyError("x"), KeyError("x")), "plugin_error", "plugin 'bad': model 'm': KeyError"),
    "a question": (Bad(Suspend("?"), Suspend("?")), "plugin_error", "asked a person, which only tools may"),
    "too many calls": (
        Bad(
            ModelResponse(Message.assistant("", calls(MANY)), "tool_calls"),
            ModelChunk(tool_calls=deltas(MANY), finish_reason="tool_calls"),
        ),
        "model_response",
        "more than 128 tool calls",
    ),
    "gives up": (
        Bad(ModelResponse(Message.assistant("no memory"), "error"), ModelChunk("no memory", (), "error")),
        "model_response",
        "the model gave up: no memory",
    ),
    "is down": (
        Bad(ModelUnavailableError("down", retryable=True), ModelUnavailableError("down", retryable=True)),
        "model_unavailable",
        "down",
    ),
}


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backoff, "BASE", 0.001)


async def ask(service: Any, path: str, bad: Any, *, stream: bool) -> Any:
    contribute(service.host, "provider", "bad", bad)
    body = {"model": "a" if path == "run" else "bad/m", "messages": [{"role": "user", "content": "?"}]}
    return await service.client.post("/v1/chat/completions", json={**body, "stream": stream})


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("name", BAD)
async def test_a_bad_provider_is_the_same_error_on_every_path(
    gateway: Open, name: str, path: str, stream: bool
) -> None:
    bad, code, message = BAD[name]
    bad.calls = 0
    if name == "nothing" and not stream:
        code, message = "plugin_error", "complete() returned NoneType, not a ModelResponse"
    async with gateway(Agent("a", model="bad/m")) as g:
        response = await ask(g, path, bad, stream=stream)
        error = json.loads(response.text.strip().split("\n\n")[-1].removeprefix("data: "))["error"]
        assert error["code"] == code, error
        assert message in error["message"]
        assert bad.calls == (3 if code == "model_unavailable" or message.startswith("ended") else 1)


@pytest.mark.parametrize("path", PATHS)
async def test_an_iterator_that_cannot_be_closed_is_good_enough(gateway: Open, path: str) -> None:
    async with gateway(Agent("a", model="bad/m")) as g:
        plain = Plain(None, ModelChunk("hi"), ModelChunk(finish_reason="stop"))
        response = await ask(g, path, plain, stream=True)
        assert '"hi"' in response.text
        assert response.text.endswith("[DONE]\n\n")


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("id", ["", "same"])
async def test_calls_are_told_apart_by_their_ids(gateway: Open, id: str, stream: bool) -> None:  # noqa: A002
    whole = ModelResponse(Message.assistant("", calls(2, id)), "tool_calls")
    more = ModelChunk(tool_calls=(ToolCallDelta(0, id, "", " "),), finish_reason="tool_calls")
    async with gateway() as g:
        response = await ask(g, "direct", Bad(whole, ModelChunk(tool_calls=deltas(2, id)), more), stream=stream)
        lines = [line.removeprefix("data: ") for line in response.text.split("\n\n") if line and "[DONE]" not in line]
        choices = [c for line in lines for c in json.loads(line)["choices"]]
        told = [t for c in choices for t in c["delta" if stream else "message"].get("tool_calls") or ()]
        ids = {t.get("index", n): t["id"] for n, t in enumerate(told) if t.get("id")}
        assert len(set(ids.values())) == len(ids) == 2  # noqa: PLR2004 - two calls
        assert all(t["id"] == ids[t["index"]] for t in told if t.get("id") and "index" in t)


CACHE = """
from lumosai_sdk import Message, ModelResponse, hookimpl

@hookimpl
def lumos_around_model_call(run, model):
    async def cached(request, proceed):
        return ModelResponse(Message.assistant("kept from before"))
    return cached
"""


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("path", PATHS)
async def test_a_hook_that_answers_by_itself_is_heard(gateway: Open, site: Any, path: str, stream: bool) -> None:
    site.install("kept", head='hooks = ["lumos_around_model_call"]\n', manifest="", files={"hooks.py": CACHE})
    async with gateway(Agent("a", model="bad/m")) as g:
        response = await ask(g, path, Bad(None), stream=stream)
        assert "kept from before" in response.text
