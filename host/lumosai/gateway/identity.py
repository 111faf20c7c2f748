"""Who is calling: the configured authenticators are asked in order, then the hook."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from lumosai.gateway.asgi import Scope
from lumosai.gateway.errors import AuthUnavailableError
from lumosai.host import Host
from lumosai_sdk.errors import UnauthenticatedError
from lumosai_sdk.types.auth import AuthRequest, Principal

TIMEOUT = 10.0
ANONYMOUS = Principal("anonymous")
"""Who calls what is public. It is nobody, and may do nothing."""


def is_open(host: Host, auth_ids: Sequence[str]) -> bool:
    """Tell whether nothing authenticates callers, so that whoever reaches the loopback address is the owner."""
    return not auth_ids and not host.plugins.hooks.implementations("lumos_authenticate")


async def identify(host: Host, auth_ids: Sequence[str], scope: Scope) -> Principal:
    """Return the caller. Raises UnauthenticatedError when nobody knows it, PluginError when who should know fails."""
    request = _request(scope)
    for auth_id in auth_ids:
        entry = host.registry.find("auth", auth_id)
        if entry is None:
            raise AuthUnavailableError("callers cannot be told apart now", hint="lumos plugin list tells why")
        authenticator = entry.obj
        known = await entry.generation.guard(f"auth {auth_id!r}", partial(authenticator.authenticate, request), TIMEOUT)
        if known is not None:
            return _checked(known, auth_id)
    outcome = await host.plugins.hooks.first("lumos_authenticate", request=request)
    if outcome is not None and outcome.error is not None:
        if isinstance(outcome.error, UnauthenticatedError):
            raise outcome.error
        raise UnauthenticatedError(f"the authenticator {outcome.plugin!r} failed")
    if outcome is None:
        raise UnauthenticatedError("no authenticator knows this caller", hint="send Authorization: Bearer …")
    return _checked(outcome.value, outcome.plugin)


def _checked(principal: object, source: str) -> Principal:
    if not isinstance(principal, Principal) or not principal.id:
        raise UnauthenticatedError(f"the authenticator {source!r} named no caller")
    if "/" in principal.tenant:
        # Runs and threads belong to "<tenant>/<id>": two callers must not come to the same name.
        raise UnauthenticatedError(f"the authenticator {source!r} named a tenant with a '/' in it")
    return principal


def _request(scope: Scope) -> AuthRequest:
    headers = {k.decode("latin-1"): v.decode("latin-1") for k, v in scope["headers"]}
    client = scope.get("client")
    return AuthRequest(headers, client[0] if client else "", scope["method"], scope["path"])
