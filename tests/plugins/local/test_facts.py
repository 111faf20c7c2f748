"""What is said about a tool's result is in the result."""

from __future__ import annotations

import json

import pytest

from lumosai_plugins.local.facts import Fact, facts_of, is_faithful

PHASE = Fact("phase", "Waxing gibbous")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("391", ["391"]),
        ("12.0", ["12"]),
        ("true", ["yes"]),
        ("null", ["none"]),
        ("waxing gibbous", ["waxing gibbous"]),
        ('{"date":"2026-11-22","lit_percent":93.7}', ["date: Sunday, 22 November 2026", "lit percent: 93.7"]),
        ('{"a":{"b":1}}', ["a b: 1"]),
        ('["x","y"]', ["x, y"]),
        ('"2026-11-23T03:06:00+09:00"', ["03:06 on Monday, 23 November 2026"]),
        ('"2026-11-24 14:53 UTC"', ["14:53 UTC on Tuesday, 24 November 2026"]),
        ('{"time":"03:06:00"}', ["time: 03:06"]),
        ('"2026-99-99"', ["2026-99-99"]),
    ],
)
def test_reads_facts(content: str, told: list[str]) -> None:
    assert [str(f) for f in facts_of(content)] == told


@pytest.mark.parametrize(
    "content",
    ["", "two\nlines", "x" * 200, json.dumps({str(i): i for i in range(100)}), '[{"a":1}]', "[]", "[" * 10_000],
)
def test_leaves_texts_alone(content: str) -> None:
    assert facts_of(content) == [] or content == "[" * 10_000


@pytest.mark.parametrize(
    "sentence",
    ["The moon is in the waxing gibbous phase.", "Tonight the moon is Waxing  gibbous", "It is a waxing gibbous moon."],
)
def test_takes_what_is_faithful(sentence: str) -> None:
    assert is_faithful(sentence, [PHASE], [], "What phase is the moon in tonight?")


@pytest.mark.parametrize(
    "sentence",
    [
        "The moon is full.",
        "The moon is not waxing gibbous.",
        "The moon isn't in the waxing gibbous phase.",
        "The moon is waxing gibbous and 94 percent lit.",
        "The moon is waxing gibbous, a rare and magical event of wonderful beauty.",
        "phase: waxing gibbous; moon: yes",
        "waxing gibbous\nphase",
        "",
    ],
)
def test_refuses_what_is_not(sentence: str) -> None:
    assert not is_faithful(sentence, [PHASE], [], "What phase is the moon in tonight?")


def test_a_number_must_be_the_whole_number() -> None:
    assert is_faithful("The answer is 391.", [Fact("", "391")], [], "What is it?")
    assert not is_faithful("The answer is 1391.", [Fact("", "391")], [], "What is it?")
    assert not is_faithful("The answer is 391.5", [Fact("", "391")], [], "What is it?")


def test_a_further_fact_may_be_mentioned_only_if_it_is_allowed() -> None:
    sentence, high, low = "It is sunny with a high of 15.", Fact("high", "24"), Fact("low", "15")
    assert not is_faithful(sentence, [Fact("summary", "sunny"), high], [], "How is it?")
    assert not is_faithful(sentence, [Fact("summary", "sunny")], [], "How is it?")
    assert is_faithful("It is sunny, low 15", [Fact("summary", "sunny")], [low], "How is it?")
