"""Who shows a key (RFC 6750, section 2.1: in the ``Authorization`` header, and nowhere else)."""

from __future__ import annotations

import asyncio
import time

from lumosai_plugins.keys.key import Key, Secret, new_token, parsed
from lumosai_plugins.keys.store import KeyStore
from lumosai_sdk.decorators import auth
from lumosai_sdk.errors import LumosError, UnauthenticatedError
from lumosai_sdk.types.auth import AuthRequest, Principal
from lumosai_sdk.types.plugins import PluginContext

COARSE = 60.0
"""Seconds between two notes of when keys were used, which are to the minute."""
_HINT = "lumos key list tells the keys, lumos key rotate ID makes a new secret"


@auth("keys")
class Keys:
    """Knows callers by their keys; those that bring something else are left to others."""

    def __init__(self, context: PluginContext) -> None:
        self._store = KeyStore.of(context)
        self._log = context.log
        self._used: dict[str, float] = {}
        self._written = time.monotonic()
        self._writing: asyncio.Task[None] | None = None
        self._principals: dict[str, tuple[Key, Principal]] = {}
        # What a token of no key is compared with: that there is none takes as long as a wrong secret.
        self._nobody = Secret.of(new_token()[1])
        self._tell_empty()

    def _tell_empty(self) -> None:
        try:
            if not self._store.keys():
                self._log.warning("there is no key yet, so nobody can be let in: lumos key create NAME --role run")
        except LumosError as e:
            self._log.error("%s", e)

    async def authenticate(self, request: AuthRequest) -> Principal | None:
        """Return whose key it is; None without one. Raises UnauthenticatedError, KeysUnavailableError."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        found = parsed(token) if scheme.lower() == "bearer" else None
        if found is None:
            return None
        key_id, secret = found
        now = time.time()
        key = self._store.keys().get(key_id)
        if key is None:
            self._nobody.fits(secret, now)
            raise _refused()
        if not key.fits(secret, now):
            raise _refused()
        if (state := key.state(now)) != "active":
            raise UnauthenticatedError(f"the key {key_id} is {state}", hint=_HINT)
        self._note(key_id, now)
        return self._principal(key)

    def _principal(self, key: Key) -> Principal:
        known = self._principals.get(key.id)
        if known is None or known[0] is not key:
            known = self._principals[key.id] = (key, key.principal)
        return known[1]

    def _note(self, key_id: str, now: float) -> None:
        self._used[key_id] = now - now % COARSE
        clock = time.monotonic()
        if clock - self._written >= COARSE and (self._writing is None or self._writing.done()):
            self._written = clock
            self._writing = asyncio.create_task(self._write())

    async def _write(self) -> None:
        seen, self._used = self._used, {}
        try:
            await asyncio.to_thread(KeyStore(self._store.path).note_used, seen)
        except (OSError, LumosError) as e:
            self._log.warning("when keys were used could not be written down: %s", e)

    async def aclose(self) -> None:
        """Write down what was used since the last time."""
        if self._writing is not None:
            await self._writing
        if self._used:
            await self._write()


def _refused() -> UnauthenticatedError:
    # The same words for no such key and for a wrong secret: which ids there are is nobody's business.
    return UnauthenticatedError("the key is not valid", hint=_HINT)
