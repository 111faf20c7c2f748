"""Patterns of an owner that a text could hold the host up with are refused."""

from __future__ import annotations

import pytest

from lumosai_plugins.guardrails.patterns import compiled


@pytest.mark.parametrize(
    "pattern",
    [
        r"(a+)+$",
        r"(a|a)*b",
        r"(a|aa)+$",
        r"(\w+\s?)*$",
        r"a*a*a*b",
        r"(?:a?){30}a{30}",
        r"((a?)(a?))*",
        r"(?=(a+)+$)x",
        r"(?!(a+)+$)x",
        r"(a{1,10}){1,10}b",
        r"(a?b?){20}c",
        "a?" * 25 + "a" * 25,
        r"(x)?(?(1)(a+)+$|b)",
    ],
)
def test_what_can_take_exponentially_long_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match="very long on some texts"):
        compiled(pattern)


@pytest.mark.parametrize(
    "pattern",
    [r"\[\d+\]", r"(?i)\bbomb\b", r"(?:foo|bar)baz?", r"(?:\d{3}-)+\d{4}", r"(?i)ignore.*rules", r"https?://"],
)
def test_what_owners_write_is_taken(pattern: str) -> None:
    assert compiled(pattern).pattern == pattern
