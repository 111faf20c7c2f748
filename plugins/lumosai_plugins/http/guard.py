"""Where a request may go: what the owner granted, and of that only public addresses, at the moment of connecting.

A name is resolved once, all its addresses are judged, and the connection is made to one of just those. A name that
would resolve to something else the next time (DNS rebinding) is not asked a next time.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from ipaddress import IPv6Address
from typing import Any

from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL  # noqa: TC002 - read at run time

from lumosai_plugins.http import urls
from lumosai_sdk import PermissionDeniedError, Permissions, addresses
from lumosai_sdk.permissions import http_rule

Lookup = Callable[[str], Awaitable[list[str]]]


async def lookup(host: str) -> list[str]:
    """Return the addresses of a host name. Raises OSError."""
    infos = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(info[4][0]) for info in infos))


class Guard(AbstractResolver):
    """Judges requests by the rights of one call, and resolves names for the client."""

    def __init__(self, permissions: Permissions, *, allow_private: bool, lookup: Lookup = lookup) -> None:
        self._permissions = permissions
        self._allow_private = allow_private
        self._lookup = lookup
        self._named = False
        self._approved: set[str] = set()

    def allow(self, method: str, url: URL) -> None:
        """Return if the owner allows the request; its addresses are judged next. Raises PermissionDeniedError."""
        text = str(url)
        rules = [http_rule(t) for t in self._permissions.http]
        matching = [r for r in rules if r.allows(method, text)]
        if not matching:
            shown = urls.origin(url)
            raise PermissionDeniedError(
                f"{method} {shown} is not allowed",
                hint=f'in lumos.toml, under [plugins.http.grant]: http = ["{method} {shown}/*"]',
            )
        self._approved.clear()
        self._named = any(r.host == url.raw_host for r in matching)
        if (literal := addresses.parse(url.raw_host or "")) is not None:
            self._approve(url.raw_host or "", [literal])

    async def resolve(
        self,
        host: str,
        port: int = 0,
        family: socket.AddressFamily = socket.AF_UNSPEC,  # noqa: ARG002 - every family is judged
    ) -> list[ResolveResult]:
        """Resolve a name for the client. Raises PermissionDeniedError if any of its addresses is not to be reached."""
        found = [a for a in map(addresses.parse, await self._lookup(host)) if a is not None]
        if not found:
            raise OSError(f"{host} has no address")
        self._approve(host, found)
        return [_result(host, port, address) for address in found]

    async def close(self) -> None:
        """Nothing is held."""

    def open_socket(self, info: tuple[Any, ...]) -> socket.socket:
        """Make the socket for a connection: the last place where its address can be looked at, and the sure one."""
        family, kind, protocol, _, (host, *_rest) = info
        if str(addresses.parse(str(host))) not in self._approved:
            raise OSError(f"{host} was not approved")
        return socket.socket(family, kind, protocol)

    def _approve(self, host: str, found: list[addresses.Address]) -> None:
        for address in found:
            self._judge(host, address)
        self._approved = {str(a) for a in found}

    def _judge(self, host: str, address: addresses.Address) -> None:
        where = addresses.reach(address)
        if where == "public" or (self._named and self._allow_private and self._near(host, where)):
            return
        raise PermissionDeniedError(
            f"{host} leads to {address}, which is not the public internet",
            hint=f"to allow it, grant a rule that names {host} itself under [plugins.http.grant] "
            "and set allow_private = true under [plugins.http.settings]",
        )

    @staticmethod
    def _near(host: str, where: addresses.Reach) -> bool:
        """Tell whether an owner's leave covers it: a name for what is private, for the rest the address itself."""
        return where == "private" or addresses.parse(host) is not None


def _result(host: str, port: int, address: addresses.Address) -> ResolveResult:
    family = socket.AF_INET6 if isinstance(address, IPv6Address) else socket.AF_INET
    flags = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV
    return ResolveResult(hostname=host, host=str(address), port=port, family=family, proto=0, flags=flags)
