"""The plugin in its sandbox, with a service on this machine."""

# ruff: noqa: PLR2004 - a test says what it expects where it expects it
from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from lumosai_sdk import LumosError, ToolContext
from lumosai_sdk.testing.conformance.tool import ToolConformance
from lumosai_sdk.testing.runtimes import LoadedPlugin

CONTEXT = ToolContext(run_id="run", agent="agent", call_id="call")


class TestNow(ToolConformance):
    @pytest.fixture
    def tool(self, lumos_plugin: LoadedPlugin) -> Any:
        return lumos_plugin.tool("weather.now")

    @pytest.fixture
    def valid_arguments(self) -> Mapping[str, Any]:
        return {"place": "Rome"}

    @pytest.fixture
    def refused_arguments(self) -> Sequence[Mapping[str, Any]]:
        return [{"place": "Nowhere"}, {"place": " "}, {"place": "Rome, Atlantis"}]


class TestForecast(TestNow):
    @pytest.fixture
    def tool(self, lumos_plugin: LoadedPlugin) -> Any:
        return lumos_plugin.tool("weather.forecast")


async def test_now(lumos_plugin: LoadedPlugin, service: Any) -> None:
    found = await lumos_plugin.call("weather.now", {"place": "rome"})
    assert found == {
        "place": "Rome, Latium, Italy",
        "time": "2026-11-22T12:00",
        "weather": "light rain",
        "temperature": 14.5,
        "feels_like": 13,
        "humidity_percent": 60,
        "precipitation": 0,
        "wind": 9.7,
        "wind_from_degrees": 270,
        "units": {"temperature": "°C", "wind": "km/h", "precipitation": "mm"},
    }
    assert service.queries[0] == {"name": "rome", "count": "1", "language": "en", "format": "json"}
    assert (service.queries[1]["latitude"], service.queries[1]["longitude"]) == ("41.9", "12.5")


async def test_the_next_days(lumos_plugin: LoadedPlugin, service: Any) -> None:
    found = await lumos_plugin.call("weather.forecast", {"place": "Rome, United States", "days": 2})
    assert found["place"] == "Rome, Georgia, United States"
    assert [d["date"] for d in found["days"]] == ["2026-11-22", "2026-11-23"]
    assert found["days"][0]["highest"] == 15.5
    assert found["days"][0]["weather"] == "clear sky"
    assert service.queries[1]["forecast_days"] == "2"
    assert len((await lumos_plugin.call("weather.forecast", {"place": "Rome"}))["days"]) == 3


FAILURES = [
    (503, None, "out of order for now .status 503.; try again later"),
    (429, None, "takes no more requests for now"),
    (400, '{"error": true, "reason": "Too far away"}', "refused the request .status 400.: Too far away"),
    (200, "<html>", "not as Open-Meteo does"),
    (200, "[]", "no place called|not as Open-Meteo does"),
    (200, '{"results": [{"name": "Rome"}]}', "not as Open-Meteo does"),
]


async def test_what_goes_wrong_at_the_service_is_said(lumos_plugin: LoadedPlugin, service: Any) -> None:
    tool = lumos_plugin.tool("weather.now")
    for status, body, message in FAILURES:
        service.status, service.body = status, body
        with pytest.raises(LumosError, match=message):
            await tool.call({"place": "Rome"}, CONTEXT)


async def test_a_place_is_no_way_into_the_query(lumos_plugin: LoadedPlugin, service: Any) -> None:
    with pytest.raises(LumosError, match="no place called"):
        await lumos_plugin.call("weather.now", {"place": "Rome&count=99#x"})
    assert service.queries == [{"name": "Rome&count=99#x", "count": "1", "language": "en", "format": "json"}]


class TestWithoutTheRight:
    @pytest.fixture
    def lumos_plugin_config(self, service: Any) -> Mapping[str, Any]:
        settings = {"geocoding_url": service.url, "forecast_url": service.url, "units": "imperial"}
        return {
            "tier": "process",
            "settings": settings,
            "grant": {"http": ["GET https://api.open-meteo.com/v1/forecast"]},
        }

    async def test_nothing_is_asked_and_the_owner_is_told_what_to_grant(
        self, lumos_plugin: LoadedPlugin, service: Any
    ) -> None:
        with pytest.raises(LumosError) as refused:
            await lumos_plugin.call("weather.now", {"place": "Rome"})
        assert "http" in f"{refused.value.message} {refused.value.hint}"
        assert service.queries == []
