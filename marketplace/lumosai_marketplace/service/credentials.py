"""Tokens and sessions: made here, kept as hashes, looked up again."""

from __future__ import annotations

import binascii
import hashlib
import json
import secrets
from base64 import b64decode
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from lumosai_marketplace.names import Name
from lumosai_marketplace.service.db.models import Token, User
from lumosai_marketplace.signer import Signer

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

PREFIX = "lumos-"
MOST = 200
ALL = "*"


@dataclass(frozen=True, slots=True)
class Bearer:
    """Whom a token stands for: a person, or whoever's identity was exchanged for it; and which projects it is for."""

    token: Token
    user: User | None
    signer: Signer | None

    @property
    def actor(self) -> str:
        """What the audit log calls them."""
        if self.user is not None:
            return self.user.subject
        return f"publisher:{self.signer.repository or self.signer.subject}" if self.signer else "nobody"

    @property
    def owner(self) -> str:
        """Who all their tokens belong to."""
        if self.signer is None:
            return f"user:{self.token.user_id}"
        return f"publisher:{self.signer.issuer} {self.signer.repository_id or self.signer.subject}"

    @property
    def is_login(self) -> bool:
        """Whether it is a person's sign-in, which may do what the person may: others are for uploads alone."""
        return self.user is not None and self.token.projects == ALL

    def covers(self, name: Name) -> bool:
        """Tell whether the token is for that project: by its wire name, or ``NAMESPACE-*``."""
        scopes = self.token.projects.split()
        return self.is_login or name.wire in scopes or f"{name.namespace}-*" in scopes


def digest(secret: str) -> str:
    """Return what is kept of a secret. It is random and long, so a fast hash is as good as a slow one."""
    return hashlib.sha256(secret.encode()).hexdigest()


async def issue(
    session: AsyncSession,
    *,
    projects: str,
    label: str,
    created: float,
    seconds: float,
    user_id: int | None = None,
    signer: Signer | None = None,
) -> str:
    """Make a token and return its secret, which is told once."""
    secret = PREFIX + secrets.token_urlsafe(32)
    session.add(
        Token(
            hash=digest(secret),
            user_id=user_id,
            signer_json="" if signer is None else json.dumps(signer.to_json(), sort_keys=True),
            projects=projects,
            label=label[:80],
            created=created,
            expires=created + seconds,
            revoked=None,
        )
    )
    await session.flush()
    return secret


async def find(session: AsyncSession, secret: str, now: float) -> Bearer | None:
    """Return whom a token stands for; None when it is unknown, expired or revoked."""
    if not secret.startswith(PREFIX) or len(secret) > MOST:
        return None
    token = await session.scalar(select(Token).where(Token.hash == digest(secret)))
    if token is None or token.revoked is not None or token.expires <= now:
        return None
    user = await session.get(User, token.user_id) if token.user_id else None
    signer = Signer.from_json(json.loads(token.signer_json)) if token.signer_json else None
    if (user is None) == (signer is None):
        return None
    return Bearer(token, user, signer)


def told(authorization: str) -> str:
    """Return the secret in an Authorization header: a bearer token, or the password of ``__token__``."""
    scheme, _, rest = authorization.partition(" ")
    if scheme.lower() == "bearer":
        return rest.strip()
    if scheme.lower() != "basic":
        return ""
    try:
        user, _, password = b64decode(rest, validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        return ""
    return password if user == "__token__" else ""
