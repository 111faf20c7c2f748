from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lumosai_sdk.errors import ModelError, ModelUnavailableError
from lumosai_sdk.testing.scripted import ScriptedModel, calls_response, chunks, text_response
from lumosai_sdk.types.messages import ImagePart, Message, TextPart, ToolCall
from lumosai_sdk.types.models import ModelChunk, ModelRequest, ModelResponse, Usage

ASK = ModelRequest("any", [Message.system("be brief"), Message.user("hello")])


async def collect(model: ScriptedModel, request: ModelRequest = ASK) -> list[ModelChunk]:
    return [c async for c in model.stream(request)]


async def test_a_list_is_used_in_order_and_the_requests_are_kept() -> None:
    model = ScriptedModel(["one", ToolCall("c1", "add", "{}"), "two"])
    assert (await model.complete(ASK)).message == Message.assistant("one")
    called = await model.complete(ASK)
    assert (called.finish_reason, called.message.tool_calls) == ("tool_calls", (ToolCall("c1", "add", "{}"),))
    assert "".join([c.text for c in await collect(model)]) == "two"
    assert model.requests == [ASK, ASK, ASK]
    assert model.last is ASK


async def test_a_list_that_is_used_up_says_so() -> None:
    model = ScriptedModel(["one"])
    await model.complete(ASK)
    with pytest.raises(ModelError, match="at its end after 1 replies"):
        await model.complete(ASK)


async def test_a_single_reply_answers_everything() -> None:
    model = ScriptedModel("yes")
    assert [(await model.complete(ASK)).message.text for _ in range(3)] == ["yes"] * 3


async def test_exceptions_are_raised_in_both_modes() -> None:
    model = ScriptedModel(ModelUnavailableError("down", retryable=True, retry_after=2.0))
    for _ in range(2):
        with pytest.raises(ModelUnavailableError, match="down"):
            await model.complete(ASK)
    with pytest.raises(ModelUnavailableError):
        await collect(model)


async def test_functions_see_the_request() -> None:
    async def slow(request: ModelRequest) -> str:
        return request.messages[0].text.upper()

    model = ScriptedModel([lambda r: r.messages[-1].text * 2, slow, lambda _: ValueError("boom")])
    assert (await model.complete(ASK)).message.text == "hellohello"
    assert (await model.complete(ASK)).message.text == "BE BRIEF"
    with pytest.raises(ValueError, match="boom"):
        await model.complete(ASK)


async def test_a_whole_response_is_returned_as_it_is() -> None:
    response = ModelResponse(Message.assistant("cut o"), "length", Usage(1, 2, cost=0.5))
    assert await ScriptedModel(response).complete(ASK) is response
    assert (await collect(ScriptedModel(response)))[-1] == ModelChunk(finish_reason="length", usage=response.usage)


async def test_parallel_calls_stream_in_pieces_by_index() -> None:
    calls = (ToolCall("a", "f", '{"x": 1}'), ToolCall("b", "g", "{}"))
    deltas = [d for c in await collect(ScriptedModel(calls, chunk_size=3)) for d in c.tool_calls]
    assert {d.index for d in deltas} == {0, 1}
    assert "".join(d.arguments for d in deltas if d.index == 0) == '{"x": 1}'
    assert [d.name for d in deltas if d.name] == ["f", "g"]


async def test_usage_is_the_same_every_time_and_counts_parts() -> None:
    parts = ModelRequest("m", [Message.user((TextPart("abcdefgh"), ImagePart("data:image/png;base64,AA")))])
    model = ScriptedModel("four")
    assert {(await model.complete(parts)).usage for _ in range(3)} == {Usage(2, 1)}


async def test_it_lists_itself() -> None:
    assert [m.id for m in await ScriptedModel().models()] == ["scripted"]


@given(st.text(), st.integers(-1, 7))
def test_the_chunks_of_a_text_add_up_to_it(text: str, size: int) -> None:
    seen = list(chunks(text_response(text, ASK), size))
    assert "".join(c.text for c in seen) == text
    assert seen[-1].finish_reason == "stop"


@given(st.text(), st.integers(0, 7))
def test_the_chunks_of_a_call_add_up_to_it(arguments: str, size: int) -> None:
    seen = list(chunks(calls_response((ToolCall("c", "f", arguments),), ASK), size))
    assert "".join(d.arguments for c in seen for d in c.tool_calls) == arguments


def test_streaming_goes_word_by_word() -> None:
    assert [c.text for c in chunks(text_response("To be, or\nnot.", ASK))] == ["To", " be,", " or", "\nnot.", ""]
