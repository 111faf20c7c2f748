"""Windows: what fits, whole turns, and what they cost."""

# ruff: noqa: PLR2004 - sizes are what is tested
from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from tests.plugins.remember.fakes import context

from lumosai_plugins.remember import tokens
from lumosai_plugins.remember.units import units
from lumosai_plugins.remember.window import Window
from lumosai_sdk import Message, RunInfo, ToolCall, Turn
from lumosai_sdk.types.messages import ImagePart, TextPart

LARGE = 400
CALL = ToolCall("c1", "time_now", '{"zone": "UTC"}')


async def shown(history: list[Message], **settings: object) -> list[Message]:
    turn = Turn(RunInfo("r", "a", "t"), (Message.user("now"),), tuple(history))
    return list(await Window(context(None, window=settings)).recall(turn))


def exchange(number: int, words: int = 50) -> list[Message]:
    return [Message.user(f"question {number} {'word ' * words}"), Message.assistant(f"answer {number}")]


async def test_the_last_turns_that_fit_are_shown() -> None:
    history = [m for n in range(20) for m in exchange(n)]
    kept = await shown(history, tokens=LARGE)
    assert kept == history[-len(kept) :]
    assert kept[0].role == "user"
    assert LARGE - 100 <= tokens.of_messages(kept) <= LARGE


async def test_what_fits_is_shown_as_it_is() -> None:
    history = exchange(1)
    assert await shown(history, tokens=LARGE) == history


async def test_a_result_goes_with_its_call() -> None:
    history = [
        *exchange(1),
        Message.user("what time is it?"),
        Message.assistant("", (CALL,)),
        Message.tool("c1", "12:00 " * 100),
        Message.assistant("Noon."),
        Message.user("thanks"),
        Message.assistant("Any time."),
    ]
    assert await shown(history, tokens=100) == history[-2:], "the result does not fit, so that its call goes too"
    assert await shown(history[3:], tokens=1000) == history[-2:], "what has lost its question is not shown"
    assert Message.tool("c1", "12:00 " * 100) in await shown(history, tokens=1000)


async def test_a_call_without_result_is_not_shown() -> None:
    history = [Message.user("hi"), Message.assistant("", (CALL,)), Message.user("still there?")]
    assert await shown(history) == [history[0], history[2]]


async def test_system_messages_stay_and_count() -> None:
    system = Message.system("You sell shoes. " * 20)
    history = [system, *(m for n in range(10) for m in exchange(n))]
    kept = await shown(history, tokens=LARGE)
    assert kept[0] is system
    assert tokens.of_messages(kept) <= LARGE
    assert await shown(history, tokens=10) == [system]


def test_the_estimate_goes_by_the_length_in_utf8() -> None:
    assert tokens.of_text("a" * 400) == 101
    assert tokens.of_text("\N{CYRILLIC SMALL LETTER A}" * 400) == 201
    assert tokens.of_text("a" * 400, 2.0) == 201


def test_images_calls_and_halves_of_characters_count() -> None:
    image = Message.user((TextPart("what is this?"), ImagePart("data:image/png;base64,AAAA")))
    assert tokens.of_message(image) > tokens.IMAGE
    assert tokens.of_message(Message.assistant("", (CALL,))) > tokens.of_message(Message.assistant(""))
    assert tokens.of_text("\ud800") > 0


ROLES = st.sampled_from(
    [
        Message.user("u"),
        Message.assistant("a"),
        Message.assistant("", (CALL,)),
        Message.tool("c1", "r"),
        Message.tool("x", "r"),
    ]
)


@given(st.lists(ROLES, max_size=12))
def test_units_never_part_what_belongs_together(messages: list[Message]) -> None:
    flat = [m for unit in units(messages) for m in unit]
    for before, message in zip([None, *flat], flat, strict=False):
        if message.role == "tool":
            assert before is not None
            assert before.tool_calls or before.role == "tool"
    assert [m for m in flat if m.role == "user"] == [m for m in messages if m.role == "user"]
