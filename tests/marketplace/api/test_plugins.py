"""What the API tells of plugins, publishers and versions; on both databases."""

# ruff: noqa: PLR2004 - a test says what it expects where it expects it

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from openapi_spec_validator import validate
from sqlalchemy import update
from tests.marketplace.stocked import OTHERS, URL, WORKFLOW, Stock

from lumosai_marketplace.names import Name
from lumosai_marketplace.service import states, stats
from lumosai_marketplace.service.db.models import Release

if TYPE_CHECKING:
    import httpx

WEATHER: dict[str, Any] = {
    "summary": "Forecasts",
    "readme": "# Weather\n\nTells the weather.\n",
    "permissions": {"http": ["GET https://api.example.org/*"]},
}


async def get(client: httpx.AsyncClient, path: str, status: int = 200, **query: Any) -> Any:
    answer = await client.get(f"/api/v1/{path}", params=query)
    assert answer.status_code == status, answer.text
    return answer.json()


async def test_a_plugin_and_its_latest_version(stock: Stock, client: httpx.AsyncClient) -> None:
    schema = {"type": "object", "properties": {"place": {"type": "string"}}}
    tool = {"id": "weather.forecast", "target": "forecast", "description": "Tells it.", "input_schema": schema}
    await stock.publish(
        "acme/weather",
        "1.2.0",
        contributes={"tool": [{**tool, "approval": "always"}]},
        manifest={"homepage": "https://weather.example", "settings_schema": {"type": "object"}},
        downloads=3,
        **WEATHER,
    )
    told = await get(client, "plugins/acme/weather")
    latest = told["latest"]
    assert (told["name"], told["wire"], told["status"]) == ("acme/weather", "acme-weather", "active")
    assert told["publisher"] == {
        "namespace": "acme",
        "proof": "dns:acme.example",
        "repository": WORKFLOW.repository,
        "subject": WORKFLOW.subject,
    }
    assert (told["version"], told["versions"], told["downloads"], told["verified"]) == ("1.2.0", 1, 3, True)
    assert told["install"] == f"lumos plugin install acme/weather --index {URL}/"
    assert latest["rights"] == [
        {"kind": "http", "rule": "GET https://api.example.org/*", "words": "read from api.example.org", "risk": "low"}
    ]
    assert latest["contributions"] == [
        {
            "kind": "tool",
            "id": "weather.forecast",
            "description": "Tells it.",
            "input_schema": schema,
            "output_schema": None,
            "details": {"approval": "always"},
        }
    ]
    assert latest["homepage"] == "https://weather.example"
    assert latest["settings_schema"] == {"type": "object"}
    assert latest["provenance"]["signer"]["repository_id"] == "77"
    assert latest["provenance"]["log_index"] == 41
    assert latest["provenance"]["log_url"] == ""  # this service keeps no log
    assert latest["provenance"]["wasm"] == {"sha256": "a" * 64, "world": []}
    assert latest["notices"] == []
    assert "readme" not in latest
    readme = await get(client, "plugins/acme/weather/latest/readme")
    assert readme == {"text": WEATHER["readme"], "type": "text/markdown", "notices": []}


async def test_what_may_be_done_is_read_from_the_signed_statement_only(stock: Stock, client: httpx.AsyncClient) -> None:
    """A manifest and an index can claim what they like."""
    number = await stock.publish("acme/weather", manifest={"permissions": {"clock": True}}, **WEATHER)
    assert (await get(client, "plugins/acme/weather/1.0.0"))["permissions"] == WEATHER["permissions"]
    async with stock.service.sessions() as session, session.begin():
        broken = {"permissions": {"teleport": True}, "runtime": "wasm"}
        row = update(Release).where(Release.project_id == number).values(facts_json=json.dumps(broken))
        await session.execute(row)
    told = await get(client, "plugins/acme/weather/1.0.0")
    assert told["risk"] == "high"
    assert told["rights"][0]["kind"] == "unknown"


async def test_versions_tell_what_they_ask_for_otherwise(stock: Stock, client: httpx.AsyncClient) -> None:
    await stock.publish("acme/weather", "1.0.0", **WEATHER)
    wider = {"http": ["* https://*.example.org/*"], "secrets": ["KEY to api.example.org"]}
    await stock.publish("acme/weather", "1.10.0", permissions=wider)
    await stock.publish("acme/weather", "1.9.0", permissions=WEATHER["permissions"], signer=OTHERS)
    listed = await get(client, "plugins/acme/weather/versions")
    assert [v["version"] for v in listed["items"]] == ["1.10.0", "1.9.0", "1.0.0"]
    first, second, third = listed["items"]
    assert [(c["what"], c["kind"]) for c in first["changes"]] == [("added", "secrets"), ("widened", "http")]
    assert first["changes"][1]["was"] == "GET https://api.example.org/*"
    assert "without seeing it" in first["changes"][0]["words"]
    assert (first["signer_changed"], second["signer_changed"], third["signer_changed"]) == (True, True, False)
    assert (second["changes"], third["changes"]) == ([], [])
    span: dict[str, Any] = {"from": "1.10", "to": "1.0"}
    between = await get(client, "plugins/acme/weather/changes", **span)
    assert [c["what"] for c in between["items"]] == ["narrowed", "removed"]
    page = await get(client, "plugins/acme/weather/versions", limit=2)
    rest = await get(client, "plugins/acme/weather/versions", limit=2, cursor=page["next"])
    assert [v["version"] for v in page["items"] + rest["items"]] == ["1.10.0", "1.9.0", "1.0.0"]
    assert rest["next"] is None


async def test_a_yanked_version_stays_readable_and_a_quarantined_plugin_tells_why(
    stock: Stock, client: httpx.AsyncClient
) -> None:
    await stock.publish("acme/weather", "1.0.0", **WEATHER)
    await stock.publish("acme/weather", "1.1.0", state="pending")
    name = Name.parse("acme/weather")
    await states.set_release(stock.service, name, "1.0.0", "yank", "wrong unit", "tests")
    one = await get(client, "plugins/acme/weather/1.0.0")
    assert (one["state"], one["reason"]) == ("yanked", "wrong unit")
    await get(client, "plugins/acme/weather/1.1.0", 404)
    await states.set_project(stock.service, name, "quarantine", "malware", "tests")
    told = await get(client, "plugins/acme/weather")
    assert (told["status"], told["reason"], told["latest"]) == ("quarantined", "malware", None)
    await get(client, "plugins/acme/weather/1.0.0", 404)
    await get(client, "plugins/acme/nothing", 404)
    await get(client, "plugins/acme/NOT%20A%20NAME", 422)


async def test_search_filters_facets_and_cursors(stock: Stock, client: httpx.AsyncClient) -> None:
    for number in range(5):
        await stock.publish(f"acme/tool-{number}", downloads=5 - number, permissions={"clock": True})
    await stock.publish("other/weather", **WEATHER)
    first = await get(client, "search", q="tool", limit=2, sort="downloads")
    assert [i["name"] for i in first["items"]] == ["acme/tool-0", "acme/tool-1"]
    assert (first["total"], first["exact"]) == (6, True)  # every plugin here gives a tool
    second = await get(client, "search", q="tool", limit=2, sort="downloads", cursor=first["next"])
    assert [i["name"] for i in second["items"]] == ["acme/tool-2", "acme/tool-3"]
    assert {"value": "acme", "count": 5} in first["facets"]["publisher"]
    assert [i["name"] for i in (await get(client, "search", permission="http"))["items"]] == ["other/weather"]
    assert (await get(client, "search", publisher="acme,other"))["total"] == 6
    assert (await get(client, "search", q="wether"))["corrected"] == "weather"
    found = await get(client, "suggest", q="wea")
    assert [i["name"] for i in found["items"]] == ["other/weather"]
    hit = (await get(client, "search", q="weather"))["items"][0]
    assert {k: hit[k] for k in ("name", "version", "summary", "risk", "runtime", "permissions")} == {
        "name": "other/weather",
        "version": "1.0.0",
        "summary": "Forecasts",
        "risk": "low",
        "runtime": "wasm",
        "permissions": ["http"],
    }


async def test_a_publisher(stock: Stock, client: httpx.AsyncClient) -> None:
    await stock.namespace("claimed", proof="")
    await stock.publish("acme/weather", **WEATHER)
    told = await get(client, "publishers/acme")
    assert (told["proof"], told["total"]) == ("dns:acme.example", 1)
    assert [p["name"] for p in told["plugins"]] == ["acme/weather"]
    await get(client, "publishers/claimed", 404)
    await get(client, "publishers/nobody", 404)


async def test_totals_and_downloads_by_day(stock: Stock, client: httpx.AsyncClient) -> None:
    number = await stock.publish("acme/weather", **WEATHER)
    counter = stats.of(stock.service)
    for day in range(3):
        stock.now += 86_400
        for network in range(day + 1):
            assert counter.saw(number, f"198.51.{network}.7", "uv/0.9")
    assert await counter.write() == 6
    told = await get(client, "plugins/acme/weather/downloads")
    assert [d["downloads"] for d in told["days"]] == [1, 2, 3]
    assert told["total"] == 6
    assert await get(client, "stats") == {"plugins": 1, "releases": 1, "publishers": 1, "downloads": 6}


async def test_the_description_of_the_api_is_whole_and_valid(client: httpx.AsyncClient) -> None:
    document = (await client.get("/openapi.json")).json()
    validate(document)
    paths = {p: o for p, o in document["paths"].items() if p.startswith("/api/v1/")}
    mine = {p: o for p, o in paths.items() if not p.startswith(("/api/v1/namespaces", "/api/v1/tokens", "/api/v1/me"))}
    for path, operations in mine.items():
        for method, operation in operations.items():
            assert operation.get("summary") or operation.get("description"), (method, path)
            content = next(v for k, v in operation["responses"].items() if k.startswith("2"))
            assert method == "delete" or content["content"]["application/json"]["schema"], (method, path)
