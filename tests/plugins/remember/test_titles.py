"""Names of conversations."""

from __future__ import annotations

import time

import pytest
from tests.plugins.remember.fakes import Services, context

from lumosai_plugins.remember.titles import Titles, first_words
from lumosai_sdk import Message, Principal, RunInfo, Turn
from lumosai_sdk.types.storage import Thread

ANN = Principal("ann", "acme")
LONG = "Please tell me, in some detail, how the trains from Lyon to Turin run on a Sunday in winter when it snows"


async def titled(services: Services, title: str, *, history: tuple[Message, ...] = (), owner: str = "acme/ann") -> str:
    await services.store.put_thread(Thread("t", owner, title, time.time(), time.time()))
    turn = Turn(RunInfo("r", "a", "t", ANN), (Message.user(LONG),), history)
    model = "test/titles" if services.answer("", "") else ""
    await Titles(context(services, titles={"model": model})).remember(turn, (*turn.input, Message.assistant("Hourly.")))
    return str((await services.store.get_thread("t")).title)


async def test_first_words_end_at_a_word(services: Services) -> None:
    services.answer = lambda *_: ""
    assert await titled(services, LONG[:80]) == "Please tell me, in some detail, how the trains from Lyon to…"


async def test_a_model_names_it(services: Services) -> None:
    services.answer = lambda *_: '"Winter trains to Turin"\nIs there anything else?'
    assert await titled(services, LONG[:80]) == "Winter trains to Turin"
    assert await titled(services, "") == "Winter trains to Turin"


async def test_a_name_that_was_given_stays(services: Services) -> None:
    services.answer = lambda *_: "Winter trains"
    assert await titled(services, "Holidays") == "Holidays"
    assert await titled(services, LONG[:80], history=(Message.user("hi"),)) == LONG[:80], "only after the first run"
    assert await titled(services, LONG[:80], owner="acme/bob") == LONG[:80], "a thread of somebody else"


async def test_a_thread_deleted_meanwhile_does_not_come_back(services: Services) -> None:
    turn = Turn(RunInfo("r", "a", "gone", ANN), (Message.user("hi"),))
    await Titles(context(services)).remember(turn, ())
    assert await services.store.get_thread("gone") is None


@pytest.mark.parametrize(
    ("text", "title"),
    [("\n \x1b[31mred\nmore", "[31mred"), ("", ""), ("x" * 100, "x" * 60 + "…"), ("a\u202eb", "a b")],
)
def test_what_cannot_be_printed_is_left_out(text: str, title: str) -> None:
    assert first_words(text) == title
