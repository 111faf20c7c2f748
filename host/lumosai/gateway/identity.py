"""Who is calling: the configured authenticators are asked in order, then the hook."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache, partial
from pathlib import Path

from lumosai.gateway.asgi import Scope
from lumosai.gateway.errors import AuthUnavailableError
from lumosai.host import Host
from lumosai.plugins.index import MANIFEST, Record, stamp
from lumosai_sdk.errors import UnauthenticatedError
from lumosai_sdk.manifest import MAX_BYTES
from lumosai_sdk.types.auth import AuthRequest, Principal

TIMEOUT = 10.0
ANONYMOUS = Principal("anonymous")
"""Who calls what is public. It is nobody, and may do nothing."""


HOOK = "lumos_authenticate"


class Door:
    """Whether callers must be known. Where they once had to be, they have to until the service ends.

    A guard that is disabled, removed, broken or left out by safe mode opens nothing: its plugin says in the manifest
    that it is one, whether it runs or not.
    """

    def __init__(self, host: Host, auth_ids: Sequence[str]) -> None:
        self.auth_ids = tuple(auth_ids)
        self._host = host
        self._closed = bool(auth_ids)
        self._looked_at = -1
        self.is_open()

    def is_open(self) -> bool:
        """Tell whether nothing authenticates callers, so that whoever reaches the loopback address is the owner."""
        if not self._closed:
            plugins, version = self._host.plugins, self._host.registry.version
            self._closed = bool(plugins.hooks.implementations(HOOK))
            if version != self._looked_at:
                self._closed = self._closed or any(_is_guard(p.record) for p in plugins.plugins.values())
                self._looked_at = version
        return not self._closed


def _is_guard(record: Record) -> bool:
    if "error" not in record or "hooks" in record:
        return HOOK in record.get("hooks", ())
    # A manifest that cannot be read as one may still name the hook.
    manifest = f"{record.get('root', '')}/{MANIFEST}"
    return _names_hook(manifest, tuple(stamp(manifest)))


@lru_cache(maxsize=256)
def _names_hook(manifest: str, mark: tuple[int, ...]) -> bool:
    try:
        with Path(manifest).open("rb") as f:
            return bool(mark) and HOOK.encode() in f.read(MAX_BYTES)
    except OSError:
        return bool(mark)  # it is there, and nobody can tell what it says


async def identify(host: Host, auth_ids: Sequence[str], scope: Scope) -> Principal:
    """Return the caller.

    Raises UnauthenticatedError when nobody knows it, PluginError when who should know fails, AuthUnavailableError when
    who should know is not there.
    """
    request = _request(scope)
    for auth_id in auth_ids:
        entry = host.registry.find("auth", auth_id)
        if entry is None:
            raise _unavailable()
        authenticator = entry.obj
        known = await entry.generation.guard(f"auth {auth_id!r}", partial(authenticator.authenticate, request), TIMEOUT)
        if known is not None:
            return _checked(known, auth_id)
    if not auth_ids and not host.plugins.hooks.implementations(HOOK):
        raise _unavailable()
    outcome = await host.plugins.hooks.first(HOOK, request=request)
    if outcome is not None and outcome.error is not None:
        if isinstance(outcome.error, UnauthenticatedError):
            raise outcome.error
        raise UnauthenticatedError(f"the authenticator {outcome.plugin!r} failed")
    if outcome is None:
        raise UnauthenticatedError("no authenticator knows this caller", hint="send Authorization: Bearer …")
    return _checked(outcome.value, outcome.plugin)


def _unavailable() -> AuthUnavailableError:
    return AuthUnavailableError("callers cannot be told apart now", hint="lumos plugin list tells why")


def _checked(principal: object, source: str) -> Principal:
    if not isinstance(principal, Principal):
        raise UnauthenticatedError(f"the authenticator {source!r} named no caller")
    return principal


def _request(scope: Scope) -> AuthRequest:
    headers: dict[str, str] = {}
    for k, v in scope["headers"]:
        name, value = k.decode("latin-1"), v.decode("latin-1")
        # Of what was sent twice, both are shown: who looks at one of them only may be looking at the wrong one.
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return AuthRequest(headers, scope["lumos.address"], scope["method"], scope["path"])
