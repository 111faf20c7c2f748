"""Which model is asked, and which one next."""

# ruff: noqa: PLR2004 - tests count things
from __future__ import annotations

import asyncio
import random
from collections import Counter
from typing import Any

import pytest

from lumosai.config.load import build
from lumosai.config.model import ModelsConfig
from lumosai.routing.circuit import LONGEST, Circuits
from lumosai.routing.failover import Failover
from lumosai.routing.route import Names, Route, Target
from lumosai.runs import backoff
from lumosai_sdk.errors import (
    ConfigError,
    ContextLengthError,
    LumosError,
    ModelError,
    ModelRateLimitError,
    ModelUnavailableError,
    NotFoundError,
    PluginTimeoutError,
)

DOWN = ModelUnavailableError("down", retryable=True)


class Heard:
    """Notes what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, ...]] = []
        self.has_spoken = False

    def retried(self, ref: str, attempt: int, delay: float, error: ModelError) -> None:
        self.told.append(("again", ref))

    def fell_back(self, ref: str, to: str, error: LumosError) -> None:
        self.told.append((ref, to))

    def spoke(self) -> bool:
        return self.has_spoken


class Bench:
    """Models that fail as they are told, asked through one Failover."""

    def __init__(self, retries: int = 0) -> None:
        self.now = 0.0
        self.asked: list[str] = []
        self.failing: dict[str, LumosError] = {}
        self.failover = Failover(retries, Circuits(lambda: self.now))
        self.heard = Heard()

    async def attempt(self, target: Target) -> str:
        self.asked.append(target.ref)
        if target.ref in self.failing:
            raise self.failing[target.ref]
        return target.ref

    async def ask(self, route: Route) -> str:
        self.asked.clear()
        return await self.failover.ask(route, self.attempt, self.heard)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backoff, "BASE", 0.0)


def names(**models: Any) -> Names:
    return Names(ModelsConfig.model_validate(models))


def route(*targets: Any, **more: Any) -> Route:
    return names(routes={"r": {"targets": list(targets), **more}}).route("r")


def test_names_stand_for_models() -> None:
    known = names(aliases={"small": "a/1"}, routes={"fast": {"targets": ["small", "b/2"]}})
    assert known.route("small").refs == ("a/1",)
    assert known.route("fast").refs == ("a/1", "b/2")
    assert known.route("x/y").only == Target("x/y")
    assert known.chain(["fast", "c/3", "b/2"]).refs == ("a/1", "b/2", "c/3")
    assert (known.ref("fast"), list(known)) == ("a/1", ["small", "fast"])
    with pytest.raises(NotFoundError, match="did you mean 'fast'"):
        known.route("fats")


def test_what_comes_from_outside_is_not_remembered() -> None:
    known = names(aliases={"small": "a/1"})
    for n in range(100):
        known.route(f"x/{n}")
    assert known.route("small") is known.route("small")
    assert len(known._routes) == 1


@pytest.mark.parametrize(
    ("models", "why"),
    [
        ({"aliases": {"r": "a/1"}, "routes": {"r": {"targets": ["a/1"]}}}, "an alias and a route"),
        ({"routes": {"r": {"targets": ["s"]}, "s": {"targets": ["a/1"]}}}, "no <provider>/<model> and no alias"),
        ({"routes": {"r": {"targets": []}}}, "at least 1"),
        ({"routes": {"a/b": {"targets": ["a/1"]}}}, "a/b"),
        ({"routes": {"r": {"targets": [{"model": "a/1", "weight": 0}]}}}, "greater than 0"),
    ],
)
def test_routes_that_cannot_be_are_refused(models: Any, why: str) -> None:
    with pytest.raises(ConfigError, match=why):
        build({"models": models})


async def test_the_next_is_asked_when_one_fails() -> None:
    bench = Bench()
    bench.failing["a/1"] = DOWN
    assert await bench.ask(route("a/1", "b/2")) == "b/2"
    assert (bench.asked, bench.heard.told) == (["a/1", "b/2"], [("a/1", "b/2")])


async def test_one_model_is_asked_as_ever() -> None:
    bench = Bench(retries=1)
    bench.failing["a/1"] = DOWN
    for _ in range(3):  # nothing is left alone that nothing could stand in for
        with pytest.raises(ModelUnavailableError):
            await bench.ask(route("a/1"))
        assert bench.asked == ["a/1", "a/1"]


async def test_what_failed_is_left_alone_and_then_tried_by_one() -> None:
    bench, both = Bench(), route("a/1", "b/2", cooldown=10)
    bench.failing["a/1"] = DOWN
    await bench.ask(both)
    await bench.ask(both)
    assert bench.asked == ["b/2"]
    bench.now = 10.0
    del bench.failing["a/1"]
    answers = await asyncio.gather(*(bench.failover.ask(both, slow(bench), bench.heard) for _ in range(5)))
    assert Counter(answers) == {"a/1": 1, "b/2": 4}
    assert await bench.ask(both) == "a/1"


def slow(bench: Bench) -> Any:
    async def attempt(target: Target) -> str:
        await asyncio.sleep(0)
        return await bench.attempt(target)

    return attempt


async def test_it_is_left_alone_longer_each_time_but_not_for_ever() -> None:
    bench, both = Bench(), route("a/1", "b/2", cooldown=10)
    bench.failing["a/1"] = DOWN
    waits = []
    for _ in range(12):
        await bench.ask(both)
        waits.append(bench.failover._circuits.until("a/1") - bench.now)
        bench.now += waits[-1]
    assert waits[:4] == [10, 20, 40, 80]
    assert max(waits) == 160
    bench.failing["a/1"] = ModelRateLimitError("tomorrow", retryable=True, retry_after=86_400)
    await bench.ask(both)
    assert bench.failover._circuits.until("a/1") - bench.now == LONGEST


async def test_what_a_server_asks_for_is_not_waited_for_where_another_can_answer() -> None:
    bench, both = Bench(retries=2), route("a/1", "b/2", cooldown=1)
    bench.failing["a/1"] = ModelRateLimitError("slow down", retryable=True, retry_after=30)
    assert await bench.ask(both) == "b/2"
    assert bench.asked == ["a/1", "b/2"]
    bench.now = 29.0
    await bench.ask(both)
    assert bench.asked == ["b/2"]
    bench.now = 30.0
    await bench.ask(both)
    assert bench.asked[0] == "a/1"


async def test_what_a_caller_does_wrong_keeps_no_other_from_the_model() -> None:
    bench, both = Bench(), route("a/1", "b/2")
    for error in (ContextLengthError("too long"), ModelError("no such parameter"), NotFoundError("model", "1")):
        bench.failing["a/1"] = error
        assert await bench.ask(both) == "b/2"
    bench.failing.clear()
    assert await bench.ask(both) == "a/1"


async def test_a_plugin_that_is_too_slow_is_left_alone() -> None:
    bench, both = Bench(), route("a/1", "b/2")
    bench.failing["a/1"] = PluginTimeoutError("a", "model", "no answer")
    await bench.ask(both)
    await bench.ask(both)
    assert bench.asked == ["b/2"]


async def test_when_all_are_left_alone_the_soonest_is_asked_all_the_same() -> None:
    bench, both = Bench(), route("a/1", "b/2", cooldown=10)
    bench.failing |= {"a/1": DOWN, "b/2": ModelRateLimitError("later", retryable=True, retry_after=60)}
    with pytest.raises(ModelRateLimitError):
        await bench.ask(both)
    with pytest.raises(ModelUnavailableError):
        await bench.ask(both)
    assert bench.asked == ["a/1"]
    del bench.failing["a/1"]
    assert await bench.ask(both) == "a/1"


async def test_what_was_said_cannot_be_unsaid() -> None:
    bench = Bench(retries=2)
    bench.heard.has_spoken = True
    bench.failing["a/1"] = DOWN
    with pytest.raises(ModelUnavailableError):
        await bench.ask(route("a/1", "b/2"))
    assert bench.asked == ["a/1"]


async def test_who_tries_for_the_others_and_goes_away_leaves_it_to_the_next() -> None:
    bench, both = Bench(), route("a/1", "b/2", cooldown=10)
    bench.failing["a/1"] = DOWN
    await bench.ask(both)
    bench.now = 10.0

    async def never(target: Target) -> str:
        return await asyncio.Future()

    gone = asyncio.create_task(bench.failover.ask(both, never, bench.heard))
    await asyncio.sleep(0)
    await bench.ask(both)
    assert bench.asked == ["b/2"]
    gone.cancel()
    await asyncio.wait([gone])
    del bench.failing["a/1"]
    assert await bench.ask(both) == "a/1"


async def test_each_model_may_have_retries_of_its_own() -> None:
    bench = Bench(retries=0)
    bench.failing |= {"a/1": DOWN, "b/2": DOWN}
    with pytest.raises(ModelUnavailableError):
        await bench.ask(route({"model": "a/1", "retries": 2}, "b/2", retries=1))
    assert Counter(bench.asked) == {"a/1": 3, "b/2": 2}


async def test_weights_share_the_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(random, "random", random.Random(7).random)
    bench = Bench()
    both = route({"model": "a/1", "weight": 3}, "b/2", strategy="weighted")
    counted = Counter([await bench.ask(both) for _ in range(2000)])
    assert 1400 < counted["a/1"] < 1600
    bench.failing["a/1"] = DOWN
    assert {await bench.ask(both) for _ in range(20)} == {"b/2"}
