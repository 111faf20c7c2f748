"""What those who run an index do to it by hand, each step in the audit log."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, or_, select, update

from lumosai_marketplace.authority.claims import is_email
from lumosai_marketplace.names import Name
from lumosai_marketplace.service import advisories, audit, credentials, namespaces, passwords, pending, states, telling
from lumosai_marketplace.service.accounts import NewToken
from lumosai_marketplace.service.db.logins import DeviceLogin, Session
from lumosai_marketplace.service.db.models import Advisory, Audit, Namespace, Project, Publisher, Token, User
from lumosai_marketplace.service.namespaces import NewPublisher
from lumosai_marketplace.service.people import Person
from lumosai_marketplace.signer import Signer
from lumosai_sdk.errors import ConflictError, InputError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lumosai_marketplace.authority.state import Part
    from lumosai_marketplace.service.osv import AdvisoryBody
    from lumosai_marketplace.service.state import Service

_DAY = 86_400.0


class Operator:
    """Somebody at the service's own machine. ``name`` is what the audit log says."""

    def __init__(self, service: Service, name: str) -> None:
        self._service = service
        self._name = f"operator:{name}"

    # --- people

    async def add_user(self, subject: str, password: str, *, admin: bool = False) -> None:
        """Let somebody sign in. Raises InputError, ConflictError."""
        if not is_email(subject):
            raise InputError(f"{subject[:80]!r} is no e-mail address: certificates name people by theirs")
        passwords.check(password)
        kept, now = passwords.hashed(password), self._service.clock()
        async with self._service.sessions() as session, session.begin():
            if await session.scalar(select(User.id).where(User.subject == subject)) is not None:
                raise ConflictError(f"{subject} is there already", hint=f"lumos marketplace user password {subject}")
            session.add(User(subject=subject, password=kept, admin=admin, created=now))
            await audit.record(session, now, self._name, "user.add", subject, {"admin": admin})

    async def set_password(self, subject: str, password: str) -> None:
        """Give somebody another password, and end their sign-ins; an empty one keeps them out. Raises NotFoundError."""
        if password:
            passwords.check(password)
        kept, now = passwords.hashed(password) if password else "", self._service.clock()
        async with self._service.sessions() as session, session.begin():
            user = await self._user(session, subject)
            user.password = kept
            for table in (Session, DeviceLogin):  # also a device that was let in and has not yet fetched its token
                await session.execute(delete(table).where(table.user_id == user.id))
            gone = update(Token).where(Token.user_id == user.id, Token.revoked.is_(None))
            if password:
                gone = gone.where(Token.projects == credentials.ALL)
            await session.execute(gone.values(revoked=now))
            action = "user.password" if password else "user.disable"
            await audit.record(session, now, self._name, action, subject)

    async def users(self) -> list[dict[str, Any]]:
        """List everybody."""
        async with self._service.reads() as session:
            found = await session.scalars(select(User).order_by(User.subject))
            return [{"subject": u.subject, "admin": u.admin, "enabled": bool(u.password)} for u in found]

    async def _user(self, session: Any, subject: str) -> User:
        user: User | None = await session.scalar(select(User).where(User.subject == subject))
        if user is None:
            raise NotFoundError("user", subject[:80], hint="lumos marketplace user tells who is there")
        return user

    # --- namespaces

    async def add_namespace(self, name: str, owner: str) -> None:
        """Give a namespace to somebody, taken at the operator's word for theirs. Raises InputError, ConflictError."""
        namespaces.Claim(name=name)
        async with self._service.reads() as session:
            user = await self._user(session, owner)
        await namespaces.add(self._service, name, Person(user.id, user.subject, admin=True))
        await self.approve_namespace(name)

    async def approve_namespace(self, name: str) -> None:
        """Say that a claimed namespace is its claimant's. Raises NotFoundError."""
        await namespaces.set_proof(self._service, name, "admin", self._name)

    async def allow(self, name: Name) -> None:
        """Let a plugin have a name that is near to another's. Raises NotFoundError, ConflictError."""
        async with self._service.sessions() as session, session.begin():
            namespace = await session.scalar(select(Namespace).where(Namespace.name == name.namespace))
            if namespace is None:
                raise NotFoundError("namespace", name.namespace)
            if await session.scalar(select(Project.id).where(Project.wire == name.wire)) is not None:
                raise ConflictError(f"{name} is there already")
            made = pending.new_project(namespace, name.wire, self._service.clock())
            made.status_reason = "allowed by an operator"
            session.add(made)
            await session.flush()
            await audit.record(session, self._service.clock(), self._name, "name.allow", name.wire)

    async def namespaces(self) -> list[dict[str, Any]]:
        """List all namespaces."""
        async with self._service.reads() as session:
            query = select(Namespace, User).join(User, User.id == Namespace.owner_id).order_by(Namespace.name)
            found = await session.execute(query)
            return [{"name": n.name, "owner": u.subject, "proof": n.proof or "none yet"} for n, u in found]

    # --- publishers and tokens

    async def add_publisher(self, namespace: str, body: NewPublisher) -> int:
        """Register a publisher, and return its number. Raises InputError, NotFoundError."""
        return (await namespaces.register(self._service, namespace, body, self._person())).id

    async def remove_publisher(self, namespace: str, number: int) -> None:
        """Take a publisher's right away. Raises NotFoundError."""
        await namespaces.unregister(self._service, namespace, number, self._person())

    async def publishers(self, namespace: str | None = None) -> list[dict[str, Any]]:
        """List publishers."""
        query = select(Publisher, Namespace).join(Namespace, Namespace.id == Publisher.namespace_id)
        if namespace:
            query = query.where(Namespace.name == namespace)
        async with self._service.reads() as session:
            found = await session.execute(query.order_by(Publisher.id))
            return [
                {
                    "id": p.id,
                    "namespace": n.name,
                    "plugin": p.plugin or "*",
                    "who": p.subject or f"{p.repository or p.repository_id} {p.workflow} {p.ref}".strip(),
                    "issuer": p.issuer,
                }
                for p, n in found
            ]

    async def make_token(self, subject: str, body: NewToken) -> str:
        """Make an upload token for somebody, and return its secret. Raises NotFoundError."""
        projects, now = " ".join(sorted(set(body.projects))), self._service.clock()
        async with self._service.sessions() as session, session.begin():
            user = await self._user(session, subject)
            seconds = body.days * _DAY
            secret = await credentials.issue(
                session, projects=projects, label=body.label, created=now, seconds=seconds, user_id=user.id
            )
            await audit.record(session, now, self._name, "token.make", subject, {"projects": projects})
        return secret

    async def revoke_token(self, number: int) -> None:
        """Make a token worthless. Raises NotFoundError."""
        async with self._service.sessions() as session, session.begin():
            token = await session.get(Token, number)
            if token is None:
                raise NotFoundError("token", str(number))
            token.revoked = token.revoked or self._service.clock()
            await audit.record(
                session, self._service.clock(), self._name, "token.revoke", token.label, {"token": number}
            )

    async def tokens(self) -> list[dict[str, Any]]:
        """List tokens that are still good."""
        now = self._service.clock()
        query = select(Token, User).outerjoin(User, User.id == Token.user_id).order_by(Token.id)
        query = query.where(Token.revoked.is_(None), Token.expires > now)
        async with self._service.reads() as session:
            return [
                {
                    "id": t.id,
                    "of": u.subject if t.user_id is not None else _minted_for(t),
                    "projects": t.projects,
                    "label": t.label,
                    "expires": _time(t.expires),
                }
                for t, u in (await session.execute(query))
            ]

    # --- plugins

    async def change(self, name: Name, version: str | None, action: str, reason: str) -> str:
        """Do *action* to a release, or without *version* to a plugin; return what it is then. Raises LumosError."""
        if version is None:
            return await states.set_project(self._service, name, states.project_action(action), reason, self._name)
        return await states.set_release(self._service, name, version, states.action(action), reason, self._name)

    async def add_advisory(self, body: AdvisoryBody) -> dict[str, Any]:
        """Publish an advisory, and return it as OSV has it. Raises InputError, NotFoundError."""
        return await advisories.create(self._service, self._person(), body)

    async def withdraw_advisory(self, advisory_id: str) -> dict[str, Any]:
        """Say that an advisory was wrong. Raises NotFoundError."""
        return await advisories.withdraw(self._service, self._person(), advisory_id)

    async def advisories(self, name: Name | None, limit: int) -> list[dict[str, Any]]:
        """Return the advisories that were written last, about one plugin or about all, the newest last."""
        query = select(Advisory).order_by(Advisory.modified.desc(), Advisory.id.desc()).limit(limit)
        if name is not None:
            query = query.join(Project, Project.id == Advisory.project_id).where(Project.wire == name.wire)
        async with self._service.reads() as session:
            found: Sequence[Advisory] = (await session.scalars(query)).all()
        return [json.loads(a.document) for a in reversed(found)]

    async def audited(self, subject: str | None, limit: int) -> list[dict[str, Any]]:
        """Return the last lines of the audit log, the newest last."""
        query = select(Audit).order_by(Audit.id.desc()).limit(limit)
        if subject:
            wire = subject.replace("/", "-")
            query = query.where(or_(Audit.subject == subject, Audit.subject == wire))
        async with self._service.reads() as session:
            found: Sequence[Audit] = (await session.scalars(query)).all()
        return [
            {
                "at": _time(a.at),
                "actor": a.actor,
                "action": a.action,
                "subject": a.subject,
                "detail": json.loads(a.detail),
            }
            for a in reversed(found)
        ]

    async def rotate(self, part: Part, *, retire: bool = False) -> None:
        """Give a part of the private instance a new key; with *retire*, earlier ones are trusted no longer."""
        if self._service.authority is None:
            raise ConflictError("this service has no sigstore instance of its own", hint="[trust] in marketplace.toml")
        self._service.authority.rotate(part)
        if retire:
            self._service.authority.retire(part, datetime.now(UTC))
        async with self._service.sessions() as session, session.begin():
            await audit.record(session, self._service.clock(), self._name, "keys.rotate", part, {"retire": retire})
        await telling.publish(self._service)

    def _person(self) -> Person:
        return Person(0, self._name, admin=True)


def _minted_for(token: Token) -> str:
    signer = Signer.from_json(json.loads(token.signer_json))
    return f"publisher {signer.repository or signer.subject}"


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
