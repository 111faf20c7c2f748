from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lumosai_plugins.openai.wire import arguments_of, finish_reason, parse_completion, usage_of
from lumosai_sdk.errors import InputError, ModelError, ModelResponseError
from lumosai_sdk.types.messages import ImagePart, Message, TextPart, ToolCall
from lumosai_sdk.types.models import ModelChunk, ModelRequest, OutputSchema, ToolCallDelta, Usage
from lumosai_sdk.types.tools import ToolSpec

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.plugins.openai.conftest import FakeServer

    from lumosai_plugins.openai.provider import OpenAIProvider

ASK = ModelRequest("m", [Message.user("hi")])
TOOL = ToolSpec("web.search", "Search", {"type": "object", "properties": {"q": {"type": "string"}}})
CLOSED = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"], "additionalProperties": False}


def delta(reason: str | None = None, **fields: Any) -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": fields, "finish_reason": reason}]}


def piece(arguments: Any = "", **fields: Any) -> dict[str, Any]:
    name = fields.pop("name", None)
    return {**fields, "function": {"arguments": arguments, **({"name": name} if name else {})}}


async def collect(provider: OpenAIProvider, request: ModelRequest = ASK) -> list[ModelChunk]:
    return [c async for c in provider.stream(request)]


def calls_of(chunks: list[ModelChunk]) -> list[tuple[str, str, str]]:
    calls: dict[int, list[str]] = {}
    for d in (d for c in chunks for d in c.tool_calls):
        call = calls.setdefault(d.index, [d.id, d.name, ""])
        call[2] += d.arguments
    return [(c[0], c[1], c[2]) for _, c in sorted(calls.items())]


# --- what is asked


async def test_a_plain_request_says_no_more_than_it_must(provider: OpenAIProvider, server: FakeServer) -> None:
    response = await provider.complete(ASK)
    assert server.last.body == {"model": "m", "messages": [{"role": "user", "content": "hi"}]}
    assert server.last.path == "/v1/chat/completions"
    assert response.message == Message.assistant("hello")
    assert (response.usage, response.model) == (Usage(9, 1, 4), "gpt-test-2026")


async def test_everything_a_request_can_say_reaches_the_server(provider: OpenAIProvider, server: FakeServer) -> None:
    image = ImagePart("data:image/png;base64,AAAA", "low")
    call = ToolCall("c1", "web_search", '{"q": 1}')
    messages = [Message.system("s"), Message.user((TextPart("look"), image)), Message.assistant("", (call,))]
    await provider.complete(
        ModelRequest(
            "org/model:7b",
            [*messages, Message.tool("c1", "found")],
            [TOOL],
            "required",
            OutputSchema(CLOSED, "my output!"),
            temperature=0.0,
            top_p=0.5,
            max_tokens=7,
            stop=("END",),
            seed=3,
            extra={"reasoning_effort": "low", "temperature": 1},
        )
    )
    body = server.last.body
    assert [m["role"] for m in body["messages"]] == ["system", "user", "assistant", "tool"]
    assert body["messages"][1]["content"][1]["image_url"] == {"url": image.url, "detail": "low"}
    assert body["messages"][2]["tool_calls"][0]["function"] == {"name": "web_search", "arguments": '{"q": 1}'}
    assert body["messages"][3]["tool_call_id"] == "c1"
    assert body["tools"][0]["function"]["name"] == "web_search"
    wanted = {"name": "my_output_", "schema": CLOSED, "strict": True}
    assert body["response_format"] == {"type": "json_schema", "json_schema": wanted}
    rest = {k: body[k] for k in ("model", "tool_choice", "top_p", "max_tokens", "stop", "seed", "reasoning_effort")}
    assert rest == {
        "model": "org/model:7b",
        "tool_choice": "required",
        "top_p": 0.5,
        "max_tokens": 7,
        "stop": ["END"],
        "seed": 3,
        "reasoning_effort": "low",
    }
    assert body["temperature"] == 1


@pytest.mark.parametrize("how", ["json_object", "prompt"])
async def test_servers_without_schemas_are_asked_in_words(
    make: Callable[..., OpenAIProvider], server: FakeServer, how: str
) -> None:
    request = ModelRequest("m", [Message.user("hi")], output=OutputSchema({"type": "array"}))
    await make(base_url=server.url, structured_output=how).complete(request)
    assert '{"type":"array"}' in server.last.body["messages"][-1]["content"]
    assert ("response_format" in server.last.body) == (how == "json_object")
    assert len(request.messages) == 1


@pytest.mark.parametrize("extra", [{"x": object()}, {"x": float("nan")}])
async def test_what_is_not_json_is_the_callers_error(provider: OpenAIProvider, extra: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="not JSON"):
        await provider.complete(ModelRequest("m", [], extra=extra))


async def test_half_a_surrogate_does_not_break_the_call(provider: OpenAIProvider, server: FakeServer) -> None:
    await provider.complete(ModelRequest("m", [Message.user("\ud83d")]))
    assert server.last.body["messages"][0]["content"] == "\ud83d"


# --- what is answered


async def test_tool_calls_in_a_whole_answer(provider: OpenAIProvider, server: FakeServer) -> None:
    calls = [
        {"id": "a", "function": {"name": "f", "arguments": '{"x":1}'}},
        {"id": "a", "function": {"name": "g", "arguments": {"y": 2}}},
        {"function": {"name": "h"}},
    ]
    server.json({"choices": [{"message": {"content": None, "tool_calls": calls}, "finish_reason": "stop"}]})
    response = await provider.complete(ASK)
    assert response.finish_reason == "tool_calls"
    assert [(c.name, c.parse()) for c in response.message.tool_calls] == [("f", {"x": 1}), ("g", {"y": 2}), ("h", {})]
    assert len({c.id for c in response.message.tool_calls}) == len(calls)


@pytest.mark.parametrize(
    ("message", "reason", "text", "expected"),
    [
        ({"content": "a"}, "stop", "a", "stop"),
        ({"content": "a"}, "length", "a", "length"),
        ({"content": "a"}, None, "a", "stop"),
        ({"content": "a"}, ["odd"], "a", "stop"),
        ({"content": "a"}, "content_filter", "a", "content_filter"),
        ({"content": None, "refusal": "I will not"}, "stop", "I will not", "content_filter"),
        ({"content": [{"type": "text", "text": "a"}, {"type": "x"}, "?", {"text": "b"}]}, "stop", "ab", "stop"),
        ({"content": 7}, "stop", "", "stop"),
    ],
)
def test_texts_and_endings(message: dict[str, Any], reason: Any, text: str, expected: str) -> None:
    response = parse_completion({"choices": [{"message": message, "finish_reason": reason}]}, "m")
    assert (response.message.text, response.finish_reason, response.model) == (text, expected, "m")


@pytest.mark.parametrize(
    "data",
    [
        None,
        [],
        "text",
        {},
        {"choices": []},
        {"choices": [None]},
        {"choices": [{}]},
        {"choices": [{"message": {"tool_calls": [{}]}}]},
        {"choices": [{"message": {"tool_calls": {"a": 1}}}]},
        {"choices": [{"message": {"tool_calls": [{"function": {"name": ""}}]}}]},
        {"choices": [{"message": {"tool_calls": [{"function": {"name": "f"}}] * 129}}]},
    ],
    ids=str,
)
def test_what_is_no_completion_is_said_to_be_none(data: Any) -> None:
    with pytest.raises(ModelResponseError):
        parse_completion(data, "m")


WORDS = ("choices", "message", "delta", "content", "tool_calls", "function", "name", "id", "usage", "finish_reason")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "choices",
                    "message",
                    "delta",
                    "content",
                    "tool_calls",
                    "function",
                    "name",
                    "id",
                    "index",
                    "usage",
                    "finish_reason",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(JSON)
def test_any_json_is_either_a_response_or_a_model_error(data: Any) -> None:
    with suppress(ModelError):
        assert parse_completion(data, "m").message.role == "assistant"
    usage = usage_of(data)
    assert usage is None or 0 <= usage.cached_tokens <= usage.input_tokens


def test_odd_usage_counts_as_none() -> None:
    assert (
        usage_of({"prompt_tokens": -1, "completion_tokens": "5", "prompt_tokens_details": {"cached_tokens": 9}})
        == Usage()
    )
    assert usage_of({"prompt_tokens": 5, "prompt_cache_hit_tokens": 3}) == Usage(5, 0, 3)
    assert usage_of("x") is None


def test_arguments_and_reasons() -> None:
    assert [arguments_of(v) for v in ('{"a"', None, {"a": 1})] == ['{"a"', "", '{"a": 1}']
    assert finish_reason("length", called=True) == "length"


# --- streams


async def test_a_stream_asks_for_usage_and_keeps_it_for_the_last_chunk(
    provider: OpenAIProvider, server: FakeServer
) -> None:
    server.events(
        delta(role="assistant", content=""),
        delta(content="hel"),
        delta(content="lo"),
        delta("stop"),
        {"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 2}},
        "[DONE]",
    )
    assert await collect(provider) == [
        ModelChunk("hel"),
        ModelChunk("lo"),
        ModelChunk(finish_reason="stop", usage=Usage(3, 2)),
    ]
    assert server.last.body["stream"] is True
    assert server.last.body["stream_options"] == {"include_usage": True}


async def test_parallel_calls_are_told_apart_by_index(provider: OpenAIProvider, server: FakeServer) -> None:
    server.events(
        delta(tool_calls=[piece(index=0, id="a", name="f"), piece(index=1, id="b", name="g")]),
        delta(tool_calls=[piece('{"x"', index=0)]),
        delta(tool_calls=[piece("{}", index=1), piece(":1}", index=0)]),
        delta("tool_calls"),
        "[DONE]",
    )
    chunks = await collect(provider)
    assert calls_of(chunks) == [("a", "f", '{"x":1}'), ("b", "g", "{}")]
    assert chunks[-1].finish_reason == "tool_calls"


async def test_servers_that_number_calls_carelessly(provider: OpenAIProvider, server: FakeServer) -> None:
    server.events(
        delta(tool_calls=[piece('{"x":', id="a", name="f")]),
        delta(tool_calls=[piece("1}")]),
        delta(tool_calls=[piece({"y": 2}, index=0, id="b", name="g")]),
        delta("stop", tool_calls=[piece("", id="b", index=0)]),
    )
    chunks = await collect(provider)
    assert calls_of(chunks) == [("a", "f", '{"x":1}'), ("b", "g", '{"y": 2}')]
    assert chunks[-1].finish_reason == "tool_calls"


async def test_a_call_without_an_id_gets_one(provider: OpenAIProvider, server: FakeServer) -> None:
    server.events(delta(tool_calls=[piece("{}", index=0, name="f")]), delta(tool_calls=[piece("", index=0)]), "[DONE]")
    ((id, name, _),) = calls_of(await collect(provider))  # noqa: A001
    assert id.startswith("call_")
    assert name == "f"


@pytest.mark.parametrize(
    "events", [[delta("stop", content="x")], [delta(content="x"), "[DONE]"]], ids=["reason", "done"]
)
async def test_either_mark_of_the_end_will_do(provider: OpenAIProvider, server: FakeServer, events: list[Any]) -> None:
    server.events(*events)
    chunks = await collect(provider)
    assert [c.text for c in chunks] == ["x", ""]
    assert chunks[-1].finish_reason == "stop"


async def test_what_comes_after_done_is_not_looked_at(provider: OpenAIProvider, server: FakeServer) -> None:
    server.events(delta("stop", content="x"), "[DONE]", "{garbage", {"error": {"message": "late"}})
    assert [c.text for c in await collect(provider)] == ["x", ""]


async def test_a_server_that_cannot_stream_is_understood(provider: OpenAIProvider, server: FakeServer) -> None:
    call = {"id": "a", "function": {"name": "f", "arguments": "{}"}}
    server.json({"choices": [{"message": {"content": "so", "tool_calls": [call]}, "finish_reason": "tool_calls"}]})
    assert await collect(provider) == [
        ModelChunk("so", (ToolCallDelta(0, "a", "f", "{}"),)),
        ModelChunk(finish_reason="tool_calls", usage=Usage()),
    ]


async def test_connections_are_used_again(provider: OpenAIProvider, server: FakeServer) -> None:
    ports: set[Any] = set()
    answer = server._handler

    async def note(request: Any) -> Any:
        ports.add(request.transport.get_extra_info("peername"))
        return await answer(request)

    server.use(note)
    for _ in range(3):
        await provider.complete(ASK)
    server.events(delta("stop", content="x"), "[DONE]")
    answer = server._handler
    server.use(note)
    for _ in range(3):
        await collect(provider)
    assert len(ports) == 1


async def test_leaving_a_stream_makes_the_server_stop(provider: OpenAIProvider, server: FakeServer) -> None:
    server.stream(b'data: {"choices":[{"delta":{"content":"a"}}]}\n\n', hang=True)
    stream = provider.stream(ASK)
    assert (await anext(stream)).text == "a"
    await stream.aclose()  # type: ignore[attr-defined]
    await server.gone.wait()
