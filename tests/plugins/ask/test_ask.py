"""The tool that asks the person."""

# ruff: noqa: PLR2004 - a test says what it expects where it expects it
from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from lumosai_plugins.ask.tool import person
from lumosai_sdk import ToolContext, ToolError
from lumosai_sdk.errors import Suspend
from lumosai_sdk.testing.conformance.tool import ToolConformance
from lumosai_sdk.testing.manifest_check import disagreements


@dataclass
class Person:
    """Answers every question the same, and remembers it."""

    answer: str = "blue"
    asked: list[str] = field(default_factory=list)

    async def __call__(self, question: str) -> str:
        self.asked.append(question)
        return self.answer


def test_the_manifest_says_what_the_code_does() -> None:
    assert disagreements("lumosai_plugins.ask") == []


class TestConformance(ToolConformance):
    @pytest.fixture
    def tool(self) -> Any:
        return person

    @pytest.fixture
    def valid_arguments(self) -> Mapping[str, Any]:
        return {"question": "Which colour?"}

    @pytest.fixture
    def refused_arguments(self) -> Sequence[Mapping[str, Any]]:
        return [{"question": " "}, {"question": "\x1b\x00\N{RIGHT-TO-LEFT OVERRIDE}"}]

    @pytest.fixture
    def context(self) -> ToolContext:
        return ToolContext(ask=Person())


async def test_the_question_is_put_and_answered() -> None:
    someone = Person(" blue\n")
    assert await person.call({"question": "Which colour?\nRed or blue?"}, ToolContext(ask=someone)) == "blue"
    assert someone.asked == ["Which colour?\nRed or blue?"]


async def test_with_nobody_there_the_run_is_suspended() -> None:
    with pytest.raises(Suspend) as suspended:
        await person.call({"question": "Which colour?"}, ToolContext())
    assert suspended.value.question == "Which colour?"


async def test_no_answer_is_told_to_the_model() -> None:
    with pytest.raises(ToolError, match="did not answer"):
        await person.call({"question": "Which colour?"}, ToolContext(ask=Person("  ")))


async def test_a_flood_of_an_answer_is_cut() -> None:
    assert len(await person.call({"question": "?"}, ToolContext(ask=Person("x" * 100_000)))) == 20_000


@pytest.mark.parametrize(
    ("question", "shown"),
    [
        ("\x1b[2J\x1b[HType your password:", "[2J[HType your password:"),
        ("a\rb\x08c", "abc"),
        ("safe\N{RIGHT-TO-LEFT OVERRIDE}exe.txt", "safeexe.txt"),
        ("\x9b31mred", "31mred"),
        ("\N{ZERO WIDTH SPACE}hi\N{BYTE ORDER MARK}", "hi"),
        ("\ud800?", "?"),
        ("Grüezi, 你好?", "Grüezi, 你好?"),
    ],
)
async def test_a_model_cannot_play_with_the_terminal(question: str, shown: str) -> None:
    someone = Person()
    await person.call({"question": question}, ToolContext(ask=someone))
    assert someone.asked == [shown]


def test_people_take_their_time() -> None:
    assert (person.spec.timeout or 0) >= 3600
