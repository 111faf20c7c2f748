# ruff: noqa: PLR2004
from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lumosai_sdk import safe

ATTACKS = [
    "\x1b[2J",
    "\x1b]0;title\x07",
    "\x1b]52;c;ZXZpbA==\x07",
    "\x9b2J",
    "\x90payload\x9c",
    "over\rwritten",
    "back\x08\x08\x08space",
    "\x7f",
    "rm -rf /\u202e",
    "\u2066hidden\u2069",
    "\u061c\u200f",
]


def obeyed(text: str) -> set[str]:
    """Return the characters of *text* that a terminal would act on, line breaks and tabs apart."""
    bidi = {0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)}
    return {c for c in text if c not in "\n\t" and (ord(c) < 32 or 127 <= ord(c) < 160 or ord(c) in bidi)}


@pytest.mark.parametrize("attack", ATTACKS)
def test_nothing_that_a_terminal_obeys_gets_through(attack: str) -> None:
    for made in (safe.line(attack), safe.lines(attack), safe.json_text(json.dumps(attack, ensure_ascii=False))):
        assert not obeyed(made)


@given(st.text())
def test_no_text_whatever_moves_a_terminal(text: str) -> None:
    assert not obeyed(safe.line(text))
    assert not {"\n", "\t", "\u2028"} & set(safe.line(text))
    assert not obeyed(safe.lines(text))


@settings(max_examples=40)
@given(st.recursive(st.text() | st.integers() | st.none(), lambda x: st.lists(x) | st.dictionaries(st.text(), x)))
def test_json_keeps_its_meaning(value: object) -> None:
    text = safe.json_text(json.dumps(value, ensure_ascii=False, indent=2))
    assert json.loads(text) == value
    assert not obeyed(text)


def test_harmless_text_stays_as_it_is() -> None:
    text = "Grüße,\tZürich — 東京 🌔\nok"
    assert safe.lines(text) == text
    assert safe.lines("a\r\nb") == "a\nb"
    assert safe.line("a\nb") == "a b"
