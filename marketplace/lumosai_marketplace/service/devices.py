"""Signing in on a device without a browser (RFC 8628), and the tokens that come of it (RFC 6749, RFC 8693)."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from sqlalchemy import func, select, update

from lumosai_marketplace import audience as audiences
from lumosai_marketplace.service import audit, credentials
from lumosai_marketplace.service.db.logins import DeviceLogin
from lumosai_marketplace.service.db.models import User
from lumosai_marketplace.service.people import Person
from lumosai_marketplace.service.ratelimit import Limiter, network_of
from lumosai_marketplace.service.state import Service, Shared
from lumosai_sdk import safe
from lumosai_sdk.errors import LumosError, NotFoundError

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession
    from starlette.datastructures import FormData

router = APIRouter(tags=["accounts"])
DEVICE_SECONDS = 600.0
INTERVAL = 2.0
TOKEN_SECONDS = 12 * 3600.0
DEVICE = "urn:ietf:params:oauth:grant-type:device_code"
EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
ID_TOKEN = "urn:ietf:params:oauth:token-type:id_token"  # noqa: S105 - a name of the RFC
_LETTERS = "BCDFGHJKLMNPQRSTVWXZ"  # no vowels, so that no words come about (RFC 8628 section 6.1)
_MOST = 10_000
_HEADERS = {"cache-control": "no-store"}


class OAuthError(Exception):
    """An error in the words of RFC 6749 section 5.2."""

    def __init__(self, error: str, description: str, status: int = 400) -> None:
        super().__init__(error)
        self.answer = JSONResponse({"error": error, "error_description": description}, status, _HEADERS)


@router.post("/login/device/code")
@router.post("/sigstore/oauth2/device/code", include_in_schema=False)
async def begin(request: Request, service: Shared) -> JSONResponse:
    """Begin a sign-in: return a code for the device, and one for its person to type."""
    limiter = service.shared.setdefault("devices.limiter", Limiter(service.settings.limits.sign_ins_per_hour, 3600))
    address = str(request.scope.get("lumos.address", ""))
    limiter.take_network(address, "sign-ins")
    form = await request.form(max_files=0, max_fields=20)
    client = safe.line(_text(form, "client_id") or "unknown")[:80]
    device_code, user_code = secrets.token_urlsafe(32), "".join(secrets.choice(_LETTERS) for _ in range(8))
    now = service.clock()
    async with service.sessions() as session, session.begin():
        if (await session.scalar(select(func.count()).select_from(DeviceLogin)) or 0) >= _MOST:
            return OAuthError("slow_down", "too many sign-ins are under way", 429).answer
        session.add(
            DeviceLogin(
                hash=credentials.digest(device_code),
                user_code=user_code,
                client=client,
                network=network_of(address),
                state="pending",
                user_id=None,
                created=now,
                expires=now + DEVICE_SECONDS,
                polled=0.0,
            )
        )
    page = f"{service.settings.url}/login/device"
    shown = f"{user_code[:4]}-{user_code[4:]}"
    told = {"device_code": device_code, "user_code": shown, "verification_uri": page}
    told |= {"verification_uri_complete": f"{page}?user_code={shown}"}
    return JSONResponse({**told, "expires_in": int(DEVICE_SECONDS), "interval": int(INTERVAL)}, headers=_HEADERS)


@router.post("/login/token")
@router.post("/sigstore/oauth2/token", include_in_schema=False)
async def token(request: Request, service: Shared) -> JSONResponse:
    """Return the tokens of an approved sign-in, or a fresh identity token for a sign-in token."""
    form = await request.form(max_files=0, max_fields=20)
    try:
        grant = _text(form, "grant_type")
        if grant == DEVICE:
            body = await _of_device(service, _text(form, "device_code"))
        elif grant == EXCHANGE:
            body = await _exchanged(service, form)
        else:
            raise OAuthError("unsupported_grant_type", f"there are {DEVICE} and {EXCHANGE}")
    except OAuthError as e:
        return e.answer
    return JSONResponse(body, headers=_HEADERS)


async def waiting(service: Service, user_code: str) -> DeviceLogin:
    """Return the sign-in that waits for that code. Raises NotFoundError."""
    code = "".join(c for c in user_code.upper() if c in _LETTERS)
    async with service.reads() as session:
        query = select(DeviceLogin).where(DeviceLogin.user_code == code, DeviceLogin.state == "pending")
        found = await session.scalar(query)
    if found is None or found.expires <= service.clock():
        raise NotFoundError("sign-in", user_code[:16], hint="lumos plugin login shows a new code")
    return found


async def decide(service: Service, login: DeviceLogin, person: Person, *, approved: bool) -> None:
    """Let the device in, or not."""
    state = "approved" if approved else "denied"
    async with service.sessions() as session, session.begin():
        mine = DeviceLogin.hash == login.hash, DeviceLogin.state == "pending"
        await session.execute(update(DeviceLogin).where(*mine).values(state=state, user_id=person.id))
        detail = {"client": login.client, "network": login.network}
        await audit.record(session, service.clock(), person.subject, f"device.{state}", person.subject, detail)


async def _of_device(service: Service, device_code: str) -> dict[str, Any]:
    now, code = service.clock(), credentials.digest(device_code)
    problem: OAuthError | None = None
    async with service.sessions() as session, session.begin():
        login = await session.get(DeviceLogin, code, with_for_update=True)
        if login is None or login.expires <= now:
            raise OAuthError("expired_token", "this sign-in is unknown, finished, or took too long")
        if login.state == "denied":
            raise OAuthError("access_denied", "it was not approved")
        too_fast, login.polled = now - login.polled < INTERVAL / 2, now
        user = await session.get(User, login.user_id) if login.user_id else None
        if user is not None:
            await session.delete(login)
            return await _tokens(service, session, user, login.client)
        problem = OAuthError("slow_down", f"ask every {INTERVAL:.0f} s") if too_fast else None
    raise problem or OAuthError("authorization_pending", "its person has not approved it yet")


async def _tokens(service: Service, session: AsyncSession, user: User, client: str) -> dict[str, Any]:
    secret = await credentials.issue(
        session,
        projects=credentials.ALL,
        label=f"login: {client}",
        created=service.clock(),
        seconds=TOKEN_SECONDS,
        user_id=user.id,
    )
    body = {"access_token": secret, "token_type": "Bearer", "expires_in": int(TOKEN_SECONDS)}
    if service.authority is not None:
        body["id_token"] = service.authority.identity_token(user.subject, audiences.signing(service.settings.url))
    return body


async def _exchanged(service: Service, form: FormData) -> dict[str, Any]:
    """Return an identity token for whoever holds a sign-in token: to sign with, or to publish with."""
    mine = service.settings.signing_audiences
    audience = _text(form, "audience") or mine[0]
    async with service.reads() as session:
        bearer = await credentials.find(session, _text(form, "subject_token"), service.clock())
    if bearer is None or not bearer.is_login or bearer.user is None:
        raise OAuthError("invalid_grant", "the subject token is no sign-in that is valid", 401)
    if service.authority is None or audience not in {*mine, audiences.publishing(service.settings.url)}:
        raise OAuthError("invalid_target", "this service makes no identity tokens for that audience")
    try:
        made = service.authority.identity_token(bearer.user.subject, audience)
    except LumosError as e:
        raise OAuthError("invalid_grant", e.message) from None
    return {"access_token": made, "issued_token_type": ID_TOKEN, "token_type": "N_A", "expires_in": 300}


def _text(form: FormData, name: str) -> str:
    value = form.get(name, "")
    return value if isinstance(value, str) else ""
