"""Registered publishers: whose signature a namespace, or one plugin of it, takes for its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sqlalchemy import select

from lumosai_marketplace.names import Name
from lumosai_marketplace.service.db.models import Member, Namespace, Publisher
from lumosai_marketplace.signer import Signer

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

    from lumosai_marketplace.service.credentials import Bearer


PULL = "refs/pull/"


def matches(publisher: Publisher, signer: Signer) -> bool:
    """Tell whether *signer* is that publisher.

    A workflow is matched by the numbers of its repository and owner, which names are not, and by its file. A ref may
    end in ``*``. A publisher that names neither a repository's number nor a person is nobody.
    """
    if publisher.issuer != signer.issuer or not publisher.issuer:
        return False
    if publisher.repository_id:
        wanted = (publisher.repository_id, publisher.owner_id, publisher.workflow)
        found = (signer.repository_id, signer.owner_id, signer.workflow)
        return all(wanted) and wanted == found and _matches_ref(publisher.ref, signer.ref)
    return bool(publisher.subject) and not signer.repository_id and publisher.subject == signer.subject


def _matches_ref(wanted: str, ref: str) -> bool:
    if ref.startswith(PULL) and not wanted.startswith(PULL):
        return False  # what anybody may propose is released by nobody who has not said so
    if wanted.endswith("*"):
        return ref.startswith(wanted[:-1])
    return wanted in {"", ref}


async def for_name(session: AsyncSession, name: Name) -> Sequence[Publisher]:
    """Return the publishers registered for a plugin: its own, and those of its whole namespace."""
    query = (
        select(Publisher)
        .join(Namespace, Namespace.id == Publisher.namespace_id)
        .where(Namespace.name == name.namespace, Namespace.proof != "", Publisher.plugin.in_(["", name.plugin]))
        .order_by(Publisher.id)
    )
    return (await session.scalars(query)).all()


async def of_signer(session: AsyncSession, signer: Signer) -> list[tuple[Publisher, Namespace]]:
    """Return all that *signer* is registered as, in namespaces that are proven."""
    query = (
        select(Publisher, Namespace)
        .join(Namespace, Namespace.id == Publisher.namespace_id)
        .where(Publisher.issuer == signer.issuer, Namespace.proof != "")
        .order_by(Publisher.id)
    )
    if signer.repository_id:
        query = query.where(Publisher.repository_id == signer.repository_id)
    else:
        query = query.where(Publisher.subject == signer.subject)
    return [(p, n) for p, n in (await session.execute(query)) if matches(p, signer)]


async def role(session: AsyncSession, namespace: Namespace, user_id: int) -> str:
    """Return what somebody is in a namespace: ``owner``, ``publisher``, or empty."""
    if namespace.owner_id == user_id:
        return "owner"
    member = await session.get(Member, (namespace.id, user_id))
    return member.role if member is not None else ""


async def may_upload(session: AsyncSession, bearer: Bearer, namespace: Namespace, name: Name) -> bool:
    """Tell whether whoever holds the token may publish that plugin now, whatever it could when it was made."""
    if not bearer.covers(name) or not namespace.proof:
        return False
    if bearer.signer is not None:  # minted minutes ago: each namespace, and nobody else, may have thought otherwise
        return any(matches(p, bearer.signer) for p in await for_name(session, name))
    if bearer.user is None:
        return False
    return bool(await role(session, namespace, bearer.user.id))
