"""People: signing in with a browser, approving a device, making upload tokens."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import func, select, update

from lumosai_marketplace.names import NAMESPACE, PLUGIN
from lumosai_marketplace.service import accountpages, audit, credentials, devices
from lumosai_marketplace.service.db.models import Token
from lumosai_marketplace.service.people import (
    SignedIn,
    begin_session,
    end_session,
    is_own_page,
    person_of,
    sign_in,
)
from lumosai_marketplace.service.ratelimit import Limiter
from lumosai_marketplace.service.state import Service, Shared
from lumosai_sdk.errors import ConflictError, NotFoundError, PermissionDeniedError

router = APIRouter(tags=["accounts"])
router.include_router(devices.router)
Scope = Annotated[str, Field(pattern=rf"^{NAMESPACE}-(\*|{PLUGIN})$", max_length=64)]
Number = Annotated[int, Path(ge=1, lt=1 << 31)]
MOST_TOKENS = 200
"""Tokens of a person that are good, sign-ins among them."""
_DAY = 86_400


class NewToken(BaseModel):
    """An upload token that is wanted: for ``acme-weather``, or ``acme-*``."""

    model_config = ConfigDict(extra="forbid")

    projects: Annotated[list[Scope], Field(min_length=1, max_length=50)]
    label: Annotated[str, Field(max_length=80)] = ""
    days: Annotated[int, Field(ge=1, le=365)] = 90


@router.get("/login/device", response_class=HTMLResponse, include_in_schema=False)
async def device_page(request: Request, service: Shared, user_code: str = "") -> Response:
    """Show who asks to be let in; or first the form to sign in."""
    person = await person_of(request, service)
    if person is None:
        return accountpages.sign_in(service.settings.title, user_code)
    if not user_code:
        return accountpages.enter_code(service.settings.title, person.subject)
    _slowly(service, person.id)
    try:
        login = await devices.waiting(service, user_code)
    except NotFoundError as e:
        return accountpages.enter_code(service.settings.title, person.subject, e.message, 404)
    return accountpages.approve(service.settings.title, person.subject, login)


@router.post("/login/device", response_class=HTMLResponse, include_in_schema=False)
async def decide(request: Request, service: Shared, person: SignedIn) -> Response:
    """Let the device in, or not."""
    _slowly(service, person.id)
    form = await request.form(max_files=0, max_fields=8)
    login = await devices.waiting(service, str(form.get("user_code", "")))
    approved = form.get("decision") == "approve"
    await devices.decide(service, login, person, approved=approved)
    return accountpages.decided(service.settings.title, approved=approved)


@router.post("/login", response_class=HTMLResponse, include_in_schema=False)
async def login(request: Request, service: Shared) -> Response:
    """Sign in with a password."""
    if not is_own_page(request, service):
        raise PermissionDeniedError("only this service's own page signs people in")
    form = await request.form(max_files=0, max_fields=8)
    code = str(form.get("user_code", ""))[:16]
    person = await sign_in(request, service, str(form.get("subject", "")), str(form.get("password", "")))
    if person is None:
        return accountpages.sign_in(service.settings.title, code, "Name or password is wrong.", 401)
    response = RedirectResponse(f"/login/device?user_code={quote(code)}", 303)
    await begin_session(service, response, person)
    return response


@router.post("/logout", include_in_schema=False)
async def logout(request: Request, service: Shared) -> Response:
    """Sign out of the browser."""
    if not is_own_page(request, service):
        raise PermissionDeniedError("only this service's own page signs people out")
    response = RedirectResponse("/login/device", 303)
    await end_session(service, request, response)
    return response


@router.get("/api/v1/me")
async def me(person: SignedIn) -> dict[str, Any]:
    """Tell who is signed in."""
    return {"subject": person.subject, "admin": person.admin}


@router.get("/api/v1/tokens")
async def tokens(service: Shared, person: SignedIn) -> dict[str, Any]:
    """List one's tokens: what they are for, and not their secrets, which are not kept."""
    async with service.reads() as session:
        found = await session.scalars(select(Token).where(Token.user_id == person.id).order_by(Token.id))
        return {"tokens": [_told(t) for t in found]}


@router.post("/api/v1/tokens", status_code=201)
async def new_token(body: NewToken, service: Shared, person: SignedIn) -> dict[str, Any]:
    """Make an upload token. Its secret is in this answer and nowhere else."""
    projects, now = " ".join(sorted(set(body.projects))), service.clock()
    async with service.sessions() as session, session.begin():
        live = Token.user_id == person.id, Token.revoked.is_(None), Token.expires > now
        if (await session.scalar(select(func.count()).where(*live)) or 0) >= MOST_TOKENS:
            raise ConflictError(f"you have {MOST_TOKENS} tokens already: revoke one first")
        seconds = float(body.days * _DAY)
        secret = await credentials.issue(
            session, projects=projects, label=body.label, created=now, seconds=seconds, user_id=person.id
        )
        await audit.record(session, now, person.subject, "token.make", person.subject, {"projects": projects})
    return {"token": secret, "projects": projects.split(), "expires": now + seconds}


@router.delete("/api/v1/tokens/{token_id}", status_code=204)
async def revoke_token(token_id: Number, service: Shared, person: SignedIn) -> Response:
    """Make one of one's tokens worthless."""
    async with service.sessions() as session, session.begin():
        token = await session.get(Token, token_id)
        if token is None or token.user_id != person.id:
            raise NotFoundError("token", str(token_id))
        if token.revoked is None:
            await session.execute(update(Token).where(Token.id == token_id).values(revoked=service.clock()))
            await audit.record(
                session, service.clock(), person.subject, "token.revoke", person.subject, {"token": token_id}
            )
    return Response(status_code=204)


def _told(token: Token) -> dict[str, Any]:
    kept = {"id": token.id, "label": token.label, "projects": token.projects.split()}
    return {**kept, "created": token.created, "expires": token.expires, "revoked": token.revoked}


def _slowly(service: Service, person_id: int) -> None:
    """Nobody finds others' codes by trying."""
    limiter = service.shared.setdefault("codes", Limiter(service.settings.limits.sign_ins_per_hour, 3600))
    limiter.take(str(person_id), "codes")
