"""A server on this machine that answers as Open-Meteo documents it; the plugin is granted it and nothing else."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web

if shutil.which("node") is None and not os.environ.get("CI"):
    pytest.skip("the plugin is built with Node, which is not installed", allow_module_level=True)

ROME = {
    "name": "Rome",
    "latitude": 41.9,
    "longitude": 12.5,
    "country": "Italy",
    "country_code": "IT",
    "admin1": "Latium",
}
ROME_US = {"name": "Rome", "latitude": 34.3, "longitude": -85.2, "country": "United States", "admin1": "Georgia"}
CURRENT = {
    "time": "2026-11-22T12:00",
    "temperature_2m": 14.5,
    "apparent_temperature": 13,
    "relative_humidity_2m": 60,
    "precipitation": 0,
    "weather_code": 61,
    "wind_speed_10m": 9.7,
    "wind_direction_10m": 270,
}
DAILY = {
    "weather_code": 0,
    "temperature_2m_max": 15.5,
    "temperature_2m_min": 7,
    "precipitation_sum": 0.4,
    "precipitation_probability_max": 20,
    "wind_speed_10m_max": 12,
    "sunrise": "2026-11-22T07:05",
    "sunset": "2026-11-22T16:43",
}


class Service:
    """Open-Meteo, so to say: ``status`` and ``body`` answer in its place, ``queries`` are what it was asked."""

    def __init__(self) -> None:
        self.url = ""
        self.status = 200
        self.headers: dict[str, str] = {}
        self.body: str | None = None
        self.queries: list[Mapping[str, str]] = []

    async def search(self, request: web.Request) -> web.Response:
        known = [ROME, ROME_US] if request.query["name"].lower() == "rome" else []
        return self._answer(request, {"results": known[: int(request.query["count"])]} if known else {})

    async def forecast(self, request: web.Request) -> web.Response:
        if "current" in request.query:
            return self._answer(request, {"current": CURRENT})
        count = int(request.query["forecast_days"])
        daily: dict[str, Any] = {name: [value] * count for name, value in DAILY.items()}
        return self._answer(request, {"daily": {**daily, "time": [f"2026-11-{22 + n}" for n in range(count)]}})

    def _answer(self, request: web.Request, data: object) -> web.Response:
        self.queries.append(dict(request.query))
        if self.body is not None or self.status != 200:  # noqa: PLR2004
            return web.Response(text=self.body or "", status=self.status, headers=self.headers)
        return web.json_response(data)


@pytest_asyncio.fixture
async def service() -> AsyncIterator[Service]:
    made, app = Service(), web.Application()
    app.add_routes([web.get("/v1/search", made.search), web.get("/v1/forecast", made.forecast)])
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield made
    await runner.cleanup()


@pytest.fixture
def lumos_plugin_config(service: Service) -> Mapping[str, Any]:
    return {
        "tier": "process",
        "settings": {"geocoding_url": service.url, "forecast_url": service.url},
        "grant": {"http": [f"GET {service.url}/v1/*"]},
    }
