"""Where a request may go: what is granted, and of that only what is on the public internet when it is connected to.

A name is resolved once, all of its addresses are judged, and the connection is made to one of just those: a name that
means another address the next time (DNS rebinding) is not asked a next time. This machine and private networks are out
of reach, but for an address, or ``localhost``, that the owner's own grant names with its port.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from ipaddress import IPv6Address
from typing import Any

from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL  # noqa: TC002 - read at run time

from lumosai_sandbox.capabilities.http import urls
from lumosai_sandbox.capabilities.plugin import Rights
from lumosai_sdk import addresses
from lumosai_sdk.addresses import Address
from lumosai_sdk.errors import PermissionDeniedError
from lumosai_sdk.permissions import http_rule
from lumosai_sdk.remote import is_loopback
from lumosai_sdk.threads import in_thread
from lumosai_sdk.wireerrors import FarError

Lookup = Callable[[str], Awaitable[list[str]]]
LONGEST_PATH = 120
"""Characters of a path that are told with a refusal; a longer one is noise, or a message of the guest's."""
MOST_LOOKUPS = 4
"""Names that are looked up for a plugin at once. A lookup cannot be given up: it takes a thread until it has ended,
which is up to whoever serves the name.
"""


class Lookups:
    """Looks up names for one plugin by the system, and on threads of its own: nobody else waits for its names."""

    def __init__(self) -> None:
        self._running = 0

    async def __call__(self, host: str) -> list[str]:
        """Return the addresses of a host name. Raises OSError; FarError while too many others are looked up."""
        if self._running >= MOST_LOOKUPS:
            raise FarError("unavailable", f"{host}: too many names are being looked up for this plugin already")
        self._running += 1
        looking = asyncio.ensure_future(in_thread(_looked_up, host))
        looking.add_done_callback(self._ended)
        return await asyncio.shield(looking)

    def _ended(self, looking: asyncio.Future[list[str]]) -> None:
        self._running -= 1
        if not looking.cancelled():
            looking.exception()  # told to who asked, if somebody still waits


def _looked_up(host: str) -> list[str]:
    infos = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(info[4][0]) for info in infos))


def _shown(url: URL) -> str:
    """Return what was asked for as a grant would have it: no more than this path, where it can be said in a line."""
    path = url.raw_path
    plain = len(path) <= LONGEST_PATH and path.isascii() and path.isprintable() and not set(path) & set('"\\*[')
    return urls.origin(url) + (path if plain else "/*")


class Guard(AbstractResolver):
    """Judges the requests of one plugin, and resolves names for its client."""

    def __init__(self, rights: Rights, lookup: Lookup) -> None:
        self._rights = rights
        self._lookup = lookup
        rules = [http_rule(t) for t in rights.granted.http]
        # What a manifest asks for is a stranger's word: only the grant itself opens this machine's doors.
        self._named = {(r.host, r.port) for r in rules if r.port and (r.host == "localhost" or addresses.parse(r.host))}

    def check(self, method: str, url: URL) -> None:
        """Return if a request may be made; the addresses of a name are judged later. Raises PermissionDeniedError."""
        if not self._rights.permissions.allows_http(method, str(url)):
            asked = f"{method} {_shown(url)}"
            raise self._rights.denied(f"{asked} is not granted", f'http = ["{asked}"]')
        literal = addresses.parse(url.raw_host or "")
        if literal is not None:
            self._judge(url.raw_host or "", urls.port_of(url), literal)

    def is_local(self, url: URL) -> bool:
        """Tell whether a URL is of this machine and the owner named it: there, secrets need no encryption."""
        host = url.raw_host or ""
        return (host, urls.port_of(url)) in self._named and is_loopback(host)

    async def resolve(
        self,
        host: str,
        port: int = 0,
        family: socket.AddressFamily = socket.AF_UNSPEC,  # noqa: ARG002 - every family is judged
    ) -> list[ResolveResult]:
        """Resolve a name for the client. Raises PermissionDeniedError if any of its addresses is out of reach."""
        found = [a for a in map(addresses.parse, await self._lookup(host)) if a is not None]
        if not found:
            raise OSError(f"{host} has no address")
        for address in found:
            self._judge(host, port, address)
        return [_result(host, port, address) for address in found]

    async def close(self) -> None:
        """Nothing is held."""

    def open_socket(self, info: tuple[Any, ...]) -> socket.socket:
        """Make the socket for a connection: the last place where its address can be looked at, and the sure one."""
        family, kind, protocol, _, (host, port, *_rest) = info
        address = addresses.parse(str(host))
        if address is None or not self._may_connect(address, int(port)):
            raise OSError(f"{host} was not approved")
        return socket.socket(family, kind, protocol)

    def _judge(self, host: str, port: int, address: Address) -> None:
        if addresses.reach(address) == "public":
            return
        if (host, port) in self._named and (host != "localhost" or address.is_loopback):
            return
        raise PermissionDeniedError(
            f"{host} leads to {address}, which is not on the public internet",
            hint=f"an address of this machine or a private network must stand in [plugins.{self._rights.context.name}."
            f'grant] itself, with its port: http = ["GET http://{_bracketed(address)}:{port}/*"]',
        )

    def _may_connect(self, address: Address, port: int) -> bool:
        if addresses.reach(address) == "public" or (str(address), port) in self._named:
            return True
        return ("localhost", port) in self._named and address.is_loopback


def _bracketed(address: Address) -> str:
    return f"[{address}]" if isinstance(address, IPv6Address) else str(address)


def _result(host: str, port: int, address: Address) -> ResolveResult:
    family = socket.AF_INET6 if isinstance(address, IPv6Address) else socket.AF_INET
    flags = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV
    return ResolveResult(hostname=host, host=str(address), port=port, family=family, proto=0, flags=flags)
