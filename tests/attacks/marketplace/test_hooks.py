"""Attacks on those who want to be told: by somebody who has always something to be told, and never answers."""

# ruff: noqa: PLR2004 - a test says what it expects where it expects it

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select

from lumosai_marketplace.service import webhooks
from lumosai_marketplace.service.db.models import Delivery, Namespace, Webhook

if TYPE_CHECKING:
    import pytest
    from tests.marketplace.stocked import Stock


async def hooked(stock: Stock, namespace: str, number: int) -> None:
    """Let a namespace have webhooks."""
    await stock.namespace(namespace)
    async with stock.service.sessions() as session, session.begin():
        owner = await session.scalar(select(Namespace.id).where(Namespace.name == namespace))
        assert owner is not None
        for n in range(number):
            url = f"https://{namespace}{n}.example.org/"
            session.add(Webhook(namespace_id=owner, url=url, secret="whsec_", events="*", created=0.0))


async def emit(stock: Stock, namespace: str, times: int) -> None:
    async with stock.service.sessions() as session, session.begin():
        for n in range(times):
            await webhooks.emit(session, "release.yank", f"{namespace}-x", {"n": n})


async def test_a_loop_of_events_keeps_nobody_else_waiting(stock: Stock) -> None:
    await hooked(stock, "loud", 10)
    await hooked(stock, "quiet", 1)
    await emit(stock, "loud", 40)
    await emit(stock, "quiet", 2)
    hosts = [one.url for one in await webhooks.lease(stock.service)]
    assert len(hosts) == webhooks.AT_ONCE
    assert hosts.count("https://quiet0.example.org/") == 2
    assert len(await webhooks.lease(stock.service)) == webhooks.AT_ONCE, "and who is alone has all places"


async def test_what_waits_for_one_webhook_is_bounded(stock: Stock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhooks, "MOST_WAITING", 5)
    await hooked(stock, "loud", 1)
    await emit(stock, "loud", 9)
    async with stock.service.reads() as session:
        assert await session.scalar(select(func.count()).select_from(Delivery)) == 5
