"""Who asks: somebody with a sign-in token, or in a browser with a session."""

from __future__ import annotations

import secrets
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Request, Response
from sqlalchemy import delete, select

from lumosai_marketplace.service import credentials, passwords
from lumosai_marketplace.service.db.logins import Session
from lumosai_marketplace.service.db.models import User
from lumosai_marketplace.service.problems import SignInError
from lumosai_marketplace.service.ratelimit import Limiter, network_of
from lumosai_marketplace.service.state import Service, Shared
from lumosai_sdk.errors import PermissionDeniedError

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

SESSION_SECONDS = 12 * 3600.0
_EVERYWHERE = 10
"""Times the attempts of one network that an account has from all networks together."""
_MOST_KNOWN = 100_000
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who is signed in."""

    id: int
    subject: str
    admin: bool


async def person_of(request: Request, service: Service) -> Person | None:
    """Return who asks, None for nobody. A browser's session counts for changes only when our own page asks."""
    secret = credentials.told(request.headers.get("authorization", ""))
    async with service.reads() as session:
        if secret:
            bearer = await credentials.find(session, secret, service.clock())
            user = bearer.user if bearer is not None and bearer.is_login else None
        else:
            user = await _of_cookie(session, request, service)
    return None if user is None else Person(user.id, user.subject, user.admin)


async def signed_in(request: Request, service: Shared) -> Person:
    """Return who asks. Raises SignInError."""
    if (person := await person_of(request, service)) is None:
        raise SignInError("sign in first", hint="lumos plugin login")
    return person


async def admin(person: Annotated[Person, Depends(signed_in)]) -> Person:
    """Return who asks, when they run this index. Raises SignInError, PermissionDeniedError."""
    if not person.admin:
        raise PermissionDeniedError("that is for those who run this index")
    return person


SignedIn = Annotated[Person, Depends(signed_in)]
Admin = Annotated[Person, Depends(admin)]


async def sign_in(request: Request, service: Service, subject: str, password: str) -> Person | None:
    """Return who it is, None when name or password is wrong. Raises RateLimitedError."""
    account, address = subject[:320].lower(), str(request.scope.get("lumos.address", ""))
    place = f"{account} {network_of(address)}"
    known: OrderedDict[str, None] = service.shared.setdefault("sign-ins.known", OrderedDict())
    _limit(service, account, address, is_known=place in known)
    async with service.reads() as session:
        user = await session.scalar(select(User).where(User.subject == subject[:320]))
    right = await passwords.is_right(password, user.password if user is not None else "")
    if not right or user is None:
        return None
    known[place] = None
    if len(known) > _MOST_KNOWN:
        known.popitem(last=False)
    return Person(user.id, user.subject, user.admin)


def _limit(service: Service, account: str, address: str, *, is_known: bool) -> None:
    """Limit attempts by network, by account and network, and by account: so that nobody finds out a password.

    Nor can anybody keep a person out. One network uses up its own attempts only; many together use up those of the
    account, but not those of a network from which its person has signed in before. Raises RateLimitedError.
    """
    limiter = service.shared.setdefault("sign-ins", Limiter(service.settings.limits.sign_ins_per_hour, 3600))
    limiter.take_network(address, "attempts to sign in", "network ")
    limiter.take_network(address, "attempts to sign in to this account", f"account {account} ")
    if not is_known:
        limiter.take(f"account {account}", "attempts to sign in to this account", times=_EVERYWHERE)


async def begin_session(service: Service, response: Response, person: Person) -> None:
    """Give the browser a cookie."""
    secret, now = secrets.token_urlsafe(32), service.clock()
    async with service.sessions() as session, session.begin():
        kept = Session(hash=credentials.digest(secret), user_id=person.id, created=now, expires=now + SESSION_SECONDS)
        session.add(kept)
    response.set_cookie(
        cookie_of(service),
        secret,
        int(SESSION_SECONDS),
        path="/",
        secure=_is_https(service),
        httponly=True,
        samesite="lax",
    )


async def end_session(service: Service, request: Request, response: Response) -> None:
    """Take the cookie back."""
    secret = request.cookies.get(cookie_of(service), "")
    async with service.sessions() as session, session.begin():
        await session.execute(delete(Session).where(Session.hash == credentials.digest(secret)))
    response.delete_cookie(cookie_of(service), path="/", secure=_is_https(service), httponly=True, samesite="lax")


def cookie_of(service: Service) -> str:
    """Return the cookie's name; the prefix makes browsers refuse one that another host or path has set."""
    return "__Host-lumos-session" if _is_https(service) else "lumos-session"


def is_own_page(request: Request, service: Service) -> bool:
    """Tell whether a page of ours makes the request (Fetch Metadata, or the header Origin): other sites may not."""
    if (site := request.headers.get("sec-fetch-site")) is not None:
        return site == "same-origin"
    origin = request.headers.get("origin", "")
    return origin == service.settings.url or urlsplit(origin).netloc == request.headers.get("host", "")


def _is_https(service: Service) -> bool:
    return service.settings.url.startswith("https:")


async def _of_cookie(session: AsyncSession, request: Request, service: Service) -> User | None:
    secret = request.cookies.get(cookie_of(service), "")
    if not secret or (request.method not in _SAFE and not is_own_page(request, service)):
        return None
    kept = await session.get(Session, credentials.digest(secret))
    if kept is None or kept.expires <= service.clock():
        return None
    return await session.get(User, kept.user_id)
