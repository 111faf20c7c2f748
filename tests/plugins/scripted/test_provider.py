from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

import lumosai_plugins.scripted
from lumosai_plugins.scripted.provider import ScriptedProvider
from lumosai_sdk import manifest
from lumosai_sdk.errors import (
    ConfigError,
    ContextLengthError,
    ModelAuthError,
    ModelError,
    ModelRateLimitError,
    ModelResponseError,
    ModelUnavailableError,
    ToolError,
)
from lumosai_sdk.testing.conformance.provider import ADD, ProviderConformance
from lumosai_sdk.types.messages import Message, ToolCall
from lumosai_sdk.types.models import EmbeddingRequest, ModelChunk, ModelRequest
from lumosai_sdk.types.plugins import PluginContext
from lumosai_sdk.types.tools import ToolSpec

MANIFEST = manifest.load(Path(lumosai_plugins.scripted.__file__).with_name(manifest.FILE_NAME))
SEARCH = ToolSpec("web.search", "", {"type": "object", "properties": {"q": {"type": "string"}}, "required": ["q"]})


def make(**settings: Any) -> ScriptedProvider:
    jsonschema_rs.validator_for(MANIFEST.settings_schema or {}).validate(settings)
    return ScriptedProvider(PluginContext("scripted", settings=settings))


def ask(model: str, *messages: Message | str, tools: tuple[ToolSpec, ...] = (), **fields: Any) -> ModelRequest:
    return ModelRequest(model, [Message.user(m) if isinstance(m, str) else m for m in messages], tools, **fields)


async def say(provider: ScriptedProvider, text: str) -> str:
    return (await provider.complete(ask("script", text))).message.text


class TestEcho(ProviderConformance):
    @pytest.fixture
    def provider(self) -> ScriptedProvider:
        return make()

    @pytest.fixture
    def chat_model(self) -> str:
        return "echo"

    @pytest.fixture
    def embedding_model(self) -> str:
        return "words"


class TestScript(TestEcho):
    @pytest.fixture
    def provider(self) -> ScriptedProvider:
        return make(rules=[{"reply": "Hello, all of you."}])

    @pytest.fixture
    def chat_model(self) -> str:
        return "script"


class TestTool(TestEcho):
    @pytest.fixture
    def chat_model(self) -> str:
        return "tool"

    @pytest.fixture
    def supports_tools(self) -> bool:
        return True


async def test_echo_answers_with_the_last_user_text() -> None:
    request = ask("echo", "first", Message.assistant("no"), "second", Message.tool("c", "not me"))
    assert (await make().complete(request)).message.text == "second"
    assert not (await make().complete(ask("echo"))).message.text


async def test_tool_calls_once_then_answers_with_the_result() -> None:
    provider = make()
    asked = await provider.complete(ask("tool", "the weather", tools=(SEARCH, ADD)))
    (call,) = asked.message.tool_calls
    assert (call.name, call.parse()) == ("web_search", {"q": "the weather"})
    answered = await provider.complete(ask("tool", "x", asked.message, Message.tool(call.id, "rain"), tools=(SEARCH,)))
    assert answered.message == Message.assistant("rain")


async def test_tool_takes_its_arguments_from_the_settings() -> None:
    response = await make(arguments={"web.search": {"q": "fixed", "n": 2}}).complete(ask("tool", "x", tools=(SEARCH,)))
    assert response.message.tool_calls[0].parse() == {"q": "fixed", "n": 2}


@pytest.mark.parametrize("fields", [{"tools": ()}, {"tools": (SEARCH,), "tool_choice": "none"}])
async def test_tool_without_a_tool_echoes(fields: dict[str, Any]) -> None:
    assert (await make().complete(ask("tool", "hi", **fields))).message == Message.assistant("hi")


async def test_call_ids_differ_within_a_conversation() -> None:
    provider = make(rules=[{"tool": "web.search"}])
    first = (await provider.complete(ask("script", "go"))).message
    second = (await provider.complete(ask("script", "go", first, Message.tool(first.tool_calls[0].id, "1")))).message
    assert first.tool_calls[0].id != second.tool_calls[0].id


async def test_the_first_rule_that_fits_is_followed() -> None:
    provider = make(
        rules=[
            {"match": "WEATHER", "reply": "sunny"},
            {"regex": r"(?P<n>\d+) apples in (\w+)", "reply": "{n} in {2}, of {0} ({input}) {unknown}"},
            {"reply": "what?"},
        ]
    )
    assert await say(provider, "how is the weather?") == "sunny"
    assert (
        await say(provider, "12 apples in Rome!") == "12 in Rome, of 12 apples in Rome (12 apples in Rome!) {unknown}"
    )
    assert await say(provider, "else") == "what?"


async def test_rules_tell_users_from_tools() -> None:
    provider = make(rules=[{"on": "tool", "reply": "it said {input}"}, {"on": "user", "tool": "web.search"}])
    asked = (await provider.complete(ask("script", "go"))).message
    assert asked.tool_calls[0].name == "web_search"
    answer = await provider.complete(ask("script", "go", asked, Message.tool("c", "42")))
    assert answer.message.text == "it said 42"


async def test_placeholders_reach_into_arguments() -> None:
    rule = {"regex": "of (.+)", "tool": "web.search", "arguments": {"q": {"deep": ["{1}"]}, "n": 3}}
    response = await make(rules=[rule]).complete(ask("script", "capital of Peru"))
    assert response.message.tool_calls[0].parse() == {"q": {"deep": ["Peru"]}, "n": 3}


async def test_placeholders_cannot_break_out_of_json() -> None:
    rule = {"tool": "web.search", "arguments": {"q": "{input}"}}
    response = await make(rules=[rule]).complete(ask("script", '", "admin": true, "x": "{input}'))
    assert response.message.tool_calls[0].parse() == {"q": '", "admin": true, "x": "{input}'}


async def test_a_rule_may_be_followed_so_often_only() -> None:
    provider = make(rules=[{"times": 2, "error": {"kind": "unavailable", "retryable": True}}, {"reply": "up"}])
    for _ in range(2):
        with pytest.raises(ModelUnavailableError) as raised:
            await say(provider, "x")
        assert raised.value.retryable
    assert await say(provider, "x") == "up"


async def test_no_rule_that_fits_is_an_error_that_says_what_to_add() -> None:
    with pytest.raises(ModelError, match=r"no rule fits the user message 'hm'\n.*rules") as raised:
        await say(make(rules=[{"match": "x", "reply": "y"}]), "hm")
    assert not raised.value.retryable


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("auth", ModelAuthError),
        ("context_length", ContextLengthError),
        ("error", ModelError),
        ("rate_limit", ModelRateLimitError),
        ("response", ModelResponseError),
        ("unavailable", ModelUnavailableError),
    ],
)
async def test_rules_fail_as_told(kind: str, error: type[ModelError]) -> None:
    provider = make(rules=[{"error": {"kind": kind, "message": "no: {input}", "retryable": True, "retry_after": 1.5}}])
    with pytest.raises(ModelError, match="no: hi") as raised:
        await say(provider, "hi")
    assert type(raised.value) is error
    assert (raised.value.retryable, raised.value.retry_after) == (True, 1.5)


async def test_garbage() -> None:
    tools = (SEARCH,)
    broken = await make(rules=[{"garbage": "arguments"}]).complete(ask("script", "x", tools=tools))
    with pytest.raises(ToolError):
        broken.message.tool_calls[0].parse()
    unknown = await make(rules=[{"garbage": "tool"}]).complete(ask("script", "x", tools=tools))
    assert unknown.message.tool_calls[0].name != SEARCH.name
    assert "\x00" in await say(make(rules=[{"garbage": "text"}]), "x")


async def test_an_answer_that_is_cut_off() -> None:
    provider = make(rules=[{"garbage": "cut"}])
    with pytest.raises(ModelResponseError):
        await say(provider, "x")
    seen: list[ModelChunk] = []

    async def read() -> None:
        async for chunk in provider.stream(ask("script", "x")):
            seen.append(chunk)  # noqa: PERF401 - what came before the cut counts

    with pytest.raises(ModelResponseError) as raised:
        await read()
    assert seen
    assert all(c.finish_reason is None for c in seen)
    assert raised.value.retryable


async def test_a_slow_rule_meets_the_timeout_of_the_request() -> None:
    provider = make(delay=0.001, rules=[{"match": "slow", "delay": 30, "reply": "late"}, {"reply": "soon"}])
    with pytest.raises(ModelUnavailableError, match=r"within 0\.01 s") as raised:
        await provider.complete(ask("script", "slow", timeout=0.01))
    assert raised.value.retryable
    assert (await provider.complete(ask("script", "quick", timeout=5.0))).message.text == "soon"


async def test_chunk_sizes() -> None:
    provider = make(chunk_size=2, rules=[{"match": "big", "reply": "abcdef", "chunk_size": 4}, {"reply": "abcdef"}])

    async def texts(word: str) -> list[str]:
        return [c.text async for c in provider.stream(ask("script", word)) if c.text]

    assert await texts("big") == ["abcd", "ef"]
    assert await texts("small") == ["ab", "cd", "ef"]


@pytest.mark.parametrize("rule", [{"regex": "(", "reply": "x"}, {"match": "x"}])
def test_a_rule_that_cannot_be_used_is_named(rule: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=r"plugins\.scripted\.settings\.rules\[1\]"):
        ScriptedProvider(PluginContext("scripted", settings={"rules": [{"reply": "fine"}, rule]}))


@pytest.mark.parametrize(
    "rule", [{"reply": "x", "tool": "y"}, {"match": "x"}, {"reply": "x", "arguments": {}}, {"rpely": "x"}], ids=str
)
def test_the_schema_refuses_what_makes_no_sense(rule: dict[str, Any]) -> None:
    assert not jsonschema_rs.validator_for(MANIFEST.settings_schema or {}).is_valid({"rules": [rule]})


async def test_only_the_beginning_of_a_long_message_is_matched() -> None:
    provider = make(rules=[{"regex": "needle", "reply": "found"}, {"reply": "not found"}])
    assert await say(provider, "x" * 20_000 + "needle") == "not found"


def test_a_call_survives_the_wire() -> None:
    call = ToolCall("c", "f", json.dumps({"a": 1}))
    assert ToolCall.from_json(call.to_json()) == call


async def test_texts_are_as_close_as_the_words_they_share() -> None:
    texts = ("the cat sat", "The cat, sat!", "sat the cat down", "nothing alike", "")
    same, again, near, far, none = (await make().embed(EmbeddingRequest("words", texts))).vectors

    def close(a: Sequence[float], b: Sequence[float]) -> float:
        return sum(x * y for x, y in zip(a, b, strict=True))

    assert close(same, again) == pytest.approx(1)
    assert 1 > close(same, near) > close(same, far)
    assert set(none) == {0.0}
    with pytest.raises(ModelError, match="scripted/words does"):
        await make().embed(EmbeddingRequest("echo", ["a"]))
