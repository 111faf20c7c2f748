"""Answers that are given again: when, to whom, and when not."""

# ruff: noqa: PLR2004 - tests count things
from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from lumosai_plugins.cache import kept
from lumosai_plugins.cache.answers import pack, unpack
from lumosai_plugins.cache.hooks import Hooks, hooks
from lumosai_plugins.cache.kept import Memory
from lumosai_plugins.cache.keying import key_of
from lumosai_plugins.cache.settings import Settings
from lumosai_sdk import Message, PluginContext, Principal, ToolCall
from lumosai_sdk.errors import ModelUnavailableError, StorageError
from lumosai_sdk.types.caller import CACHING, Caching
from lumosai_sdk.types.models import ModelRequest, ModelResponse, OutputSchema, Usage
from lumosai_sdk.types.processors import RunInfo
from lumosai_sdk.types.tools import ToolSpec

ADA = Principal("ada", "red")
ASKED = ModelRequest("m", (Message.user("hello"),), temperature=0)
ANSWER = ModelResponse(Message.assistant("hi"), usage=Usage(3, 2, cost=0.5))


@pytest.fixture(autouse=True)
def nothing_said() -> Iterator[None]:
    before = CACHING.set(None)
    yield
    CACHING.reset(before)


def made(**settings: Any) -> Hooks:
    found = hooks(PluginContext("cache", settings={"answers": "deterministic", **settings}))
    assert found is not None
    return found


class Model:
    """Gives *answers* in turn, the last one for ever, and counts."""

    def __init__(self, *answers: ModelResponse | Exception) -> None:
        self.answers = list(answers or [ANSWER])
        self.calls = 0

    async def __call__(self, request: ModelRequest) -> ModelResponse:
        self.calls += 1
        await asyncio.sleep(0)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


async def ask(
    cache: Hooks, model: Model, request: ModelRequest = ASKED, who: Principal = ADA, ref: str = "test/m"
) -> ModelResponse:
    return await cache.lumos_around_model_call(RunInfo(principal=who), ref)(request, model)


def test_it_is_off_until_its_owner_says_so() -> None:
    assert hooks(PluginContext("cache")) is None


async def test_the_second_answer_costs_nothing() -> None:
    cache, model = made(), Model()
    first, second = await ask(cache, model), await ask(cache, model)
    assert (first, model.calls) == (ANSWER, 1)
    assert second == replace(ANSWER, usage=Usage(3, 2, 3, 0.0), cached=True)


async def test_what_is_left_to_chance_is_asked_again_unless_all_is_kept() -> None:
    for answers, request, calls in (
        ("deterministic", replace(ASKED, temperature=None), 2),
        ("deterministic", replace(ASKED, temperature=0.1), 2),
        ("always", replace(ASKED, temperature=0.9), 1),
    ):
        cache, model = made(answers=answers), Model()
        await ask(cache, model, request)
        await ask(cache, model, request)
        assert model.calls == calls


SPEC = ToolSpec("t", "a tool", {"type": "object"})
OTHERS = [
    replace(ASKED, model="other"),
    replace(ASKED, messages=(Message.user("hello "),)),
    replace(ASKED, messages=(Message.system("hello"),)),
    replace(ASKED, tools=(SPEC,)),
    replace(ASKED, tools=(replace(SPEC, description="another"),)),
    replace(ASKED, tools=(SPEC,), tool_choice="required"),
    replace(ASKED, output=OutputSchema({"type": "object"})),
    replace(ASKED, output=OutputSchema({"type": "object"}, "x")),
    replace(ASKED, top_p=0.5),
    replace(ASKED, max_tokens=5),
    replace(ASKED, stop=("x",)),
    replace(ASKED, seed=1),
    replace(ASKED, extra={"reasoning_effort": "high"}),
]


def test_whatever_may_change_the_answer_is_told_apart() -> None:
    keys = {key_of("test/m", r, ADA, Settings()) for r in (ASKED, *OTHERS)}
    assert len(keys) == len(OTHERS) + 1
    assert key_of("test/n", ASKED, ADA, Settings()) not in keys
    assert key_of("test/m", replace(ASKED, timeout=3.0), ADA, Settings()) in keys
    assert None not in keys


def test_ids_of_calls_are_drawn_by_lot_and_change_nothing() -> None:
    def asked(*ids: str) -> str | None:
        calls = tuple(ToolCall(i, "t", "{}") for i in ids)
        results = [Message.tool(i, "done") for i in ids]
        return key_of("test/m", replace(ASKED, messages=(Message.assistant("", calls), *results)), ADA, Settings())

    assert asked("a", "b") == asked("x", "y")


def test_what_has_no_canonical_form_is_not_kept() -> None:
    assert key_of("test/m", replace(ASKED, extra={"x": object()}), ADA, Settings()) is None


@pytest.mark.parametrize(
    ("share", "given"), [("caller", [ADA]), ("tenant", [ADA, "mate"]), ("everyone", [ADA, "mate", "stranger"])]
)
async def test_nobody_is_given_what_is_not_shared_with_him(share: str, given: list[Any]) -> None:
    people = {"mate": Principal("bob", "red"), "stranger": Principal("ada", "blue"), "trick": Principal("red", "ada")}
    cache, model = made(share=share), Model()
    await ask(cache, model)
    for name, who in people.items():
        shared = name in given or share == "everyone"
        assert (await ask(cache, model, who=who)).cached is shared
    assert (await ask(cache, model)).cached


BAD = [
    replace(ANSWER, finish_reason="length"),
    replace(ANSWER, finish_reason="content_filter"),
    replace(ANSWER, finish_reason="error"),
    replace(ANSWER, message=Message.assistant("")),
]


@pytest.mark.parametrize("bad", BAD)
async def test_what_is_no_whole_answer_is_not_kept(bad: ModelResponse) -> None:
    cache, model = made(), Model(bad, ANSWER)
    assert await ask(cache, model) == bad
    assert not (await ask(cache, model)).cached


async def test_a_failure_is_not_kept() -> None:
    cache, model = made(), Model(ModelUnavailableError("down"), ANSWER)
    with pytest.raises(ModelUnavailableError):
        await ask(cache, model)
    assert (await ask(cache, model)) == ANSWER


async def test_of_many_who_ask_the_same_at_once_one_asks_the_model() -> None:
    cache, model = made(), Model()
    answers = await asyncio.gather(*(ask(cache, model) for _ in range(20)))
    assert model.calls == 1
    assert sum(a.cached for a in answers) == 19


async def test_who_waited_for_one_that_failed_asks_for_himself() -> None:
    cache, model = made(), Model(ModelUnavailableError("down"), ANSWER)
    answers = await asyncio.gather(*(ask(cache, model) for _ in range(3)), return_exceptions=True)
    assert [isinstance(a, ModelUnavailableError) for a in answers] == [True, False, False]


async def test_who_waited_for_one_that_went_away_is_not_left_alone() -> None:
    cache, started = made(), asyncio.Event()

    async def never(request: ModelRequest) -> ModelResponse:
        started.set()
        await asyncio.Event().wait()
        return ANSWER

    around = cache.lumos_around_model_call(RunInfo(principal=ADA), "test/m")
    gone = asyncio.ensure_future(around(ASKED, never))
    await started.wait()
    waiting = asyncio.create_task(ask(cache, Model()))
    await asyncio.sleep(0)
    gone.cancel()
    assert await waiting == ANSWER


async def test_the_request_says_what_it_wants() -> None:
    cache, model = made(), Model(ANSWER, replace(ANSWER, message=Message.assistant("newer")))

    async def asked(*, read: bool, write: bool) -> tuple[str, str]:
        CACHING.set(caching := Caching(read, write))
        return (await ask(cache, model)).message.text, caching.status

    assert await asked(read=True, write=False) == ("hi", "miss")
    assert await asked(read=False, write=False) == ("newer", "bypass")
    assert await asked(read=True, write=True) == ("newer", "miss")
    assert await asked(read=True, write=True) == ("newer", "hit")
    model.answers = [replace(ANSWER, message=Message.assistant("newest"))]
    assert await asked(read=False, write=True) == ("newest", "miss")
    assert await asked(read=True, write=True) == ("newest", "hit")


async def test_calls_of_an_answer_that_is_given_again_have_new_ids() -> None:
    answer = ModelResponse(Message.assistant("", (ToolCall("c1", "t", '{"a": 1}'),)), "tool_calls")
    cache, model = made(), Model(answer)
    await ask(cache, model)
    (first,), (second,) = [(await ask(cache, model)).message.tool_calls for _ in range(2)]
    assert first.arguments == '{"a": 1}'
    assert len({"c1", first.id, second.id}) == 3


def test_memory_has_bounds_and_forgets_in_time() -> None:
    now = [0.0]
    memory = Memory(Settings(ttl=10, max_entries=3), lambda: now[0])
    for name in "abc":
        memory.put(name, name)
    assert memory.get("a") == "a"
    memory.put("d", "d")
    assert [memory.get(n) for n in "abcd"] == ["a", None, "c", "d"]
    now[0] = 10.0
    assert memory.get("a") is None
    small = Memory(Settings(max_bytes=1024), lambda: 0.0)
    for n in range(50):
        small.put(str(n), "x" * 300)
        small.put(str(n), "x" * 301)
        assert small.size <= 1024
    assert len(small) == 2


async def test_a_huge_answer_is_not_kept() -> None:
    cache, model = made(max_entry_bytes=256), Model(replace(ANSWER, message=Message.assistant("x" * 500)))
    await ask(cache, model)
    await ask(cache, model)
    assert model.calls == 2


class Store:
    """A key-value store."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}
        self.broken = False

    async def kv_get(self, namespace: str, key: str) -> Any:
        self._check(namespace)
        return self.values.get(key)

    async def kv_set(self, namespace: str, key: str, value: Any, ttl: float | None = None) -> None:
        self._check(namespace)
        assert ttl == 3600.0
        self.values[key] = value

    def _check(self, namespace: str) -> None:
        assert namespace == kept.NAMESPACE
        if self.broken:
            raise StorageError("busy")

    def kv(self) -> Store:
        return self


async def test_the_storage_keeps_answers_for_others_and_may_fail() -> None:
    store, model = Store(), Model()
    settings = {"answers": "deterministic", "storage": True}

    def process() -> Hooks:
        services: Any = store
        found = hooks(PluginContext("cache", settings=settings, services=services))
        assert found is not None
        return found

    await ask(process(), model)
    assert (await ask(process(), model)).cached
    assert model.calls == 1
    store.broken = True
    assert not (await ask(process(), model)).cached
    store.broken = False
    store.values = dict.fromkeys(store.values, '{"message": {"role": "king"}}')
    assert not (await ask(process(), model)).cached


@pytest.mark.parametrize("text", [None, "", "[]", "{}", pack(ANSWER).replace('"stop"', '"because"'), 7])
def test_what_is_no_answer_is_not_given(text: Any) -> None:
    assert unpack(text) is None
