"""When schedules are due: zones, changes of the clocks, what was missed."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from tests.plugins.schedules.conftest import World

from lumosai_plugins.schedules.jobs import Job
from lumosai_plugins.schedules.settings import Settings
from lumosai_sdk import ConfigError, InputError
from lumosai_sdk.errors import MissingExtraError

MakeWorld = Callable[..., World]


def job(name: str = "j", **given: Any) -> Job:
    return Job.of(name, {"agent": "a", "input": "go", **given})


def times(made: Job, start: str, count: int) -> list[str]:
    """Return the next times after *start*, as clocks show them in the schedule's zone."""
    zone = ZoneInfo(made.timezone)
    at, out = datetime.fromisoformat(start).replace(tzinfo=zone).timestamp(), []
    for _ in range(count):
        found = made.due_after(at)
        assert found is not None
        at = found
        out.append(datetime.fromtimestamp(at, zone).strftime("%m-%dT%H:%M%z"))
    return out


@pytest.mark.parametrize(
    ("cron", "zone", "start", "expected"),
    [
        ("0 9 * * MON-FRI", "Europe/Berlin", "2027-01-01T10:00", ["01-04T09:00+0100", "01-05T09:00+0100"]),
        # The clocks go from 2:00 to 3:00 on 28 March 2027, and from 3:00 back to 2:00 on 31 October.
        ("30 2 * * *", "Europe/Berlin", "2027-03-27T03:00", ["03-28T03:00+0200", "03-29T02:30+0200"]),
        ("30 2 * * *", "Europe/Berlin", "2027-10-30T03:00", ["10-31T02:30+0200", "11-01T02:30+0100"]),
        ("0 9 * * *", "Europe/Berlin", "2027-03-27T10:00", ["03-28T09:00+0200", "03-29T09:00+0200"]),
        ("0 * * * *", "Europe/Berlin", "2027-03-28T00:30", ["03-28T01:00+0100", "03-28T03:00+0200"]),
        (
            "0 * * * *",
            "Europe/Berlin",
            "2027-10-31T01:30",
            ["10-31T02:00+0200", "10-31T02:00+0100", "10-31T03:00+0100"],
        ),
        ("30 0 * * *", "UTC", "2027-03-28T00:00", ["03-28T00:30+0000", "03-29T00:30+0000"]),
        ("0 0 29 2 *", "America/New_York", "2027-01-01T00:00", ["02-29T00:00-0500"]),
        ("0 0 L * *", "Asia/Kathmandu", "2027-02-01T00:00", ["02-28T00:00+0545", "03-31T00:00+0545"]),
    ],
)
def test_cron_in_its_zone(cron: str, zone: str, start: str, expected: list[str]) -> None:
    assert times(job(cron=cron, timezone=zone), start, len(expected)) == expected


def test_once_and_every() -> None:
    once = job(at="2027-01-31T09:00", timezone="Asia/Tokyo")
    assert once.at == datetime(2027, 1, 31, 9, tzinfo=ZoneInfo("Asia/Tokyo")).timestamp()
    assert once.due_after(once.at - 1) == once.at
    assert once.due_after(once.at) is None
    assert job(at="2027-01-31T00:00Z", timezone="Asia/Tokyo").at == once.at
    assert job(every=90).due_after(10.0) == 100.0  # noqa: PLR2004


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "one of cron, every and at"),
        ({"cron": "* * * * *", "every": 5}, "one of cron, every and at"),
        ({"cron": "61 * * * *"}, "cron '61"),
        ({"cron": "* * * * * *"}, "five fields"),
        ({"cron": "@daily"}, "five fields"),
        ({"cron": 5}, "five fields"),
        ({"cron": "0 0 31 2 *"}, "cron '0 0 31 2"),
        ({"every": 0}, "1 or more"),
        ({"every": float("nan")}, "1 or more"),
        ({"every": True}, "1 or more"),
        ({"at": "tomorrow"}, "at is a time"),
        ({"at": "2027-01-01", "timezone": "Mars/Olympus"}, "no time zone"),
        ({"at": "2027-01-01", "timezone": "../../etc/passwd"}, "no time zone"),
        ({"every": 5, "missed": "never"}, "missed is"),
        ({"every": 5, "overlap": "yes"}, "overlap is"),
        ({"every": 5, "agent": ""}, "agent is a text"),
        ({"every": 5, "input": "x" * 1_000_001}, "input is a text"),
        ({"every": 5, "principal": {"scopes": ["*"]}}, "unknown key 'principal'"),
    ],
)
def test_what_is_wrong_is_said(given: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=r".*") as refused:
        job(**given)
    assert said in str(refused.value)
    with pytest.raises(InputError, match="small letters"):
        job("../x", every=5)


def test_a_queue_that_is_none_is_said() -> None:
    with pytest.raises(ConfigError, match="no queue 'slow'"):
        Settings.of({"jobs": {"j": {"agent": "a", "input": "b", "every": 5, "queue": "slow"}}})


def test_what_is_kept_is_what_was_given() -> None:
    for given in ({"cron": "0 9 * * *"}, {"every": 5}, {"at": "2027-01-31T09:00"}):
        made = job(timezone="Europe/Berlin", thread="t", missed="skip", **given)
        assert Job.from_kept("j", made.kept()) == made


def every(**more: Any) -> dict[str, Any]:
    return {"j": {"agent": "a", "input": "go", "every": 100, **more}}


async def test_a_schedule_is_run_at_its_time(world: MakeWorld) -> None:
    w = world(jobs=every(thread="t"))
    worker = w.worker()
    await w.look(worker)
    await w.look(worker, seconds=99)
    assert w.runs.made == [], "a new schedule starts now"
    for _ in range(3):
        await w.look(worker, seconds=1)
    assert [(r.agent, r.input, r.thread_id) for r in w.runs.made] == [("a", "go", "t")]
    assert w.runs.made[0].metadata["schedule"] == "j"
    await w.look(worker, seconds=100)
    assert [i.state for i in await w.store.items()] == ["done", "done"]


@pytest.mark.parametrize(("missed", "runs"), [("once", 1), ("skip", 0)])
async def test_what_was_missed(world: MakeWorld, missed: str, runs: int) -> None:
    w = world(jobs=every(missed=missed))
    await w.look(w.worker())
    worker = w.worker()
    await w.look(worker, seconds=1070)
    assert len(w.runs.made) == runs
    await w.look(worker, seconds=30)
    assert len(w.runs.made) == runs + 1, "an interval keeps its beat"


async def test_a_schedule_whose_times_change_starts_anew(world: MakeWorld) -> None:
    w = world(jobs=every())
    await w.look(w.worker())
    w.settings = Settings.of({"jobs": every(every=500)})
    worker = w.worker()
    await w.look(worker, seconds=400)
    await w.look(worker, seconds=499)
    assert w.runs.made == []
    await w.look(worker, seconds=1)
    assert len(w.runs.made) == 1


async def test_one_that_is_off_is_never_due(world: MakeWorld) -> None:
    w = world(jobs=every(enabled=False))
    await w.look(w.worker(), seconds=1000)
    await w.look(w.worker(), seconds=1000)
    assert w.runs.made == []


async def test_once_is_once_and_a_past_time_is_made_up_for(world: MakeWorld) -> None:
    w = world(work=True)
    await w.store.add_job(job(at="2020-01-01T00:00"))
    for _ in range(3):
        await w.look(w.worker(), seconds=100)
    assert len(w.runs.made) == 1


def test_without_cronsim_it_is_said_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cronsim", None)
    assert job(every=5).every is not None
    with pytest.raises(MissingExtraError, match="cron") as missing:
        job(cron="0 9 * * *")
    assert "lumosai[schedules]" in str(missing.value)
