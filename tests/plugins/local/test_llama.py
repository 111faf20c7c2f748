"""The engine: order, cancelling, limits and errors with a pretended llama.cpp, then the real one."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest

from lumosai_plugins.local import llama as module
from lumosai_plugins.local.errors import BadModelFileError, EngineError
from lumosai_plugins.local.llama import Generation, Llama, default_threads
from lumosai_plugins.local.prompt import chat
from lumosai_sdk.errors import ContextLengthError, InputError, MissingExtraError, ModelRateLimitError


def chunk(text: str, finish: str | None = None) -> dict[str, Any]:
    return {"choices": [{"text": text, "finish_reason": finish}], "usage": {"prompt_tokens": 3, "completion_tokens": 2}}


class Pretended:
    """A server that says the prompt's words, one when each is let through, and notes what it was asked."""

    def __init__(self) -> None:
        self.prompts: list[str] = []
        self.said = 0
        self.gate = threading.Semaphore(0)

    def handle_completions(self, body: dict[str, Any], callback: Callable[[Any], bool]) -> None:
        self.prompts.append(body["prompt"])
        for word in body["prompt"].split():
            self.gate.acquire(timeout=10)
            self.said += 1
            if callback({"error": {"message": "odd", "code": 500}} if word == "ERROR" else chunk(word)):
                return
        if "CUT" not in body["prompt"]:
            callback(chunk("", "stop"))

    def open(self) -> None:
        self.gate.release(10_000)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Pretended:
    made = Pretended()
    monkeypatch.setattr(module, "_load", lambda *_: made)
    return made


@pytest.fixture
def engine(server: Pretended, tmp_path: Path) -> Iterator[Llama]:
    made = Llama(tmp_path, waiting=3)
    yield made
    server.open()
    made.close()


async def _until(condition: Callable[[], bool]) -> None:
    while not condition():  # noqa: ASYNC110 - the other side is a thread
        await asyncio.sleep(0.001)


async def test_gives_the_pieces_as_they_come(engine: Llama, server: Pretended) -> None:
    async with aclosing(engine.stream(Generation("one two"))) as pieces:
        server.gate.release()
        assert (await anext(pieces)).text == "one"
        server.open()
        rest = [p async for p in pieces]
    assert [p.text for p in rest] == ["two", ""]
    assert (rest[-1].finish, rest[-1].prompt_tokens, rest[-1].output_tokens) == ("stop", 3, 2)


async def test_serves_in_the_order_they_came(engine: Llama, server: Pretended) -> None:
    names = ["a", "b", "c"]
    tasks = []
    for name in names:
        tasks.append(asyncio.create_task(engine.generate(Generation(name))))
        await asyncio.sleep(0)
    server.open()
    await asyncio.gather(*tasks)
    assert server.prompts == names


async def test_leaving_a_stream_frees_the_engine(engine: Llama, server: Pretended) -> None:
    stream = engine.stream(Generation("word " * 1000))
    server.gate.release(2)
    await anext(stream)
    await stream.aclose()
    server.open()
    assert (await engine.generate(Generation("next"))).text == "next"
    assert server.said < 10  # noqa: PLR2004


async def test_who_gave_up_waiting_is_not_served(engine: Llama, server: Pretended) -> None:
    first = asyncio.create_task(engine.generate(Generation("first")))
    await _until(lambda: bool(server.prompts))
    waiting = asyncio.create_task(engine.generate(Generation("waiting")))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    server.open()
    await first
    await engine.generate(Generation("last"))
    assert server.prompts == ["first", "last"]


async def test_too_many_waiting_are_told_to_come_back(engine: Llama, server: Pretended) -> None:
    running = asyncio.create_task(engine.generate(Generation("run")))
    await _until(lambda: bool(server.prompts))
    waiting = [asyncio.create_task(engine.generate(Generation("wait"))) for _ in range(3)]
    await asyncio.sleep(0)
    with pytest.raises(ModelRateLimitError) as caught:
        await engine.generate(Generation("too much"))
    assert caught.value.retryable
    assert caught.value.retry_after
    server.open()
    await asyncio.gather(running, *waiting)


async def test_closing_ends_what_runs_and_what_waits(engine: Llama, server: Pretended) -> None:
    running = asyncio.create_task(engine.generate(Generation("word " * 50)))
    await _until(lambda: bool(server.prompts))
    waiting = asyncio.create_task(engine.generate(Generation("wait")))
    await asyncio.sleep(0)
    closing = asyncio.create_task(asyncio.to_thread(engine.close))
    await _until(lambda: engine._closed)
    server.open()
    results = await asyncio.gather(running, waiting, return_exceptions=True)
    await closing
    assert all(isinstance(r, EngineError) and "closed" in str(r) for r in results)
    with pytest.raises(EngineError, match="closed"):
        await engine.generate(Generation("more"))
    engine.close()


async def test_an_error_of_the_engine_is_an_error_here(engine: Llama, server: Pretended) -> None:
    server.open()
    with pytest.raises(EngineError, match="odd"):
        await engine.generate(Generation("ERROR"))
    with pytest.raises(EngineError, match="without an end"):
        await engine.generate(Generation("CUT"))
    assert (await engine.generate(Generation("fine"))).text == "fine"


async def test_what_cannot_be_read_is_an_error_not_a_hang(engine: Llama, monkeypatch: pytest.MonkeyPatch) -> None:
    class Garbage:
        def handle_completions(self, body: Any, callback: Callable[[Any], bool]) -> None:
            callback({"choices": []})

    monkeypatch.setattr(module, "_load", lambda *_: Garbage())
    with pytest.raises(IndexError):
        await engine.generate(Generation("x"))


async def test_an_absurd_prompt_is_refused_before_it_is_read(engine: Llama, server: Pretended) -> None:
    with pytest.raises(ContextLengthError, match="context"):
        await engine.generate(Generation("x" * 10_000_000))
    assert not server.prompts


async def test_a_schema_that_cannot_be_used_is_refused(engine: Llama) -> None:
    with pytest.raises(InputError):
        await engine.generate(Generation("x", schema={"$ref": "https://example.org"}))


def test_one_thread_on_a_small_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "process_cpu_count", lambda: 2, raising=False)
    assert default_threads() == 1
    monkeypatch.setattr(os, "process_cpu_count", lambda: 64, raising=False)
    assert default_threads() == 4  # noqa: PLR2004


async def test_without_the_engine_the_pip_command_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "xllamacpp", None)
    engine = Llama(tmp_path)
    with pytest.raises(MissingExtraError, match=r"pip install 'lumosai\[local\]'"):
        await engine.generate(Generation("x"))
    engine.close()


async def test_a_missing_file_names_the_command(tmp_path: Path) -> None:
    pytest.importorskip("xllamacpp")
    engine = Llama(tmp_path)
    with pytest.raises(BadModelFileError, match="lumos models pull smollm2"):
        await engine.generate(Generation("x"))
    engine.close()


# --- the real engine


@pytest.fixture
async def real(models: Path) -> AsyncIterator[Llama]:
    pytest.importorskip("xllamacpp")
    made = Llama(models, context=1024)
    yield made
    await asyncio.to_thread(made.close)


async def test_it_talks(real: Llama) -> None:
    said = await real.generate(Generation(chat([("user", "What is the capital of France?")]), 32))
    assert "Paris" in said.text
    assert said.end.finish == "stop"
    assert said.end.prompt_tokens > said.end.output_tokens > 0


async def test_it_stops_where_it_must(real: Llama) -> None:
    said = await real.generate(Generation(chat([("user", "Tell me a long story.")]), 5))
    assert (said.end.finish, said.end.output_tokens) == ("length", 5)


async def test_it_can_be_left_and_asked_again(real: Llama) -> None:
    async with aclosing(real.stream(Generation(chat([("user", "Tell me a long story.")]), 1000))) as pieces:
        assert (await anext(pieces)).text
    assert (await real.generate(Generation(chat([("user", "Say hi.")]), 5))).text


async def test_what_does_not_fit_is_told_in_tokens(real: Llama) -> None:
    with pytest.raises(ContextLengthError, match=r"tokens(.|\n)*context"):
        await real.generate(Generation("word " * 3000))


SCHEMAS: list[dict[str, Any]] = [
    {
        "type": "object",
        "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
        "required": ["name", "age"],
    },
    {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 3},
    {"enum": ["red", "green"]},
    {"type": "string", "not": {"const": "x"}},
    {"type": "object", "properties": {"when": {"type": "string", "format": "date"}}, "required": ["when"]},
    {
        "$defs": {"n": {"type": "boolean"}},
        "type": "object",
        "properties": {"a": {"$ref": "#/$defs/n"}},
        "required": ["a"],
    },
]


@pytest.mark.parametrize("schema", SCHEMAS, ids=lambda s: json.dumps(s)[:40])
async def test_it_keeps_to_a_schema(real: Llama, schema: dict[str, Any]) -> None:
    from jsonschema_rs import is_valid

    said = await real.generate(Generation(chat([("user", "Anna is 23 years old.")]), 200, schema=schema))
    assert is_valid(schema, json.loads(said.text))


async def test_its_port_is_locked(real: Llama) -> None:
    await real.generate(Generation(chat([("user", "Hi")]), 1))
    base = real._server.listening_address

    def status(path: str, body: bytes | None) -> int:
        try:
            with urllib.request.urlopen(base + path, data=body, timeout=10) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as e:
            with e:
                return e.code

    body = b'{"prompt":"hi","max_tokens":1}'
    for path, data in (("/completion", body), ("/v1/completions", body), ("/props", None), ("/slots", None)):
        assert await asyncio.to_thread(status, path, data) in {401, 404, 501}
