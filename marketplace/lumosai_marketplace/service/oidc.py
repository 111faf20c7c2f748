"""Trusted publishing: a workflow's identity token is exchanged for an upload token of a few minutes."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from lumosai_marketplace import audience as audiences
from lumosai_marketplace.names import Name
from lumosai_marketplace.service import audit, credentials, publishers
from lumosai_marketplace.service.db.logins import SpentToken
from lumosai_marketplace.service.db.models import Namespace, Publisher, Token
from lumosai_marketplace.service.ratelimit import Limiter
from lumosai_marketplace.service.state import Service, Shared
from lumosai_marketplace.signer import Signer
from lumosai_sdk.errors import LumosError, PermissionDeniedError, UnauthenticatedError

router = APIRouter(prefix="/_/oidc", tags=["publish"])
EVENTS = frozenset({
    "create", "deployment", "merge_group", "push", "release", "repository_dispatch", "schedule", "workflow_call",
    "workflow_dispatch", "workflow_run",
})  # fmt: skip
"""What sets a workflow going that may publish. Others (a pull request, a comment) are set off by anybody at all."""


class TokenBody(BaseModel):
    """``{"token": …}``."""

    model_config = ConfigDict(extra="forbid")

    token: Annotated[str, Field(min_length=1, max_length=16 * 1024)]


@router.get("/audience")
async def audience(service: Shared) -> dict[str, str]:
    """Tell for which audience an identity token has to be made."""
    return {"audience": audiences.publishing(service.settings.url)}


@router.post("/mint-token")
async def mint_token(request: Request, body: TokenBody, service: Shared) -> dict[str, Any]:
    """Exchange an identity token for an upload token, for the projects that its bearer publishes."""
    limits = service.settings.limits
    limiter = service.shared.setdefault("oidc.limiter", Limiter(limits.sign_ins_per_hour * 10, 3600))
    limiter.take_network(str(request.scope.get("lumos.address", "")), "token exchanges")
    wanted = audiences.publishing(service.settings.url)
    if service.authority is None:
        identity = await service.tokens.verify_foreign(body.token, wanted)
    else:
        identity = await service.tokens.verify(body.token, service.authority.oidc, wanted)
    _check_event(identity.claims.details.get("build_trigger", "push"))
    secret = await mint(service, body.token, identity.claims.signer(), float(identity.token["exp"]))
    return {
        "success": True,
        "token": secret,
        "expires": int(service.clock()) + service.settings.publishing.token_seconds,
    }


async def mint(service: Service, spent: str, signer: Signer, expires: float) -> str:
    """Return an upload token for whoever *signer* is registered as.

    Raises PermissionDeniedError when nobody has registered them, UnauthenticatedError when the identity token was
    exchanged before.
    """
    now = service.clock()
    try:
        async with service.sessions() as session, session.begin():
            found = await publishers.of_signer(session, signer)
            if not found:
                raise _unknown(signer)
            # Kept until it cannot be valid any more, whatever this machine's clock says.
            session.add(SpentToken(hash=credentials.digest(spent), expires=max(expires, now) + 3600))
            await session.flush()
            projects = " ".join(sorted({_scope(p, n) for p, n in found}))
            secret = await credentials.issue(
                session,
                projects=projects,
                label="trusted publishing",
                created=now,
                seconds=service.settings.publishing.token_seconds,
                signer=signer,
            )
            detail = {"projects": projects, "signer": signer.to_json()}
            await audit.record(session, now, _actor(signer), "token.mint", found[0][1].name, detail)
            return secret
    except IntegrityError:
        raise UnauthenticatedError("this identity token was exchanged already") from None


@router.post("/burn-token", status_code=204)
async def burn_token(body: TokenBody, service: Shared) -> Response:
    """Make an upload token worthless. The answer is the same for one that is none."""
    async with service.sessions() as session, session.begin():
        mine = Token.hash == credentials.digest(body.token), Token.revoked.is_(None)
        token = await session.scalar(select(Token).where(*mine))
        if token is not None:
            await session.execute(update(Token).where(*mine).values(revoked=service.clock()))
            await audit.record(session, service.clock(), "its bearer", "token.burn", token.label, {"token": token.id})
    return Response(status_code=204)


def _check_event(event: str) -> None:
    if event not in EVENTS:
        raise PermissionDeniedError(
            f"a workflow that {event[:40]!r} has set going publishes nothing: anybody may do that",
            hint=f"publish from a workflow of one of: {', '.join(sorted(EVENTS))}",
        )


def _scope(publisher: Publisher, namespace: Namespace) -> str:
    return Name(namespace.name, publisher.plugin).wire if publisher.plugin else f"{namespace.name}-*"


def _actor(signer: Signer) -> str:
    return f"publisher:{signer.repository or signer.subject}"


def _unknown(signer: Signer) -> LumosError:
    who = f"{signer.repository} {signer.workflow} {signer.ref}".strip() or signer.subject
    return PermissionDeniedError(
        f"{who} is not registered as a publisher of anything here",
        hint="lumos marketplace publisher add, by whoever owns the namespace",
    )
