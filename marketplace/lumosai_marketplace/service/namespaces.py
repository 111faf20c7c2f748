"""Namespaces: who they belong to, how that was proven, who publishes in them."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError

from lumosai_marketplace.names import NAMESPACE, PLUGIN
from lumosai_marketplace.service import audit, naming, proving, publishers
from lumosai_marketplace.service.db.models import (
    Delivery,
    Member,
    Namespace,
    Publisher,
    User,
    Webhook,
)
from lumosai_marketplace.service.people import Admin, Person, SignedIn
from lumosai_marketplace.service.ratelimit import Limiter
from lumosai_marketplace.service.state import Service, Shared
from lumosai_sdk.errors import ConflictError, InputError, NotFoundError, PermissionDeniedError

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

router = APIRouter(prefix="/api/v1/namespaces", tags=["namespaces"])
MOST_CLAIMED = 10
"""Namespaces that one person may have claimed without a proof."""
MOST_PUBLISHERS = 100
"""Publishers of a namespace: all of them are looked at when one uploads."""
UNPROVEN_SECONDS = 7 * 86_400.0

Number = Annotated[int, Path(ge=1, lt=1 << 31)]
_Line = Annotated[str, Field(max_length=255, pattern=r"^[\x21-\x7e]*$")]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Claim(_Body):
    """A namespace that somebody says is theirs."""

    name: Annotated[str, Field(pattern=rf"^{NAMESPACE}$")]


class Proof(_Body):
    """How it is proven: ``dns`` with a domain, or the name of a host with a repository."""

    method: Annotated[str, Field(pattern=r"^[a-z]{1,20}$")]
    target: Annotated[str, Field(min_length=1, max_length=255)]


class NewMember(_Body):
    """Somebody who belongs to the namespace."""

    subject: Annotated[str, Field(min_length=3, max_length=320)]
    role: Literal["owner", "publisher"] = "publisher"


class NewPublisher(_Body):
    """Who may sign: a person by ``issuer`` and ``subject``, or a workflow by the numbers of repository and owner."""

    plugin: Annotated[str, Field(max_length=60, pattern=rf"^(?:{PLUGIN})?$")] = ""
    issuer: Annotated[str, Field(min_length=8, max_length=255, pattern=r"^https?://[\x21-\x7e]+$")]
    subject: Annotated[str, Field(max_length=320, pattern=r"^[\x21-\x7e]*$")] = ""
    repository: _Line = ""
    repository_id: Annotated[str, Field(max_length=32, pattern=r"^[0-9]*$")] = ""
    owner_id: Annotated[str, Field(max_length=32, pattern=r"^[0-9]*$")] = ""
    workflow: _Line = ""
    ref: _Line = ""

    def check(self) -> None:
        """Raise InputError for a publisher that nobody, or anybody, could be."""
        workflow = (self.repository_id, self.owner_id, self.workflow)
        if any(workflow) == bool(self.subject) or (any(workflow) and not all(workflow)):
            raise InputError(
                "a publisher is a person (issuer, subject), or a workflow (issuer, repository_id, owner_id, workflow)"
            )


@router.get("")
async def mine(service: Shared, person: SignedIn) -> dict[str, Any]:
    """List the namespaces that one owns or is a member of; all of them, for an operator."""
    query = select(Namespace).order_by(Namespace.name)
    if not person.admin:
        member = select(Member.namespace_id).where(Member.user_id == person.id)
        query = query.where((Namespace.owner_id == person.id) | Namespace.id.in_(member))
    async with service.reads() as session:
        return {"namespaces": [_told(n) for n in await session.scalars(query)]}


@router.post("", status_code=201)
async def claim(body: Claim, service: Shared, person: SignedIn) -> dict[str, Any]:
    """Claim a namespace. Nothing is published in it before it is proven."""
    namespace = await add(service, body.name, person)
    return {**_told(namespace), "challenge": namespace.challenge, "proofs": proving.explained(service, namespace)}


@router.get("/{name}")
async def one(name: str, service: Shared, person: SignedIn) -> dict[str, Any]:
    """Show a namespace of one's own, with its members and publishers."""
    async with service.reads() as session:
        namespace = await owned(session, name, person, roles=("owner", "publisher"))
        query = select(Member, User).join(User, User.id == Member.user_id).where(Member.namespace_id == namespace.id)
        members = [{"subject": u.subject, "role": m.role} for m, u in (await session.execute(query))]
        registered = await session.scalars(
            select(Publisher).where(Publisher.namespace_id == namespace.id).order_by(Publisher.id)
        )
        owner = await session.get_one(User, namespace.owner_id)
        shown = {**_told(namespace), "owner": owner.subject, "members": members}
        shown["publishers"] = [_publisher(p) for p in registered]
    if not namespace.proof:
        shown |= {"challenge": namespace.challenge, "proofs": proving.explained(service, namespace)}
    return shown


@router.post("/{name}/proof")
async def prove(name: str, body: Proof, service: Shared, person: SignedIn) -> dict[str, Any]:
    """Look for the proof now."""
    limiter = service.shared.setdefault("proofs", Limiter(30, 3600))
    limiter.take(str(person.id), "proofs")
    async with service.reads() as session:
        namespace = await owned(session, name, person)
    proof = await proving.prove(service, namespace, body.method, body.target)
    return _told(await set_proof(service, name, proof, person.subject, claim=namespace.challenge))


@router.post("/{name}/approve")
async def approve(name: str, service: Shared, person: Admin) -> dict[str, Any]:
    """Say, as an operator, that a namespace is its claimant's."""
    return _told(await set_proof(service, name, "admin", person.subject))


@router.post("/{name}/members", status_code=201)
async def add_member(name: str, body: NewMember, service: Shared, person: SignedIn) -> dict[str, Any]:
    """Let somebody publish in a namespace, or decide about it."""
    # The answer tells who has an account here: not to somebody who goes through a list.
    limiter = service.shared.setdefault("members", Limiter(60, 3600))
    limiter.take(str(person.id), "members")
    async with service.sessions() as session, session.begin():
        namespace = await owned(session, name, person)
        user = await session.scalar(select(User).where(User.subject == body.subject))
        if user is None:
            raise NotFoundError("user", body.subject)
        await session.merge(Member(namespace_id=namespace.id, user_id=user.id, role=body.role))
        await audit.record(session, service.clock(), person.subject, "member.add", name, body.model_dump())
    return body.model_dump()


@router.delete("/{name}/members/{subject}", status_code=204)
async def remove_member(name: str, subject: str, service: Shared, person: SignedIn) -> Response:
    """Take somebody out of a namespace."""
    async with service.sessions() as session, session.begin():
        namespace = await owned(session, name, person)
        gone = select(User.id).where(User.subject == subject)
        await session.execute(delete(Member).where(Member.namespace_id == namespace.id, Member.user_id.in_(gone)))
        await audit.record(session, service.clock(), person.subject, "member.remove", name, {"subject": subject})
    return Response(status_code=204)


@router.post("/{name}/publishers", status_code=201)
async def add_publisher(name: str, body: NewPublisher, service: Shared, person: SignedIn) -> dict[str, Any]:
    """Register who may sign for the namespace, or for one plugin of it."""
    return _publisher(await register(service, name, body, person))


@router.delete("/{name}/publishers/{publisher_id}", status_code=204)
async def remove_publisher(name: str, publisher_id: Number, service: Shared, person: SignedIn) -> Response:
    """Take a publisher's right away, and the tokens that were made for it."""
    await unregister(service, name, publisher_id, person)
    return Response(status_code=204)


async def add(service: Service, name: str, person: Person) -> Namespace:
    """Claim a namespace for *person*. Raises RefusedError ``index.*``, ConflictError."""
    if not person.admin:
        async with service.reads() as session:
            await naming.check_namespace(session, name)
    challenge, now = f"lumos-namespace={secrets.token_urlsafe(24)}", service.clock()
    made = Namespace(name=name, owner_id=person.id, proof="", challenge=challenge, created=now)
    try:
        async with service.sessions() as session, session.begin():
            # Who claims a name and never proves it keeps it from its owner for a week at most.
            await _forget_claim(session, name, now - UNPROVEN_SECONDS)
            await _check_number(session, person)
            session.add(made)
            await session.flush()
            await audit.record(session, now, person.subject, "namespace.claim", name)
    except IntegrityError:
        raise ConflictError(f"the namespace {name} is claimed already") from None
    return made


async def _forget_claim(session: AsyncSession, name: str, before: float) -> None:
    """Remove a claim that was never proven, and what its claimant has hung on it: nothing of it is its next owner's."""
    old = Namespace.name == name, Namespace.proof == "", Namespace.created < before
    if (claim := await session.scalar(select(Namespace).where(*old).with_for_update())) is None:
        return
    hooks = select(Webhook.id).where(Webhook.namespace_id == claim.id)
    await session.execute(delete(Delivery).where(Delivery.webhook_id.in_(hooks)))
    for table in (Webhook, Publisher, Member):
        await session.execute(delete(table).where(table.namespace_id == claim.id))
    await session.delete(claim)
    await session.flush()


async def _check_number(session: AsyncSession, person: Person) -> None:
    """Refuse one claim too many: with the person's row locked, since many may be made at the same time."""
    if person.admin:
        return
    await session.execute(select(User.id).where(User.id == person.id).with_for_update())
    query = select(func.count()).where(Namespace.owner_id == person.id, Namespace.proof == "")
    if (await session.scalar(query) or 0) >= MOST_CLAIMED:
        raise ConflictError(f"you have claimed {MOST_CLAIMED} namespaces without a proof")


async def set_proof(service: Service, name: str, proof: str, actor: str, *, claim: str | None = None) -> Namespace:
    """Note that a namespace is proven; its owner, signing in here, is its first publisher.

    *claim* is the challenge that was proven: meanwhile, the name may have become somebody else's. Raises NotFoundError,
    ConflictError.
    """
    async with service.sessions() as session, session.begin():
        namespace = await session.scalar(select(Namespace).where(Namespace.name == name).with_for_update())
        if namespace is None:
            raise NotFoundError("namespace", name)
        if claim is not None and namespace.challenge != claim:
            raise ConflictError(f"the namespace {name} was claimed anew while its proof was looked for")
        was, namespace.proof = namespace.proof, proof
        await audit.record(session, service.clock(), actor, "namespace.proof", name, {"proof": proof})
        if not was and service.authority is not None:
            owner = await session.get_one(User, namespace.owner_id)
            me = NewPublisher(issuer=service.authority.oidc.url, subject=owner.subject)
            await _register(session, service, namespace, me, actor)
    return namespace


async def register(service: Service, name: str, body: NewPublisher, person: Person) -> Publisher:
    """Register a publisher. Raises InputError, NotFoundError, PermissionDeniedError."""
    body.check()
    async with service.sessions() as session, session.begin():
        return await _register(session, service, await owned(session, name, person), body, person.subject)


async def _register(
    session: AsyncSession, service: Service, namespace: Namespace, body: NewPublisher, actor: str
) -> Publisher:
    count = select(func.count()).where(Publisher.namespace_id == namespace.id)
    if (await session.scalar(count) or 0) >= MOST_PUBLISHERS:
        raise ConflictError(f"{namespace.name} has {MOST_PUBLISHERS} publishers already: remove one first")
    made = Publisher(namespace_id=namespace.id, created=service.clock(), **body.model_dump())
    session.add(made)
    await session.flush()
    detail = {k: v for k, v in body.model_dump().items() if v}
    await audit.record(session, service.clock(), actor, "publisher.add", namespace.name, detail)
    return made


async def unregister(service: Service, name: str, publisher_id: int, person: Person) -> None:
    """Take a publisher's right away, at once. Raises NotFoundError, PermissionDeniedError."""
    async with service.sessions() as session, session.begin():
        namespace = await owned(session, name, person)
        found = await session.get(Publisher, publisher_id)
        if found is None or found.namespace_id != namespace.id:
            raise NotFoundError("publisher", str(publisher_id))
        await session.delete(found)
        detail = {"publisher": _publisher(found)}
        await audit.record(session, service.clock(), person.subject, "publisher.remove", name, detail)


async def owned(session: AsyncSession, name: str, person: Person, roles: tuple[str, ...] = ("owner",)) -> Namespace:
    """Return a namespace that *person* may decide about. Raises NotFoundError, PermissionDeniedError."""
    namespace = await session.scalar(select(Namespace).where(Namespace.name == name[:39]))
    if namespace is None:
        raise NotFoundError("namespace", name[:39])
    if not person.admin and await publishers.role(session, namespace, person.id) not in roles:
        raise PermissionDeniedError(f"the namespace {name} is not yours to decide about")
    return namespace


def _told(namespace: Namespace) -> dict[str, Any]:
    return {"name": namespace.name, "proof": namespace.proof, "created": namespace.created}


def _publisher(publisher: Publisher) -> dict[str, Any]:
    names = ("plugin", "issuer", "subject", "repository", "repository_id", "owner_id", "workflow", "ref")
    return {"id": publisher.id, **{n: v for n in names if (v := getattr(publisher, n))}}
