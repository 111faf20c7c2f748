"""A deadline behaves as ``asyncio.timeout`` does, and many share one timer."""

from __future__ import annotations

import asyncio

import pytest

from lumosai.deadlines import Deadline


async def test_what_takes_too_long_is_cancelled_and_told() -> None:
    scope = Deadline(0.01)
    with pytest.raises(TimeoutError), scope:
        await asyncio.sleep(10)
    assert scope.expired
    task = asyncio.current_task()
    assert task is not None
    assert not task.cancelling()


async def test_what_is_in_time_leaves_nothing_behind() -> None:
    with Deadline(0.01) as scope:
        await asyncio.sleep(0)
    await asyncio.sleep(0.03)
    assert not scope.expired


async def test_none_is_no_limit_and_nothing_is_over_at_once() -> None:
    with Deadline(None):
        await asyncio.sleep(0.01)
    with pytest.raises(TimeoutError), Deadline(0):
        await asyncio.sleep(10)


async def test_an_earlier_deadline_comes_first_whenever_it_was_set() -> None:
    told: list[str] = []

    async def one(name: str, seconds: float) -> None:
        try:
            with Deadline(seconds):
                await asyncio.sleep(10)
        except TimeoutError:
            told.append(name)

    await asyncio.gather(one("late", 0.06), one("early", 0.01), one("between", 0.03))
    assert told == ["early", "between", "late"]


async def test_the_outer_of_two_passes_through_the_inner() -> None:
    inner, outer = Deadline(10), Deadline(0.01)
    with pytest.raises(TimeoutError), outer, inner:
        await asyncio.sleep(10)
    assert (inner.expired, outer.expired) == (False, True)


async def test_a_timeout_from_inside_is_not_mistaken() -> None:
    with pytest.raises(TimeoutError, match="mine"), Deadline(10) as scope:
        raise TimeoutError("mine")
    assert not scope.expired


async def test_a_cancellation_by_somebody_else_stays_one() -> None:
    async def work() -> None:
        with Deadline(10):
            await asyncio.sleep(10)

    task = asyncio.create_task(work())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_both_at_once_is_the_cancellation() -> None:
    async def work() -> None:
        with Deadline(0):
            await asyncio.sleep(10)

    task = asyncio.create_task(work())
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.sleep(0)
    with pytest.raises(asyncio.CancelledError):
        await task


def test_each_loop_has_its_own_timer() -> None:
    async def late() -> None:
        with Deadline(0.01):
            await asyncio.sleep(10)

    for _ in range(3):
        with pytest.raises(TimeoutError):
            asyncio.run(late())


async def test_it_is_for_tasks() -> None:
    failed: asyncio.Future[BaseException] = asyncio.get_running_loop().create_future()

    def outside() -> None:
        try:
            Deadline(1).__enter__()
        except RuntimeError as e:
            failed.set_result(e)

    asyncio.get_running_loop().call_soon(outside)
    assert "in a task" in str(await failed)
