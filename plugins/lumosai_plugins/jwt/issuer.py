"""An issuer's keys: found (OpenID Connect Discovery 1.0), kept, and fetched again when they change."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING

from lumosai_plugins.jwt.fetch import check_url, fetch, same_place
from lumosai_plugins.jwt.keyset import KeySet, parse_keys, parse_object
from lumosai_sdk.errors import ConfigError

if TYPE_CHECKING:
    from jwt import PyJWK

PAUSE = 30.0
"""Seconds between two fetches, at least: an unknown key id is anybody's to invent."""
SHORT_PAUSE = 2.0
"""The same, as long as there are no keys at all."""
_DISCOVERY = "/.well-known/openid-configuration"


class IssuerUnavailableError(ConfigError):
    """The issuer's keys could not be fetched, so its tokens cannot be judged. Callers are not told why."""

    code = "issuer_unavailable"
    status = 503


class Issuer:
    """The keys of one issuer. Raises ConfigError for URLs that are not safe to ask."""

    def __init__(
        self,
        url: str,
        jwks_uri: str | None,
        algorithms: Sequence[str],
        *,
        refresh: float = 300.0,
        stale: float = 3600.0,
        get: Callable[[str], Awaitable[bytes]] = fetch,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        check_url(url, "issuer")
        if jwks_uri is not None:
            check_url(jwks_uri, "jwks_uri")
        self._url = url
        self._jwks_uri = jwks_uri
        self._algorithms = algorithms
        self._refresh, self._stale = refresh, stale
        self._get, self._clock = get, clock
        self._keys: KeySet = {}
        self._fetched: float | None = None
        self._tried: float | None = None
        self._fetching: asyncio.Task[None] | None = None
        self.why = ""

    async def key(self, kid: str, algorithm: str) -> PyJWK | None:
        """Return the key of that id for that algorithm, or None when the issuer has none.

        Raises IssuerUnavailableError while its keys are not known.
        """
        age = self._age()
        if age is None or age > self._refresh + self._stale:
            await self._again()
        elif age > self._refresh:
            self._start()  # what there is will do meanwhile
        if kid not in {k for k, _ in self._keys}:
            await self._again()
        age = self._age()
        if age is None or age > self._refresh + self._stale:
            raise IssuerUnavailableError(f"the keys of {self._url} are not known: {self.why}", hint="try again later")
        return self._keys.get((kid, algorithm))

    def _age(self) -> float | None:
        return None if self._fetched is None else self._clock() - self._fetched

    async def _again(self) -> None:
        """Fetch the keys, together with whoever else waits for them, unless that was tried a moment ago."""
        if (task := self._start()) is not None:
            await asyncio.shield(task)

    def _start(self) -> asyncio.Task[None] | None:
        if self._fetching is None:
            pause = SHORT_PAUSE if self._fetched is None else PAUSE
            if self._tried is not None and self._clock() - self._tried < pause:
                return None
            self._tried = self._clock()
            self._fetching = asyncio.create_task(self._fetch())
        return self._fetching

    async def _fetch(self) -> None:
        try:
            where = self._jwks_uri or await self._discovered()
            self._keys = parse_keys(await self._get(where), self._algorithms)
            self._fetched, self.why = self._clock(), ""
        except ValueError as e:
            self.why = str(e)
        finally:
            self._fetching = None

    async def _discovered(self) -> str:
        """Return where the keys are. Raises ValueError for a document of another issuer, or that leads elsewhere."""
        found = parse_object(await self._get(self._url.rstrip("/") + _DISCOVERY))
        if found.get("issuer") != self._url:
            raise ValueError("its discovery document is of another issuer")
        where = found.get("jwks_uri")
        if not isinstance(where, str) or not same_place(where, self._url):
            raise ValueError("its discovery document leads to another host; if that is right, set jwks_uri")
        return where

    async def aclose(self) -> None:
        """Stop fetching."""
        if (task := self._fetching) is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            self._fetching = None  # one that never began did not say that it ended
