"""Accounts: counted by several processes, kept in one storage."""

# ruff: noqa: PLR2004 - tests count things
from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from lumosai.config.model import Config
from lumosai.spending import ledger as module
from lumosai.spending.ledger import NAMESPACE, SILENT, SYNC, Ledger
from lumosai.spending.periods import Calendar
from lumosai.spending.spending import EXPECTED, Spending
from lumosai_plugins.memory.store import MemoryStorage
from lumosai_plugins.sqlite.store import SqliteStorage
from lumosai_sdk import PluginContext, Principal
from lumosai_sdk.errors import BudgetExceededError, ConfigError, StorageError
from lumosai_sdk.types.auth import Allowance, Budget
from lumosai_sdk.types.models import Usage

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC).timestamp()
DAY = 86_400.0


class World:
    """One storage, one clock, several processes."""

    def __init__(self) -> None:
        self.now = NOON
        self.storage: Any = MemoryStorage(PluginContext("memory"))
        self.warned: list[str] = []

    def process(self, **config: Any) -> Spending:
        ledger = Ledger(Calendar(lambda: self.now), self.warned.append)
        ledger.keep(self.storage)
        made = Config.model_validate({"agents": {}, **config})
        return Spending(lambda: made, ledger)


@pytest.fixture
def world() -> World:
    return World()


def who(tokens: int | None = None, cost: float | None = None, period: Any = "day") -> Principal:
    budget = Budget(tokens, cost, period) if tokens or cost else None
    return Principal("ada", credential="key:a", allowance=Allowance(budget=budget))


def spend(process: Spending, tokens: int, principal: Principal | None = None) -> None:
    process.spent(principal or who(), "test/m", Usage(tokens, 0, cost=tokens / 1000))


async def tokens(process: Spending, name: str = "key:a") -> tuple[int, int, int]:
    periods = (await process.usage(name, None))["periods"]
    return periods["day"]["tokens"], periods["month"]["tokens"], periods["total"]["tokens"]


async def test_processes_add_up_and_overwrite_nothing(world: World) -> None:
    one, two = world.process(), world.process()
    for _ in range(3):
        for process in (one, two):
            spend(process, 10)
            await process.ledger._write()
    assert await tokens(one) == await tokens(two) == (60, 60, 60)
    await one.ledger.aclose()
    await two.ledger.aclose()
    assert await tokens(world.process()) == (60, 60, 60)


async def test_periods_end(world: World) -> None:
    process = world.process()
    spend(process, 10)
    world.now += DAY
    assert await tokens(process) == (0, 10, 10)
    spend(process, 5)
    world.now = datetime(2026, 12, 1, tzinfo=UTC).timestamp()
    assert await tokens(process) == (0, 0, 15)
    await process.ledger.aclose()
    assert await tokens(world.process()) == (0, 0, 15)


async def test_over_budget_is_told_with_the_end_of_the_period(world: World) -> None:
    process, ada = world.process(), who(tokens=100)
    await process.check(ada)
    spend(process, 100, ada)
    with pytest.raises(BudgetExceededError, match="100 tokens a day is spent; it renews at 2026-11-24T00:00Z") as e:
        await process.check(ada)
    assert e.value.headers == ((b"retry-after", b"43200"),)
    world.now += DAY / 2
    await process.check(ada)
    with pytest.raises(BudgetExceededError) as e:
        await process.check(who(tokens=100, period="total"))
    assert e.value.headers == ()
    with pytest.raises(BudgetExceededError, match=r"0\.1 US dollars a month"):
        await process.check(who(cost=0.1, period="month"))
    await process.ledger.aclose()


async def test_calls_at_once_cannot_all_slip_through(world: World) -> None:
    process, ada = world.process(), who(tokens=3 * EXPECTED)
    holds = [await process.begin(ada, "test/m", 10, EXPECTED) for _ in range(3)]
    with pytest.raises(BudgetExceededError, match="set aside for calls under way") as e:
        await process.begin(ada, "test/m", 10, EXPECTED)
    assert e.value.headers == ((b"retry-after", b"1"),)
    for hold in holds:
        assert hold is not None
        hold.release()
        hold.release()
    assert await process.begin(ada, "test/m", 10, EXPECTED)
    await process.ledger.aclose()


async def test_a_call_that_is_cut_off_counts_as_what_was_set_aside(world: World) -> None:
    process, ada = world.process(), who(tokens=1000)
    hold = await process.begin(ada, "test/m", 100, 900)
    assert hold is not None
    hold.forfeit()
    hold.release()
    assert await tokens(process) == (1000, 1000, 1000)
    with pytest.raises(BudgetExceededError):
        await process.check(ada)
    await process.ledger.aclose()


async def test_what_others_spent_is_seen_within_seconds(world: World) -> None:
    one, two, ada = world.process(), world.process(), who(tokens=100)
    await two.check(ada)
    spend(one, 100, ada)
    await one.ledger._write()
    world.now += SYNC + 1
    await two.check(ada)  # looks again meanwhile
    for task in list(two.ledger._reading):
        await task
    with pytest.raises(BudgetExceededError):
        await two.check(ada)
    await one.ledger.aclose()


async def test_entries_of_processes_that_are_gone_do_not_pile_up(world: World) -> None:
    for _ in range(4):
        process = world.process()
        spend(process, 10)
        await process.ledger.aclose()
    assert len(await world.storage.kv_keys(NAMESPACE)) == 4
    world.now += SILENT + 1
    last = world.process()
    assert await tokens(last) == (40, 40, 40)
    await last.ledger.aclose()
    assert len(await world.storage.kv_keys(NAMESPACE)) == 1
    assert await tokens(world.process()) == (40, 40, 40)


async def test_of_several_who_meet_what_was_left_one_takes_it(world: World, tmp_path: Path) -> None:
    stores = [SqliteStorage(PluginContext("sqlite", settings={"path": str(tmp_path / "one.db")})) for _ in range(3)]
    world.storage = stores[0]
    for _ in range(5):
        gone = world.process()
        spend(gone, 10)
        await gone.ledger.aclose()
    await stores[0].flush()
    world.now += SILENT + 1
    processes = []
    for store in stores:
        world.storage = store
        processes.append(world.process())
    await asyncio.gather(*(p.usage("key:a", None) for p in processes))
    for process in processes:
        await process.ledger.aclose()
    for store in stores:
        await store.flush()
    assert await tokens(world.process()) == (50, 50, 50)
    for store in stores:
        await store.aclose()


async def test_who_was_silent_and_taken_over_counts_nothing_twice(world: World) -> None:
    quiet, other = world.process(), world.process()
    spend(quiet, 10)
    await quiet.ledger._write()
    world.now += SILENT + 1
    assert await tokens(other) == (10, 10, 10)
    await other.ledger._write()
    spend(quiet, 5)
    await quiet.ledger._write()
    assert await tokens(world.process()) == (15, 15, 15)
    assert await tokens(quiet) == (15, 15, 15)
    await quiet.ledger.aclose()
    await other.ledger.aclose()


async def test_nobody_is_let_in_while_it_is_not_known_what_he_spent(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    process = world.process()

    async def broken(*_: Any) -> Any:
        raise StorageError("busy")

    monkeypatch.setattr(world.storage, "kv_keys", broken)
    with pytest.raises(StorageError):
        await process.check(who(tokens=10))
    await process.check(who())
    spend(process, 10)
    await process.ledger._write()
    assert "could not be written" in world.warned[-1]
    monkeypatch.undo()
    await process.ledger.aclose()
    assert await tokens(world.process()) == (10, 10, 10)


async def test_what_is_kept_and_is_no_account_is_nothing(world: World) -> None:
    wrong: list[Any] = [None, 7, [], {"day": 3}, {"day": ["2026-11-23", "x", 1, 1.0]}, {"at": NOON}]
    for n, value in enumerate(wrong):
        await world.storage.kv_set(NAMESPACE, f"key%3Aa/{n}", value)
    assert await tokens(world.process()) == (0, 0, 0)


async def test_names_that_look_like_others_are_others(world: World) -> None:
    process = world.process()
    for name in ("a", "a/b", "a%2Fb", "ä b", "a/"):
        spend(process, 1, Principal("x", credential=name))
    await process.ledger.aclose()
    fresh = world.process()
    assert await fresh.ledger.names() == sorted(["a", "a/b", "a%2Fb", "ä b", "a/"])
    assert await tokens(fresh, "a") == (1, 1, 1)


async def test_memory_is_bounded(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST", 10)
    process = world.process()
    for n in range(25):
        process.ledger.account(f"c{n}")
    assert len(process.ledger._accounts) <= 10
    spend(process, 1)
    for n in range(25):
        process.ledger.account(f"c{n}")
    await process.ledger.aclose()
    assert await tokens(world.process()) == (1, 1, 1)


async def test_a_budget_for_those_without_one(world: World) -> None:
    process = world.process(server={"budgets": {"tokens": 10, "period": "total"}})
    spend(process, 10)
    with pytest.raises(BudgetExceededError):
        await process.check(who())
    await process.check(who(tokens=1000))
    await process.ledger.aclose()


async def test_a_cost_that_is_not_known_cannot_be_limited_but_counts(world: World) -> None:
    process = world.process(models={"prices": {"test/known": {"input": 1, "output": 2}}})
    ada = who(cost=1.0)
    assert process.spent(ada, "test/known", Usage(1000, 500)).cost == 0.002
    with pytest.raises(ConfigError, match="the price of 'test/m' is not known"):
        process.spent(ada, "test/m", Usage(7, 0))
    assert (await tokens(process))[0] == 1507
    await process.ledger.aclose()


@pytest.mark.parametrize("wrong", [{}, {"tokens": 0}, {"cost": -1.0}, {"cost": float("nan")}, {"cost": float("inf")}])
def test_budgets_that_limit_nothing_are_refused(wrong: Any) -> None:
    with pytest.raises(ValueError, match="no budget"):
        Budget(**wrong)
    with pytest.raises(ValueError, match="no budget"):
        Budget(tokens=1, period="week")  # type: ignore[arg-type]
