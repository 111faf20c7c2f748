# ruff: noqa: PLR2004
from __future__ import annotations

import asyncio
import io
import sys

import pytest

from lumosai.cli.asking import Nobody, Person, describe, read_pipe
from lumosai_sdk.errors import Suspend
from lumosai_sdk.types.runs import Decision, Pending

CALL = Pending("c1", "files.write", {"path": "x"})
QUESTION = Pending("c2", "ask.person", kind="question", question="Who?")


class Said:
    """Says one thing after the other, then nothing more."""

    def __init__(self, *lines: str) -> None:
        self.lines = list(lines)
        self.asked = 0

    async def __call__(self, prompt: str) -> str | None:
        self.asked += 1
        await asyncio.sleep(0)
        return self.lines.pop(0) if self.lines else None


@pytest.mark.parametrize("word", ["y", "yes", " Y ", "YES"])
async def test_only_a_clear_yes_is_one(word: str) -> None:
    assert await Person(Said(word)).decide(CALL) == Decision()


@pytest.mark.parametrize("word", ["n", "no", "No"])
async def test_a_no(word: str) -> None:
    assert await Person(Said(word)).decide(CALL) == Decision(approve=False)


async def test_anything_else_is_asked_again(capsys: pytest.CaptureFixture[str]) -> None:
    said = Said("", "ye", "yes please", "sure", "y")
    assert await Person(said).decide(CALL) == Decision()
    assert said.asked == 5


async def test_the_end_of_input_is_no_leave() -> None:
    assert await Person(Said()).decide(CALL) is None
    assert await Person(Said("hm")).decide(CALL) is None
    assert await Person(Said()).decide(QUESTION) is None


async def test_always_holds_for_that_tool_and_no_other() -> None:
    said = Said("a", "n")
    person = Person(said)
    assert await person.decide(CALL) == Decision()
    assert await person.decide(CALL) == Decision()
    assert said.asked == 1
    assert await person.decide(Pending("c3", "files.delete")) == Decision(approve=False)


async def test_questions_are_answered_in_words() -> None:
    assert await Person(Said("Ada")).decide(QUESTION) == Decision(answer="Ada")
    assert await Person(Said(""), approve_all=True).decide(QUESTION) == Decision(answer="")


async def test_one_question_at_a_time(capsys: pytest.CaptureFixture[str]) -> None:
    inside = 0

    async def read(prompt: str) -> str:
        nonlocal inside
        inside += 1
        assert inside == 1
        await asyncio.sleep(0)
        inside -= 1
        return "y"

    person = Person(read)
    calls = [Pending(f"c{i}", f"t.{i}") for i in range(5)]
    assert await asyncio.gather(*(person.decide(c) for c in calls)) == [Decision()] * 5


async def test_what_is_asked_cannot_move_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    person = Person(Said("y", "x"))
    await person.decide(Pending("c", "t\x1b[2J", {"a": "\x1b[A\rharmless", "b": "\u202e"}))
    await person.decide(Pending("c", "t", kind="question", question="\x1b]52;c;x\x07"))
    assert not {"\x1b", "\r", "\x07", "\u202e"} & set(capsys.readouterr().err)


def test_a_long_call_says_that_there_is_more() -> None:
    text = describe(Pending("c", "t", {"a": "x" * 5000}))
    assert len(text) < 2200
    assert "more characters" in text


async def test_nobody_suspends_unless_everything_is_allowed() -> None:
    assert await Nobody(approve_all=False).decide(CALL) is None
    assert await Nobody(approve_all=True).decide(CALL) == Decision()
    with pytest.raises(Suspend):
        await Nobody(approve_all=True).decide(QUESTION)


async def test_reading_lines_from_a_pipe(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("one\r\n\ntwo"))
    assert [await read_pipe("> ") for _ in range(4)] == ["one", "", "two", None]
    assert capsys.readouterr().err == "> > > > "
