"""Arguments of a call that a person is asked about, written so that the person does not see what is asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from lumosai_plugins.a2a.telling import _asked
from lumosai_plugins.agui.telling import _interrupt
from lumosai_plugins.mcp.leave import _form
from lumosai_sdk import safe
from lumosai_sdk.types.runs import Pending

MOST = 2000
WAYS: Mapping[str, Callable[[Pending], str]] = {
    "mcp": lambda p: str(_form(p).message),
    "a2a": _asked,
    "agui": lambda p: str(_interrupt("run_1", p).message),
}


@pytest.mark.parametrize("way", WAYS)
def test_what_stands_behind_a_long_argument_is_not_hidden(way: str) -> None:
    """The text was cut at its limit, and looked whole: what the tool was to do stood behind that."""
    given = {"note": "all is well " * 1000, "path": "/etc/passwd"}
    asked = WAYS[way](Pending("c", "files.write", given))
    assert "/etc/passwd" in asked
    assert "characters are not shown here" in asked
    assert len(asked) < MOST + 200


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("char", ["\u202e", "\u200b", "\u2066", "\U000e0041", "\x9b", "\u2028", "\ud800", "\0"])
def test_characters_that_are_not_seen_are_shown(way: str, char: str) -> None:
    asked = WAYS[way](Pending("c", "files.write", {f"pa{char}th": f"a{char}b"}))
    assert asked.isprintable()
    assert asked.count("\\u") >= 2  # noqa: PLR2004 - one in the key, one in the value


def test_arguments_that_fit_are_shown_as_they_are() -> None:
    given: dict[str, Any] = {"text": "Grüße, 東京", "count": 3, "deep": {"a": [None, True]}}
    assert safe.arguments(given) == '{"text": "Grüße, 東京", "count": 3, "deep": {"a": [null, true]}}'
