"""Webhooks: events are put down in the transaction that they tell of, delivered until they arrive or are given up.

Signed as Standard Webhooks has it (``webhook-id``, ``webhook-timestamp``, ``webhook-signature``). Several services
share the queue: who delivers an event has leased it, so that it goes out twice only if its service died meanwhile, and
then with the same id.
"""

from __future__ import annotations

import asyncio
import base64
import hmac
import itertools
import json
import logging
import random
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import delete, func, select, update

from lumosai_marketplace.service.db.models import Delivery, Namespace, Webhook
from lumosai_marketplace.service.outward import Gate, client, post
from lumosai_sdk import safe
from lumosai_sdk.errors import InputError, LumosError

if TYPE_CHECKING:
    import aiohttp
    from sqlalchemy.ext.asyncio import AsyncSession

    from lumosai_marketplace.service.state import Service

log = logging.getLogger("lumosai.marketplace")
ANY: Final = "*"
PREFIX: Final = "whsec_"
PAUSES: Final = (5, 30, 120, 600, 3600, 4 * 3600, 12 * 3600)
"""Seconds before each further attempt; after the last the event is given up."""
LEASE_SECONDS: Final = 60.0
POLL_SECONDS: Final = 2.0
AT_ONCE: Final = 16
KEPT_SECONDS: Final = 7 * 86_400.0
MOST_PER_NAMESPACE: Final = 10
MOST_WAITING: Final = 500
"""Events that wait for one webhook; more are not told to it."""
_FORGET_TURNS = 1800
_GONE = 410
_OK = range(200, 300)


@dataclass(frozen=True, slots=True)
class Leased:
    """A delivery that this process makes. ``attempt`` counts from 1."""

    id: int
    attempt: int
    event: str
    body: str
    url: str
    secret: str
    webhook_id: int


async def emit(session: AsyncSession, event: str, subject: str, body: Mapping[str, Any]) -> int:
    """Put an event down for all that want to be told of *subject*, a namespace or a plugin's wire name.

    It is delivered once the session's transaction is there for good, and not at all if it is rolled back.
    """
    query = select(Webhook).join(Namespace, Namespace.id == Webhook.namespace_id)
    hooks = (await session.scalars(query.where(Namespace.name == subject.partition("-")[0]))).all()
    wanted = [h for h in hooks if {ANY, event} & set(h.events.split())]
    text = json.dumps({"type": event, "data": dict(body)}, ensure_ascii=False, separators=(",", ":"))
    for hook in wanted:
        queue = select(func.count()).where(Delivery.webhook_id == hook.id, Delivery.done.is_(None))
        if (await session.scalar(queue) or 0) >= MOST_WAITING:
            continue  # it has not answered for so long that it has to look for itself
        session.add(Delivery(webhook_id=hook.id, event=event, body=text, attempts=0, due=0.0, done=None, answer=""))
    return len(wanted)


async def keep(service: Service) -> None:
    """Deliver what is due. Ends when it is cancelled; what is under way then goes out again, with the same id."""
    gate = Gate(service.settings.webhooks.networks)
    async with client(gate) as session:
        turns = itertools.count()
        while True:
            done = 0
            try:
                if next(turns) % _FORGET_TURNS == 0:
                    await forget(service)
                done = await deliver(service, session, gate)
            except Exception as e:  # noqa: BLE001 - tried again
                log.warning("webhooks failed: %s", safe.line(f"{type(e).__name__}: {e}")[:500])
            if done < AT_ONCE:
                await asyncio.sleep(POLL_SECONDS)


async def deliver(service: Service, session: aiohttp.ClientSession, gate: Gate) -> int:
    """Make the deliveries that are due, at most ``AT_ONCE``; return how many were tried."""
    leased = await lease(service)
    await asyncio.gather(*(_deliver(service, session, gate, one) for one in leased))
    return len(leased)


async def lease(service: Service) -> list[Leased]:
    """Take deliveries that are due for this process; nobody else gets them before the lease is over."""
    now = service.clock()
    waiting = Delivery.done.is_(None), Delivery.due <= now
    async with service.reads() as session:
        if await session.scalar(select(Delivery.id).where(*waiting).limit(1)) is None:
            return []
    # In turn by namespace: who never answers, and has always something to be told, does not keep the others waiting.
    turn = func.row_number().over(partition_by=Webhook.namespace_id, order_by=(Delivery.due, Delivery.id))
    turns = select(Delivery.id, turn.label("turn")).join(Webhook, Webhook.id == Delivery.webhook_id).where(*waiting)
    ranked = turns.subquery()
    first = select(ranked.c.id).where(ranked.c.turn <= AT_ONCE).order_by(ranked.c.turn, ranked.c.id).limit(AT_ONCE)
    due = select(Delivery.id).where(Delivery.id.in_(first), *waiting)
    async with service.sessions() as session, session.begin():
        ids = (await session.scalars(due.with_for_update(skip_locked=True))).all()
        if not ids:
            return []
        taken = update(Delivery).where(Delivery.id.in_(ids))
        await session.execute(taken.values(due=now + LEASE_SECONDS, attempts=Delivery.attempts + 1))
        query = select(Delivery, Webhook).join(Webhook, Webhook.id == Delivery.webhook_id)
        rows = await session.execute(query.where(Delivery.id.in_(ids)).order_by(Delivery.id))
        return [Leased(d.id, d.attempts, d.event, d.body, h.url, h.secret, h.id) for d, h in rows]


async def _deliver(service: Service, session: aiohttp.ClientSession, gate: Gate, one: Leased) -> None:
    body, now = one.body.encode(), service.clock()
    status, answer = 0, ""
    try:
        status = await post(session, gate, one.url, body, signed(one.secret, f"msg_{one.id}", int(now), body))
        answer = f"HTTP {status}"
    except LumosError as e:
        answer = e.message
    except TimeoutError:
        answer = "no answer in time"
    except OSError as e:
        answer = f"no connection: {e}" if str(e).isidentifier() else "no connection"
    await _settle(service, one, arrived=status in _OK, gone=status == _GONE, answer=answer)


async def _settle(service: Service, one: Leased, *, arrived: bool, gone: bool, answer: str) -> None:
    """Note how it went, unless the lease was lost to another."""
    now = service.clock()
    values: dict[str, Any] = {"answer": safe.line(answer)[:200]}
    if arrived or gone or one.attempt > len(PAUSES):
        values["done"] = now
    else:
        values["due"] = now + PAUSES[one.attempt - 1] * random.uniform(0.8, 1.2)  # noqa: S311 - spreads the load
    async with service.sessions() as session, session.begin():
        mine = update(Delivery).where(Delivery.id == one.id, Delivery.attempts == one.attempt, Delivery.done.is_(None))
        await session.execute(mine.values(**values))
        if gone:  # its owner has taken it away
            await session.execute(delete(Webhook).where(Webhook.id == one.webhook_id, Webhook.url == one.url))


async def forget(service: Service) -> None:
    """Forget what was delivered, or given up, long ago."""
    async with service.sessions() as session, session.begin():
        await session.execute(delete(Delivery).where(Delivery.done < service.clock() - KEPT_SECONDS))


def signed(secret: str, message_id: str, at: int, body: bytes) -> dict[str, str]:
    """Return the headers of a delivery, signature included (Standard Webhooks 1.0, symmetric)."""
    content = b".".join((message_id.encode(), str(at).encode(), body))
    mac = hmac.new(base64.b64decode(secret.removeprefix(PREFIX)), content, "sha256").digest()
    return {
        "content-type": "application/json",
        "user-agent": "lumosai-marketplace",
        "webhook-id": message_id,
        "webhook-timestamp": str(at),
        "webhook-signature": f"v1,{base64.b64encode(mac).decode()}",
    }


def new_secret() -> str:
    """Return a secret for signatures, as Standard Webhooks writes one."""
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def check_events(events: Sequence[str]) -> str:
    """Return the events as they are kept. Raises InputError."""
    known = {ANY, *EVENTS}
    if not events or (unknown := sorted(set(events) - known)):
        said = f"{unknown[0][:40]!r} is no event; there are" if events else "name an event at least; there are"
        raise InputError(f"{said}: {', '.join(sorted(known))}")
    return " ".join(sorted(set(events)))


EVENTS: Final = (
    "release.published",
    "release.yank",
    "release.unyank",
    "release.quarantine",
    "release.release",
    "project.archive",
    "project.unarchive",
    "project.quarantine",
    "project.release",
    "advisory.published",
    "advisory.withdrawn",
)
