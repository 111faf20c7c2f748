"""``lumos agents``: what there is, and versions, from a draft to what holds and back."""

# ruff: noqa: PLR2004 - an exit code says what it is
from __future__ import annotations

import io
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Cli


@pytest.fixture
def file(configure: Callable[..., Path]) -> Path:
    return configure('\n[agents.poet]\nmodel = "scripted/echo"  # for now\n')


def test_an_agent_is_shown_as_it_stands_in_the_file(cli: Cli, file: Path) -> None:
    assert cli("agents", "poet").out == '[agents.poet]\nmodel = "scripted/echo"\n'
    assert cli("agents", "show", "careful", "--json").json == {"tools": ["calculator.*"], "approve": ["calculator.*"]}
    wrong = cli("agents", "peot")
    assert (wrong.code, "did you mean 'poet'" in wrong.err) == (1, True)


def test_from_a_draft_to_what_holds_and_back(cli: Cli, file: Path) -> None:
    assert "no versions yet" in cli("agents", "versions", "poet").out
    before = file.read_text(encoding="utf-8")
    drafted = cli("agents", "draft", "poet", "--set", "instructions=Rhyme.", "--set", "limits.steps=3", "-m", "rhymes")
    assert drafted.out.startswith("poet@2 is drafted")
    assert file.read_text(encoding="utf-8") == before
    assert cli("run", "poet@2", "sea").out == "sea\n"
    assert '+instructions = "Rhyme."' in cli("agents", "compare", "poet", "2").out.splitlines()
    assert cli("agents", "publish", "poet").code == 0
    assert "# for now" in file.read_text(encoding="utf-8")
    assert "Rhyme." in file.read_text(encoding="utf-8")
    assert cli("agents", "restore", "poet", "1").code == 0
    assert file.read_text(encoding="utf-8").strip() == before.strip()
    states = [(v["number"], v["state"]) for v in cli("agents", "versions", "poet", "--json").json]
    assert states == [(3, "holds"), (2, "published"), (1, "published")]
    shown = cli("agents", "show", "poet@2", "--json").json
    assert (shown["instructions"], shown["limits"]) == ("Rhyme.", {"steps": 3})
    assert cli("agents", "compare", "poet", "1", "3").out == "they are the same\n"
    file.write_text(before.replace("# for now", "\nhistory = 7"), encoding="utf-8")
    by_hand = cli("agents", "versions", "poet")
    assert "lumos.toml says something else" in by_hand.err


def test_a_whole_table_may_be_given(cli: Cli, file: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "poet.toml").write_text('model = "scripted/echo"\ninstructions = """\nOne.\nTwo."""\n', encoding="utf-8")
    assert cli("agents", "draft", "poet", "--file", "poet.toml", "--json").json["number"] == 2
    assert cli("agents", "show", "poet@2", "--json").json["instructions"] == "One.\nTwo."
    piped = io.TextIOWrapper(io.BytesIO(cli("agents", "show", "poet@2").out.replace("One", "Zero").encode()))
    monkeypatch.setattr(sys, "stdin", piped)
    assert cli("agents", "draft", "poet", "--file", "-", "--json").json["number"] == 3
    assert cli("agents", "show", "poet@3", "--json").json["instructions"] == "Zero.\nTwo."


def test_an_editor_is_opened_where_nothing_says_what_to_change(
    cli: Cli, file: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nothing = cli("agents", "draft", "poet")
    assert (nothing.code, "nothing says what is to change" in nothing.err) == (1, True)
    monkeypatch.setattr("lumosai.cli.style.is_tty", lambda _: True)
    editor = folder / "editor.py"
    editor.write_text("import sys; open(sys.argv[1], 'a').write('history = 5\\n')", encoding="utf-8")
    monkeypatch.setenv("EDITOR", f"{sys.executable} {editor}")
    monkeypatch.delenv("VISUAL", raising=False)
    assert "poet@2 is drafted" in cli("agents", "draft", "poet").out
    assert cli("agents", "show", "poet@2", "--json").json["history"] == 5
    monkeypatch.setenv("EDITOR", "false")
    assert "false ended with 1" in cli("agents", "draft", "poet").err
    monkeypatch.setenv("EDITOR", "/nowhere/vi")
    assert "set $EDITOR" in cli("agents", "draft", "poet").err


@pytest.mark.parametrize(
    ("words", "code", "why"),
    [
        (("draft", "poet", "--set", "temperature=9"), 1, "agents.poet.temperature: Input should be less"),
        (("draft", "poet", "--set", "histori=9"), 1, "agents.poet.histori"),
        (("draft", "poet", "--set", "history"), 1, "it is KEY=VALUE"),
        (("draft", "poet", "--set", "a=1", "--set", "a.b=2"), 1, "more than once"),
        (("draft", "poet", "--set", "model=scripted/echo"), 1, "would change nothing"),
        (("draft", "poet", "--file", "none.toml"), 1, "none.toml: No such file"),
        (("draft", "poet", "--file", "lumos.toml"), 1, "there is no table [agents.poet], or there are others"),
        (("draft", "poet", "--file", "x", "--unset", "model"), 1, "leave one out"),
        (("draft", "poet", "--base", "9", "--set", "history=1"), 1, "no version 'poet@9'"),
        (("publish", "poet"), 1, "lumos agents draft poet"),
        (("publish", "poet", "x"), 2, "no number of a version"),
        (("restore", "poet", "0"), 2, "no number of a version"),
        (("restore", "poet", "5"), 1, "no version 'poet@5'"),
        (("compare", "poet", "1", "2", "3"), 2, "two versions"),
        (("versions", "nobody"), 1, "no agent 'nobody'"),
        (("show", "poet@7"), 1, "no version 'poet@7'"),
    ],
)
def test_what_is_wrong_is_told_and_changes_nothing(
    cli: Cli, file: Path, words: tuple[Any, ...], code: int, why: str
) -> None:
    before = file.read_text(encoding="utf-8")
    done = cli("agents", *words)
    assert done.code == code, done
    assert why in done.err
    assert file.read_text(encoding="utf-8") == before


def test_what_a_version_says_cannot_write_to_the_terminal(cli: Cli, file: Path) -> None:
    cli("agents", "draft", "poet", "--set", 'instructions="\\u001b]0;title\\u0007red"', "-m", "\x1b[31mnote")
    for words in (("versions", "poet"), ("compare", "poet", "2"), ("show", "poet@2")):
        out = cli("agents", *words).out
        assert out
        assert "\x1b" not in out
