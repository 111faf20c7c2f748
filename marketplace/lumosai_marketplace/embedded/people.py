"""Who publishes in an embedded marketplace: one author, who has one namespace and never signs in."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from lumosai_marketplace.embedded.sources import NAMESPACE

if TYPE_CHECKING:
    from lumosai_marketplace.embedded.serving import Embedded
    from lumosai_marketplace.service.operating import Operator
    from lumosai_marketplace.service.state import Service

AUTHOR = "tour@lumosai.local"
_OPERATOR = "tour"


async def settle(embedded: Embedded) -> None:
    """Let the author be there, and have the namespace; whoever is there stays."""
    await embedded.run(_settle(_operator(embedded.service)))


async def upload_token(embedded: Embedded) -> str:
    """Return a token to upload with, for the author's namespace, good for a day."""
    from lumosai_marketplace.service.accounts import NewToken

    wanted = NewToken(projects=[f"{NAMESPACE}-*"], label="tour", days=1)
    return await embedded.run(_operator(embedded.service).make_token(AUTHOR, wanted))


def identity_token(service: Service) -> str:
    """Return a token that says that its bearer is the author, to sign with."""
    assert service.authority is not None, "an embedded marketplace has a sigstore instance"  # noqa: S101
    return service.authority.identity_token(AUTHOR, service.settings.signing_audiences[0])


def _operator(service: Service) -> Operator:
    from lumosai_marketplace.service.operating import Operator

    return Operator(service, _OPERATOR)


async def _settle(operator: Operator) -> None:
    if AUTHOR not in {u["subject"] for u in await operator.users()}:
        await operator.add_user(AUTHOR, secrets.token_urlsafe(32))
    proofs = {n["name"]: n["proof"] for n in await operator.namespaces()}
    if NAMESPACE not in proofs:
        await operator.add_namespace(NAMESPACE, AUTHOR)
    elif proofs[NAMESPACE] != "admin":  # killed in between
        await operator.approve_namespace(NAMESPACE)
