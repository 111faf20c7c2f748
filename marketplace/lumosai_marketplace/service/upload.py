"""``POST /legacy/``: the upload that twine, uv and ``lumos plugin publish`` make."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse
from sqlalchemy import select

from lumosai_marketplace.errors import RateLimitedError, RefusedError
from lumosai_marketplace.names import Name
from lumosai_marketplace.service import checking, credentials, pending, publishers
from lumosai_marketplace.service.credentials import Bearer
from lumosai_marketplace.service.db.models import Namespace
from lumosai_marketplace.service.metrics import Metrics
from lumosai_marketplace.service.multipart import Form, read_form
from lumosai_marketplace.service.pending import Candidate
from lumosai_marketplace.service.problems import SignInError
from lumosai_marketplace.service.ratelimit import Limiter
from lumosai_marketplace.service.scanning import scan
from lumosai_marketplace.service.state import Service, Shared
from lumosai_marketplace.wheels.wheel import Wheel
from lumosai_sdk.errors import LumosError, PermissionDeniedError

router = APIRouter(tags=["publish"])
AT_ONCE = 2
"""Uploads of one owner at the same time: nobody takes all places."""

_WAIT = 30.0


@router.post("/legacy/", response_class=PlainTextResponse)
async def upload(request: Request, service: Shared) -> PlainTextResponse:
    """Take a wheel and its two attestations. The same file again changes nothing."""
    metrics: Metrics = request.app.state.metrics
    bearer = await _bearer(request, service)
    try:
        async with _place(service, bearer):
            form = await read_form(request, service.settings.limits)
            published = await publish(service, bearer, form)
    except LumosError as e:
        metrics.count("uploads", "outcome", getattr(e, "rule", e.code))
        raise
    metrics.count("uploads", "outcome", "published")
    return PlainTextResponse(f"{published}\n")


async def publish(service: Service, bearer: Bearer, form: Form) -> str:
    """Do all that an upload is, from its form to a release that is there for everybody; return its name.

    Raises what refuses it; there is then neither a release nor a file of it.
    """
    data = await asyncio.to_thread(checking.check_form, form)
    given = checking.attestations(form)
    wheel = await asyncio.to_thread(checking.read, form, data, native=service.settings.publishing.native)
    await _check_scope(service, bearer, wheel.name)
    verified = await asyncio.to_thread(checking.verify, service.verifier, wheel, given)
    async with service.reads() as session:
        checking.check_publisher(verified, await publishers.for_name(session, wheel.name), wheel)
    candidate = Candidate(wheel, pending.digest(wheel.metadata), verified, given)
    name = f"{wheel.name} {wheel.version}"
    if (lease := await pending.claim(service, candidate)) is None:
        return f"{name} is published already"
    async with pending.alive(service, lease):
        await _keep(service, wheel, data)
        await scan(service, wheel.sha256, name)
        await pending.activate(service, lease, name, bearer.actor)
    return f"{name} is published"


async def _keep(service: Service, wheel: Wheel, data: bytes) -> None:
    await service.blobs.put(wheel.metadata)
    if await service.blobs.put(data) != wheel.sha256:
        raise RefusedError("guard.digest", "the file changed while it was read")


async def _bearer(request: Request, service: Service) -> Bearer:
    """Return who uploads, before a byte of the body is read. Raises SignInError, RateLimitedError."""
    secret = credentials.told(request.headers.get("authorization", ""))
    async with service.reads() as session:
        bearer = await credentials.find(session, secret, service.clock()) if secret else None
    if bearer is None:
        raise SignInError(
            "an upload needs a token that is valid", hint="user __token__, and the token as password", scheme="Basic"
        )
    limiter = service.shared.setdefault("upload.limiter", Limiter(service.settings.limits.uploads_per_hour, 3600))
    limiter.take(bearer.owner, "uploads")
    return bearer


@asynccontextmanager
async def _place(service: Service, bearer: Bearer) -> AsyncIterator[None]:
    """Hold one of the places for uploads. Raises RateLimitedError when none becomes free."""
    busy: dict[str, int] = service.shared.setdefault("upload.busy", {})
    if busy.get(bearer.owner, 0) >= AT_ONCE:
        raise RateLimitedError(f"{AT_ONCE} uploads of yours are under way", 5)
    busy[bearer.owner] = busy.get(bearer.owner, 0) + 1
    try:
        try:
            await asyncio.wait_for(service.uploads.acquire(), _WAIT)
        except TimeoutError:
            raise RateLimitedError("too many uploads are under way", _WAIT) from None
        try:
            yield
        finally:
            service.uploads.release()
    finally:
        busy[bearer.owner] -= 1
        if not busy[bearer.owner]:
            del busy[bearer.owner]


async def _check_scope(service: Service, bearer: Bearer, name: Name) -> None:
    """Refuse a token of another project. Who may not is not told whether the project is there."""
    async with service.reads() as session:
        namespace = await session.scalar(select(Namespace).where(Namespace.name == name.namespace))
        if namespace is not None and await publishers.may_upload(session, bearer, namespace, name):
            return
    raise PermissionDeniedError(
        f"this token is not for {name}",
        hint=f"the namespace {name.namespace} has to be yours and proven, and the token made for it",
    )
