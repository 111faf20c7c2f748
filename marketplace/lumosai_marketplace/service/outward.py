"""Requests to addresses that strangers have named: only to the public internet, or networks that the operator opened.

A name is looked up once, all its addresses are judged, and the connection is made to one of just those: a name that
means another address the next time (DNS rebinding) is not asked a next time. Redirects are not followed, and nothing of
the answer is read but its status.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from ipaddress import IPv4Network, IPv6Address, IPv6Network
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from aiohttp.abc import AbstractResolver, ResolveResult

from lumosai_sdk import addresses
from lumosai_sdk.addresses import Address
from lumosai_sdk.errors import InputError, PermissionDeniedError
from lumosai_sdk.threads import in_thread

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import aiohttp

Lookup = Callable[[str], Awaitable[Sequence[str]]]
SECONDS: Final = 10.0
MAX_URL: Final = 2048
MOST_LOOKUPS: Final = 8
_HINT = "[webhooks] networks in marketplace.toml opens private networks"


class Lookups:
    """Looks names up by the system, on threads of its own: one that takes its time keeps nobody else waiting."""

    def __init__(self) -> None:
        self._running = 0

    async def __call__(self, host: str) -> Sequence[str]:
        """Return the addresses of a name. Raises OSError, also while too many others are looked up."""
        if self._running >= MOST_LOOKUPS:
            raise OSError("too many names are being looked up")
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


class Gate(AbstractResolver):
    """Judges where requests go. ``networks`` are private ones that are open."""

    def __init__(self, networks: Sequence[IPv4Network | IPv6Network] = (), *, look: Lookup | None = None) -> None:
        self._networks = networks
        self._look = look or Lookups()

    def check(self, url: str) -> None:
        """Refuse a URL that can be seen to lead nowhere it may. Raises InputError, PermissionDeniedError."""
        try:
            parts = urlsplit(url)
            host, _ = parts.hostname, parts.port
        except ValueError:
            raise InputError(f"{url[:80]!r} is no URL") from None
        if len(url) > MAX_URL or not url.isascii() or any(c <= " " for c in url) or "\\" in url or not host:
            raise InputError(f"{url[:80]!r} is no URL", hint="for example https://example.org/hook")
        if parts.username is not None or parts.fragment or parts.scheme not in {"https", "http"}:
            raise InputError("a webhook is an https:// URL without a user and a fragment")
        literal = addresses.parse(host)
        if parts.scheme == "http" and literal is None:
            raise PermissionDeniedError("a webhook without encryption is one to an address", hint=_HINT)
        if literal is not None:
            self.judge(literal, encrypted=parts.scheme == "https")
        elif host.replace(".", "").isdigit() or host.lower().startswith("0x"):
            raise InputError(f"{host[:80]!r} is no name, and no address as addresses are written")

    def judge(self, address: Address, *, encrypted: bool) -> None:
        """Refuse an address. Raises PermissionDeniedError."""
        reach = addresses.reach(address)
        opened = reach == "private" and any(address in n for n in self._networks)
        if not opened and not (reach == "public" and encrypted):
            raise PermissionDeniedError("the webhook's host has an address that is out of bounds", hint=_HINT)

    async def resolve(
        self,
        host: str,
        port: int = 0,
        family: socket.AddressFamily = socket.AF_UNSPEC,  # noqa: ARG002 - every family is judged
    ) -> list[ResolveResult]:
        """Look a name up for the client. Raises PermissionDeniedError if any of its addresses is out of bounds."""
        found = [a for a in map(addresses.parse, await self._look(host)) if a is not None]
        if not found:
            raise OSError(f"{host} has no address")
        for address in found:
            self.judge(address, encrypted=True)
        return [_result(host, port, a) for a in found]

    async def close(self) -> None:
        """Nothing is held."""

    def open_socket(self, info: tuple[Any, ...]) -> socket.socket:
        """Make the socket for a connection: the last place where its address can be looked at, and the sure one."""
        family, kind, protocol, _, (host, *_rest) = info
        address = addresses.parse(str(host))
        if address is None:
            raise OSError("not an address")
        self.judge(address, encrypted=True)
        return socket.socket(family, kind, protocol)


@asynccontextmanager
async def client(gate: Gate) -> AsyncIterator[aiohttp.ClientSession]:
    """Return a client that goes only through *gate*."""
    import aiohttp

    connector = aiohttp.TCPConnector(
        resolver=gate, use_dns_cache=False, socket_factory=gate.open_socket, force_close=True, limit=32
    )
    timeout = aiohttp.ClientTimeout(total=SECONDS)
    async with aiohttp.ClientSession(
        connector=connector,
        timeout=timeout,
        trust_env=False,
        cookie_jar=aiohttp.DummyCookieJar(),
    ) as session:
        yield session


async def post(session: aiohttp.ClientSession, gate: Gate, url: str, body: bytes, headers: Mapping[str, str]) -> int:
    """Post, and return the status of the answer. Raises InputError, PermissionDeniedError, OSError, TimeoutError."""
    import aiohttp

    gate.check(url)
    try:
        async with session.post(url, data=body, headers=headers, allow_redirects=False) as response:
            return response.status
    except aiohttp.ClientError as e:
        if isinstance(cause := e.__cause__ or e.__context__, PermissionDeniedError):
            raise cause from None
        raise OSError(type(e).__name__) from None


def _result(host: str, port: int, address: Address) -> ResolveResult:
    family = socket.AF_INET6 if isinstance(address, IPv6Address) else socket.AF_INET
    flags = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV
    return ResolveResult(hostname=host, host=str(address), port=port, family=family, proto=0, flags=flags)
