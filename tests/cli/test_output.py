# ruff: noqa: PLR2004
from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lumosai.cli import output, style

Captured = pytest.CaptureFixture[str]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


Read = Callable[[], str]


@pytest.fixture
def terminal(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> Read:
    """Be a terminal of 40 columns; return what reads all that was written to it."""
    monkeypatch.setattr(style, "is_tty", lambda _: True)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "40")
    return lambda: "".join(capsys.readouterr())


def test_a_table_is_aligned(capsys: Captured) -> None:
    output.table([{"id": "a", "n": 1}, {"id": "long", "n": True}], ["id", "n"])
    assert capsys.readouterr().out == "ID    N\na     1\nlong  yes\n"


def test_an_empty_table_says_so(capsys: Captured) -> None:
    output.table([], ["id"], empty="no runs yet")
    assert capsys.readouterr().out == "no runs yet\n"


def test_what_goes_to_a_pipe_is_not_cut(capsys: Captured) -> None:
    output.table([{"id": "x" * 500}], ["id"])
    assert "x" * 500 in capsys.readouterr().out


def test_a_terminal_gets_what_fits_with_an_ellipsis(terminal: Read) -> None:
    output.table([{"id": "abc", "what": "word " * 30, "more": "z" * 90}], ["id", "what", "more"])
    plain = terminal().replace("\x1b[2m", "").replace("\x1b[0m", "")
    assert max(len(line) for line in plain.splitlines()) <= 40
    assert plain.count("…") == 2
    assert "abc" in plain


def test_headers_are_dim_on_a_terminal_only(terminal: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    output.table([{"id": 1}], ["id"])
    assert terminal().startswith("\x1b[2mID")
    monkeypatch.setenv("NO_COLOR", "1")
    output.table([{"id": 1, "state": "broken"}], ["id"])
    assert "\x1b" not in terminal()


@pytest.mark.parametrize("term", ["dumb"])
def test_a_dumb_terminal_gets_no_colour(terminal: Read, monkeypatch: pytest.MonkeyPatch, term: str) -> None:
    monkeypatch.setenv("TERM", term)
    assert style.paint("x", style.RED) == "x"


def test_what_is_broken_is_red(terminal: Read) -> None:
    output.table([{"id": "x", "state": "broken"}], ["id", "state"])
    assert "\x1b[31mx" in terminal()


def test_cells_cannot_move_the_terminal(terminal: Read) -> None:
    output.table([{"id": "\x1b[2Jx\ny"}], ["id"])
    output.pairs([("name", "\x1b]0;t\x07")])
    output.warn("\x1b[2J")
    output.say_json({"a": "\x9b2J"})
    shown = terminal().replace("\x1b[2m", "").replace("\x1b[0m", "").replace("\x1b[33m", "")
    assert "\x1b" not in shown
    assert "\x9b" not in shown
    assert "\x07" not in shown


def test_ids_that_a_shell_would_expand_are_left_out(capsys: Captured) -> None:
    output.say_ids(["time.now", "$(touch pwned)", "a b", "`x`", "openai/gpt-5", "a\nb", ""])
    assert capsys.readouterr().out == "time.now\nopenai/gpt-5\n"


def test_pairs_keep_their_margin(terminal: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    output.pairs([("a", "one two three four five six seven eight"), ("long name", "x\ny"), ("none", "")])
    assert terminal() == (
        "a          one two three four five six\n           seven eight\nlong name  x\n           y\nnone\n"
    )


@pytest.mark.parametrize(("text", "columns"), [("abc", 3), ("東京", 4), ("e\u0301", 1), ("🌔", 2), ("", 0)])
def test_columns(text: str, columns: int) -> None:
    assert output.columns_of(text) == columns


@given(st.text(), st.integers(2, 30))
def test_what_is_cut_fits(text: str, limit: int) -> None:
    assert output.columns_of(output.cut(text, limit)) <= limit or output.columns_of(text) <= limit


@given(st.lists(st.lists(st.text(max_size=60), min_size=3, max_size=3), min_size=1, max_size=5), st.integers(40, 120))
def test_a_table_fits_its_limit(cells: Any, limit: int) -> None:
    assert sum(output.fit(["A", "B", "C"], cells, limit)) + 4 <= limit


def test_the_width_of_a_pipe_is_not_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    assert style.width(io.StringIO()) > 10_000
    monkeypatch.setenv("COLUMNS", "77")
    assert style.width(io.StringIO()) == 77
    monkeypatch.setenv("COLUMNS", "wide")
    assert style.width(io.StringIO()) > 10_000


def test_a_terminal_that_does_not_tell_its_width_has_80_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    assert style.width(Terminal()) == 80


def test_a_closed_stream_is_no_terminal() -> None:
    stream = io.StringIO()
    stream.close()
    assert not style.is_tty(stream)
    assert not style.is_tty(None)
