"""Choosing tools, filling arguments, saying results: with a pretended chat model and the real embeddings."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest

from lumosai_plugins.local.answer import answer
from lumosai_plugins.local.arguments import fill
from lumosai_plugins.local.check import fits
from lumosai_plugins.local.evidence import Request
from lumosai_plugins.local.llama import Generated, Generation, Piece
from lumosai_plugins.local.relevance import ToolResult
from lumosai_plugins.local.route import Router
from lumosai_sdk.types.tools import ToolSpec

NOW = datetime(2026, 11, 22, 21, 0)  # noqa: DTZ001 - as the user's clock shows it


def tool(description: str, required: list[str], **properties: Any) -> ToolSpec:
    schema = {"type": "object", "properties": properties, "required": required, "additionalProperties": False}
    return ToolSpec("some.tool", description, schema)


class Says:
    """A chat model that says what it is told to, and keeps what it was asked."""

    def __init__(self, *texts: str) -> None:
        self.texts = list(texts)
        self.asked: list[Generation] = []

    async def generate(self, generation: Generation) -> Generated:
        self.asked.append(generation)
        return Generated(self.texts.pop(0), Piece(finish="stop"))

    async def __call__(self) -> Any:
        return self


async def filled(text: str, spec: ToolSpec, *said: str) -> dict[str, Any]:
    return (await fill(Request(text, NOW), spec, Says(*said))).arguments


STRING = {"type": "string"}


@pytest.mark.parametrize(
    ("text", "properties", "required", "arguments"),
    [
        ("the moon tonight", {"date": {"type": "string", "format": "date"}}, [], {"date": "2026-11-22"}),
        ("the moon", {"date": {"type": "string", "format": "date"}}, [], {}),
        ("the moon", {"date": {"type": "string", "format": "date"}}, ["date"], {"date": "2026-11-22"}),
        ("in Tokyo", {"timezone": STRING}, [], {"timezone": "Asia/Tokyo"}),
        ("the time", {"timezone": STRING}, ["timezone"], {"timezone": "UTC"}),
        ("the time", {"timezone": {**STRING, "default": "local"}}, ["timezone"], {"timezone": "local"}),
        ("what is 2 + 2", {"expression": STRING}, ["expression"], {"expression": "2 + 2"}),
        ("add 2 and 3", {"a": {"type": "integer"}, "b": {"type": "integer"}}, ["a", "b"], {"a": 2, "b": 3}),
        ("Berlin for 3 days", {"days": {"type": "integer", "maximum": 7}}, [], {"days": 3}),
        ("Berlin for 30 days", {"days": {"type": "integer", "maximum": 7}}, [], {}),
        ("in hot mode", {"mode": {"enum": ["cold", "hot"]}}, [], {"mode": "hot"}),
        ("list them recursively", {"recursive": {"type": "boolean"}}, [], {"recursive": True}),
        ("not recursively please", {"recursive": {"type": "boolean"}}, [], {"recursive": False}),
        ("anything", {"kind": {"const": "k"}}, ["kind"], {"kind": "k"}),
        ("mail a@b.org and c@d.org", {"emails": {"type": "array", "items": STRING}}, ["emails"], None),
        ("call 'Call me Ishmael'", {"text": STRING}, ["text"], {"text": "Call me Ishmael"}),
        ("anything at all", {}, [], {}),
    ],
)
async def test_reads_what_the_request_holds(
    text: str, properties: dict[str, Any], required: list[str], arguments: dict[str, Any] | None
) -> None:
    found = await filled(text, tool("A tool", required, **properties))
    assert found == (arguments if arguments is not None else {"emails": ["a@b.org", "c@d.org"]})


async def test_from_and_to_are_told_apart() -> None:
    zones = tool("Convert a time", ["time", "to_timezone"], time=STRING, to_timezone=STRING, from_timezone=STRING)
    wanted = {"time": "3 pm", "to_timezone": "America/New_York", "from_timezone": "Europe/Berlin"}
    assert await filled("When it is 3 pm in Berlin, what time is it in New York?", zones) == wanted
    assert await filled("Convert 3 pm from Berlin to New York", zones) == wanted


async def test_the_model_may_only_choose_pieces_of_the_request() -> None:
    says = Says('{"title": "big red dog"}')
    spec = tool("Make a note", ["title"], title=STRING)
    made = await fill(Request("note a big red dog", NOW), spec, says)
    assert made.arguments == {"title": "big red dog"}
    schema = says.asked[0].schema
    assert schema
    assert all(piece in "note a big red dog" for piece in schema["properties"]["title"]["enum"])


@pytest.mark.parametrize("said", ["no json", "[]", "{}", '{"n": "x"}', '{"n": 99}', '{"n": null}'])
async def test_whatever_the_model_says_the_arguments_fit(said: str) -> None:
    spec = tool("Pick", ["n"], n={"type": "integer", "minimum": 1, "maximum": 5})
    assert fits(await filled("pick something", spec, said), spec.input_schema)


async def test_a_pattern_is_left_to_the_grammar() -> None:
    says = Says('{"code": "ab"}')
    spec = tool("Pick", ["code"], code={"type": "string", "pattern": "^(a+)+b$"})
    assert (await fill(Request("a" * 2000 + "!", NOW), spec, says)).arguments == {"code": "ab"}


def test_a_tool_without_words_is_no_trouble(router: Router) -> None:
    assert router.route(Request("Hi", NOW), [ToolSpec("x")]).tool is None
    assert router.route(Request("Hi", NOW), []).tool is None


def test_required_takes_the_best(router: Router) -> None:
    tools = [ToolSpec("cook.rice", "Cook rice"), ToolSpec("moon.phase", "Phase of the moon")]
    chosen = router.route(Request("moon?", NOW), tools, must=True).tool
    assert chosen is tools[1]


def test_a_tool_called_by_its_name_is_taken(router: Router) -> None:
    tools = [ToolSpec("cook.rice", "Cook rice"), ToolSpec("a.b_c", "Zorble the frobs")]
    assert router.route(Request("please use a.b_c now", NOW), tools).tool is tools[1]


def test_many_tools_are_embedded_once(router: Router) -> None:
    tools = [ToolSpec(f"t{i}.x", f"Does the thing number {i}") for i in range(40)]
    assert router.route(Request("Hello", NOW), tools) == router.route(Request("Hello", NOW), tools)


async def said(router: Router, asked: str, content: str, *texts: str, tool_id: str = "x.y", **arguments: Any) -> str:
    return (await answer(asked, [ToolResult(tool_id, content, arguments)], router, Says(*texts))).text


MOON = json.dumps(
    {
        "date": "2026-11-22",
        "phase": "Waxing gibbous",
        "emoji": "🌔",
        "illumination_percent": 93.7,
        "next_new_moon": "2026-12-09 00:52 UTC",
        "next_full_moon": "2026-11-24 14:53 UTC",
    }
)
TONIGHT = "What phase is the moon in tonight?"


async def test_the_models_own_words_if_they_are_true(router: Router) -> None:
    words = "The moon is in the waxing gibbous phase."
    assert await said(router, TONIGHT, MOON, words, tool_id="moon.phase", date="2026-11-22") == words


async def test_a_second_try_with_less_to_confuse(router: Router) -> None:
    told = ("The moon is full.", "The moon is waxing gibbous tonight.")
    assert await said(router, TONIGHT, MOON, *told, tool_id="moon.phase") == told[1]


async def test_a_plain_sentence_if_they_are_not(router: Router) -> None:
    text = await said(router, TONIGHT, MOON, "It is full.", "It is 42 % new.", tool_id="moon.phase", date="2026-11-22")
    assert text.startswith("The phase is Waxing gibbous (")


async def test_a_sum_needs_no_model(router: Router) -> None:
    assert await said(router, "What is 17 * 23?", "391", expression="17 * 23") == "17 * 23 = 391"


async def test_a_person_is_quoted(router: Router) -> None:
    assert await said(router, "Ask me for my name", "Ada", question="your name") == "You said: Ada"


async def test_a_failure_is_told_as_it_is(router: Router) -> None:
    assert await said(router, "Read x", "Error: no such file") == "That did not work. Error: no such file"


async def test_a_text_is_quoted_not_retold(router: Router) -> None:
    assert await said(router, "What does it say?", "Buy milk\nPay the rent") == "Buy milk\nPay the rent"
    assert await said(router, "Do it", "") == "It is done; the tool had nothing to say."


async def test_of_a_long_text_the_passages_that_matter(router: Router) -> None:
    filler = [f"Paragraph {i} speaks of gardening and of the weather." for i in range(60)]
    text = "\n\n".join([*filler[:30], "The secret code of the vault is 4711.", *filler[30:]])
    told = await said(router, "What is the code of the vault?", text)
    assert "4711" in told
    assert len(told) < len(text) / 4


async def test_several_results_are_all_told(router: Router) -> None:
    results = [ToolResult("a.b", "1"), ToolResult("c.d", "Error: no")]
    told = (await answer("Both?", results, router, Says())).text
    assert told == "a.b: The answer is 1.\nc.d: That did not work. Error: no"
