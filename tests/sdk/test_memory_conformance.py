"""The conformance tests of memories catch those that tell, lose, or change what they should not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from lumosai_sdk import Message, Turn
from lumosai_sdk.testing.conformance.memory import ANN, MemoryConformance

TESTS = MemoryConformance()


class Plain:
    """Shows the history, and what was told under the same key."""

    def __init__(self, key: Callable[[Turn], Any]) -> None:
        self.key = key
        self.told: dict[Any, list[Message]] = {}

    async def recall(self, turn: Turn) -> Sequence[Message]:
        return [*self.told.get(self.key(turn), ()), *turn.history]

    async def remember(self, turn: Turn, messages: Sequence[Message]) -> None:
        self.told[self.key(turn)] = list(messages)


def person(turn: Turn) -> Any:
    return turn.run.principal.tenant, turn.run.principal.id


@pytest.mark.parametrize(
    "key",
    [
        lambda t: t.run.principal.id,
        lambda t: t.run.principal.tenant,
        lambda t: t.run.thread_id,
        lambda _: "everybody",
    ],
)
async def test_who_mixes_persons_up_is_caught(key: Callable[[Turn], Any]) -> None:
    with pytest.raises(AssertionError):
        await TESTS.test_keeps_persons_apart(Plain(key), None)


async def test_who_keeps_persons_apart_passes() -> None:
    await TESTS.test_keeps_persons_apart(Plain(person), None)
    await TESTS.test_serves_many_at_once(Plain(person), None)


async def test_who_mixes_threads_up_is_caught() -> None:
    class ByThread(MemoryConformance):
        by_thread = True

    with pytest.raises(AssertionError):
        await ByThread().test_keeps_threads_apart(Plain(person), None)
    await ByThread().test_keeps_threads_apart(Plain(lambda t: (person(t), t.run.thread_id)), None)


async def test_who_forgets_or_cannot_is_caught() -> None:
    kept = Plain(person)
    with pytest.raises(AssertionError):
        await TESTS.test_shows_it_after_a_restart(kept, lambda: Plain(person), None)
    await TESTS.test_shows_it_after_a_restart(kept, lambda: kept, None)

    async def nothing(_: Any) -> None:
        """Forget nothing."""

    async def gone(who: Any) -> None:
        assert kept.told.pop((who.tenant, who.id))

    with pytest.raises(AssertionError):
        await TESTS.test_forgets(kept, lambda: kept, nothing, None)
    await TESTS.test_forgets(kept, lambda: kept, gone, None)
    assert (ANN.tenant, ANN.id) not in kept.told


async def test_who_remembers_by_looking_is_caught() -> None:
    class Counting(Plain):
        async def recall(self, turn: Turn) -> Sequence[Message]:
            self.told.setdefault(person(turn), []).append(Message.system("again"))
            return await super().recall(turn)

    with pytest.raises(AssertionError):
        await TESTS.test_changes_nothing_by_looking(Counting(person), None)


@pytest.mark.parametrize("keep", [lambda m: m.role != "tool", lambda m: not m.tool_calls, lambda m: m.role == "tool"])
async def test_who_parts_calls_from_results_is_caught(keep: Callable[[Message], bool]) -> None:
    class Some(Plain):
        async def recall(self, turn: Turn) -> Sequence[Message]:
            return [m for m in turn.history if keep(m)]

    with pytest.raises(AssertionError):
        await TESTS.test_does_not_part_calls_from_results(Some(person), None)
    await TESTS.test_does_not_part_calls_from_results(Plain(person), None)


async def test_who_shows_the_input_or_no_messages_is_caught() -> None:
    class Echoing(Plain):
        async def recall(self, turn: Turn) -> Sequence[Message]:
            return [*turn.history, *turn.input]

    class Texts(Plain):
        async def recall(self, turn: Turn) -> Any:
            return ["what was said"]

    for made in (Echoing(person), Texts(person)):
        with pytest.raises(AssertionError):
            await TESTS.test_recalls_messages(made, None)
