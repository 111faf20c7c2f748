"""Webhooks: put down with what they tell of, signed, delivered once by however many services; on both databases."""

# ruff: noqa: PLR2004 - a test says what it expects where it expects it

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from ipaddress import ip_network
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import func, select
from tests.marketplace.api.hook import Hook, listening
from tests.marketplace.stocked import OTHER, Stock

from lumosai_marketplace.names import Name
from lumosai_marketplace.service import outward, states, webhooks
from lumosai_marketplace.service.db.models import Delivery
from lumosai_marketplace.service.outward import Gate
from lumosai_marketplace.service.settings import WebhookSettings

if TYPE_CHECKING:
    import httpx

LOOPBACK = (ip_network("127.0.0.0/8"),)


@pytest.fixture
async def hook(stock: Stock) -> AsyncIterator[Hook]:
    object.__setattr__(stock.service.settings, "webhooks", WebhookSettings(networks=LOOPBACK))
    async with listening() as made:
        yield made


async def add(stock: Stock, client: httpx.AsyncClient, url: str, *events: str, status: int = 201) -> Any:
    await stock.namespace("acme")
    body = {"url": url, **({"events": list(events)} if events else {})}
    answer = await client.post("/api/v1/namespaces/acme/webhooks", json=body, headers=await stock.token())
    assert answer.status_code == status, answer.text
    return answer.json()


async def deliver(stock: Stock) -> int:
    gate = Gate(LOOPBACK)
    async with outward.client(gate) as session:
        return await webhooks.deliver(stock.service, session, gate)


async def test_what_happens_arrives_signed(stock: Stock, client: httpx.AsyncClient, hook: Hook) -> None:
    made = await add(stock, client, hook.url)
    await stock.publish("acme/weather")
    assert await deliver(stock) == 1
    ((headers, body),) = hook.got
    assert json.loads(body)["type"] == "release.published"
    assert json.loads(body)["data"]["plugin"] == "acme/weather"
    key = base64.b64decode(made["secret"].removeprefix("whsec_"))
    content = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"
    assert int(headers["webhook-timestamp"]) == int(stock.now)
    assert await deliver(stock) == 0


async def test_only_the_events_that_were_asked_for_of_ones_own_namespace(
    stock: Stock, client: httpx.AsyncClient, hook: Hook
) -> None:
    await add(stock, client, hook.url, "release.yank")
    await stock.publish("acme/weather")
    await stock.publish("other/weather")
    await states.set_release(stock.service, Name.parse("other/weather"), "1.0.0", "yank", "", "tests")
    assert await deliver(stock) == 0
    await states.set_release(stock.service, Name.parse("acme/weather"), "1.0.0", "yank", "", "tests")
    assert await deliver(stock) == 1
    assert json.loads(hook.got[0][1])["type"] == "release.yank"


async def test_what_was_rolled_back_is_not_told(stock: Stock, client: httpx.AsyncClient, hook: Hook) -> None:
    await add(stock, client, hook.url)
    async with stock.service.sessions() as session, session.begin() as transaction:
        assert await webhooks.emit(session, "release.published", "acme-weather", {}) == 1
        await transaction.rollback()
    assert await deliver(stock) == 0


async def test_two_services_deliver_each_event_once(stock: Stock, client: httpx.AsyncClient, hook: Hook) -> None:
    await add(stock, client, hook.url)
    for number in range(40):
        async with stock.service.sessions() as session, session.begin():
            await webhooks.emit(session, "release.published", "acme-weather", {"number": number})
    rounds = [await asyncio.gather(deliver(stock), deliver(stock), deliver(stock)) for _ in range(4)]
    assert sum(map(sum, rounds)) == 40
    numbers = [json.loads(body)["data"]["number"] for _, body in hook.got]
    assert sorted(numbers) == list(range(40))
    assert len({headers["webhook-id"] for headers, _ in hook.got}) == 40


async def test_it_is_tried_again_with_longer_pauses_and_given_up(
    stock: Stock, client: httpx.AsyncClient, hook: Hook
) -> None:
    made = await add(stock, client, hook.url)
    hook.status = 500
    await stock.publish("acme/weather")
    pauses, last = [], stock.now
    for _ in range(100_000):
        if await deliver(stock):
            pauses.append(stock.now - last)
            last = stock.now
        waiting = await _due(stock)
        if waiting is None:
            break
        stock.now = waiting
    assert len(hook.got) == 1 + len(webhooks.PAUSES)
    assert pauses == sorted(pauses)
    assert len({headers["webhook-id"] for headers, _ in hook.got}) == 1
    path = f"/api/v1/namespaces/acme/webhooks/{made['id']}/deliveries"
    told = (await client.get(path, headers=await stock.token())).json()["items"]
    assert [(d["state"], d["attempts"], d["answer"]) for d in told] == [("given up", 8, "HTTP 500")]


async def _due(stock: Stock) -> float | None:
    async with stock.service.reads() as session:
        found: float | None = await session.scalar(select(func.min(Delivery.due)).where(Delivery.done.is_(None)))
        return found


async def test_who_dies_with_a_lease_is_followed_by_another(
    stock: Stock, client: httpx.AsyncClient, hook: Hook
) -> None:
    await add(stock, client, hook.url)
    await stock.publish("acme/weather")
    (dead,) = await webhooks.lease(stock.service)
    assert await deliver(stock) == 0
    stock.now += webhooks.LEASE_SECONDS + 1
    assert await deliver(stock) == 1
    await webhooks._settle(stock.service, dead, arrived=False, gone=False, answer="late")  # changes nothing any more
    assert await _due(stock) is None
    assert hook.got[0][0]["webhook-id"] == f"msg_{dead.id}"


async def test_410_takes_the_webhook_away(stock: Stock, client: httpx.AsyncClient, hook: Hook) -> None:
    await add(stock, client, hook.url)
    hook.status = 410
    await stock.publish("acme/weather")
    assert await deliver(stock) == 1
    listed = await client.get("/api/v1/namespaces/acme/webhooks", headers=await stock.token())
    assert listed.json()["items"] == []


async def test_the_secret_is_told_once_and_to_owners_only(stock: Stock, client: httpx.AsyncClient, hook: Hook) -> None:
    made = await add(stock, client, hook.url)
    assert made["secret"].startswith("whsec_")
    path = "/api/v1/namespaces/acme/webhooks"
    assert [h["secret"] for h in (await client.get(path, headers=await stock.token())).json()["items"]] == [None]
    stranger = await stock.token(OTHER)
    assert (await client.get(path, headers=stranger)).status_code == 403
    assert (await client.get(path)).status_code == 401
    assert (await client.delete(f"{path}/{made['id']}", headers=stranger)).status_code == 403
    assert (await client.delete(f"{path}/{made['id']}", headers=await stock.token())).status_code == 204


async def test_events_and_numbers_are_limited(stock: Stock, client: httpx.AsyncClient, hook: Hook) -> None:
    await add(stock, client, hook.url, "release.exploded", status=422)
    for _ in range(webhooks.MOST_PER_NAMESPACE):
        await add(stock, client, hook.url)
    await add(stock, client, hook.url, status=409)
