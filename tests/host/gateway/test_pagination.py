"""Lists in pages: whole, each entry once, whatever comes and goes meanwhile; a cursor that was made up is refused."""

# ruff: noqa: PLR2004 - a status says what it is
from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest

from lumosai.gateway import pages

Open = Callable[..., Any]


async def walk(client: Any, path: str, meanwhile: Any = None) -> list[Any]:
    """Return all entries of a list, page by page, as its ``Link`` headers lead; between pages something happens."""
    found: list[Any] = []
    following: str | None = path
    while following is not None:
        answer = await client.get(following)
        assert answer.status_code == 200, answer.text
        body = answer.json()
        found += body["data"]
        link = answer.headers.get("link")
        assert body["has_more"] == (link is not None) == (body["next_cursor"] is not None)
        following = None
        if link is not None:
            assert link.endswith('>; rel="next"')
            following = link.removeprefix("<").removesuffix('>; rel="next"')
            assert f"cursor={body['next_cursor']}" in following
        if meanwhile is not None:
            await meanwhile()
    return found


async def test_runs_that_begin_meanwhile_shift_nothing(gateway: Open) -> None:
    async with gateway() as g:
        made = [(await g.run(str(i))).json()["run_id"] for i in range(7)]
        found = await walk(g.client, "/v1/runs?limit=2&agent=echo", g.run)
        assert [r["id"] for r in found] == made[::-1]
        assert all(set(r) == set(found[0]) and "request" not in r for r in found)


@pytest.mark.parametrize("storage", ["memory", "sqlite"])
async def test_what_a_cursor_points_at_may_be_gone_or_have_moved(gateway: Open, storage: str) -> None:
    async with gateway(storage={"use": storage}) as g:
        for i in range(7):
            assert (await g.client.post("/v1/threads", json={"id": f"t{i}"})).status_code == 201
        gone = (await g.client.get("/v1/threads?limit=3")).json()["next_cursor"]
        assert (await g.client.delete("/v1/threads/t4")).status_code == 204
        rest = (await g.client.get(f"/v1/threads?limit=3&cursor={gone}")).json()
        assert [t["id"] for t in rest["data"]] == ["t3", "t2", "t1"]
        moved = rest["next_cursor"]
        await g.client.patch("/v1/threads/t1", json={"title": "in use again"})
        last = (await g.client.get(f"/v1/threads?limit=3&cursor={moved}")).json()
        assert ([t["id"] for t in last["data"]], last["has_more"]) == (["t0"], False)


async def test_a_list_too_long_to_go_through_begins_anew(gateway: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    async with gateway() as g:
        for i in range(6):
            await g.client.post("/v1/threads", json={"id": f"t{i}"})
        cursor = (await g.client.get("/v1/threads?limit=5")).json()["next_cursor"]
        await g.client.delete("/v1/threads/t1")
        monkeypatch.setattr(pages, "_SCAN", 2)
        monkeypatch.setattr(pages, "_SCANS", 2)
        lost = await g.client.get(f"/v1/threads?limit=5&cursor={cursor}")
        assert (lost.status_code, lost.json()["errors"][0]["field"]) == (422, "query.cursor")


async def test_messages_are_paged_from_the_end_while_more_come(gateway: Open) -> None:
    async with gateway() as g:
        await g.client.post("/v1/threads", json={"id": "t"})

        async def say(text: str = "late") -> None:
            await g.client.post("/v1/threads/t/messages", json={"messages": [{"role": "user", "content": text}]})

        for i in range(7):
            await say(str(i))
        found = await walk(g.client, "/v1/threads/t/messages?limit=3", say)
        assert [m["content"] for m in found] == ["4", "5", "6", "1", "2", "3", "0"]


async def test_events_are_paged_by_their_numbers(gateway: Open) -> None:
    async with gateway() as g:
        run = (await g.run()).json()["run_id"]
        whole = (await g.client.get(f"/v1/runs/{run}/events")).json()
        assert (whole["has_more"], whole["next_cursor"]) == (False, None)
        assert await walk(g.client, f"/v1/runs/{run}/events?limit=2") == whole["data"]
        after = (await g.client.get(f"/v1/runs/{run}/events?after=2&limit=1")).json()["data"]
        assert [e["seq"] for e in after] == [3]


async def test_runs_since_a_time(gateway: Open) -> None:
    async with gateway() as g:
        for i in range(3):
            await g.run(str(i))
        times = sorted(r["created_at"] for r in (await g.client.get("/v1/runs")).json()["data"])
        for since, count in (("2020-01-01T00:00:00Z", 3), ("2999-01-01T00:00:00%2B01:00", 0)):
            answer = await g.client.get(f"/v1/runs?since={since}")
            assert (len(answer.json()["data"]), answer.json()["has_more"]) == (count, False)
        paged = await walk(g.client, "/v1/runs?limit=1&since=2020-01-01T00:00:00Z")
        assert [r["created_at"] for r in paged] == times[::-1]
        for wrong in ("yesterday", "2026-11-23T07:00:00", "0.5", "1795424197"):
            answer = await g.client.get(f"/v1/runs?since={wrong}")
            assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "query.since"), wrong


def forged(place: Any, mark: bytes = b"\0" * pages.MARK) -> str:
    raw = place if isinstance(place, bytes) else json.dumps(place).encode()
    return urlsafe_b64encode(mark + raw).rstrip(b"=").decode()


FORGED = [
    "",
    "x",
    "????",
    "ä",
    "A" * 1024,
    "A" * 1025,
    forged(b""),
    forged(b"{"),
    forged([1795418540.0, "run_1"]),
    forged(b"[" * 600),
    forged(b"\xff\xfe"),
    forged({"a": 1}),
]
LISTS = ["/v1/runs", "/v1/threads", "/v1/threads/t/messages", "/v1/runs/{run}/events", "/v1/usage/callers"]


async def test_a_made_up_cursor_is_refused_and_never_a_failure(gateway: Open) -> None:
    async with gateway() as g:
        run = (await g.run(thread_id="t")).json()["run_id"]
        for path in LISTS:
            for cursor in FORGED:
                answer = await g.client.get(f"{path.format(run=run)}?cursor={quote(cursor)}")
                assert answer.status_code == 422, (path, cursor, answer.text)
                assert answer.json()["errors"][0]["field"] == "query.cursor"


async def test_a_cursor_is_good_for_its_own_list_and_filters(gateway: Open) -> None:
    async with gateway() as g:
        for i in range(3):
            await g.run(str(i), thread_id=f"t{i}")
        runs = (await g.client.get("/v1/runs?limit=1")).json()["next_cursor"]
        assert (await g.client.get(f"/v1/runs?limit=2&cursor={runs}")).status_code == 200
        for other in ("/v1/runs?agent=echo&", "/v1/runs?status=completed&", "/v1/threads?"):
            assert (await g.client.get(f"{other}cursor={runs}")).status_code == 422, other
        raw = bytearray(urlsafe_b64decode(runs + "=" * (-len(runs) % 4)))
        for place in range(len(raw)):
            turned = bytearray(raw)
            turned[place] ^= 1
            cursor = urlsafe_b64encode(bytes(turned)).decode().rstrip("=")
            assert (await g.client.get(f"/v1/runs?cursor={cursor}")).status_code == 422, place


async def test_numbers_that_are_none_lead_nowhere(gateway: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """The checksum is no secret: whoever works it out for another place still reads only what it may."""
    async with gateway() as g:
        await g.run()
        monkeypatch.setattr(pages, "_mark", lambda *_: b"\0" * pages.MARK)
        for place in ([float("nan"), "x"], [float("inf"), "\0"], [1e308, "\ud800"], [-1.0, "x" * 300]):
            answer = await g.client.get(f"/v1/runs?cursor={forged(place)}")
            assert answer.status_code in {200, 422}, answer.text
        for wrong in ([1, "x"], [1.0], [1.0, 2], ["x", 1.0], [1.0, "x", 1], 1.0):
            assert (await g.client.get(f"/v1/runs?cursor={forged(wrong)}")).status_code == 422, wrong


async def test_conversations_items_keep_openai_s_shape(gateway: Open) -> None:
    async with gateway() as g:
        items = {"items": [{"role": "user", "content": str(i)} for i in range(3)]}
        made = (await g.client.post("/v1/conversations", json=items)).json()["id"]
        page = (await g.client.get(f"/v1/conversations/{made}/items?limit=2")).json()
        assert set(page) == {"object", "data", "first_id", "last_id", "has_more"}
        rest = (await g.client.get(f"/v1/conversations/{made}/items?limit=2&after={page['last_id']}")).json()
        assert (len(rest["data"]), rest["has_more"]) == (1, False)
