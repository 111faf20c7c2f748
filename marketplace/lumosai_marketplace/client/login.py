"""Signing in to an index from a terminal (RFC 8628), and the tokens of it, which only their owner can read."""

from __future__ import annotations

import asyncio
import json
import os
import stat
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from lumosai_marketplace import durable
from lumosai_marketplace.client.http import Http
from lumosai_marketplace.client.market import same_index
from lumosai_marketplace.errors import IndexUnavailableError, RefusedError
from lumosai_sdk.errors import ConfigError, StorageError, UnauthenticatedError

CLIENT = "lumos"
DEVICE = "urn:ietf:params:oauth:grant-type:device_code"
EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
ACCESS = "urn:ietf:params:oauth:token-type:access_token"
ID_TOKEN = "urn:ietf:params:oauth:token-type:id_token"  # noqa: S105 - a name of the RFC
MAX_BYTES = 1024 * 1024
_SLOWER = 5.0
_OK = 200


@dataclass(frozen=True, slots=True)
class Waiting:
    """A sign-in that waits for its person, who opens ``address`` and types ``code``."""

    address: str
    complete: str
    code: str
    device_code: str
    interval: float
    expires: float


Show = Callable[[Waiting], Awaitable[None]]


async def login(url: str, tokens: Tokens, show: Show) -> None:
    """Sign in to an index and keep the token. *show* is given what its person is to do.

    Raises UnauthenticatedError where it was not approved, or not in time; LumosError.
    """
    async with Http(url) as http:
        waiting = await _begin(http)
        await show(waiting)
        answer = await _approved(http, waiting)
    token, seconds = answer.get("access_token"), answer.get("expires_in")
    if not isinstance(token, str) or not isinstance(seconds, int):
        raise RefusedError("index.format", "the index signs in without a token")
    tokens.keep(url, token, time.time() + seconds)


async def _begin(http: Http) -> Waiting:
    told = await _form(http, "login/device/code", {"client_id": CLIENT, "scope": "openid email"})
    try:
        return Waiting(
            address=http.at(str(told["verification_uri"])),
            complete=http.at(str(told.get("verification_uri_complete") or told["verification_uri"])),
            code=str(told["user_code"])[:32],
            device_code=str(told["device_code"]),
            interval=min(max(float(told.get("interval", _SLOWER)), 1.0), 60.0),
            expires=time.monotonic() + min(float(told["expires_in"]), 3600.0),
        )
    except (KeyError, TypeError, ValueError):
        raise RefusedError("index.format", "the index does not sign in as RFC 8628 says") from None


async def _approved(http: Http, waiting: Waiting) -> Mapping[str, Any]:
    interval = waiting.interval
    while time.monotonic() < waiting.expires:
        await asyncio.sleep(interval)
        told = await _form(http, "login/token", {"grant_type": DEVICE, "device_code": waiting.device_code})
        match told.get("error"):
            case None:
                return told
            case "authorization_pending":
                continue
            case "slow_down":
                interval += _SLOWER
            case _:
                break
    raise UnauthenticatedError("the sign-in was not approved, or not in time", hint="lumos plugin login")


async def identity(url: str, token: str, audience: str) -> str:
    """Return an identity token for whoever holds a sign-in *token* (RFC 8693). Raises UnauthenticatedError."""
    asked = {"grant_type": EXCHANGE, "subject_token": token, "subject_token_type": ACCESS, "audience": audience}
    async with Http(url) as http:
        told = await _form(http, "login/token", {**asked, "requested_token_type": ID_TOKEN})
    made = told.get("access_token")
    if not isinstance(made, str):
        why = str(told.get("error_description") or told.get("error") or "no reason is told")[:300]
        raise UnauthenticatedError(f"{url} makes no identity token: {why}", hint=f"lumos plugin login --index {url}")
    return made


async def _form(http: Http, path: str, fields: Mapping[str, str]) -> Mapping[str, Any]:
    body = urlencode(fields).encode()
    answer = await http.post(path, body, content_type="application/x-www-form-urlencoded")
    if answer.status >= 500:  # noqa: PLR2004
        raise IndexUnavailableError(f"{http.url} cannot sign anybody in now (HTTP {answer.status})")
    told = answer.json()
    if not isinstance(told, dict) or (answer.status != _OK and "error" not in told):
        raise RefusedError("index.format", f"{http.url} does not sign in as RFC 8628 says (HTTP {answer.status})")
    return told


@dataclass(frozen=True, slots=True)
class Tokens:
    """The sign-ins of one person, in a file that nobody else can read."""

    path: Path

    def find(self, url: str) -> str | None:
        """Return the token for an index, if there is one that is still good. Raises ConfigError."""
        return next(
            (t["token"] for u, t in self._all().items() if same_index(u, url) and t["expires"] > time.time()), None
        )

    def need(self, url: str) -> str:
        """Return the token for an index. Raises UnauthenticatedError, ConfigError."""
        token = self.find(url)
        if token is None:
            raise UnauthenticatedError(f"you are not signed in to {url}", hint=f"lumos plugin login --index {url}")
        return token

    def keep(self, url: str, token: str, expires: float) -> None:
        """Keep a token. Raises StorageError."""
        self._write({**self._all(), url: {"token": token, "expires": expires}})

    def forget(self, url: str) -> str | None:
        """Forget the token for an index, and return it."""
        kept = {u: t for u, t in self._all().items() if not same_index(u, url)}
        gone = next((t["token"] for u, t in self._all().items() if same_index(u, url)), None)
        if gone is not None:
            self._write(kept)
        return gone

    def _all(self) -> dict[str, dict[str, Any]]:
        try:
            descriptor = os.open(self.path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
        except FileNotFoundError:
            return {}
        except OSError as e:
            raise ConfigError(f"{self.path}: {e.strerror}") from None
        with os.fdopen(descriptor, "rb") as f:
            if os.name == "posix" and stat.S_IMODE(os.fstat(descriptor).st_mode) & 0o077:
                raise ConfigError(f"{self.path}: others can read it", hint=f"chmod 600 {self.path}")
            raw = f.read(MAX_BYTES)
        try:
            found = json.loads(raw)
            return {str(u): {"token": str(t["token"]), "expires": float(t["expires"])} for u, t in found.items()}
        except (ValueError, TypeError, KeyError, AttributeError):
            raise ConfigError(f"{self.path}: not as it was written", hint="remove it, and sign in again") from None

    def _write(self, tokens: Mapping[str, Any]) -> None:
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            durable.replace(self.path, json.dumps(tokens, sort_keys=True).encode(), 0o600)
        except OSError as e:
            raise StorageError(f"{self.path}: cannot be written: {e.strerror}") from None
