"""Semantic recall: what is found, what is shown around it, and what never is."""

# ruff: noqa: PLR2004 - sizes are what is tested
from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.plugins.remember.fakes import Services, context

from lumosai_plugins.remember.passages import pieces, tells
from lumosai_plugins.remember.recall import Recall
from lumosai_plugins.remember.searching import Search
from lumosai_sdk import Message, Principal, RunInfo, ToolContext, ToolError, Turn
from lumosai_sdk.types.caller import RUN
from lumosai_sdk.types.storage import Thread

ANN = Principal("ann", "acme", frozenset({"agent.run"}))


def turn(asked: str, thread: str | None = "t1", history: tuple[Message, ...] = (), who: Principal = ANN) -> Turn:
    return Turn(RunInfo("r", "a", thread, who), (Message.user(asked),), history)


async def say(services: Services, *texts: str, thread: str = "t1", who: Principal = ANN, **settings: Any) -> None:
    if await services.store.get_thread(thread) is None:
        await services.store.put_thread(Thread(thread, f"{who.tenant}/{who.id}", "", time.time(), time.time()))
    for text in texts:
        about = turn(text, thread, who=who)
        await Recall(context(services, recall=settings)).remember(
            about, (*about.input, Message.assistant(f"noted: {text}"))
        )


async def recalled(services: Services, about: Turn, **settings: Any) -> str:
    shown = await Recall(context(services, recall=settings)).recall(about)
    return "\n".join(m.text for m in shown if m not in about.history)


async def test_what_is_alike_is_found_with_what_was_said_around_it(services: Services) -> None:
    await say(services, "my cat is called Tom", "the rent is due on Monday", "I work in Lyon")
    text = await recalled(services, turn("how is my cat called", "t1"), limit=1, before=0, after=1)
    assert "the person: my cat is called Tom" in text
    assert "you: noted: my cat is called Tom" in text
    assert "rent" not in text
    assert datetime.now(UTC).strftime("[%Y-%m-%d]") in text


async def test_neighbours_are_shown_once_and_in_order(services: Services) -> None:
    await say(services, *(f"fact {n} about topic {n}" for n in range(6)))
    text = await recalled(services, turn("fact 3 about topic 3"), limit=2, before=2, after=2)
    facts = [line for line in text.splitlines() if "the person: fact" in line]
    assert facts == sorted(set(facts))
    assert any("fact 2" in f for f in facts)


async def test_other_threads_are_searched_unless_told_otherwise(services: Services) -> None:
    await say(services, "my cat is called Tom", thread="old")
    await say(services, "hello", thread="new")
    assert "Tom" in await recalled(services, turn("my cat", "new"))
    assert "Tom" not in await recalled(services, turn("my cat", "new"), scope="thread")


async def test_what_is_shown_already_is_not_shown_twice(services: Services) -> None:
    await say(services, "my cat is called Tom")
    history = (Message.user("my cat is called Tom"), Message.assistant("noted: my cat is called Tom"))
    assert await recalled(services, turn("my cat", history=history)) == ""


async def test_what_is_old_or_unlike_is_left_out(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now - 40 * 86_400)
    await say(services, "my cat is called Tom", thread="old")
    monkeypatch.setattr(time, "time", lambda: now)
    assert "Tom" in await recalled(services, turn("my cat"))
    assert "Tom" not in await recalled(services, turn("my cat"), max_age_days=30)
    assert "Tom" not in await recalled(services, turn("quarterly figures"), min_score=0.5)


async def test_what_was_deleted_is_not_recalled(services: Services) -> None:
    await say(services, "my cat is called Tom", thread="old")
    await services.store.delete_thread("old")
    assert "Tom" not in await recalled(services, turn("my cat"))
    await say(services, "hello", thread="old")
    assert "Tom" not in await recalled(services, turn("my cat")), "a thread of its name is another"


async def test_a_store_that_answers_with_anothers_words_is_not_believed(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    await say(services, "my cat is called Tom", who=Principal("bob", "acme"), thread="bobs")
    vectors = services.store_of_vectors
    real = vectors.query
    monkeypatch.setattr(vectors, "query", lambda name, vector, limit=10, where=None: real(name, vector, limit=limit))
    assert "Tom" not in await recalled(services, turn("my cat"))


async def test_tools_and_empty_words_are_not_put_in(services: Services) -> None:
    about = turn("x")
    await say(services, "x")
    messages = (Message.user("  "), Message.tool("c1", "the password is hunter2"), Message.system("be brief"))
    await Recall(context(services)).remember(about, messages)
    (collection,) = services.store_of_vectors.kept.values()
    assert {i.text for i in collection.values()} == {"x", "noted: x"}


async def test_the_person_needs_no_right_to_the_model(services: Services) -> None:
    token = RUN.set(RunInfo("r", "a", "t1", ANN))
    try:
        await say(services, "hello")
    finally:
        RUN.reset(token)
    (caller,) = services.callers
    assert (caller.tenant, caller.subject) == ("acme", "ann"), "it is counted for them"
    assert caller.principal.allows("model.call")
    assert caller.run_id == ""


async def test_a_run_without_thread_or_words_recalls_nothing(services: Services) -> None:
    await say(services, "my cat is called Tom")
    assert await recalled(services, turn("my cat", None)) == ""
    assert await recalled(services, turn("   ")) == ""


async def test_the_tool_searches_within_a_time(services: Services) -> None:
    await say(services, "my cat is called Tom")
    await say(services, "my cat is called Kater", who=Principal("bob", "acme"), thread="bobs")
    tool = Search(context(services))
    run = ToolContext("r", "a", "c", None, ANN)
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).date().isoformat()
    found = await tool.call({"query": "cat", "until": tomorrow}, run)
    assert "Tom" in found
    assert "Kater" not in found
    assert await tool.call({"query": "cat", "since": tomorrow}, run) == "nothing was found"
    with pytest.raises(ToolError, match="no date"):
        await tool.call({"query": "cat", "since": "yesterday"}, run)


async def test_what_says_nothing_is_not_found_but_shown_beside(services: Services) -> None:
    await say(services, "what is the name of your cat", "Tom.")
    text = await recalled(services, turn("the name of the cat"), limit=1, before=0, after=2)
    assert "the person: Tom." in text
    assert "Tom." not in await recalled(services, turn("Tom."), limit=1, before=0, after=0)
    assert tells("敏捷的棕色狐狸")


def test_long_texts_are_cut_at_blanks_and_bounded() -> None:
    cut = pieces("word " * 1000)
    assert all(len(p) <= 800 and not p.startswith("ord") for p in cut)
    assert len(pieces("x" * 1_000_000)) == 32
    assert pieces(" \n ") == []
