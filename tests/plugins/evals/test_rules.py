"""Scorers that go by rules."""

from __future__ import annotations

from typing import Any

import pytest

from lumosai_plugins.evals.scorers import rules, toolcalls
from lumosai_sdk import Message, PluginContext, ToolCall
from lumosai_sdk.errors import InputError
from lumosai_sdk.testing.conformance.scorer import ScorerConformance
from lumosai_sdk.types.scores import Sample

CONTEXT = PluginContext("evals")


def made(*calls: tuple[str, str]) -> tuple[Message, ...]:
    told = tuple(ToolCall(str(i), name, arguments) for i, (name, arguments) in enumerate(calls))
    return (Message.user("go"), Message.assistant("", told))


SEARCH, BOOK = ("web_search", '{"q": "flights", "max": 3}'), ("book", '{"id": 7}')
SAMPLES: dict[Any, tuple[Sample, Sample]] = {
    rules.Exact: (Sample("q", " Paris "), Sample("q", "Lyon")),
    rules.Contains: (Sample("q", "It is PARIS,  France"), Sample("q", "It is Lyon")),
    rules.Keywords: (Sample("q", "rain and wind"), Sample("q", "train and wind")),
    rules.Regex: (Sample("q", "order A-17"), Sample("q", "order 17")),
    rules.Json: (Sample("q", '```json\n{"n": 1}\n```'), Sample("q", '{"n": "1"}')),
    rules.Similarity: (Sample("q", "the capital is Paris"), Sample("q", "dunno")),
    rules.Answered: (Sample("q", "It is Paris."), Sample("q", "I\u2019m unable to say.")),
    toolcalls.ToolCalls: (Sample("q", "", messages=made(SEARCH, BOOK)), Sample("q", "", messages=made(BOOK))),
    toolcalls.Trajectory: (Sample("q", "", messages=made(SEARCH, BOOK)), Sample("q", "", messages=made(BOOK, SEARCH))),
}
EXPECTED: dict[Any, Any] = {
    rules.Exact: "paris",
    rules.Contains: {"contains": ["Paris, France"]},
    rules.Keywords: {"keywords": ["rain", "Wind"]},
    rules.Regex: {"regex": r"(?i)\ba-\d+"},
    rules.Json: {"schema": {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}},
    rules.Similarity: "The capital is Paris.",
    toolcalls.ToolCalls: {"tools": [{"name": "web.search", "arguments": {"q": "flights"}}, "book"]},
    toolcalls.Trajectory: {"trajectory": ["web.search", "book"]},
}


@pytest.mark.parametrize("kind", SAMPLES, ids=lambda k: k.__name__, scope="class")
class TestRules(ScorerConformance):
    @pytest.fixture
    def scorer(self, kind: Any) -> Any:
        return kind(CONTEXT)

    @pytest.fixture
    def good(self, kind: Any) -> Sample:
        return self._sample(kind, 0)

    @pytest.fixture
    def bad(self, kind: Any) -> Sample:
        return self._sample(kind, 1)

    def _sample(self, kind: Any, which: int) -> Sample:
        found = SAMPLES[kind][which]
        return Sample(found.input, found.output, EXPECTED.get(kind), messages=found.messages)


@pytest.mark.parametrize("kind", [k for k in SAMPLES if k not in {rules.Answered, rules.Json}])
async def test_without_what_it_goes_by_there_is_no_score(kind: Any) -> None:
    assert (await kind(CONTEXT).score(Sample("q", "a"))).value is None


async def test_a_pattern_cannot_be_made_to_take_forever() -> None:
    scored = rules.Regex(CONTEXT).score(Sample("q", "a" * 100_000 + "!", {"regex": "^(a+)+$"}))
    assert (await scored).value == 0


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (rules.Regex, {"regex": "("}),
        (rules.Regex, {"regex": 7}),
        (rules.Json, {"schema": {"$ref": "https://evil.example/s"}}),
        (rules.Json, {"schema": {"type": "nonsense"}}),
        (rules.Keywords, {"keywords": {"a": 1}}),
        (toolcalls.ToolCalls, {"tools": "search"}),
        (toolcalls.ToolCalls, {"tools": [{"arguments": {}}]}),
        (toolcalls.ToolCalls, {"tools": ["x"] * 1000}),
    ],
)
async def test_expectations_that_cannot_be_used_are_told(kind: Any, expected: Any) -> None:
    with pytest.raises(InputError, match="expected"):
        await kind(CONTEXT).score(Sample("q", '{"a": 1}', expected))


async def test_json_answers_are_compared_as_values() -> None:
    assert (await rules.Exact(CONTEXT).score(Sample("q", '{"b":2, "a":1}', {"a": 1, "b": 2}))).value == 1


@pytest.mark.parametrize(
    ("expected", "calls", "value"),
    [
        ([], (), 1.0),
        ([], (BOOK,), 0.0),
        (["book"], (), 0.0),
        (["book"], (BOOK, SEARCH), 2 / 3),
        ([{"name": "book", "arguments": {"id": 8}}], (BOOK,), 0.0),
        (["book", {"name": "book", "arguments": {"id": 7}}], (("book", '{"id": 1}'), BOOK), 1.0),
        (["book", "web.search"], (SEARCH, BOOK), 1.0),
        ({"order": "strict", "calls": ["book", "web.search"]}, (SEARCH, BOOK), 0.5),
        (["book"], (("book", "{half"),), 1.0),
    ],
)
async def test_tool_calls_are_counted_both_ways(expected: Any, calls: Any, value: float) -> None:
    scored = await toolcalls.ToolCalls(CONTEXT).score(Sample("q", "", {"tools": expected}, messages=made(*calls)))
    assert scored.value == pytest.approx(value)


async def test_a_trajectory_may_have_more_in_between() -> None:
    sample = Sample("q", "", {"trajectory": ["a", "b", "c"]}, messages=made(("a", ""), ("x", ""), ("a", ""), ("c", "")))
    assert (await toolcalls.Trajectory(CONTEXT).score(sample)).value == pytest.approx(2 / 3)
