"""Where a request comes from: the peer, or what proxies say that the owner trusts."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lumosai.gateway.asgi import Scope

MOST = 32
"""Addresses looked at in ``X-Forwarded-For``: a chain of proxies is short."""


class Addresses:
    """Tells the address of whoever asks. Without trusted proxies that is the peer's, whatever headers say."""

    def __init__(self, trusted: Sequence[str]) -> None:
        self._trusted: list[IPv4Network | IPv6Network] = [ip_network(t) for t in trusted]
        self._is_trusted = lru_cache(maxsize=1024)(self._look)

    def of(self, scope: Scope) -> str:
        """Return the address; empty for a peer without one.

        Each proxy appends whom it heard from, so the list is read from its end, and only past proxies that are
        trusted: what stands before the first other address may be anybody's invention.
        """
        client = scope.get("client")
        address = str(client[0]) if client else ""
        if not self._trusted or not self._is_trusted(address):
            return address
        said = b",".join(v for k, v in scope["headers"] if k == b"x-forwarded-for")
        for part in reversed(said.decode("latin-1").rsplit(",", MOST)[-MOST:]):
            named = _address(part)
            if not named:
                break
            address = named
            if not self._is_trusted(named):
                break
        return address

    def _look(self, address: str) -> bool:
        try:
            ip = ip_address(address)
        except ValueError:
            return False
        return any(ip in network for network in self._trusted)


def _address(part: str) -> str:
    try:
        return str(ip_address(part.strip()))
    except ValueError:
        return ""


@lru_cache(maxsize=256)
def is_loopback(address: str) -> bool:
    """Tell whether an IP address, as text, is a loopback address."""
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False
