"""``secrets``: the plugin has a handle; the value goes into headers, to the hosts it is bound to, and never back."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Mapping
from typing import Any

from lumosai_sandbox.capabilities.plugin import Functions, Rights, toml_text
from lumosai_sandbox.capabilities.scrub import Scrubber
from lumosai_sdk.errors import ConfigError, InputError, NotFoundError
from lumosai_sdk.secrets import Secret
from lumosai_sdk.types.caller import Caller
from lumosai_sdk.wireerrors import FarError

MARK = "{{secret:"
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_HANDLE = re.compile(r"\{\{secret:([A-Za-z0-9_.-]{1,64})\}\}")
_MOST_KNOWN = 64


class Secrets:
    """A plugin's secrets, by the names of its settings; ``a.b`` is the setting ``b`` within ``a``."""

    def __init__(self, rights: Rights) -> None:
        self._rights = rights
        self._rules = [r for r in rights.permissions.secret_rules() if r.host is not None]
        self._known: dict[str, None] = {}
        self._scrubber: tuple[tuple[str, ...], Scrubber] | None = None

    def functions(self) -> Functions:
        return {"secrets.get": (1, self._get)}

    async def _get(self, _: Caller, name: str) -> str:
        if not _NAME.fullmatch(name):
            raise InputError(f"a secret's name is that of a setting ({_NAME.pattern})")
        if not any(r.covers(name) for r in self._rules):
            raise self._rights.denied(
                f"the secret {toml_text(name)} is not granted", f'secrets = ["{name} to <the host it is for>"]'
            )
        self._secret(name)
        return json.dumps(f"{MARK}{name}}}}}")

    def _secret(self, name: str) -> Secret:
        found: Any = self._rights.context.settings
        for part in name.split("."):
            found = found.get(part) if isinstance(found, Mapping) else None
        if not isinstance(found, Secret):
            raise NotFoundError("secret setting", name, hint=f"[plugins.{self._rights.context.name}.settings]: set it")
        return found

    def check_may_go(self, name: str, host: str, port: int) -> None:
        """Raise PermissionDeniedError unless the secret may be sent to a host."""
        if not any(r.allows(name, host, port) for r in self._rules):
            raise self._rights.denied(f"the secret {name!r} may not go to {host}", f'secrets = ["{name} to {host}"]')

    async def values(self, names: set[str]) -> dict[str, str]:
        """Return the values of secrets. Raises NotFoundError, FarError; neither holds any of it."""
        out = {}
        for name in names:
            try:
                out[name] = await _revealed(self._secret(name))
            except ConfigError as e:
                raise FarError("unavailable", f"the secret {name!r} cannot be had", hint=e.hint) from None
        return out

    async def scrubber(self) -> Scrubber | None:
        """Return what takes every secret that this plugin can send out of an answer, or None if there is none.

        Not only those sent with this request: a server may give back later what it was told before.
        """
        for name in self._names():
            try:
                self._known[await _revealed(self._secret(name))] = None
            except (ConfigError, NotFoundError):
                continue
        for old in list(self._known)[:-_MOST_KNOWN]:
            del self._known[old]
        known = tuple(self._known)
        if not known:
            return None
        if self._scrubber is None or self._scrubber[0] != known:
            # The pattern of a long secret, a key file's say, takes a second to make: not on the event loop.
            made = await asyncio.to_thread(Scrubber, known)
            self._scrubber = known, made
            return made
        return self._scrubber[1]

    def _names(self) -> list[str]:
        if not self._rules:
            return []
        return [n for n in _secret_names(self._rights.context.settings) if any(r.covers(n) for r in self._rules)]


async def _revealed(secret: Secret) -> str:
    if secret.reference.startswith("file:"):
        return await asyncio.to_thread(secret.reveal)
    return secret.reveal()


def _secret_names(settings: Any, above: str = "") -> list[str]:
    if isinstance(settings, Secret):
        return [above]
    if not isinstance(settings, Mapping):
        return []
    return [n for k, v in settings.items() for n in _secret_names(v, f"{above}.{k}" if above else str(k))]


def named(text: str) -> set[str]:
    """Return the names of the handles in a text. Raises InputError for a mark that begins none."""
    found = set(_HANDLE.findall(text))
    if MARK in _HANDLE.sub("", text):
        raise InputError("what looks like a secret's handle is none: use what secrets.get returned, as it is")
    return found


def put_in(text: str, values: Mapping[str, str]) -> str:
    """Return a text with the secrets in the place of their handles. Nothing in a secret is taken for a handle."""
    return _HANDLE.sub(lambda m: values[m[1]], text)
