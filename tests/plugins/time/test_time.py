"""The tools of the `time` plugin."""

from __future__ import annotations

import time as clock
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from lumosai_plugins.time import tool, zones
from lumosai_sdk import PluginContext, ToolContext, ToolError
from lumosai_sdk.testing.conformance.tool import ToolConformance
from lumosai_sdk.testing.manifest_check import disagreements


async def now(timezone: str = "", settings: dict[str, Any] | None = None) -> Any:
    made = tool.Now(PluginContext("time", settings=settings or {}))
    return await made.call({"timezone": timezone} if timezone else {}, ToolContext())


async def convert(time: str, to: str, start: str = "UTC") -> Any:
    made = tool.Convert(PluginContext("time"))
    return await made.call({"time": time, "to_timezone": to, "from_timezone": start}, ToolContext())


def test_the_manifest_says_what_the_code_does() -> None:
    assert disagreements("lumosai_plugins.time") == []


class TestNow(ToolConformance):
    @pytest.fixture
    def tool(self) -> Any:
        return tool.Now(PluginContext("time"))

    @pytest.fixture
    def refused_arguments(self) -> Sequence[Mapping[str, Any]]:
        return [{"timezone": "Atlantis"}]


class TestConvert(ToolConformance):
    @pytest.fixture
    def tool(self) -> Any:
        return tool.Convert(PluginContext("time"))

    @pytest.fixture
    def valid_arguments(self) -> Mapping[str, Any]:
        return {"time": "12:00", "to_timezone": "Tokyo"}

    @pytest.fixture
    def refused_arguments(self) -> Sequence[Mapping[str, Any]]:
        return [{"time": "later", "to_timezone": "Tokyo"}]


async def test_now_is_now() -> None:
    before = int(clock.time())
    told = await now("UTC")
    assert before <= told["unix"] <= clock.time()
    assert told["iso"] == f"{told['date']}T{told['time']}+00:00"
    assert told["timezone"] == "UTC"


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Europe/Paris", "Europe/Paris"),
        ("europe/paris", "Europe/Paris"),
        ("Tokyo", "Asia/Tokyo"),
        ("New York", "America/New_York"),
        ("new_york", "America/New_York"),
        ("Germany", "Europe/Berlin"),
        (" GMT ", "UTC"),
        ("Z", "UTC"),
    ],
)
async def test_zones_by_the_names_people_give_them(name: str, key: str) -> None:
    assert (await now(name))["timezone"] == key


@pytest.mark.parametrize(
    ("name", "offset"), [("+02:00", "+02:00"), ("-3", "-03:00"), ("UTC+5:30", "+05:30"), ("+0545", "+05:45")]
)
async def test_zones_by_offset(name: str, offset: str) -> None:
    assert (await now(name))["utc_offset"] == offset


async def test_the_owner_chooses_what_here_means() -> None:
    assert (await now("", {"timezone": "Asia/Kolkata"}))["utc_offset"] == "+05:30"
    assert (await now("", {"timezone": "local"}))["unix"] > 0


@pytest.mark.parametrize(
    "name", ["../../../etc/passwd", "/etc/passwd", "Europe/../Paris", "\0", "posixrules" * 500, "+99", "-14:01"]
)
async def test_no_name_reaches_a_file_that_is_no_zone(name: str) -> None:
    with pytest.raises(ToolError):
        await now(name)


async def test_a_near_miss_is_told() -> None:
    with pytest.raises(ToolError, match="did you mean Europe/Zurich"):
        await now("Zürich")


@pytest.mark.parametrize(
    ("time", "start", "to", "iso"),
    [
        ("2026-01-15T12:00", "UTC", "Tokyo", "2026-01-15T21:00:00+09:00"),
        ("2026-07-15T12:00", "Paris", "New York", "2026-07-15T06:00:00-04:00"),
        ("2026-01-15T12:00", "Paris", "UTC", "2026-01-15T11:00:00+00:00"),
        ("2026-01-15T12:00+03:00", "Tokyo", "UTC", "2026-01-15T09:00:00+00:00"),
        # The hour that happens twice when summer time ends: the first of the two.
        ("2026-10-25T02:30", "Paris", "UTC", "2026-10-25T00:30:00+00:00"),
    ],
)
async def test_convert(time: str, start: str, to: str, iso: str) -> None:
    assert (await convert(time, to, start))["iso"] == iso


@pytest.mark.parametrize(
    ("time", "told"),
    [
        ("3 pm", "15:00:00"),
        ("12am", "00:00:00"),
        ("12 PM", "12:00:00"),
        ("15:30", "15:30:00"),
        ("7", "07:00:00"),
        ("23:59:59", "23:59:59"),
    ],
)
async def test_a_time_of_day(time: str, told: str) -> None:
    assert (await convert(time, "UTC"))["time"] == told


@pytest.mark.parametrize("time", ["25:00", "13 pm", "0 am", "12:99", "tomorrow", "2026-13-01", "9" * 40])
async def test_what_is_no_time_is_refused(time: str) -> None:
    with pytest.raises(ToolError, match="is no time"):
        await convert(time, "UTC")


@pytest.mark.parametrize(
    ("time", "start", "to"), [("0001-01-01T00:00", "UTC", "-12"), ("9999-12-31T23:59", "-12", "UTC")]
)
async def test_the_ends_of_the_calendar(time: str, start: str, to: str) -> None:
    with pytest.raises(ToolError):
        await convert(time, to, start)


def test_weekdays_do_not_depend_on_the_language_of_the_machine() -> None:
    when = tool.read("2026-11-22T10:00", zones.zone("UTC"))
    assert tool.moment(when)["weekday"] == "Sunday"
