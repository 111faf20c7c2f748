"""The queue: one worker does a task, others take over, what fails is tried again, and what goes on failing is kept."""

# ruff: noqa: PLR2004 - a number in a test says what it is
from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from tests.plugins.schedules.conftest import START, World, settled

from lumosai_plugins.schedules.items import Item
from lumosai_plugins.schedules.jobs import Job
from lumosai_sdk import InputError, Principal
from lumosai_sdk.errors import ConflictError, LimitExceededError, ModelUnavailableError, NotFoundError
from lumosai_sdk.types.auth import Allowance, Budget
from lumosai_sdk.types.runs import RunResult

MakeWorld = Callable[..., World]
QUEUE = {"default": {"attempts": 3, "backoff": 10.0, "max_backoff": 15.0}}


class Gate:
    """Holds runs until they may go on."""

    def __init__(self) -> None:
        self.open = asyncio.Event()
        self.inside = 0
        self.most = 0

    async def __call__(self) -> None:
        self.inside += 1
        self.most = max(self.most, self.inside)
        try:
            await self.open.wait()
        finally:
            self.inside -= 1


async def begun(gate: Gate, count: int) -> None:
    for _ in range(200):
        if gate.inside == count:
            return
        await asyncio.sleep(0)
    raise AssertionError(gate.inside)


async def test_a_task_is_done_and_remembered_for_a_time(world: MakeWorld) -> None:
    w = world(history_days=1)
    ada = Principal("ada", "t", frozenset({"agent.run"}))
    await w.store.add(w.store.task("a", "go", principal=ada, thread="th"))
    await w.look(w.worker())
    done = await w.only()
    assert (done.state, done.run, done.text, done.attempts) == ("done", "r", "done", 1)
    assert (w.runs.made[0].principal, w.runs.made[0].thread_id) == (ada, "th")
    await w.look(w.worker(), seconds=86401)
    assert await w.store.items() == []


async def test_a_task_waits_for_its_time(world: MakeWorld) -> None:
    w = world()
    worker = w.worker()
    await w.store.add(w.store.task("a", "go", due=START + 50))
    await w.look(worker, seconds=49)
    assert w.runs.made == []
    await w.look(worker, seconds=1)
    assert len(w.runs.made) == 1


async def test_what_fails_is_tried_again_and_then_dead(world: MakeWorld) -> None:
    w = world(queues=QUEUE)
    worker = w.worker()
    w.runs.outcomes = [ModelUnavailableError("away", retryable=True) for _ in range(3)]
    await w.store.add(w.store.task("a", "go"))
    waits = []
    item = await w.only()
    for _ in range(3):
        await w.look(worker)
        item = await w.only()
        waits.append(item.not_before - w.clock.now)
        await w.look(worker, seconds=max(0.0, waits[-1] - 0.1))
        assert await w.states() == [(item.state, item.attempts)], "not before its time"
        w.clock.now += 0.1
    assert waits[:2] == [10.0, 15.0], "the second wait would be 20, and is bounded"
    assert (item.state, item.attempts, item.error) == ("dead", 3, "away")
    await w.look(worker, seconds=10**9)
    assert len(w.runs.made) == 3, "nobody tries it again, and it is not forgotten"
    fresh = await w.store.retry(item)
    await w.look(worker)
    assert [(i.id, i.state) for i in await w.store.items()] == [(fresh.id, "done")]
    with pytest.raises(ConflictError, match="not dead"):
        await w.store.retry(await w.only())


async def test_what_cannot_succeed_is_not_tried_again(world: MakeWorld) -> None:
    w = world()
    for outcome in (NotFoundError("agent", "a"), InputError("no"), RuntimeError("secret")):
        w.runs.outcomes.append(outcome)
        await w.store.add(w.store.task("a", "go"))
    await w.look(w.worker())
    assert await w.states() == [("dead", 1)] * 3
    assert "secret" not in "".join(i.error for i in await w.store.items())


async def test_a_run_that_waits_for_a_person_is_not_repeated(world: MakeWorld) -> None:
    w = world()
    w.runs.outcomes = [RunResult("r1", "a", "suspended")]
    await w.store.add(w.store.task("a", "go"))
    for _ in range(3):
        await w.look(w.worker(), seconds=1000)
    item = await w.only()
    assert (item.state, item.run, len(w.runs.made)) == ("suspended", "r1", 1)


async def test_no_two_workers_do_one_task(world: MakeWorld) -> None:
    w = world(queues={"default": {"concurrency": 50}})
    for _ in range(20):
        await w.store.add(w.store.task("a", "go"))
    workers = [w.worker() for _ in range(4)]
    for _ in range(3):
        await asyncio.gather(*(k.look() for k in workers))
        await asyncio.gather(*(settled(k) for k in workers))
    assert len(w.runs.made) == 20
    assert {i.state for i in await w.store.items()} == {"done"}


async def test_no_two_workers_queue_one_time_of_a_schedule(world: MakeWorld) -> None:
    w = world(jobs={"j": {"agent": "a", "input": "go", "cron": "* * * * *"}})
    workers = [w.worker() for _ in range(4)]
    await asyncio.gather(*(k.look() for k in workers))
    for _ in range(5):
        w.clock.now += 60
        await asyncio.gather(*(k.look() for k in workers))
        await asyncio.gather(*(settled(k) for k in workers))
    assert len(w.runs.made) == 5


async def test_a_worker_that_lags_behind_queues_nothing_again(world: MakeWorld) -> None:
    """It found a time due, and comes to say so when another has done it all."""
    w = world(jobs={"j": {"agent": "a", "input": "go", "every": 100}})
    await w.look(w.worker())
    late = w.store.item(w.settings.jobs["j"], START + 100)
    await w.look(w.worker(), seconds=100)
    assert not await w.store.add(late)
    await w.look(w.worker())
    assert len(w.runs.made) == 1


async def test_the_work_of_a_worker_that_died_is_taken_over(world: MakeWorld) -> None:
    w = world(lease=30.0)
    dead, alive, gate = w.worker(), w.worker(), Gate()
    w.runs.wait = gate
    await w.store.add(w.store.task("a", "go"))
    await dead.look()
    await begun(gate, 1)
    await w.look(alive, seconds=29)
    assert len(w.runs.made) == 1, "it may still be at work"
    w.clock.now += 2
    w.runs.wait = None
    await w.look(alive)
    assert await w.states() == [("done", 2)]
    await dead.stop()


async def test_a_worker_that_lost_its_lease_gives_up(world: MakeWorld) -> None:
    w = world(lease=0.5)
    slow, gate = w.worker(), Gate()
    w.runs.wait = gate
    await w.store.add(w.store.task("a", "go"))
    await slow.look()
    await begun(gate, 1)
    w.clock.now += 1
    w.runs.wait = None
    await w.look(w.worker())
    await asyncio.wait_for(settled(slow), 5)
    assert gate.inside == 0, "its run was cancelled"
    assert await w.states() == [("done", 2)], "and what the other found stands"


async def test_a_task_that_kills_its_workers_is_dead_in_the_end(world: MakeWorld) -> None:
    w = world(lease=30.0, queues={"default": {"attempts": 2}})
    gate = Gate()
    w.runs.wait = gate
    await w.store.add(w.store.task("a", "go"))
    workers = [w.worker() for _ in range(4)]
    for worker in workers:
        await worker.look()
        for _ in range(20):
            await asyncio.sleep(0)
        w.clock.now += 31
    item = await w.only()
    assert (item.state, item.attempts, item.error) == ("dead", 2, "the host that worked on it died")
    for worker in workers:
        await worker.stop()


async def test_a_host_that_stops_gives_back_what_is_not_done(world: MakeWorld) -> None:
    w = world()
    worker, gate = w.worker(), Gate()
    w.runs.wait = gate
    await w.store.add(w.store.task("a", "go"))
    await worker.look()
    await begun(gate, 1)
    await worker.stop()
    assert await w.states() == [("queued", 0)], "that was no try"
    w.runs.wait = None
    await w.look(w.worker())
    assert await w.states() == [("done", 1)]


async def test_no_more_at_a_time_than_the_queue_allows_over_all_workers(world: MakeWorld) -> None:
    w = world(queues={"default": {"concurrency": 2}, "other": {"concurrency": 1}})
    gate = Gate()
    w.runs.wait = gate
    for _ in range(6):
        await w.store.add(w.store.task("a", "go"))
    await w.store.add(w.store.task("b", "go", queue="other"))
    workers = [w.worker() for _ in range(3)]
    for worker in workers:
        await worker.look()
    await begun(gate, 3)
    assert sorted(r.agent for r in w.runs.made) == ["a", "a", "b"]
    gate.open.set()
    for _ in range(3):
        for worker in workers:
            await settled(worker)
            await worker.look()
    assert (gate.most, len(w.runs.made)) == (3, 7)


@pytest.mark.parametrize(("overlap", "most"), [(False, 1), (True, 2)])
async def test_runs_of_a_schedule_wait_for_each_other(world: MakeWorld, overlap: bool, most: int) -> None:
    w = world(jobs={"j": {"agent": "a", "input": "go", "every": 100, "overlap": overlap}}, lease=3600.0)
    worker, gate = w.worker(), Gate()
    await w.look(worker)
    w.runs.wait = gate
    for _ in range(2):
        w.clock.now += 100
        await worker.look()
    await begun(gate, most)
    gate.open.set()
    await settled(worker)
    await w.look(worker)
    assert len(w.runs.made) == 2


async def test_no_more_is_kept_than_allowed(world: MakeWorld) -> None:
    w = world(max_items=2)
    for _ in range(2):
        await w.store.add(w.store.task("a", "go"))
    with pytest.raises(LimitExceededError):
        await w.store.add(w.store.task("a", "go"))
    with pytest.raises(InputError, match="no queue"):
        await w.store.add(w.store.task("a", "go", queue="none"))


async def test_what_is_over_is_not_read_again_and_again(world: MakeWorld) -> None:
    w = world(queues={"default": {"concurrency": 100}})
    worker = w.worker()
    for _ in range(50):
        await w.store.add(w.store.task("a", "go"))
    await w.look(worker)
    await w.look(worker)
    before = w.kv.reads
    await w.look(worker)
    assert w.kv.reads == before


async def test_schedules_are_added_and_removed(world: MakeWorld) -> None:
    w = world(jobs={"fixed": {"agent": "a", "input": "go", "every": 5}})
    made = Job.of("own", {"agent": "a", "input": "go", "every": 5})
    await w.store.add_job(made)
    assert list(await w.fresh().jobs()) == ["fixed", "own"]
    for name in ("own", "fixed"):
        with pytest.raises(ConflictError):
            await w.store.add_job(Job.of(name, {"agent": "a", "input": "go", "every": 5}))
    with pytest.raises(ConflictError, match="stands in"):
        await w.store.remove_job("fixed")
    await w.store.remove_job("own")
    with pytest.raises(NotFoundError):
        await w.store.remove_job("own")


async def test_a_task_that_is_worked_on_is_not_removed(world: MakeWorld) -> None:
    w = world()
    worker, gate = w.worker(), Gate()
    w.runs.wait = gate
    await w.store.add(w.store.task("a", "go"))
    await worker.look()
    await begun(gate, 1)
    with pytest.raises(ConflictError, match="worked on"):
        await w.store.remove(await w.only())
    await worker.stop()
    await w.store.remove(await w.only())
    assert await w.store.items() == []


def test_a_callers_account_is_kept_with_the_task() -> None:
    allowance = Allowance(budget=Budget(tokens=10, period="day"), models=("a",))
    who = Principal("ada", "t", frozenset({"agent.run"}), "key:1", allowance)
    item = Item("i", "a", "go", 1.0, 1.0, principal=who)
    kept: Any = Item.from_kept(item.kept())
    assert kept.principal == who
    assert "principal" not in item.to_json()
