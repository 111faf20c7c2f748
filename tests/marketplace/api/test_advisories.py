"""Advisories: who may write them, what they have to be, how they are followed; on both databases."""

# ruff: noqa: PLR2004 - a test says what it expects where it expects it

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.marketplace.stocked import BOSS, NOW, ON_SQLITE, OTHER, URL, Stock

from lumosai_marketplace.names import Name
from lumosai_marketplace.service.advisories import affects

if TYPE_CHECKING:
    import httpx

AFFECTED = {
    "package": {"name": "acme/weather"},
    "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "1.2.0"}]}],
}
BODY: dict[str, Any] = {
    "summary": "The key is sent to anybody",
    "details": "Before 1.2.0 redirects were followed.",
    "aliases": ["CVE-2026-12345"],
    "severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N"}],
    "affected": [AFFECTED],
    "references": [{"type": "FIX", "url": "https://git.example/acme/weather/commit/1"}],
    "database_specific": {"severity": "HIGH"},
}


async def write(stock: Stock, client: httpx.AsyncClient, body: Any = BODY, subject: str = "", status: int = 201) -> Any:
    headers = await stock.token(subject) if subject else await stock.token()
    answer = await client.post("/api/v1/advisories", json=body, headers=headers)
    assert answer.status_code == status, (body, answer.text)
    return answer.json()


async def test_an_owner_writes_and_everybody_reads(stock: Stock, client: httpx.AsyncClient) -> None:
    await stock.publish("acme/weather")
    made = await write(stock, client)
    assert made["id"].startswith("LUMOS-")
    assert made["schema_version"] == "1.7.5"
    assert made["published"] == made["modified"]
    assert made["affected"][0]["package"] == {
        "ecosystem": "LumosAI",
        "name": "acme/weather",
        "purl": f"pkg:pypi/acme-weather?repository_url={URL}/simple",
    }
    assert (await client.get(f"/api/v1/advisories/{made['id']}")).json() == made
    for query in ({"plugin": "acme/weather"}, {}):
        assert (await client.get("/api/v1/advisories", params=query)).json()["advisories"] == [made]
    listed = (await client.get("/api/v1/plugins/acme/weather")).json()
    assert [(a["id"], a["severity"]) for a in listed["advisories"]] == [(made["id"], "high")]
    assert listed["latest"]["advisories"] == [made["id"]]


async def test_which_versions_are_affected(stock: Stock, client: httpx.AsyncClient) -> None:
    await stock.publish("acme/weather")
    name = Name.parse("acme/weather")
    affected = {**AFFECTED, "versions": ["3.0.0"]}
    made = await write(stock, client, {**BODY, "affected": [affected]})
    found = {v: affects(made, name, v) for v in ("0.1", "1.0.0", "1.2.0rc1", "1.2.0", "2.0", "3.0.0")}
    assert found == {"0.1": True, "1.0.0": True, "1.2.0rc1": True, "1.2.0": False, "2.0": False, "3.0.0": True}
    assert not affects(made, Name.parse("acme/clock"), "1.0.0")


async def test_withdrawn_it_is_about_nothing_and_stays_in_the_feed(stock: Stock, client: httpx.AsyncClient) -> None:
    await stock.publish("acme/weather")
    made = await write(stock, client)
    stock.now += 60
    headers = await stock.token()
    gone = (await client.post(f"/api/v1/advisories/{made['id']}/withdraw", headers=headers)).json()
    assert gone["withdrawn"] == gone["modified"] > made["modified"]
    assert not affects(gone, Name.parse("acme/weather"), "1.0.0")
    feed = (await client.get("/api/v1/advisories", params={"since": made["modified"]})).json()["advisories"]
    assert feed == [gone]
    again = await client.put(f"/api/v1/advisories/{made['id']}", json=BODY, headers=headers)
    assert again.status_code == 409


async def test_it_can_be_written_anew(stock: Stock, client: httpx.AsyncClient) -> None:
    await stock.publish("acme/weather")
    await stock.publish("acme/clock")
    made = await write(stock, client)
    stock.now += 60
    headers = await stock.token()
    path = f"/api/v1/advisories/{made['id']}"
    changed = (await client.put(path, json={**BODY, "summary": "Worse"}, headers=headers)).json()
    assert (changed["summary"], changed["published"], changed["id"]) == ("Worse", made["published"], made["id"])
    assert changed["modified"] > made["modified"]
    other = {**BODY, "affected": [{**AFFECTED, "package": {"name": "acme/clock"}}]}
    assert (await client.put(path, json=other, headers=headers)).status_code == 409


async def test_who_follows_the_feed_misses_none(stock: Stock, client: httpx.AsyncClient) -> None:
    await stock.publish("acme/weather")
    made = []
    for number in range(5):
        stock.now = NOW + number // 2  # several in one moment
        made.append((await write(stock, client))["id"])
    seen, cursor = [], ""
    while True:
        page = (await client.get("/api/v1/advisories", params={"limit": 2, "cursor": cursor})).json()
        seen += [a["id"] for a in page["advisories"]]
        if (cursor := page["next"]) is None:
            break
    assert sorted(seen) == sorted(made)
    assert len(seen) == 5


async def test_others_may_not_write(stock: Stock, client: httpx.AsyncClient) -> None:
    await stock.publish("acme/weather")
    assert (await client.post("/api/v1/advisories", json=BODY)).status_code == 401
    await write(stock, client, subject=OTHER, status=403)
    made = await write(stock, client, subject=BOSS)
    headers = await stock.token(OTHER)
    assert (await client.post(f"/api/v1/advisories/{made['id']}/withdraw", headers=headers)).status_code == 403
    unknown = {**BODY, "affected": [{**AFFECTED, "package": {"name": "acme/nothing"}}]}
    await write(stock, client, unknown, status=404)


WRONG: list[dict[str, Any]] = [
    {"summary": ""},
    {"summary": "two\nlines"},
    {"summary": "x" * 121},
    {"summary": "\u202eevil"},
    {"id": "CVE-2026-1"},
    {"modified": "2026-01-01T00:00:00Z"},
    {"withdrawn": "2026-01-01T00:00:00Z"},
    {"affected": []},
    {"affected": [{"package": {"name": "acme/weather"}}]},
    {"affected": [{**AFFECTED, "package": {"name": "acme/weather", "ecosystem": "PyPI"}}]},
    {"affected": [{**AFFECTED, "ranges": [{"type": "GIT", "events": [{"introduced": "0"}]}]}]},
    {"affected": [{**AFFECTED, "ranges": [{"type": "ECOSYSTEM", "events": [{"fixed": "1.0"}]}]}]},
    {"affected": [{**AFFECTED, "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "no version"}]}]}]},
    {"affected": [{**AFFECTED, "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0", "fixed": "1"}]}]}]},
    {
        "affected": [
            {
                **AFFECTED,
                "ranges": [
                    {
                        "type": "ECOSYSTEM",
                        "events": [{"introduced": "0"}, {"fixed": "1.0"}, {"last_affected": "2.0"}],
                    }
                ],
            }
        ]
    },
    {"affected": [{**AFFECTED, "versions": ["latest"]}]},
    {"affected": [AFFECTED, {**AFFECTED, "package": {"name": "acme/clock"}}]},
    {"affected": [{**AFFECTED, "package": {"name": "no name"}}]},
    {"severity": [{"type": "CVSS_V3", "score": "9.8"}]},
    {"severity": [{"type": "MOOD", "score": "bad"}]},
    {"references": [{"type": "FIX", "url": "javascript:alert(1)"}]},
    {"references": [{"type": "FIX", "url": "http://plain.example/"}]},
    {"aliases": ["not an id"]},
    {"database_specific": {"severity": "VERY"}},
    {"ecosystem_specific": {"x": 1}},
    {"details": 5},
]


@ON_SQLITE
async def test_what_is_no_advisory_is_refused(stock: Stock, client: httpx.AsyncClient) -> None:
    for name in ("acme/clock", "acme/weather"):
        await stock.publish(name)
    for change in WRONG:
        await write(stock, client, {**BODY, **change}, status=422)
    assert (await client.get("/api/v1/advisories")).json() == {"advisories": [], "next": None}
