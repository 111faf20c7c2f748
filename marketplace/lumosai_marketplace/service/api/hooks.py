"""Webhooks of a namespace, for its owners."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import func, select

from lumosai_marketplace.names import NAMESPACE
from lumosai_marketplace.service import audit, publishers, webhooks
from lumosai_marketplace.service.api.models import DeliveryModel, Listed, WebhookModel, at
from lumosai_marketplace.service.db.models import Delivery, Namespace, Webhook
from lumosai_marketplace.service.outward import MAX_URL, Gate
from lumosai_marketplace.service.people import Person, SignedIn
from lumosai_marketplace.service.state import Shared
from lumosai_sdk.errors import ConflictError, NotFoundError, PermissionDeniedError

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

router = APIRouter(prefix="/namespaces/{namespace}/webhooks", tags=["webhooks"])
Segment = Annotated[str, Path(pattern=f"^{NAMESPACE}$")]
_SHOWN = 50


class NewWebhook(BaseModel):
    """Where to tell of which events; `*` for all of them."""

    model_config = ConfigDict(extra="forbid")

    url: Annotated[str, Field(max_length=MAX_URL)]
    events: Annotated[list[Annotated[str, Field(max_length=64)]], Field(min_length=1, max_length=32)] = ["*"]


@router.get("")
async def listed(service: Shared, person: SignedIn, namespace: Segment) -> Listed[WebhookModel]:
    """List the webhooks."""
    async with service.reads() as session:
        owned = await _owned(session, person, namespace)
        found = await session.scalars(select(Webhook).where(Webhook.namespace_id == owned.id).order_by(Webhook.id))
        return Listed(items=[_shown(h) for h in found])


@router.post("", status_code=201)
async def add(service: Shared, person: SignedIn, namespace: Segment, body: NewWebhook) -> WebhookModel:
    """Add a webhook. The answer has its secret, which is not told again."""
    Gate(service.settings.webhooks.networks).check(body.url)
    events = webhooks.check_events(body.events)
    async with service.sessions() as session, session.begin():
        owned = await _owned(session, person, namespace)
        count = select(func.count()).select_from(Webhook).where(Webhook.namespace_id == owned.id)
        if (await session.scalar(count) or 0) >= webhooks.MOST_PER_NAMESPACE:
            raise ConflictError(f"{namespace} has {webhooks.MOST_PER_NAMESPACE} webhooks already: remove one first")
        made = Webhook(
            namespace_id=owned.id,
            url=body.url,
            secret=webhooks.new_secret(),
            events=events,
            created=service.clock(),
        )
        session.add(made)
        await session.flush()
        await audit.record(session, service.clock(), person.subject, "webhook.add", namespace, {"id": made.id})
    return _shown(made, secret=made.secret)


@router.delete("/{webhook_id}", status_code=204)
async def remove(service: Shared, person: SignedIn, namespace: Segment, webhook_id: int) -> Response:
    """Remove a webhook, and what is on its way there."""
    async with service.sessions() as session, session.begin():
        await session.delete(await _find(session, person, namespace, webhook_id))
        await audit.record(session, service.clock(), person.subject, "webhook.remove", namespace, {"id": webhook_id})
    return Response(status_code=204)


@router.get("/{webhook_id}/deliveries")
async def deliveries(service: Shared, person: SignedIn, namespace: Segment, webhook_id: int) -> Listed[DeliveryModel]:
    """List the newest deliveries, and how they went."""
    async with service.reads() as session:
        hook = await _find(session, person, namespace, webhook_id)
        query = select(Delivery).where(Delivery.webhook_id == hook.id).order_by(Delivery.id.desc()).limit(_SHOWN)
        return Listed(items=[_delivery(d) for d in await session.scalars(query)])


async def _owned(session: AsyncSession, person: Person, name: str) -> Namespace:
    found = await session.scalar(select(Namespace).where(Namespace.name == name))
    if found is None:
        raise NotFoundError("namespace", name)
    if not person.admin and await publishers.role(session, found, person.id) != "owner":
        raise PermissionDeniedError(f"the webhooks of {name} are for its owners")
    return found


async def _find(session: AsyncSession, person: Person, namespace: str, webhook_id: int) -> Webhook:
    owned = await _owned(session, person, namespace)
    found = await session.get(Webhook, webhook_id) if 0 < webhook_id < 1 << 31 else None
    if found is None or found.namespace_id != owned.id:
        raise NotFoundError("webhook", str(webhook_id))
    return found


def _shown(hook: Webhook, secret: str | None = None) -> WebhookModel:
    return WebhookModel(id=hook.id, url=hook.url, events=hook.events.split(), created=at(hook.created), secret=secret)


def _delivery(one: Delivery) -> DeliveryModel:
    arrived = one.answer.startswith("HTTP 2")
    state = "waiting" if one.done is None else "delivered" if arrived else "given up"
    return DeliveryModel(id=f"msg_{one.id}", event=one.event, attempts=one.attempts, state=state, answer=one.answer)
