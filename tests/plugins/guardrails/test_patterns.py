"""Patterns of an owner, on texts that are made to hold the host up."""

# ruff: noqa: PLR2004
from __future__ import annotations

import logging

import pytest

from lumosai_plugins.guardrails.patterns import Pattern
from lumosai_plugins.guardrails.rules import Rules
from lumosai_sdk import BlockedError, Message, PluginContext, RunInfo
from lumosai_sdk.errors import AnswerRefusedError, ConfigError


@pytest.mark.parametrize(
    ("pattern", "text"),
    [(r"(a+)+$", "a" * 5000 + "b"), (r"(a|aa)+$", "a" * 5000 + "b"), (r"(\w+\s?)*$", "word " * 5000 + "!")],
)
def test_a_search_that_does_not_end_is_stopped(pattern: str, text: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        assert Pattern(pattern).found_in(text) is None
    assert "takes too long" in caplog.text
    assert len(caplog.text) < 500, "the text itself is not logged"


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (r"\[\d+\]", "so [1]"),
        (r"(?i)\bbomb\b", "a BOMB"),
        (r"(?:foo|bar)+", "barfoo"),
        (r"(?:\d{3}-)+\d{4}", "555-1234"),
    ],
)
def test_what_owners_write_is_found(pattern: str, text: str) -> None:
    assert Pattern(pattern).found_in(text) is True
    assert Pattern(pattern).found_in("nothing of it") is False


async def test_what_cannot_be_looked_at_breaks_the_rule() -> None:
    rule = {"deny": r"(a+)+$", "say": "No."}
    rules = Rules(PluginContext("guardrails", settings={"rules": {"input": [rule], "output": [rule]}}))
    hostile = "a" * 5000 + "b"
    with pytest.raises(BlockedError, match="No"):
        await rules.process("input", (Message.user(hostile),), RunInfo())
    with pytest.raises(AnswerRefusedError, match="No"):
        await rules.process("output", hostile, RunInfo())
    assert await rules.process("output", "bbb", RunInfo()) == "bbb"


def test_what_is_no_pattern_is_told_with_its_place() -> None:
    with pytest.raises(ConfigError, match=r"rules\] output\[0\]\.require"):
        Rules(PluginContext("guardrails", settings={"rules": {"output": [{"require": "(", "say": "x"}]}}))
