"""Observations of long conversations: what is noted, what is still shown as it was said, and what goes wrong."""

# ruff: noqa: PLR2004 - sizes are what is tested
from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from tests.plugins.remember.fakes import Services, context

from lumosai_plugins.remember.observations import Observations
from lumosai_plugins.remember.observed import Observed, marks_of
from lumosai_plugins.remember.observer import transcript
from lumosai_sdk import Message, Principal, RunInfo, ToolCall, Turn
from lumosai_sdk.errors import ConfigError, ModelResponseError, ModelUnavailableError
from lumosai_sdk.types.storage import Thread

ANN = Principal("ann", "acme")
SETTINGS = {"messages": 6, "recent": 2, "model": "test/observer"}


class Conversation:
    """A thread with an agent that has the memory: the host's part of each run."""

    def __init__(self, services: Services, **settings: object) -> None:
        self.services = services
        self.memory = Observations(context(services, observations={**SETTINGS, **settings}))

    async def run(self, text: str, *more: Message) -> list[Message]:
        """Say something, and return what the model was shown of the past."""
        store = self.services.store
        if await store.get_thread("t") is None:
            await store.put_thread(Thread("t", "acme/ann", "", time.time(), time.time()))
        history = tuple((await store.messages("t"))[-40:])
        turn = Turn(RunInfo("r", "a", "t", ANN), (Message.user(text),), history)
        shown = list(await self.memory.recall(turn))
        messages = (*turn.input, *more, Message.assistant(f"ok {text}"))
        await store.append_messages("t", messages)
        await self.memory.remember(turn, messages)
        return shown


def noting(*, condensed: str = "- [2026-01-01] all of it, and so on and on") -> Callable[[str, str], str]:
    """Return a model that notes what the person said, and condenses to one line."""

    def answer(system: str, text: str) -> str:
        if system.startswith("Condense"):
            return condensed
        return "\n".join(f"- {line.removeprefix('person: ')}" for line in text.splitlines() if "person" in line)

    return answer


async def test_what_is_old_is_noted_and_what_is_recent_shown(services: Services) -> None:
    services.answer = noting()
    talk = Conversation(services)
    notes, *said = [await talk.run(f"fact {n}") for n in range(8)][-1]
    assert notes.role == "system"
    assert "] fact 0" in notes.text
    texts = [m.text for m in said]
    assert all((f"fact {n}" in notes.text) != (f"fact {n}" in texts) for n in range(7)), "each is shown, and once"
    assert said[0].role == "user"
    assert set(services.asked) == {"test/observer"}


async def test_a_short_conversation_costs_nothing(services: Services) -> None:
    talk = Conversation(services)
    shown = [await talk.run(f"fact {n}") for n in range(3)][-1]
    assert [m.text for m in shown] == ["fact 0", "ok fact 0", "fact 1", "ok fact 1"]
    assert services.asked == []


async def test_few_long_messages_are_noted_too(services: Services) -> None:
    services.answer = noting()
    talk = Conversation(services, messages=100, recent=10, tokens=500)
    await talk.run("first " + "word " * 600)
    shown = await talk.run("second")
    assert "first word" in shown[0].text or len(shown) == 2, "the only turn there was is shown"
    shown = await talk.run("third")
    assert "first word" in shown[0].text
    assert [m.text for m in shown[1:]] == ["second", "ok second"]


@pytest.mark.parametrize("failure", [ModelUnavailableError("it is down"), ""])
async def test_a_model_that_fails_loses_nothing(services: Services, failure: Exception | str) -> None:
    def fail(*_: str) -> str:
        if isinstance(failure, Exception):
            raise failure
        return failure

    services.answer = fail
    talk = Conversation(services)
    for n in range(3):
        await talk.run(f"fact {n}")
    for n in range(3, 6):
        with pytest.raises((ModelUnavailableError, ModelResponseError)):
            await talk.run(f"fact {n}")
    services.answer = noting()
    shown = await talk.run("fact 6")
    assert [m.text for m in shown if m.role == "user"] == [f"fact {n}" for n in range(6)], "as it was said"
    shown = await talk.run("fact 7")
    assert all(f"fact {n}" in "".join(m.text for m in shown) for n in range(7)), "noted in the end"


async def test_system_messages_stay(services: Services) -> None:
    """Those of the thread, and those that a memory before this one put in."""
    services.answer = noting()
    talk = Conversation(services)
    for n in range(5):
        await talk.run(f"fact {n}", Message.system(f"aside {n}"))
    history = (Message.system("the sheet"), *await services.store.messages("t"))
    shown = await talk.memory.recall(Turn(RunInfo("r", "a", "t", ANN), (Message.user("x"),), history))
    texts = [m.text for m in shown]
    assert texts[0] == "the sheet"
    assert "<observations>" in "".join(texts)
    assert "fact 0" not in texts
    assert "fact 4" in texts


async def test_a_refusal_is_no_note(services: Services) -> None:
    services.answer = lambda *_: "I am sorry, but I cannot help with that."
    talk = Conversation(services)
    for n in range(3):
        await talk.run(f"fact {n}")
    with pytest.raises(ModelResponseError, match="took no notes"):
        await talk.run("fact 3")
    shown = [m.text for m in await talk.memory.recall(Turn(RunInfo("r", "a", "t", ANN), (), (Message.user("x"),)))]
    assert shown == ["x"]


async def test_long_notes_are_condensed(services: Services) -> None:
    services.answer = noting()
    talk = Conversation(services, reflect_tokens=100)
    for n in range(12):
        await talk.run(f"fact {n} " + "and so on " * 10)
    shown = await talk.run("now?")
    assert "all of it" in shown[0].text
    assert "fact 0" not in shown[0].text


@pytest.mark.parametrize("condensed", ["", "- x", "Sorry, no.", "- " + "longer than before " * 20_000])
async def test_notes_that_cannot_be_condensed_stay(services: Services, condensed: str) -> None:
    services.answer = noting(condensed=condensed)
    talk = Conversation(services, reflect_tokens=100)
    for n in range(12):
        await talk.run(f"fact {n} " + "and so on " * 10)
    shown = await talk.run("now?")
    texts = "".join(m.text for m in shown)
    assert "fact 0" in texts
    assert all(f"fact {n} " in texts for n in range(12))


async def test_messages_that_another_agent_added_are_not_lost(services: Services) -> None:
    services.answer = noting()
    talk = Conversation(services)
    for n in range(5):
        await talk.run(f"fact {n}")
    await services.store.append_messages("t", [Message.user("aside"), Message.assistant("heard")])
    shown = await talk.run("fact 5")
    assert "aside" in [m.text for m in shown]


async def test_a_call_and_its_result_are_noted_together(services: Services) -> None:
    services.answer = noting()
    talk = Conversation(services, recent=3)
    for n in range(6):
        call = Message.assistant("", (ToolCall(f"c{n}", "look", "{}"),))
        shown = await talk.run(f"fact {n}", call, Message.tool(f"c{n}", "seen"))
        assert [m.role for m in shown[:2]] in ([], ["user", "assistant"], ["system", "user"])


async def test_without_a_model_the_agents_own_is_asked(services: Services) -> None:
    services.answer = noting()
    talk = Conversation(services, model="")
    for n in range(5):
        await talk.run(f"fact {n}")
    assert set(services.asked) == {"test/agent"}
    services.agents = lambda: [{"id": "a", "model": None}]  # type: ignore[method-assign]
    with pytest.raises(ConfigError, match="observations"):
        [await talk.run(f"fact {n}") for n in range(5)]


def test_an_ambiguous_end_shows_more_not_less() -> None:
    said = [Message.user("ok"), Message.assistant("ok")] * 4
    observed = Observed(("note",), 6, marks_of(said[:6]))
    assert len(observed.beyond(said)) >= 2
    assert observed.beyond([Message.user("another conversation")]) == [Message.user("another conversation")]


def test_a_transcript_tells_who_said_what() -> None:
    text = transcript(
        [Message.user("hi"), Message.assistant("", (ToolCall("1", "look", "{}"),)), Message.tool("1", "x")]
    )
    assert text == "person: hi\nassistant:  [calls look {}]\ntool: x"
