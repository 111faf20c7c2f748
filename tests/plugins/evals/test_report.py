"""The report: one page, that runs nothing of what it shows."""

# ruff: noqa: PLR2004 - a test says what it expects where it expects it
from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

import pytest

from lumosai_plugins.evals.report import page
from lumosai_plugins.evals.stats import compared, summary

ATTACKS = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</pre></details></style><svg onload=alert(1)>",
    "' onmouseover='alert(1)",
    "javascript:alert(1)",
    "<a href=https://evil.example>",
    "</title><meta http-equiv=refresh content=0;url=https://evil.example>",
    "\ud800\x00\x1b[2J\u202e<b>",
    "&lt;script&gt;",
    "]]><!-- -->",
]
PLAIN = """b body circle dd details div dl dt footer h1 h2 h3 head header html i li line main meta p pre rect section
small span strong style summary svg table td text th title tr ul"""


class Seen(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def told(attack: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    verdict = {"statement": attack, "verdict": attack, "reason": attack}
    score = {"value": 0.5, "reason": attack, "details": {"verdicts": [verdict]}}
    result = {
        "item": attack, "input": attack, "output": attack, "expected": {attack: [attack]}, "run_id": attack,
        "seconds": 0.1, "usage": {}, "scores": {attack: score},
    }  # fmt: skip
    failed = {**result, "item": "failed", "scores": {}, "error": {"message": attack}}
    judged = {**result, "item": "unjudged", "scores": {attack: {"value": None, "error": {"message": attack}}}}
    results = [result, failed, judged]
    facts = {"id": attack, "agent": attack, "dataset": attack, "digest": attack, "note": attack, "status": "incomplete"}
    return {**facts, "items": 3, "scorers": [attack], "created_at": 0.0, "summary": summary(results, [attack])}, results


@pytest.mark.parametrize("attack", ATTACKS)
def test_answers_are_shown_and_never_obeyed(attack: str) -> None:
    experiment, results = told(attack)
    html = page(experiment, results, {"base": attack, **compared(results, results, [attack])})
    seen = Seen()
    seen.feed(html)
    assert seen.tags <= set(PLAIN.split())
    assert not {a for a in seen.attributes if a.startswith("on")} | (
        seen.attributes & {"href", "src", "style", "action"}
    )
    assert not re.search(r"url\(|@import", html.partition("</style>")[0])
    assert "\x1b" not in html
    assert "\u202e" not in html
    html.encode()


def test_what_was_said_can_be_read() -> None:
    experiment, results = told("<b>& so on")
    seen = Seen()
    seen.feed(page(experiment, results, None))
    assert "<b>& so on" in "".join(seen.text)


def test_a_page_has_an_end() -> None:
    experiment, results = told("x" * 100_000)
    html = page({**experiment, "agent": "a"}, results * 2000, None)
    assert len(html) < 8_000_000
    assert re.search(r"\d+ more are not shown", html)


def test_a_page_of_nothing() -> None:
    experiment, _ = told("x")
    html = page({**experiment, "summary": summary([], ["x"])}, [], None)
    assert "no scores" in html
    assert "default-src &#x27;none&#x27;" in html
